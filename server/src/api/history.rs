//! What happened to a device, the newest first.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::device::no_device;
use super::reply::{Answered, Reply};
use crate::clock::from_ms;
use crate::store::views::past::{Past, PastAsk, PastPlace};

/// Something that happened to a device.
#[derive(Serialize, ToSchema)]
pub(super) struct HistoryItem {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `status`: it stands so from then on; `finding`: a rule says so from then
    /// on; `event`: something else, such as `suspended`.
    kind: String,
    /// The rule of a finding; empty otherwise.
    rule: String,
    /// Status of the device or of the rule, or the event.
    word: String,
    /// Who did it; empty when nobody did.
    actor: String,
    /// More about it, as a sentence.
    detail: String,
}

pub(super) async fn list(call: Call) -> Answered {
    let place: Option<(i64, String, i64)> = call.place()?;
    let ask = PastAsk {
        behind: place.map(|(at, name, number)| PastPlace { at: from_ms(at), name, number }),
        from: call.sight.begin(),
        limit: call.asked.limit(),
    };
    let id = call.id();
    let limit = ask.limit as usize;
    let found = call
        .read(move |views| {
            let Some(_) = views.device_row(&id)? else { return Ok(None) };
            views.past(&id, &ask).map(Some)
        })
        .await?;
    let mut all = found.ok_or_else(no_device)?;
    let more = all.len() > limit;
    all.truncate(limit);
    let next = all.last().filter(|_| more);
    let next = next.map(|last| {
        let place = &last.place;
        call.cursor((place.at.as_millisecond(), &place.name, place.number))
    });
    let items: Vec<HistoryItem> = all.into_iter().map(item).collect();
    Reply::page(&items, next)
}

fn item(past: Past) -> HistoryItem {
    HistoryItem {
        at: past.place.at,
        kind: past.kind,
        rule: past.rule,
        word: past.word,
        actor: past.actor,
        detail: past.detail,
    }
}
