//! By which policy and catalogue `check` judges.

use std::sync::Arc;

use jiff::Timestamp;
use shared::os_releases::Catalogue;
use shared::policy::Policy;

use super::Args;
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::exit::Exit;
use crate::identity::Identity;
use crate::rules::Received;
use crate::state::StateFolder;

/// Policy and catalogue, and where each is from.
pub(super) struct Rules {
    /// The policy.
    pub(super) policy: Arc<Policy>,
    /// Where it is from.
    pub(super) policy_from: From,
    /// The catalogue of macOS releases.
    pub(super) catalogue: Arc<Catalogue>,
    /// Where it is from.
    pub(super) catalogue_from: From,
}

/// Where rules are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// They came with this program.
    Program,
    /// The command line named a file.
    File,
    /// The collector signed them.
    Collector(Timestamp),
}

/// A file that the command line names wins; then what the collector signed, if
/// this computer is enrolled and its state may be read; then the built-in one.
///
/// A recording is of another Mac, so the state of this one says nothing of it,
/// unless the command line names a state folder too.
pub(super) fn rules(args: &Args) -> Result<Rules, Failure> {
    let is_about_here = args.recording.is_none() || args.state.is_named();
    let received = if is_about_here { received(args) } else { None };
    let (policy, policy_from) = match (&args.policy, &received) {
        (Some(_), _) => (policy(args)?, From::File),
        (None, Some((policy, _, at))) => (Arc::clone(policy), From::Collector(*at)),
        (None, None) => (Policy::baseline(), From::Program),
    };
    let (catalogue, catalogue_from) = match (&args.os_releases, &received) {
        (Some(_), _) => (catalogue(args)?, From::File),
        (None, Some((_, catalogue, at))) => (Arc::clone(catalogue), From::Collector(*at)),
        (None, None) => (Catalogue::embedded(), From::Program),
    };
    Ok(Rules { policy, policy_from, catalogue, catalogue_from })
}

/// What the collector signed and when it came. Whoever may not read it, or has
/// none, gets the built-in rules, which the page says.
fn received(args: &Args) -> Option<(Arc<Policy>, Arc<Catalogue>, Timestamp)> {
    let folder = StateFolder::at(&args.state.folder());
    let identity = Identity::load(&folder).ok()??;
    let received = Received::load(&folder, &identity).ok()??;
    let (policy, catalogue) = (received.policy().ok()?, received.catalogue().ok()?);
    Some((Arc::new(policy), Arc::new(catalogue), received.received_at))
}

fn policy(args: &Args) -> Result<Arc<Policy>, Failure> {
    let Some(path) = &args.policy else { return Ok(Policy::baseline()) };
    let policy = Policy::parse(&input::text(path)?);
    // The error begins with the file's name itself.
    let file = path.display().to_string();
    let policy = policy.map_err(|error| {
        let error = error.in_file(&file);
        Failure::new(Exit::BadInput, format!("{error}; correct the policy and try again"))
    })?;
    Ok(Arc::new(policy))
}

fn catalogue(args: &Args) -> Result<Arc<Catalogue>, Failure> {
    let Some(path) = &args.os_releases else { return Ok(Catalogue::embedded()) };
    let catalogue = Catalogue::parse(&input::bytes(path)?).map_err(|error| {
        input::bad(path, format_args!("{error}; correct the file or use the built-in catalogue"))
    })?;
    Ok(Arc::new(catalogue))
}
