//! Writing and signing one statement.

use std::fs::File;
use std::io::Read as _;
use std::sync::OnceLock;

use aws_lc_rs::digest::{Context, SHA256};
use shared::envelope::{Envelope, EnvelopeError};
use shared::json::JsonError;
use shared::keys::{KeyProtection, Signer, hex, sha256_hex};
use shared::reading::Reading;
use shared::statement::{
    AgentClaim, Boot, DeviceClaim, Digest, Freshness, Posture, ReportKind, RunTime, Spool,
    Statement,
};

use super::kind::{Basis, LastFull, fingerprint, unchanged_since};
use crate::chain::{Chain, Place};
use crate::device::DeviceFacts;
use crate::host::{Answer, FileAnswer, Host};
use crate::identity::Identity;
use crate::spool::Entry;

/// Version of this agent.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What one run found.
#[derive(Clone, Debug)]
pub struct Run {
    /// Model, serial number and hardware UUID.
    pub facts: DeviceFacts,
    /// Which boot.
    pub boot: Option<Boot>,
    /// Every check's reading.
    pub readings: Vec<Reading>,
    /// Begin and end.
    pub time: RunTime,
    /// Whether the answers came from a recording.
    pub is_recorded: bool,
}

impl Run {
    /// Reads everything once.
    pub fn read(host: &dyn Host, facts: DeviceFacts) -> Self {
        let started_at = host.now();
        let readings = crate::checks::read_all(host);
        let boot = boot(host);
        let time = RunTime { started_at, finished_at: host.now() };
        Self { facts, boot, readings, time, is_recorded: host.is_recorded() }
    }
}

/// Why no statement could be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// It could not be written as JSON.
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// It could not be signed.
    #[error("the report cannot be signed")]
    Sign(#[from] EnvelopeError),
}

/// A signed statement with what the chain has to know of it.
#[derive(Debug)]
pub struct Signed {
    /// The envelope.
    pub envelope: Envelope,
    /// Its entry in the queue.
    pub entry: Entry,
    /// Full or unchanged.
    pub kind: ReportKind,
    /// For a full one: what later ones point at.
    pub full: Option<LastFull>,
}

/// Writes the next statement of `chain` and signs it. Takes the nonce out of
/// the progress, which the caller stores with the statement.
pub fn sign(
    chain: &mut Chain<'_>,
    identity: &Identity,
    signer: &dyn Signer,
    run: Run,
    queue: Spool,
) -> Result<Signed, BuildError> {
    let place = chain.next();
    let basis = Basis {
        agent: VERSION.to_owned(),
        policy: chain.progress.policy.as_ref().map(|it| it.sha256.clone()),
        catalogue: chain.progress.catalogue.as_ref().map(|it| it.sha256.clone()),
        readings: fingerprint(&run.readings),
    };
    let made_at = run.time.finished_at;
    let since = unchanged_since(chain.progress.full.as_ref(), &basis, made_at);
    let kind = if since.is_some() { ReportKind::Unchanged } else { ReportKind::Full };
    let sequence = place.sequence;
    let mut posture = posture(identity, signer.protection(), run, place, queue);
    posture.kind = kind;
    posture.unchanged_since = since;
    posture.freshness = Freshness {
        nonce: chain.progress.take_nonce(made_at),
        checkpoint: chain.progress.log.as_ref().map(|log| log.checkpoint.clone()),
    };
    posture.policy.clone_from(&chain.progress.policy);
    if kind == ReportKind::Unchanged {
        posture.checks.clear();
    }
    let certificate = crate::identity::certificate(&identity.certificate);
    let subject = sha256_hex(certificate.as_deref().unwrap_or_default());
    let envelope = sign_within_limit(Statement::report(subject, posture), signer)?;
    let sha256 = hex(&envelope.digest());
    let full =
        (kind == ReportKind::Full).then_some(LastFull { sequence, sha256, at: made_at, basis });
    Ok(Signed { envelope, entry: Entry::new(sequence, made_at, kind), kind, full })
}

