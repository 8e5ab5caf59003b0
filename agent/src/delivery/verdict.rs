//! What a refusal means for the refused statement.

use shared::api::Problem;

use crate::identity::progress::LOG_FORK;

/// What to do with a refused statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It will never be accepted: put it aside and go on.
    Aside,
    /// It may be accepted after an update: keep it and go on.
    Keep,
    /// Nothing can be delivered until a person acts: keep everything.
    Person,
    /// The collector could not look at it: keep everything and come back.
    Wait,
}

impl Verdict {
    /// Decides by the problem's code; a code from a newer collector by its
    /// HTTP status.
    pub fn of(problem: &Problem) -> Self {
        match problem.code() {
            "malformed-envelope"
            | "unsupported-payload-type"
            | "malformed-statement"
            | "bad-signature"
            | "recorded-host" => Self::Aside,
            "unsupported-predicate" => Self::Keep,
            "unknown-key" | "subject-mismatch" | "key-revoked" | "sequence-conflict" => {
                Self::Person
            }
            "too-large" | "rate-limited" | "unavailable" | "internal" => Self::Wait,
            _ if problem.status >= 500 => Self::Wait,
            _ => Self::Keep,
        }
    }
}

/// What the person has to do, for a code of [`Verdict::Person`].
pub fn advice(code: &str) -> &'static str {
    match code {
        "key-revoked" => "ask IT whether this device is suspended or was retired",
        "sequence-conflict" => {
            "a second computer signs with this key, or a backup of the state folder was restored; ask IT, then run `muster-agent enroll` with a new token"
        }
        LOG_FORK => {
            "nothing is sent any more: give IT those files, and when they know what happened, run `muster-agent enroll` with a new token"
        }
        _ => "run `muster-agent enroll` with a new token; the reports made until then are kept",
    }
}

#[cfg(test)]
mod tests {
    use shared::api::problem;

    use super::Verdict;

    #[test]
    fn every_refusal_of_a_report_has_its_consequence() {
        for (code, expected) in [
            ("malformed-envelope", Verdict::Aside),
            ("unsupported-payload-type", Verdict::Aside),
            ("unsupported-predicate", Verdict::Keep),
            ("malformed-statement", Verdict::Aside),
            ("unknown-key", Verdict::Person),
            ("bad-signature", Verdict::Aside),
            ("subject-mismatch", Verdict::Person),
            ("key-revoked", Verdict::Person),
            ("recorded-host", Verdict::Aside),
            ("sequence-conflict", Verdict::Person),
            ("too-large", Verdict::Wait),
            ("rate-limited", Verdict::Wait),
            ("unavailable", Verdict::Wait),
            ("internal", Verdict::Wait),
        ] {
            assert_eq!(Verdict::of(&problem(code, "")), expected, "{code}");
        }
        let mut newer = problem("from-the-future", "");
        assert_eq!(Verdict::of(&newer), Verdict::Wait);
        newer.status = 422;
        assert_eq!(Verdict::of(&newer), Verdict::Keep);
    }
}
