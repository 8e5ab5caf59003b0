//! The list for spreadsheets and programs: every row of a view.

use axum::extract::{Query as Pairs, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;

use super::Console;
use super::errors::PageError;
use super::rows::{Query, Show};
use crate::expected::columns::OWN;
use crate::expected::import::SHOWN;
use crate::store::views::DeviceRow;
use crate::store::views::expected::ExpectedRow;
use crate::web::devices::csv_line;
use crate::web::times::date;

/// A Mac, on the list or not.
#[derive(Serialize)]
struct Item {
    serial: String,
    owner_name: String,
    owner_email: String,
    /// None: it is not on the list.
    state: Option<&'static str>,
    reason: String,
    model: String,
    asset_tag: String,
    source: Option<&'static str>,
    /// Id of the device.
    device: Option<String>,
    /// How the device stands.
    status: Option<&'static str>,
    last_report: Option<Timestamp>,
}

#[derive(Serialize)]
struct Document {
    as_of: Timestamp,
    count: usize,
    devices: Vec<Item>,
}

impl Item {
    fn listed(row: ExpectedRow) -> Self {
        let facts = row.expected.facts;
        Self {
            serial: row.expected.serial,
            owner_name: facts.owner_name,
            owner_email: facts.owner_email,
            state: Some(facts.state.as_str()),
            reason: facts.reason,
            model: facts.model,
            asset_tag: facts.asset_tag,
            source: Some(row.expected.source.as_str()),
            device: row.device.as_ref().map(|device| device.id.clone()),
            status: row.device.as_ref().map(|device| device.standing.as_str()),
            last_report: row.device.and_then(|device| device.received),
        }
    }

    fn unexpected(device: DeviceRow) -> Self {
        let (owner_name, owner_email) =
            device.owner.map(|owner| (owner.name, owner.email)).unwrap_or_default();
        Self {
            serial: device.serial.unwrap_or_default(),
            owner_name,
            owner_email,
            state: None,
            reason: String::new(),
            model: device.model.unwrap_or_default(),
            asset_tag: String::new(),
            source: None,
            device: Some(device.id),
            status: Some(device.standing.as_str()),
            last_report: device.received,
        }
    }

    /// The cells of [`OWN`], then what the list does not say itself.
    fn cells(&self) -> impl Iterator<Item = String> {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [
            self.serial.clone(),
            self.owner_name.clone(),
            self.owner_email.clone(),
            text(self.state),
            self.reason.clone(),
            self.model.clone(),
            self.asset_tag.clone(),
            text(self.source),
            text(self.device.as_deref()),
            text(self.status),
            self.last_report.map(|at| at.to_string()).unwrap_or_default(),
        ]
        .into_iter()
    }
}

async fn items(console: &Console, pairs: &[(String, String)]) -> Result<Vec<Item>, PageError> {
    let query = Query::parse(pairs).map_err(PageError::BadAddress)?;
    let ask = Query { after: String::new(), ..query.clone() }.ask(None);
    console
        .read(move |views| {
            Ok(if query.show == Show::NotExpected {
                views.unexpected_devices(&ask)?.into_iter().map(Item::unexpected).collect()
            } else {
                views.expected_rows(&ask)?.into_iter().map(Item::listed).collect()
            })
        })
        .await
}

/// As CSV, which an import reads again.
pub(in crate::web) async fn csv(
    State(console): State<Console>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let items = items(&console, &pairs).await?;
    let mut text = String::new();
    csv_line(&mut text, OWN.iter().chain(SHOWN).map(|name| (*name).to_owned()));
    for item in &items {
        csv_line(&mut text, item.cells());
    }
    Ok(attachment(&console, "csv", "text/csv; charset=utf-8; header=present", text))
}

/// As JSON.
pub(in crate::web) async fn json(
    State(console): State<Console>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let devices = items(&console, &pairs).await?;
    let document = Document { as_of: console.app.clock.now(), count: devices.len(), devices };
    // Texts, numbers and times: there is nothing that could fail.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    Ok(attachment(&console, "json", "application/json", text))
}

fn attachment(console: &Console, ending: &str, media_type: &'static str, text: String) -> Response {
    let day = date(console.app.clock.now()).replace(' ', "-").to_lowercase();
    let name = format!("attachment; filename=\"muster-expected-{day}.{ending}\"");
    let headers =
        [(header::CONTENT_TYPE, media_type.to_owned()), (header::CONTENT_DISPOSITION, name)];
    (headers, text).into_response()
}
