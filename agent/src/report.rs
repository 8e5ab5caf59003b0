//! One run: read everything, sign it, queue it, deliver the queue.

use serde::Serialize;
use shared::api::{Problem, Receipt};
use shared::statement::ReportKind;

use crate::chain::Chain;
use crate::collector::{Collector, TlsError};
use crate::context::Context;
use crate::delivery::{Courier, Delivery, Round, Stop, deliver};
use crate::enrollment::{self, EnrollError, EnrollOutcome};
use crate::identity::keys::{KeyFiles, KeyStore as _, KeyStoreError};
use crate::identity::progress::{Head, LOG_FORK, Trouble};
use crate::identity::{Enrolling, Identity, IdentityError};
use crate::rules::{self, Named, Received, RulesError};
use crate::state::{StateError, StateFolder};

pub mod build;
pub mod kind;

use build::{BuildError, Run};

/// How long statements are made for a collector that revoked the key.
const REVOKED_LIMIT: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// What one run did.
#[derive(Debug)]
pub struct RunSummary {
    /// The statement that was made; none when only the queue was delivered.
    pub made: Option<Made>,
    /// Confirmed statements, oldest first.
    pub receipts: Vec<Receipt>,
    /// Statements put aside because they will never be accepted.
    pub aside: Vec<(i64, Problem)>,
    /// Why the queue is not empty, when something was in the way.
    pub stop: Option<Stop>,
    /// Statements still waiting, and those lost to limits.
    pub queue: shared::statement::Spool,
}

/// A statement that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// Its sequence.
    pub sequence: i64,
    /// Its digest over PAE, hexadecimal.
    pub sha256: String,
    /// Full or unchanged.
    pub kind: ReportKind,
}

/// Why no statement was made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no identity and none was asked for.
    #[error("this computer is not enrolled; run `muster-agent enroll` with the token that IT sent")]
    NotEnrolled,
    /// The enrolment waits for a person.
    #[error("the enrolment waits for approval: {}; this command asks again", .0.trim_end_matches('.'))]
    Pending(String),
    /// Asking again for the open enrolment failed.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// A person has to mend something first.
    #[error("no report was made ({}): {}; {}", .0.code, .0.detail, crate::delivery::verdict::advice(&.0.code))]
    Trouble(Trouble),
    /// The identity cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyStoreError),
    /// The state folder failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The statement could not be written or signed.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// No connection can be prepared.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What a run does beside delivering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Makes a statement first.
    Report,
    /// Only delivers what waits.
    QueueAlone,
}

/// Makes a report and delivers the queue.
pub async fn run_report(context: &Context) -> Result<RunSummary, ReportError> {
    run(context, Scope::Report).await
}

/// Does one run.
pub async fn run(context: &Context, scope: Scope) -> Result<RunSummary, ReportError> {
    let folder = StateFolder::open(&context.state_dir)?;
    let _lock = folder.lock()?;
    ask_again(context, &folder).await?;
    let identity = Identity::load(&folder)?.ok_or(ReportError::NotEnrolled)?;
    let collector = Collector::of(&identity, context.clock.clone())?;
    run_with(context, &folder, &identity, scope, &collector).await
}

