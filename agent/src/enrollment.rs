//! Becoming known to a collector: a new key, a signed request, a certificate.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls_pki_types::UnixTime;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use shared::api::{EnrollRequest, Enrolled, Problem};
use shared::envelope::{Envelope, EnvelopeError};
use shared::keys::{Signer, sha256, sha256_hex};
use shared::log::LogKey;
use shared::statement::{Enrollment, RunTime, Statement};
use shared::token::{Token, TokenError};

use crate::collector::{Collector, EnrollAnswer, ServerTrust, TlsError};
use crate::context::Context;
use crate::delivery::SendError;
use crate::device::DeviceFacts;
use crate::identity::keys::{KeyFiles, KeyStore as _, KeyStoreError, folder_of};
use crate::identity::progress::{Nonce, Progress};
use crate::identity::{Enrolling, Identity, Trust};
use crate::log::Known;
use crate::report::build::{agent_claim, claim, recorded};
use crate::rules::{self, Named, Received, RulesError};
use crate::settings::forget_token_file;
use crate::spool::Spool;
use crate::state::{StateError, StateFolder};

/// Longest name of a log, in bytes: that of a host and a word more.
const NAME_LIMIT: usize = 300;

/// How asking ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnrollOutcome {
    /// The device is enrolled now.
    Enrolled {
        /// Its id.
        device_id: String,
        /// The collector's address.
        url: String,
    },
    /// This very token had enrolled it before; nothing was sent.
    Already {
        /// Its id.
        device_id: String,
        /// The collector's address.
        url: String,
    },
    /// A person has to approve; asking again is harmless.
    Pending {
        /// Why, in the collector's words.
        reason: String,
    },
}

