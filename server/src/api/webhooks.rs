//! Webhooks: made, listed, paused, rotated and removed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Body;
use super::call::Call;
use super::field;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::audit::Object;
use crate::siem::Format;
use crate::store::stream::Kinds;
use crate::store::webhooks::{Delivery, NewWebhook, State, Webhook};
use crate::webhooks::message::OVERLAP;

/// Most webhooks of a collector.
const MOST: usize = 20;

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct WebhookItem {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Where messages go.
    url: String,
    /// `muster` or `ocsf`.
    format: &'static str,
    /// Whether changes of findings are sent.
    findings: bool,
    /// Whether entries of the audit log are sent.
    audit: bool,
    /// `active`, `paused` or `disabled`.
    state: &'static str,
    /// Why it is disabled.
    reason: String,
    /// Everything up to this place of the stream was delivered.
    cursor: String,
    /// Attempts of the present message that failed.
    failures: i64,
    /// Since when it fails.
    #[schema(value_type = Option<String>, format = DateTime)]
    failing_since: Option<Timestamp>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl WebhookItem {
    fn of(webhook: Webhook) -> Self {
        Self {
            id: webhook.id,
            name: webhook.name,
            url: webhook.url,
            format: webhook.format.as_str(),
            findings: webhook.kinds.findings,
            audit: webhook.kinds.audit,
            state: webhook.state.as_str(),
            reason: webhook.reason,
            cursor: webhook.cursor.to_string(),
            failures: webhook.attempts,
            failing_since: webhook.failing_since,
            created_at: webhook.created,
        }
    }
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhookForm {
    /// Its name.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    name: String,
    /// Where messages go: `https://` and a public address.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = "^https://([A-Za-z0-9]+(-[A-Za-z0-9]+)*\\.)+[A-Za-z]{2,24}(:[0-9]{1,4})?(/[A-Za-z0-9._~/?=&%+-]*)?$"
    )]
    url: String,
    /// `muster` unless told otherwise.
    #[schema(value_type = Option<WebhookFormat>)]
    format: Option<String>,
    /// Whether changes of findings are sent; they are unless told otherwise.
    findings: Option<bool>,
    /// Whether entries of the audit log are sent; not unless told otherwise.
    audit: Option<bool>,
}

/// How events are written.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only has a schema")]
pub(super) enum WebhookFormat {
    #[schema(rename = "muster")]
    Muster,
    #[schema(rename = "ocsf")]
    Ocsf,
}

/// A webhook with its secret: shown now and never again.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeWebhook {
    /// By which messages are signed, as Standard Webhooks writes it.
    secret: String,
    #[serde(flatten)]
    webhook: WebhookItem,
}

/// What a person does to a webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookStepForm {
    /// `pause` or `resume`.
    #[schema(value_type = WebhookStep)]
    step: String,
}

/// What can be done to a webhook.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only has a schema")]
pub(super) enum WebhookStep {
    #[schema(rename = "pause")]
    Pause,
    #[schema(rename = "resume")]
    Resume,
}

/// One attempt to deliver.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryItem {
    /// Counted for each webhook.
    number: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `webhook-id` of the message.
    message: String,
    /// How many events it had.
    events: i64,
    /// Whether it was taken.
    delivered: bool,
    /// HTTP status of the answer.
    status: Option<i64>,
    /// Why it failed.
    detail: String,
    /// Milliseconds until the answer.
    took_ms: i64,
}

impl DeliveryItem {
    fn of(delivery: Delivery) -> Self {
        Self {
            number: delivery.number,
            at: delivery.at,
            message: delivery.message,
            events: delivery.events,
            delivered: delivery.is_delivered,
            status: delivery.status,
            detail: delivery.detail,
            took_ms: delivery.took_ms,
        }
    }
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "name": "SIEM", "url": "https://siem.company.example/muster", "format": "ocsf" })
}

/// What a step may look like.
pub(super) fn step_example() -> Value {
    json!({ "step": "pause" })
}

fn missing() -> ApiProblem {
    ApiProblem::nothing("There is no such webhook.")
}

async fn one(call: &Call) -> Result<Webhook, ApiProblem> {
    let id = call.id();
    call.records(move |records| Ok(records.webhook(&id)?)).await?.ok_or_else(missing)
}

fn object(webhook: &Webhook) -> Object {
    Object::new("webhook", &webhook.id).called(&webhook.name)
}

pub(super) async fn list(call: Call) -> Answered {
    let all = call.records(|records| Ok(records.webhooks()?)).await?;
    let items: Vec<_> = all.into_iter().map(WebhookItem::of).collect();
    call.part(items, |item| item.id.clone())
}

pub(super) async fn show(call: Call) -> Answered {
    Reply::of(&WebhookItem::of(one(&call).await?))
}

