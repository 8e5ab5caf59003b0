//! Is this Mac enrolled, and is its evidence on its way?

use jiff::Timestamp;
use shared::days::age_words;

use super::Line;
use crate::chain::Chain;
use crate::delivery::verdict::advice;
use crate::identity::progress::Progress;
use crate::identity::{Enrolling, Identity};
use crate::state::{StateError, StateFolder};

const ENROLMENT: &str = "enrolment";
const REPORTS: &str = "reports";
/// Hours without a report after which something is wrong: reports come every
/// hour while the Mac is awake.
const QUIET_HOURS: i64 = 24;

/// The state may be read by root alone.
pub(super) fn denied() -> Line {
    let says = "only an administrator may read it";
    Line::attention(ENROLMENT, says, "run `sudo muster-agent doctor`")
}

/// Lines about a computer without an identity.
pub(super) fn without_identity(folder: &StateFolder) -> Vec<Line> {
    match Enrolling::load(folder) {
        Ok(Some(open)) => {
            let says = format!("waits for approval since {}", open.since);
            vec![Line::attention(ENROLMENT, says, "ask IT to approve this Mac in the console")]
        }
        Ok(None) => {
            let todo = "run `sudo muster-agent enroll` with the token that IT sent";
            vec![Line::attention(ENROLMENT, "this Mac is not enrolled", todo)]
        }
        // Said already, by the line about permission.
        Err(_) => Vec::new(),
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    format!("{} ago", age_words(now.duration_since(at)))
}

/// Lines about an enrolled computer.
pub(super) fn lines(
    folder: &StateFolder,
    identity: &Identity,
    now: Timestamp,
) -> Result<Vec<Line>, StateError> {
    let progress = Progress::load(folder, &identity.key)?.unwrap_or_default();
    let queue = Chain::look(folder, &identity.key, progress.clone()).queue()?;
    let enrolled = ago(identity.enrolled_at, now);
    let says = format!("enrolled {enrolled} with {}", identity.url);
    let mut lines = vec![Line::well(ENROLMENT, says)];
    if let Some(trouble) = &progress.trouble {
        let says = format!("refused: {}", trouble.detail);
        lines.push(Line::attention(REPORTS, says, advice(&trouble.code)));
        return Ok(lines);
    }
    let waiting = queue.queued;
    let hours = |at: Timestamp| now.duration_since(at).as_hours();
    lines.push(match (progress.reported_at, progress.confirmed_at) {
        (None, _) => {
            Line::attention(REPORTS, "none was made yet", "run `sudo muster-agent report`")
        }
        (Some(made), _) if hours(made) >= QUIET_HOURS => {
            let says = format!("the last one was made {}", ago(made, now));
            let todo = "see the line about the daemon, or run `sudo muster-agent report`";
            Line::attention(REPORTS, says, todo)
        }
        (Some(_), Some(confirmed)) if waiting == 0 => {
            Line::well(REPORTS, format!("the last one was confirmed {}", ago(confirmed, now)))
        }
        (Some(_), _) => {
            let says = format!("waiting for the collector: {waiting}");
            Line::attention(REPORTS, says, "see the line about the collector; none is lost")
        }
    });
    if queue.dropped > 0 {
        let says = format!("lost to limits while the collector was away: {}", queue.dropped);
        lines.push(Line::attention(REPORTS, says, "tell IT; the collector shows the gap"));
    }
    Ok(lines)
}
