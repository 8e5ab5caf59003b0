//! Delivering the queue, oldest first, and acting on every answer.
//!
//! A statement leaves the queue in two ways only: a receipt with its digest
//! that proves where it stands in the collector's log, or a refusal that can
//! never change, which puts it aside.

use jiff::{SignedDuration, Timestamp};
use shared::api::{BatchLine, Problem, Receipt};
use shared::log::LogKey;

use crate::chain::Chain;
use crate::identity::progress::Trouble;
use crate::spool::Entry;
use crate::state::StateError;

mod proof;
pub mod verdict;

use proof::{Item, Shown};
use verdict::Verdict;

/// Most statements in one request.
pub const BATCH_LINES: usize = 100;
/// Most bytes in one request.
pub const BATCH_BYTES: usize = 1024 * 1024;
/// How long after a refusal of the key it is tried again: a suspension can be
/// lifted.
const REVOKED_RETRY: SignedDuration = SignedDuration::from_hours(24);

/// Carries envelopes to a collector.
pub trait Courier: Sync {
    /// Sends envelopes in their stored form and returns one answer for each,
    /// in the same order. `log_size` is the size of the log that is known.
    fn send(
        &self,
        envelopes: &[String],
        log_size: Option<u64>,
    ) -> impl Future<Output = Result<Vec<BatchLine>, SendError>> + Send;

    /// Fetches the signed rules, unless they are those that `etag` names. Who
    /// carries none has nothing new.
    fn rules(
        &self,
        etag: Option<&str>,
    ) -> impl Future<Output = Result<RulesAnswer, SendError>> + Send {
        let _ = etag;
        async { Ok(RulesAnswer::Same) }
    }
}

/// The collector's answer about its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesAnswer {
    /// They are the ones that were named.
    Same,
    /// A document, not verified yet.
    Document {
        /// Its bytes.
        body: Vec<u8>,
        /// What to name it by.
        etag: Option<String>,
    },
}

/// Why no answer about the statements came.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection, or it broke.
    #[error("cannot reach {url}: {reason}")]
    Unreachable {
        /// The collector's address.
        url: String,
        /// What the network said.
        reason: String,
    },
    /// It is there, but cannot take them now.
    #[error("the collector asks to wait: {detail}")]
    Busy {
        /// Seconds to wait, when it said so.
        retry_after_s: Option<u32>,
        /// Its sentence.
        detail: String,
    },
    /// The whole request was refused.
    #[error("the collector refused the request ({}): {}", .0.code(), .0.detail)]
    Refused(Problem),
    /// Its certificate is not the one that was agreed on.
    #[error("{url} could not prove that it is your collector: {reason}")]
    Untrusted {
        /// The collector's address.
        url: String,
        /// What is wrong with its certificate.
        reason: String,
    },
    /// It answered in a way that is not the device API.
    #[error("{url} did not answer as a collector: {reason}")]
    Protocol {
        /// The collector's address.
        url: String,
        /// What was odd.
        reason: String,
    },
}

/// Why delivering ended before the queue was empty.
#[derive(Debug)]
pub enum Stop {
    /// No answer.
    Send(SendError),
    /// The collector asked, earlier or now, not to be asked before.
    NotBefore(Timestamp),
    /// A refusal that needs a person.
    Trouble(Trouble),
    /// A statement of a kind that the collector does not take yet.
    Unsupported(Problem),
}

/// What one run delivered.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Confirmed statements, oldest first.
    pub receipts: Vec<Receipt>,
    /// Statements put aside, with the reason.
    pub aside: Vec<(i64, Problem)>,
    /// Why it ended early.
    pub stop: Option<Stop>,
}

/// What one round of delivering is given.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// Who signs the collector's log.
    pub log: &'a LogKey,
    /// The time.
    pub now: Timestamp,
}

/// Delivers what waits.
pub async fn deliver<C: Courier>(
    chain: &mut Chain<'_>,
    courier: &C,
    round: Round<'_>,
) -> Result<Delivery, StateError> {
    let (mut delivery, now) = (Delivery::default(), round.now);
    if let Some(trouble) = chain.progress.trouble.clone().filter(|_| chain.progress.is_forked()) {
        delivery.stop = Some(Stop::Trouble(trouble));
        return Ok(delivery);
    }
    if let Some(until) = chain.progress.not_before.filter(|until| *until > now) {
        delivery.stop = Some(Stop::NotBefore(until));
        return Ok(delivery);
    }
    let mut waiting = chain.spool.entries()?;
    let mut lines = BATCH_LINES;
    while delivery.stop.as_ref().is_none_or(is_about_one_statement) && !waiting.is_empty() {
        let parcel = parcel(chain, &mut waiting, lines)?;
        if parcel.is_empty() {
            break;
        }
        let envelopes: Vec<String> = parcel.iter().map(|it| it.envelope.clone()).collect();
        let log_size = chain.progress.log.as_ref().map(|log| log.checkpoint.size);
        match courier.send(&envelopes, log_size).await {
            Ok(answers) if answers.len() == parcel.len() => {
                if settle(chain, &parcel, answers, &mut delivery, &round)? {
                    waiting = chain.spool.entries()?;
                }
            }
            Ok(answers) => {
                let reason = format!("{} answers to {} reports", answers.len(), parcel.len());
                let url = "the collector".to_owned();
                delivery.stop = Some(Stop::Send(SendError::Protocol { url, reason }));
            }
            Err(SendError::Refused(problem))
                if problem.code() == "too-large" && parcel.len() > 1 =>
            {
                lines = parcel.len() / 2;
                waiting = chain.spool.entries()?;
            }
            Err(error) => fail(chain, error, &mut delivery, now),
        }
    }
    if delivery.stop.as_ref().is_none_or(is_about_one_statement) {
        chain.progress.failures = 0;
        chain.progress.not_before = None;
        // Whatever the collector had against the key is over.
        if !delivery.receipts.is_empty() {
            chain.progress.trouble = None;
        }
    } else {
        chain.progress.failures = chain.progress.failures.saturating_add(1);
    }
    chain.save()?;
    Ok(delivery)
}

