//! Leaving a collector: one signed statement, then key and state are erased.
//!
//! The collector is told first, while there still is a key to sign with. What
//! is erased afterwards begins with `identity.json`, so that a crash leaves a
//! device that is not enrolled and never one that signs without being known.

use shared::api::Problem;
use shared::envelope::{Envelope, EnvelopeError};
use shared::keys::{Signer, sha256_hex};
use shared::statement::{Farewell, RunTime, Statement};

use crate::collector::{Collector, TlsError};
use crate::context::Context;
use crate::delivery::SendError;
use crate::identity::keys::{KeyFiles, KeyStore as _, KeyStoreError};
use crate::identity::{Enrolling, Identity, IdentityError};
use crate::report::build::{agent_claim, claim, recorded};
use crate::settings;
use crate::spool::Spool;
use crate::state::{StateError, StateFolder};

/// How leaving ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FarewellOutcome {
    /// The collector knows it, and nothing is left here.
    Left {
        /// The id that the device had.
        device_id: String,
        /// The collector's address.
        url: String,
        /// Reports that were never delivered.
        lost: usize,
    },
    /// Nothing is left here, but the collector was not told.
    Forced {
        /// The id that the device had; none when it could not be read.
        device_id: Option<String>,
        /// Why it was not told.
        reason: String,
    },
    /// There was no enrolment; an open one was forgotten.
    NotEnrolled,
}

/// Why the device did not leave; nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum FarewellError {
    /// The collector refuses the farewell.
    #[error("the collector refused the farewell ({}): {}; `--force` erases key and state all the same", .0.code(), .0.detail)]
    Refused(Problem),
    /// The exchange failed.
    #[error(
        "the collector was not told, so key and state are kept; try again later, or erase them with `--force` and tell IT"
    )]
    Send(#[source] SendError),
    /// The key or the identity cannot be used to sign.
    #[error("no farewell can be signed; `--force` erases key and state all the same")]
    Unusable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The state folder failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<IdentityError> for FarewellError {
    fn from(error: IdentityError) -> Self {
        Self::Unusable(error.into())
    }
}

impl From<KeyStoreError> for FarewellError {
    fn from(error: KeyStoreError) -> Self {
        Self::Unusable(error.into())
    }
}

impl From<TlsError> for FarewellError {
    fn from(error: TlsError) -> Self {
        Self::Unusable(error.into())
    }
}

impl From<EnvelopeError> for FarewellError {
    fn from(error: EnvelopeError) -> Self {
        Self::Unusable(error.into())
    }
}

impl From<serde_json::Error> for FarewellError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unusable(error.into())
    }
}

/// Tells the collector that the agent of this device is being removed, and
/// erases the enrolment. With `force` it is erased whatever the collector says.
pub async fn unenroll(context: &Context, force: bool) -> Result<FarewellOutcome, FarewellError> {
    if !context.state_dir.exists() {
        return Ok(FarewellOutcome::NotEnrolled);
    }
    let folder = StateFolder::open(&context.state_dir)?;
    let _lock = folder.lock()?;
    let identity = match Identity::load(&folder) {
        Ok(Some(identity)) => identity,
        Ok(None) => {
            erase(context, &folder)?;
            return Ok(FarewellOutcome::NotEnrolled);
        }
        Err(StateError::Damaged { path, reason }) if force => {
            erase(context, &folder)?;
            let reason = format!("`{}` is damaged ({reason})", path.display());
            return Ok(FarewellOutcome::Forced { device_id: None, reason });
        }
        Err(error) => return Err(error.into()),
    };
    let lost = Spool::of(&folder, &identity.key).entries().map_or(0, |entries| entries.len());
    let told = tell(context, &folder, &identity).await;
    let Identity { device_id, url, .. } = identity;
    match told {
        Ok(()) => {
            erase(context, &folder)?;
            Ok(FarewellOutcome::Left { device_id, url, lost })
        }
        Err(error) if force => {
            erase(context, &folder)?;
            Ok(FarewellOutcome::Forced { device_id: Some(device_id), reason: in_one(&error) })
        }
        Err(error) => Err(error),
    }
}

/// The innermost cause: what a person understands.
fn in_one(error: &FarewellError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error {
        FarewellError::Refused(problem) => problem.detail.clone(),
        _ => cause.to_string(),
    }
}

async fn tell(
    context: &Context,
    folder: &StateFolder,
    identity: &Identity,
) -> Result<(), FarewellError> {
    let facts = crate::device::read(&context.timed_host());
    // A copied disk must not speak for the Mac that it was copied from.
    identity.belongs_to(&facts)?;
    let signer = KeyFiles(folder).open(&identity.key)?;
    let envelope = signed(context, identity, &facts, signer.as_ref())?;
    drop(signer);
    let collector = Collector::of(identity, context.clock.clone())?;
    match collector.unenroll(envelope.to_json()).await {
        Ok(receipt) if receipt.device_id == identity.device_id => Ok(()),
        Ok(_) => Err(FarewellError::Send(SendError::Protocol {
            url: identity.url.clone(),
            reason: "the answer is about another device".to_owned(),
        })),
        Err(SendError::Refused(problem)) => Err(FarewellError::Refused(problem)),
        Err(error) => Err(FarewellError::Send(error)),
    }
}

fn signed(
    context: &Context,
    identity: &Identity,
    facts: &crate::device::DeviceFacts,
    signer: &dyn Signer,
) -> Result<Envelope, FarewellError> {
    let (now, is_recorded) = (context.now(), context.host.is_recorded());
    let farewell = Farewell {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        host: recorded(is_recorded),
        device: claim(&identity.device_id, facts, is_recorded),
        agent: agent_claim(signer.protection()),
        time: RunTime { started_at: now, finished_at: now },
    };
    let certificate = sha256_hex(&identity.certificate_der()?);
    let statement = Statement::farewell(certificate, farewell);
    Ok(Envelope::sign(statement.to_bytes()?, signer)?)
}

/// Erases everything of the enrolment; the lock is held and stays. What
/// settings ask is not done again, or the daemon would undo it at once.
fn erase(context: &Context, folder: &StateFolder) -> Result<(), StateError> {
    Identity::forget(folder)?;
    Enrolling::forget(folder)?;
    for name in folder.list("")? {
        if name == "lock" {
            continue;
        }
        if folder.path(&name).is_dir() {
            folder.remove_folder(&name)?;
        } else {
            folder.remove(&name)?;
        }
    }
    settings::stay_out(context, folder)
}