/// Asks for an open enrolment's answer. While an older identity is there, it
/// goes on with that one.
async fn ask_again(context: &Context, folder: &StateFolder) -> Result<(), ReportError> {
    if Enrolling::load(folder)?.is_none() {
        return Ok(());
    }
    let is_enrolled = Identity::load(folder)?.is_some();
    match enrollment::continue_open(context, folder).await {
        Ok(EnrollOutcome::Pending { reason }) if !is_enrolled => Err(ReportError::Pending(reason)),
        Err(error) if !is_enrolled => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "the new enrolment was not answered");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Does one run through a courier that is there already, such as one that keeps
/// its connections.
pub async fn run_through<C: Courier>(
    context: &Context,
    scope: Scope,
    courier: &C,
) -> Result<RunSummary, ReportError> {
    let folder = StateFolder::open(&context.state_dir)?;
    let _lock = folder.lock()?;
    ask_again(context, &folder).await?;
    let identity = Identity::load(&folder)?.ok_or(ReportError::NotEnrolled)?;
    run_with(context, &folder, &identity, scope, courier).await
}

async fn run_with<C: Courier>(
    context: &Context,
    folder: &StateFolder,
    identity: &Identity,
    scope: Scope,
    courier: &C,
) -> Result<RunSummary, ReportError> {
    let mut chain = Chain::open(folder, &identity.key, &identity.certificate_der()?)?;
    let made = match scope {
        Scope::Report => Some(make(context, folder, identity, &mut chain)?),
        Scope::QueueAlone => None,
    };
    let log = identity.log()?;
    let round = Round { log: &log, now: context.now() };
    deliver_former(folder, identity, courier, (&mut chain, round)).await?;
    let Delivery { receipts, aside, stop } = deliver(&mut chain, courier, round).await?;
    for receipt in receipts.iter().filter(|it| !it.flags.is_empty()) {
        let flags = receipt.flags.join(", ");
        tracing::warn!(sequence = receipt.sequence, flags, "the collector found something odd");
    }
    if let Some(receipt) = receipts.last() {
        // The next report says which rules are at hand; none fails because of
        // them.
        let named = Named::by(receipt);
        let held = rules::keep_up(context, folder, identity, courier, &named).await;
        if let Err(error) = held.and_then(|held| remember(&mut chain, held)) {
            tracing::warn!(%error, "the rules at hand stay");
        }
    }
    Ok(RunSummary { made, receipts, aside, stop, queue: chain.queue()? })
}

/// Notes which rules are at hand.
fn remember(chain: &mut Chain<'_>, held: Option<Received>) -> Result<(), RulesError> {
    let Some(Received { rules, .. }) = held else { return Ok(()) };
    let received = (Some(rules.policy_ref()), Some(rules.catalogue_ref()));
    let progress = &mut chain.progress;
    if (&progress.policy, &progress.catalogue) != (&received.0, &received.1) {
        (progress.policy, progress.catalogue) = received;
        chain.save()?;
    }
    Ok(())
}

/// Reads, signs and queues one statement.
fn make(
    context: &Context,
    folder: &StateFolder,
    identity: &Identity,
    chain: &mut Chain<'_>,
) -> Result<Made, ReportError> {
    if let Some(trouble) = &chain.progress.trouble {
        let given_up = trouble.code == "key-revoked"
            && context.now().duration_since(trouble.since) > REVOKED_LIMIT;
        if given_up || trouble.code == "sequence-conflict" {
            return Err(ReportError::Trouble(trouble.clone()));
        }
    }
    let host = context.timed_host();
    let facts = crate::device::read(&host);
    identity.belongs_to(&facts)?;
    let key = KeyFiles(folder).open(&identity.key)?;
    // Before the queue is described, so that this statement tells of all that
    // is lost: it may be the last that waits.
    chain.spool.make_room(chain.next().sequence, context.now())?;
    let queue = chain.queue()?;
    let run = Run::read(&host, facts);
    let signed = build::sign(chain, identity, key.as_ref(), run, queue)?;
    let Head { sequence, sha256 } = chain.append(&signed.entry, &signed.envelope, signed.full)?;
    Ok(Made { sequence, sha256, kind: signed.kind })
}

/// Delivers what keys of earlier enrolments left behind; what the collector
/// does not take from them is put aside, for no enrolment can mend it.
async fn deliver_former<C: Courier>(
    folder: &StateFolder,
    identity: &Identity,
    courier: &C,
    (ours, round): (&mut Chain<'_>, Round<'_>),
) -> Result<(), ReportError> {
    if ours.progress.is_forked() {
        return Ok(());
    }
    let open = Enrolling::load(folder)?.map(|it| it.key);
    for key in folder.list("keys")? {
        if key == identity.key || Some(&key) == open.as_ref() {
            continue;
        }
        let mut chain = match Chain::open(folder, &key, &[]) {
            Ok(chain) => chain,
            Err(StateError::Damaged { .. }) => {
                folder.remove_folder(&crate::identity::keys::folder_of(&key))?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        chain.progress.not_before = None;
        // One device knows one log, by whichever key it signs. What the former
        // enrolment held against it ended with that.
        chain.progress.trouble.take_if(|it| it.code == LOG_FORK);
        chain.progress.log.clone_from(&ours.progress.log);
        let delivery = deliver(&mut chain, courier, round).await?;
        if chain.progress.log != ours.progress.log {
            ours.progress.log.clone_from(&chain.progress.log);
            ours.save()?;
        }
        if chain.progress.is_forked() {
            ours.progress.trouble = chain.progress.trouble.take();
            ours.save()?;
            return Ok(());
        }
        if matches!(delivery.stop, Some(Stop::Send(_))) {
            return Ok(());
        }
        for entry in chain.spool.entries()? {
            chain.spool.quarantine(&entry, "signed by the key of an earlier enrolment\n")?;
        }
        folder.remove_folder(&crate::identity::keys::folder_of(&key))?;
    }
    Ok(())
}

#[cfg(test)]
mod openssl;
#[cfg(test)]
mod tests;
