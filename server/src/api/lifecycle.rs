//! Moving a device on in its life: approve, suspend, resume, revoke, archive.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Body;
use super::call::Call;
use super::device::no_device;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::audit::Object;
use crate::fleet::life::LifeStep;
use crate::store::devices::Moved;

/// What is done to a device.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StepWord {
    /// A device that waits may report.
    Approve,
    /// Its reports are refused until it is resumed.
    Suspend,
    /// A suspended device may report again.
    Resume,
    /// Its reports are refused for ever; its key is worthless.
    Revoke,
    /// It is no longer watched, and not counted.
    Archive,
}

/// A step in a device's life.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StepForm {
    /// What to do.
    to: StepWord,
    /// Why, for the device's history.
    #[schema(max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*$")]
    reason: Option<String>,
}

/// Where a device is in its life now.
#[derive(Serialize, ToSchema)]
pub(super) struct LifeItem {
    /// Id of the device.
    device: String,
    /// `pending`, `active`, `suspended`, `revoked` or `archived`.
    before: &'static str,
    /// The same, from now on.
    now: &'static str,
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "to": "suspend", "reason": "Reported lost by its owner" })
}

pub(super) async fn step(call: Call, Body(form): Body<StepForm>) -> Answered {
    let reason = form.reason.unwrap_or_default().trim().to_owned();
    if reason.chars().count() > 200 || reason.chars().any(char::is_control) {
        return Err(ApiProblem::field(
            "reason",
            "it must have at most 200 characters, none of control.",
        ));
    }
    let id = call.id();
    let life = match form.to {
        StepWord::Approve => LifeStep::Approve,
        StepWord::Suspend => LifeStep::Suspend,
        StepWord::Resume => LifeStep::Resume,
        StepWord::Revoke => LifeStep::Revoke,
        StepWord::Archive => LifeStep::Archive,
    };
    let act = call.who.act(life.action(), Object::new("device", &id)).with(reason);
    let device = id.clone();
    let moved = call.api.app.queue.run(move |writer| writer.move_on(&device, life, &act)).await?;
    match moved {
        Moved::Done { before } => {
            Reply::of(&LifeItem { device: id, before: before.as_str(), now: life.to().as_str() })
        }
        Moved::Missing => Err(no_device()),
        Moved::Refused { now } => {
            let wanted: Vec<&str> = life.from().iter().map(|one| one.as_str()).collect();
            let detail = format!(
                "The device is {}; this needs one that is {}.",
                now.as_str(),
                wanted.join(" or ")
            );
            Err(ApiProblem::new("conflict", detail))
        }
    }
}
