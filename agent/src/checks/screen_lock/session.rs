//! The answer of `sysadminctl -screenLock status`.
//!
//! One line of a log: date, time, `sysadminctl[123:456]`, then the answer.

/// What the user's session does after the screen has gone dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    /// No password is ever asked.
    Off,
    /// One is asked, and it is not said when.
    On,
    /// One is asked after so many seconds.
    Delay(i64),
}

impl Session {
    /// Reads all lines; those about the lock must be known and agree.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        const SUBJECT: &str = "screenLock";
        let mut about = answer.lines().filter_map(|line| {
            let (before, after) = line.split_once(SUBJECT)?;
            Some(is_log_prefix(before).then(|| Self::of(after.trim_end())).flatten())
        });
        let first = about.next()??;
        about.all(|other| other == Some(first)).then_some(first)
    }

    /// ` delay is 300 seconds`.
    fn of(words: &str) -> Option<Self> {
        match words {
            " is off" => Some(Self::Off),
            " is on" => Some(Self::On),
            " delay is immediate" => Some(Self::Delay(0)),
            _ => {
                let number = words.strip_prefix(" delay is ")?;
                let number =
                    number.strip_suffix(" seconds").or_else(|| number.strip_suffix(" second"))?;
                let is_number =
                    !number.is_empty() && number.bytes().all(|any| any.is_ascii_digit());
                number.parse().ok().filter(|_| is_number).map(Self::Delay)
            }
        }
    }
}

/// Nothing, or the date, the time and the process in brackets.
fn is_log_prefix(before: &str) -> bool {
    let before = before.trim_start();
    before.is_empty() || before.contains("sysadminctl[") && before.ends_with("] ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::checks::fixture::mutated;

    const PREFIX: &str = "2026-08-23 09:00:00.615 sysadminctl[69267:2988066] ";

    #[test]
    fn every_known_answer() {
        for (words, session) in [
            ("screenLock delay is 300 seconds\n", Session::Delay(300)),
            ("screenLock delay is 5 seconds\r\n", Session::Delay(5)),
            ("screenLock delay is 1 second\n", Session::Delay(1)),
            ("screenLock delay is 28800 seconds", Session::Delay(28800)),
            ("screenLock delay is 2147483647 seconds", Session::Delay(2_147_483_647)),
            ("screenLock delay is immediate\n", Session::Delay(0)),
            ("screenLock is off\n", Session::Off),
            ("screenLock is on\n", Session::On),
        ] {
            for prefix in [PREFIX, ""] {
                let line = format!("{prefix}{words}");
                assert_eq!(Session::parse(&line), Some(session), "{line:?}");
                let twice = format!("{}\nsudo: a warning\n{line}", line.trim_end());
                assert_eq!(Session::parse(&twice), Some(session), "{twice:?}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_a_delay() {
        for words in [
            "",
            "screenLock",
            "screenLock delay is",
            "screenLock delay is 300",
            "screenLock delay is -5 seconds",
            "screenLock delay is +5 seconds",
            "screenLock delay is 5 minutes",
            "screenLock delay is 5.5 seconds",
            "screenLock delay is 99999999999999999999 seconds",
            "screenLock delay is five seconds",
            "screenlock delay is 5 seconds",
            "screenLock delay is not immediate",
            "screenLock is disabled",
            "screenLock delay ist sofort",
            "screenLock delay is 5 seconds\nscreenLock is off",
            "screenLock delay is 5 seconds\nscreenLock delay is 300 seconds",
            "no screenLock delay is 5 seconds",
            "usage: sysadminctl -screenLock <status || immediate || off || seconds>",
        ] {
            assert_eq!(Session::parse(words), None, "{words:?}");
            assert_eq!(Session::parse(&format!("{PREFIX}{words}")), None, "{words:?}");
        }
    }

    const KNOWN: &[&str] = &[
        "2026-08-23 09:00:00.615 sysadminctl[69267:2988066] screenLock delay is 300 seconds\n",
        "2026-08-23 09:00:00.636 sysadminctl[69987:3026189] screenLock delay is immediate\n",
        "2026-08-23 09:00:00.197 sysadminctl[69968:3025938] screenLock is off\n",
        "2026-08-23 09:00:00.638 sysadminctl[69945:3023679] screenLock delay is 28800 seconds\n",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// A delay stands whole at the end of each line about the lock.
        #[test]
        fn only_a_whole_line_tells_a_delay(answer in mutated(KNOWN)) {
            let said = match Session::parse(&answer) {
                Some(Session::Delay(0)) => Some(["screenLock delay is immediate", "screenLock delay is 0 seconds"].map(String::from)),
                Some(Session::Delay(seconds)) => Some(["", "s"].map(|s| format!("screenLock delay is {seconds} second{s}"))),
                _ => None,
            };
            if let Some(said) = said {
                let mut about = answer.lines().filter(|line| line.contains("screenLock"));
                let without_zeros = |line: &str| line.trim_end().replace("is 0", "is ");
                prop_assert!(
                    about.all(|line| said.iter().any(|said| line.trim_end().ends_with(said.as_str())
                        || without_zeros(line).ends_with(said.as_str()))),
                    "{:?}", answer
                );
            }
        }
    }
}