fn posture(
    identity: &Identity,
    protection: KeyProtection,
    run: Run,
    place: Place,
    queue: Spool,
) -> Posture {
    Posture {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        kind: ReportKind::Full,
        host: recorded(run.is_recorded),
        device: claim(&identity.device_id, &run.facts, run.is_recorded),
        agent: agent_claim(protection),
        boot: run.boot,
        sequence: place.sequence,
        previous: Digest { sha256: place.previous },
        freshness: Freshness::default(),
        time: run.time,
        policy: None,
        unchanged_since: None,
        checks: run.readings,
        spool: queue,
    }
}

/// Signs; a report that is too large loses the tools' words before it is lost
/// itself.
fn sign_within_limit(
    mut statement: Statement<Posture>,
    signer: &dyn Signer,
) -> Result<Envelope, BuildError> {
    match Envelope::sign(statement.to_bytes()?, signer) {
        Err(EnvelopeError::Payload(JsonError::TooLarge(bytes, _))) => {
            tracing::warn!(bytes, "the report is too large: left out the matched lines");
            let sources = statement.predicate.checks.iter_mut().flat_map(|it| &mut it.sources);
            sources.for_each(|source| source.matched = None);
            Ok(Envelope::sign(statement.to_bytes()?, signer)?)
        }
        other => Ok(other?),
    }
}

/// The word for statements that no Mac stands behind.
pub(crate) fn recorded(is_recorded: bool) -> Option<String> {
    is_recorded.then(|| "recorded".to_owned())
}

/// What the device says of itself.
pub(crate) fn claim(id: &str, facts: &DeviceFacts, is_recorded: bool) -> DeviceClaim {
    // Recordings are of Macs, on whatever computer they are played.
    let platform = if is_recorded { "macos" } else { std::env::consts::OS };
    DeviceClaim {
        id: id.to_owned(),
        platform: platform.to_owned(),
        hardware_uuid: facts.hardware_uuid.clone(),
        serial: facts.serial.clone(),
        model: facts.model.clone(),
    }
}

/// Which program speaks.
pub(crate) fn agent_claim(key_protection: KeyProtection) -> AgentClaim {
    // The program does not change while it runs.
    static BINARY: OnceLock<Option<String>> = OnceLock::new();
    let digest = || digest_of(File::open(std::env::current_exe().ok()?).ok()?);
    AgentClaim {
        version: VERSION.to_owned(),
        binary_sha256: BINARY.get_or_init(digest).clone(),
        key_protection,
    }
}

/// The SHA-256 of a file, part by part: the program is larger than all else
/// that a run holds in memory.
fn digest_of(mut file: File) -> Option<String> {
    let mut context = Context::new(&SHA256);
    let mut part = vec![0; 32 * 1024];
    loop {
        match file.read(&mut part).ok()? {
            0 => return Some(hex(context.finish().as_ref())),
            length => context.update(part.get(..length)?),
        }
    }
}

fn boot(host: &dyn Host) -> Option<Boot> {
    let mac = match host.run(&["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]) {
        Answer::Done { exit: 0, stdout, .. } => String::from_utf8(stdout).ok(),
        _ => None,
    };
    let linux = || match host.read("/proc/sys/kernel/random/boot_id") {
        FileAnswer::Bytes(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    };
    let session = mac.or_else(linux)?.trim().to_owned();
    let plausible = (1..=64).contains(&session.len())
        && session.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    plausible.then(|| Boot { session, uptime_s: host.uptime_s() })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::digest_of;
    use shared::keys::sha256_hex;

    #[test]
    fn a_file_of_any_length_has_the_digest_of_its_bytes() {
        for length in [0, 1, 32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|at: u32| at.to_le_bytes()[0]).collect();
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&bytes).unwrap();
            assert_eq!(digest_of(file.reopen().unwrap()), Some(sha256_hex(&bytes)), "{length}");
        }
    }
}