/// Why the device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The stored token of the open enrolment is damaged.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The collector refuses this token or this device.
    #[error("the collector refused the enrolment ({}): {}", .0.code(), .0.detail)]
    Refused(Problem),
    /// The exchange failed.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The collector's answer cannot be used.
    #[error("the collector's answer cannot be used: {0}; ask IT to look at the collector")]
    Answer(&'static str),
    /// No connection can be prepared.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The key cannot be made or opened.
    #[error(transparent)]
    Key(#[from] KeyStoreError),
    /// The state folder failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The request could not be written.
    #[error("the request cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The request could not be signed.
    #[error("the request cannot be signed")]
    Sign(#[from] EnvelopeError),
}

/// Enrols the device that `context` describes with `token`.
pub async fn enroll(context: &Context, token: &Token) -> Result<EnrollOutcome, EnrollError> {
    enroll_for(context, token, None).await
}

/// Enrols the device as that of `owner`, a mail address that the collector
/// takes for a claim.
pub async fn enroll_for(
    context: &Context,
    token: &Token,
    owner: Option<&str>,
) -> Result<EnrollOutcome, EnrollError> {
    let folder = StateFolder::open(&context.state_dir)?;
    let _lock = folder.lock()?;
    if let Some(identity) = usable(context, &folder, token)? {
        let Identity { device_id, url, .. } = identity;
        return Ok(EnrollOutcome::Already { device_id, url });
    }
    open(context, &folder, token, owner)?;
    continue_open(context, &folder).await
}

/// Opens an enrolment with `token`, or goes on with the one that is open.
fn open(
    context: &Context,
    folder: &StateFolder,
    token: &Token,
    owner: Option<&str>,
) -> Result<(), EnrollError> {
    let (token, owner) = (token.to_string(), owner.map(str::to_owned));
    let open = match Enrolling::load(folder)? {
        Some(open) if open.token == token && open.owner == owner => return Ok(()),
        // The same key asks, with what is known of its owner now.
        Some(open) if open.token == token => Enrolling { owner, ..open },
        former => {
            if let Some(former) = former {
                Enrolling::forget(folder)?;
                folder.remove_folder(&folder_of(&former.key))?;
            }
            let (key, _) = KeyFiles(folder).create()?;
            Enrolling { token, key, owner, since: context.now() }
        }
    };
    Ok(open.store(folder)?)
}

/// The identity that `token` gave this device, if nothing is wrong with it: a
/// management tool may run the same command every day.
fn usable(
    context: &Context,
    folder: &StateFolder,
    token: &Token,
) -> Result<Option<Identity>, EnrollError> {
    let Some(identity) = Identity::load(folder)? else { return Ok(None) };
    let facts = crate::device::read(&context.timed_host());
    let progress = Progress::load(folder, &identity.key).ok().flatten();
    let usable = identity.token_id == token.id()
        && identity.belongs_to(&facts).is_ok()
        && KeyFiles(folder).open(&identity.key).is_ok()
        && progress.is_some_and(|it| it.trouble.is_none());
    Ok(usable.then_some(identity))
}

/// Asks for the open enrolment's answer; the same key asks each time.
pub(crate) async fn continue_open(
    context: &Context,
    folder: &StateFolder,
) -> Result<EnrollOutcome, EnrollError> {
    let Some(open) = Enrolling::load(folder)? else {
        return Err(EnrollError::Answer("no enrolment is open"));
    };
    let token: Token = open.token.parse()?;
    let trust = token.ca_sha256.map_or(ServerTrust::Web, ServerTrust::Pin);
    let collector = Collector::new(&token.url, &trust, context.clock.clone())?;
    let facts = crate::device::read(&context.timed_host());
    let signer = KeyFiles(folder).open(&open.key)?;
    let request = request(context, &open, &facts, signer.as_ref())?;
    let spki = signer.spki().to_vec();
    drop(signer);
    match collector.enroll(&request).await {
        Ok(EnrollAnswer::Pending(pending)) => Ok(EnrollOutcome::Pending { reason: pending.reason }),
        Ok(EnrollAnswer::Enrolled(answer)) => {
            check(context, &token, &answer, &spki)?;
            let named =
                Named { policy: answer.policy.clone(), catalogue: answer.catalogue.clone() };
            let outcome = adopt(context, folder, &open, *answer, facts)?;
            // The first report asks again.
            if let Err(error) = receive_rules(context, folder, &collector, &named).await {
                tracing::warn!(%error, "no rules were received");
            }
            Ok(outcome)
        }
        Err(SendError::Refused(problem)) => {
            // The token is worth nothing any more, so it is not kept.
            if problem.code().starts_with("token-") {
                Enrolling::forget(folder)?;
                folder.remove_folder(&folder_of(&open.key))?;
            }
            Err(EnrollError::Refused(problem))
        }
        Err(error) => Err(error.into()),
    }
}

/// Receives the rules, so that the first report names them.
async fn receive_rules(
    context: &Context,
    folder: &StateFolder,
    collector: &Collector,
    named: &Named,
) -> Result<(), RulesError> {
    let Some(identity) = Identity::load(folder)? else { return Ok(()) };
    let held = rules::keep_up(context, folder, &identity, collector, named).await?;
    let Some(Received { rules, .. }) = held else { return Ok(()) };
    let mut progress = Progress::load(folder, &identity.key)?.unwrap_or_default();
    progress.policy = Some(rules.policy_ref());
    progress.catalogue = Some(rules.catalogue_ref());
    Ok(progress.store(folder, &identity.key)?)
}

fn request(
    context: &Context,
    open: &Enrolling,
    facts: &DeviceFacts,
    signer: &dyn Signer,
) -> Result<EnrollRequest, EnrollError> {
    let token: Token = open.token.parse()?;
    let is_recorded = context.host.is_recorded();
    let now = context.now();
    let enrollment = Enrollment {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        token_id: token.id(),
        spki: STANDARD.encode(signer.spki()),
        // The collector gives the id with its answer.
        device: claim("", facts, is_recorded),
        agent: agent_claim(signer.protection()),
        host: recorded(is_recorded),
        owner: open.owner.clone(),
        time: RunTime { started_at: now, finished_at: now },
    };
    let statement = Statement::enrollment(sha256_hex(signer.spki()), enrollment);
    let envelope = Envelope::sign(statement.to_bytes()?, signer)?;
    Ok(EnrollRequest {
        secret: URL_SAFE_NO_PAD.encode(token.secret),
        envelope: serde_json::from_str(&envelope.to_json())?,
    })
}

/// Refuses an answer that is about another key, or from another CA than the
/// token's.
fn check(
    context: &Context,
    token: &Token,
    answer: &Enrolled,
    spki: &[u8],
) -> Result<(), EnrollError> {
    let refuse = |reason| Err(EnrollError::Answer(reason));
    let Ok(ca) = CertificateDer::from_pem_slice(answer.ca.as_bytes()) else {
        return refuse("`ca` is no PEM certificate");
    };
    let Ok(device) = CertificateDer::from_pem_slice(answer.certificate.as_bytes()) else {
        return refuse("`certificate` is no PEM certificate");
    };
    if token.ca_sha256.is_some_and(|pinned| pinned != sha256(&ca)) {
        return refuse("`ca` is not the CA that the token names");
    }
    let (Ok(anchor), Ok(certificate)) =
        (webpki::anchor_from_trusted_cert(&ca), webpki::EndEntityCert::try_from(&device))
    else {
        return refuse("`ca` or `certificate` is no X.509 certificate");
    };
    if *certificate.subject_public_key_info() != *spki {
        return refuse("`certificate` is for another key");
    }
    if !is_issued_by(&certificate, anchor, context) {
        return refuse("`certificate` was not issued by `ca`, or is not valid now");
    }
    if !is_log_key(&answer.log_key) {
        return refuse("`log_key` is no key of a log");
    }
    if answer.device_id.is_empty() || answer.device_id.len() > 64 {
        return refuse("`device_id` is not plausible");
    }
    Ok(())
}

/// Whether a log's key can be kept: its name goes into every statement.
fn is_log_key(text: &str) -> bool {
    LogKey::parse(text).is_ok_and(|key| key.name().len() <= NAME_LIMIT)
}

/// What the device knows of the log, when it was and stays the same log. After
/// a fork it begins anew: that is what a person decided by enrolling again.
fn known_log(folder: &StateFolder, former: &Identity, log_key: &str) -> Option<Known> {
    let progress = Progress::load(folder, &former.key).ok().flatten()?;
    let goes_on = former.log_key == log_key && !progress.is_forked();
    progress.log.filter(|_| goes_on)
}

fn is_issued_by(
    certificate: &webpki::EndEntityCert<'_>,
    anchor: TrustAnchor<'_>,
    context: &Context,
) -> bool {
    use rustls::time_provider::TimeProvider as _;
    let now = context.clock.current_time().unwrap_or(UnixTime::since_unix_epoch(<_>::default()));
    let usage = webpki::KeyUsage::client_auth();
    certificate
        .verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &[anchor], &[], now, usage, None, None)
        .is_ok()
}

/// Makes the answer the device's identity. `identity.json` is written last: a
/// crash before leaves the old identity, and the same request is asked again.
fn adopt(
    context: &Context,
    folder: &StateFolder,
    open: &Enrolling,
    answer: Enrolled,
    facts: DeviceFacts,
) -> Result<EnrollOutcome, EnrollError> {
    let token: Token = open.token.parse()?;
    let former = Identity::load(folder).ok().flatten();
    let now = context.now();
    let log = former.as_ref().and_then(|it| known_log(folder, it, &answer.log_key));
    let progress = Progress {
        log,
        nonce: Some(Nonce { value: answer.nonce, received_at: now }),
        settings: answer.settings,
        ..Progress::default()
    };
    progress.store(folder, &open.key)?;
    let identity = Identity {
        device_id: answer.device_id,
        certificate: answer.certificate,
        ca: answer.ca,
        url: token.url.clone(),
        trust: if token.ca_sha256.is_some() { Trust::Pinned } else { Trust::Web },
        hardware_uuid: facts.hardware_uuid,
        key: open.key.clone(),
        token_id: token.id(),
        enrolled_at: now,
        log_key: answer.log_key,
    };
    identity.store(folder)?;
    Enrolling::forget(folder)?;
    forget_token_file(&context.state_dir, &token);
    if let Some(former) = former {
        retire(folder, &former, &identity)?;
    }
    let Identity { device_id, url, .. } = identity;
    Ok(EnrollOutcome::Enrolled { device_id, url })
}

/// Destroys the former key. Its waiting reports go to the same collector with
/// the next run; another one is not told what was meant for the first.
fn retire(folder: &StateFolder, former: &Identity, new: &Identity) -> Result<(), StateError> {
    if former.key == new.key {
        return Ok(());
    }
    KeyFiles(folder).erase(&former.key).or_else(|error| match error {
        KeyStoreError::State(error) => Err(error),
        _ => Ok(()),
    })?;
    if former.url != new.url {
        let spool = Spool::of(folder, &former.key);
        for entry in spool.entries()? {
            spool.quarantine(&entry, "meant for the collector of an earlier enrolment\n")?;
        }
    }
    Ok(())
}