pub(super) async fn make(call: Call, Body(form): Body<NewWebhookForm>) -> Answered {
    let name = form.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        let detail =
            "it must have 1 to 100 characters, not blanks alone and no control characters.";
        return Err(ApiProblem::field("name", detail));
    }
    let courier = call.api.app.courier.clone();
    // Where loopback is allowed, for trying it out, an address may be anything
    // there.
    if !form.url.starts_with("http://127.0.0.1:") && !field::is_web_address(&form.url) {
        let detail = "it must be an address such as https://siem.company.example/muster.";
        return Err(ApiProblem::field("url", detail));
    }
    let url = courier.client.targets().url(&form.url);
    let url = url.map_err(|error| ApiProblem::field("url", format!("{error}.")))?;
    let format = form.format.as_deref().unwrap_or(Format::Muster.as_str());
    let format = Format::named(format)
        .ok_or_else(|| ApiProblem::field("format", "it must be `muster` or `ocsf`."))?;
    let kinds =
        Kinds { findings: form.findings.unwrap_or(true), audit: form.audit.unwrap_or(false) };
    if !kinds.findings && !kinds.audit {
        let detail = "Nothing would be sent; leave `findings` out, or make `audit` true.";
        return Err(ApiProblem::new("conflict", detail));
    }
    let id = uuid::Uuid::new_v4().to_string();
    let new = NewWebhook { id: id.clone(), name, url: url.to_string(), format, kinds };
    let host = url.host_str().unwrap_or_default().to_owned();
    let object = Object::new("webhook", &new.id).called(&new.name);
    let act = call.who.act("webhook_added", object).with(format!("to {host}"));
    let made = call
        .records(move |records| {
            if records.webhooks()?.len() >= MOST {
                let detail = format!("There are {MOST} webhooks; remove one that is not needed.");
                return Err(ApiProblem::new("conflict", detail));
            }
            records.make_webhook(&new, &act)?;
            Ok(records.webhook(&new.id)?)
        })
        .await?
        .ok_or_else(missing)?;
    shown_once(&call, made)
}

/// The answer with the secret.
fn shown_once(call: &Call, webhook: Webhook) -> Answered {
    let secret = call.api.app.courier.secrets.secret(&webhook.id, webhook.generation).shown();
    let location = format!("/api/v1/webhooks/{}", webhook.id);
    Reply::made(&MadeWebhook { secret, webhook: WebhookItem::of(webhook) }, location)
}

pub(super) async fn step(call: Call, Body(form): Body<WebhookStepForm>) -> Answered {
    let webhook = one(&call).await?;
    let (state, action) = match form.step.as_str() {
        "pause" => (State::Paused, "webhook_paused"),
        "resume" => (State::Active, "webhook_resumed"),
        _ => return Err(ApiProblem::field("step", "it must be `pause` or `resume`.")),
    };
    let act = call.who.act(action, object(&webhook));
    let after = call
        .records(move |records| {
            records.set_webhook_state(&webhook.id, state, &act)?;
            Ok(records.webhook(&webhook.id)?)
        })
        .await?;
    Reply::of(&WebhookItem::of(after.ok_or_else(missing)?))
}

pub(super) async fn rotate(call: Call) -> Answered {
    let webhook = one(&call).await?;
    let act = call.who.act("webhook_rotated", object(&webhook));
    let until = act.at.checked_add(OVERLAP).unwrap_or(Timestamp::MAX);
    let after = call
        .records(move |records| {
            records.rotate_webhook(&webhook.id, until, &act)?;
            Ok(records.webhook(&webhook.id)?)
        })
        .await?;
    shown_once(&call, after.ok_or_else(missing)?)
}

pub(super) async fn remove(call: Call) -> Answered {
    let webhook = one(&call).await?;
    let act = call.who.act("webhook_removed", object(&webhook));
    let removed = call.records(move |records| Ok(records.remove_webhook(&webhook.id, &act)?));
    if removed.await? { Ok(Reply::done()) } else { Err(missing()) }
}

pub(super) async fn deliveries(call: Call) -> Answered {
    let id = one(&call).await?.id;
    let log = call.records(move |records| Ok(records.deliveries(&id)?)).await?;
    let items: Vec<_> = log.into_iter().map(DeliveryItem::of).collect();
    call.part(items, |item| item.number.to_string())
}

pub(super) async fn resend(call: Call) -> Answered {
    let webhook = one(&call).await?;
    let number = call.number("number")?;
    let act = call.who.act("webhook_resent", object(&webhook)).with(format!("delivery {number}"));
    let courier = call.api.app.courier.clone();
    let sent = courier.resend(&webhook.id, number, act).await?;
    let sent = sent.ok_or_else(|| ApiProblem::nothing("There is no such delivery."))?;
    Reply::of(&DeliveryItem::of(sent))
}
