//! Enrolling by the settings: what the daemon starts as long as it has no
//! identity, and an administrator may start at any time.

use super::attempt::{Attempt, Ending};
use super::{Fault, Settings, forget_token_file};
use crate::config::settings_files;
use crate::context::Context;
use crate::device::DeviceFacts;
use crate::enrollment::{EnrollError, EnrollOutcome, enroll_for};
use crate::identity::Identity;
use crate::state::{StateError, StateFolder};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The collector was asked, or had answered this token before.
    Asked(EnrollOutcome),
    /// The Mac is enrolled with another token; the settings' is ignored.
    Ignored {
        /// Its id.
        device_id: String,
        /// The collector's address.
        url: String,
    },
    /// No token is given.
    NoToken,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The settings are wrong, or for another Mac.
    #[error("{0}")]
    Settings(Fault),
    /// The enrolment failed.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// The state folder failed.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Enrols the Mac as its settings say, and keeps why it could not be done.
pub async fn enroll_by_settings(context: &Context) -> Result<Outcome, SettingsError> {
    let settings = Settings::read(context.host.as_ref(), &settings_files(&context.state_dir));
    let facts = crate::device::read(&context.timed_host());
    let outcome = try_to(context, &settings, &facts).await;
    let kept = keep(context, &settings, &facts, ending(&outcome));
    match kept {
        // Why it was not done matters more than that it cannot be kept.
        Err(error) if outcome.is_ok() => Err(error.into()),
        _ => outcome,
    }
}

/// Keeps how the try ended for the daemon, `status` and `doctor`.
fn keep(
    context: &Context,
    settings: &Settings,
    facts: &DeviceFacts,
    ended: Option<(Ending, String)>,
) -> Result<(), StateError> {
    let former = Attempt::load(&StateFolder::at(&context.state_dir)).unwrap_or_default();
    if ended.is_none() && former.is_none() {
        return Ok(());
    }
    let folder = StateFolder::open(&context.state_dir)?;
    let Some(ended) = ended else { return Attempt::forget(&folder) };
    let own = facts.hardware_uuid.as_deref().unwrap_or_default();
    Attempt::ended(settings, ended, former.as_ref(), (context.now(), own)).store(&folder)
}

async fn try_to(
    context: &Context,
    settings: &Settings,
    facts: &DeviceFacts,
) -> Result<Outcome, SettingsError> {
    let Some(order) = settings.order(facts).map_err(SettingsError::Settings)? else {
        return Ok(Outcome::NoToken);
    };
    let identity = Identity::load(&StateFolder::at(&context.state_dir))?;
    if let Some(Identity { device_id, url, .. }) =
        identity.filter(|it| it.token_id != order.token.id())
    {
        return Ok(Outcome::Ignored { device_id, url });
    }
    let outcome = enroll_for(context, &order.token, order.owner.as_deref()).await?;
    if matches!(outcome, EnrollOutcome::Already { .. }) {
        forget_token_file(&context.state_dir, &order.token);
    }
    Ok(Outcome::Asked(outcome))
}

/// How a try ended that left the Mac without an identity.
fn ending(outcome: &Result<Outcome, SettingsError>) -> Option<(Ending, String)> {
    match outcome {
        Ok(Outcome::Asked(EnrollOutcome::Pending { reason })) => {
            Some((Ending::Waits, reason.clone()))
        }
        Ok(_) => None,
        Err(
            error @ (SettingsError::Settings(_) | SettingsError::Enroll(EnrollError::Refused(_))),
        ) => Some((Ending::Refused, error.to_string())),
        // A collector that is busy answers all requests so.
        Err(error) => Some((Ending::Away, sentence(error))),
    }
}

/// The error with what it comes from.
fn sentence(error: &SettingsError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