fn is_about_one_statement(stop: &Stop) -> bool {
    matches!(stop, Stop::Unsupported(_))
}

/// Takes the oldest statements that fit one request out of `waiting`.
fn parcel(
    chain: &Chain<'_>,
    waiting: &mut Vec<Entry>,
    lines: usize,
) -> Result<Vec<Item>, StateError> {
    let (mut items, mut bytes, mut taken) = (Vec::new(), 0, 0);
    for entry in waiting.iter() {
        let Some(envelope) = chain.spool.read(entry)? else {
            chain.spool.quarantine(entry, "the file was damaged on this computer's disk")?;
            taken += 1;
            continue;
        };
        let item = Item::new(*entry, &envelope);
        bytes += item.envelope.len() + 1;
        if items.len() == lines || (bytes > BATCH_BYTES && !items.is_empty()) {
            break;
        }
        items.push(item);
        taken += 1;
    }
    waiting.drain(..taken);
    Ok(items)
}

/// Acts on the answers, and says whether what is left is to be sent once more.
/// What the collector said is stored before any file goes: a crash in between
/// only sends a statement again.
fn settle(
    chain: &mut Chain<'_>,
    parcel: &[Item],
    answers: Vec<BatchLine>,
    delivery: &mut Delivery,
    round: &Round<'_>,
) -> Result<bool, StateError> {
    let (mut confirmed, mut again) = (Vec::new(), false);
    for (item, answer) in parcel.iter().zip(answers) {
        match answer {
            BatchLine::Kept(receipt) if receipt.statement_sha256 == item.sha256 => {
                let so_far = (!confirmed.is_empty(), &mut *delivery);
                match proof::check(chain, item, &receipt, round, so_far)? {
                    Shown::Proven => {
                        chain.progress.confirm(&receipt, round.now);
                        delivery.receipts.push(receipt);
                        confirmed.push(item.entry);
                    }
                    Shown::AskAgain => again = true,
                    Shown::Unproven => {}
                    // Nothing more that it says is believed.
                    Shown::Forked => break,
                }
            }
            BatchLine::Kept(receipt) => {
                let reason = format!(
                    "its receipt for sequence {} names another statement",
                    receipt.sequence
                );
                let url = "the collector".to_owned();
                delivery.stop = Some(Stop::Send(SendError::Protocol { url, reason }));
            }
            BatchLine::Refused(problem) => {
                refuse(chain, item, problem, delivery, round.now)?;
            }
        }
    }
    chain.save()?;
    for entry in &confirmed {
        chain.spool.remove(entry)?;
    }
    Ok(again)
}

fn refuse(
    chain: &mut Chain<'_>,
    item: &Item,
    problem: Problem,
    delivery: &mut Delivery,
    now: Timestamp,
) -> Result<(), StateError> {
    let sequence = item.entry.sequence;
    match Verdict::of(&problem) {
        Verdict::Aside => {
            let full = chain.progress.full.take_if(|full| full.sequence == sequence);
            if full.is_some() {
                chain.save()?;
            }
            let reason = format!("{}: {}\n", problem.code(), problem.detail);
            chain.spool.quarantine(&item.entry, &reason)?;
            delivery.aside.push((sequence, problem));
        }
        Verdict::Keep => {
            delivery.stop.get_or_insert(Stop::Unsupported(problem));
        }
        Verdict::Person => trouble(chain, &problem, delivery, now),
        Verdict::Wait => {
            let detail = problem.detail;
            let error = SendError::Busy { retry_after_s: None, detail };
            delivery.stop = Some(Stop::Send(error));
        }
    }
    Ok(())
}

/// Remembers what a person has to mend.
fn trouble(chain: &mut Chain<'_>, problem: &Problem, delivery: &mut Delivery, now: Timestamp) {
    let code = problem.code().to_owned();
    let before = chain.progress.trouble.take().filter(|it| it.code == code);
    let since = before.map_or(now, |it| it.since);
    if code == "key-revoked" {
        chain.progress.not_before = Some(now + REVOKED_RETRY);
    }
    let trouble = Trouble { code, detail: problem.detail.clone(), since };
    chain.progress.trouble = Some(trouble.clone());
    delivery.stop = Some(Stop::Trouble(trouble));
}

fn fail(chain: &mut Chain<'_>, error: SendError, delivery: &mut Delivery, now: Timestamp) {
    if let SendError::Refused(problem) = &error
        && Verdict::of(problem) == Verdict::Person
    {
        trouble(chain, problem, delivery, now);
        return;
    }
    if let SendError::Busy { retry_after_s: Some(seconds), .. } = &error {
        chain.progress.not_before = Some(now + SignedDuration::from_secs(i64::from(*seconds)));
    }
    delivery.stop = Some(Stop::Send(error));
}
