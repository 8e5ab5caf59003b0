//! Inviting a person to enrol a Mac.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::body::Body;
use super::call::Call;
use super::field;
use super::problem::ApiProblem;
use super::reply::{Answered, Reply};
use crate::invitation::{Request, VALID, check, make, object};

/// Whom to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct InvitationForm {
    /// Name of the person who holds the Mac.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    person: String,
    /// Mail address of the person; names the person.
    #[schema(
        max_length = 254,
        pattern = r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}$"
    )]
    email: String,
    /// Serial number of the one Mac that is admitted at once.
    #[schema(pattern = "^[A-Za-z0-9]{8,20}$")]
    serial: Option<String>,
    /// Hours that the invitation is valid; 72 unless told otherwise.
    #[serde(default, deserialize_with = "field::whole")]
    #[schema(minimum = 1, maximum = 2160)]
    valid_hours: Option<i64>,
}

/// An invitation that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct MadeInvitation {
    /// For `sudo muster-agent enroll TOKEN`; shown now and never again.
    token: String,
    /// Name of the person.
    person: String,
    /// Mail address of the person.
    email: String,
    /// The one Mac it is for.
    serial: Option<String>,
    /// When it ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// What a request may look like.
pub(super) fn example() -> Value {
    json!({ "person": "Sam Carter", "email": "sam@company.example" })
}

pub(super) async fn create(call: Call, Body(form): Body<InvitationForm>) -> Answered {
    let hours = form.valid_hours.unwrap_or(VALID.as_hours());
    if !(1..=2160).contains(&hours) {
        return Err(ApiProblem::field("valid_hours", "it must be 1 to 2160."));
    }
    let request = Request {
        person: field::line("person", &form.person, 100)?,
        email: field::mail("email", &form.email)?,
        serial: form.serial,
        valid_for: SignedDuration::from_hours(hours),
    };
    // Everything else was checked before.
    check(&request)
        .map_err(|_| ApiProblem::field("serial", "it must have 8 to 20 letters and digits."))?;
    let app = &call.api.app;
    let act = call.who.act("invited", object(&request));
    let (invitation, token) = make(&request, &app.public_url, app.pinned_ca, act);
    let made = MadeInvitation {
        token: token.to_string(),
        person: invitation.person.clone(),
        email: invitation.email.clone(),
        serial: invitation.serial.clone(),
        expires_at: invitation.expires_at,
    };
    app.queue.run(move |writer| writer.invite(&invitation)).await?;
    Reply::made(&made, "/api/v1/invitations".to_owned())
}
