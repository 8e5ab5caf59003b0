//! Can the collector be reached, and do the clocks agree?

use jiff::{SignedDuration, Timestamp};

use super::Line;
use crate::delivery::SendError;

/// Clocks further apart than this make reports look early or late.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Lines from the collector's answer, which carries its time.
pub(super) fn lines(answer: Result<Option<Timestamp>, SendError>, now: Timestamp) -> Vec<Line> {
    const COLLECTOR: &str = "collector";
    match answer {
        Ok(date) => vec![Line::well(COLLECTOR, "answers"), clock(date, now)],
        Err(error @ SendError::Untrusted { .. }) => {
            let todo = "check this Mac's date and time; if they are right, ask IT whether the collector's certificate changed, and do not go on before you know";
            vec![Line::attention(COLLECTOR, error.to_string(), todo)]
        }
        Err(error @ SendError::Unreachable { .. }) => {
            let todo = "check the network, a VPN that may be needed, and whether something filters the connection";
            vec![Line::attention(COLLECTOR, error.to_string(), todo)]
        }
        Err(error) => {
            let todo = "ask IT whether the collector is at this address and well";
            vec![Line::attention(COLLECTOR, error.to_string(), todo)]
        }
    }
}

fn clock(date: Option<Timestamp>, now: Timestamp) -> Line {
    const CLOCK: &str = "clock";
    let Some(date) = date else {
        return Line::unknown(CLOCK, "the collector did not tell its time");
    };
    let apart = now.duration_since(date);
    if apart.abs() <= CLOCK_TOLERANCE {
        return Line::well(CLOCK, "agrees with the collector's");
    }
    let (minutes, way) =
        (apart.abs().as_mins(), if apart.is_negative() { "behind" } else { "ahead of" });
    let says = format!("{minutes} min {way} the collector's");
    let todo =
        "choose System Settings > General > Date & Time and turn on setting the time automatically";
    Line::attention(CLOCK, says, todo)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    fn clock_at(date: &str) -> Line {
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        lines(Ok(Some(date.parse().unwrap())), now).remove(1)
    }

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        for date in ["2026-08-23T09:00:00Z", "2026-08-23T08:55:00Z", "2026-08-23T09:05:00Z"] {
            assert_eq!(clock_at(date).standing, Standing::Well, "{date}");
        }
        assert_eq!(clock_at("2026-08-23T08:54:59Z").says, "5 min ahead of the collector's");
        assert_eq!(clock_at("2026-08-23T11:00:00Z").says, "120 min behind the collector's");
        assert_eq!(clock_at("2026-08-23T11:00:00Z").standing, Standing::Attention);
    }

    #[test]
    fn a_collector_that_is_away_leaves_the_clock_alone() {
        let away = SendError::Unreachable { url: "u".into(), reason: "r".into() };
        let lines = lines(Err(away), Timestamp::UNIX_EPOCH);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].says, "cannot reach u: r");
    }
}
