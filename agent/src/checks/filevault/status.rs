//! The answer of `fdesetup status`.

use super::State;

/// What the lines say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// The least good state that any line shows.
    pub(super) state: State,
    /// Progress, 0 to 100.
    pub(super) percent: Option<i64>,
    /// Encryption waits; only known while it is under way.
    pub(super) stalled: Option<bool>,
    /// A master keychain is installed; only `fdesetup` knows.
    pub(super) institutional_key: Option<bool>,
}

/// One line of the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    On,
    Off,
    RestartPending,
    Deferred,
    Encrypting(Progress),
    Decrypting(Progress),
    MasterKeychain,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Progress {
    Percent(i64),
    Waiting,
    Unknown,
}

impl Status {
    /// A state that nothing more is known of.
    pub(super) fn new(state: State) -> Self {
        Self { state, percent: None, stalled: None, institutional_key: None }
    }

    /// Reads all lines; `None` when they do not add up to a known answer.
    pub(super) fn parse(answer: &str) -> Option<Self> {
        let lines = answer.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<Line> = lines.map(Line::parse).collect();
        let keychain = lines.contains(&Line::MasterKeychain);
        // Bad news outranks good news, on whatever line it stands.
        let worst = [is_decrypting, is_deferred, is_restart_pending, is_encrypting]
            .into_iter()
            .find_map(|is| lines.iter().copied().find(is));
        let status = match worst {
            Some(Line::Decrypting(progress)) => {
                Self { percent: progress.percent(), ..Self::new(State::Decrypting) }
            }
            Some(Line::Encrypting(progress)) => Self {
                percent: progress.percent(),
                stalled: progress.stalled(),
                ..Self::new(State::Encrypting)
            },
            Some(Line::Deferred) => Self::new(State::Deferred),
            Some(_) => Self::new(State::RestartPending),
            // Without bad news there must be one plain word and nothing that
            // nobody understands.
            None => {
                match lines.iter().filter(|&&line| line != Line::MasterKeychain).collect::<Vec<_>>()
                    [..]
                {
                    [Line::On] => Self::new(State::On),
                    [Line::Off] => Self::new(State::Off),
                    _ => return None,
                }
            }
        };
        Some(Self { institutional_key: Some(keychain), ..status })
    }
}

fn is_decrypting(line: &Line) -> bool {
    matches!(line, Line::Decrypting(_))
}

fn is_encrypting(line: &Line) -> bool {
    matches!(line, Line::Encrypting(_))
}

fn is_deferred(line: &Line) -> bool {
    *line == Line::Deferred
}

fn is_restart_pending(line: &Line) -> bool {
    *line == Line::RestartPending
}

impl Line {
    fn parse(line: &str) -> Self {
        const ENCRYPTING: &str = "Encryption in progress:";
        const DECRYPTING: &str = "Decryption in progress:";
        match line {
            "FileVault is On." => Self::On,
            "FileVault is Off." => Self::Off,
            "FileVault master keychain appears to be installed." => Self::MasterKeychain,
            _ if is_pending(line) => Self::RestartPending,
            _ if line.starts_with("Deferred enablement appears to be active") => Self::Deferred,
            _ => {
                if let Some(progress) = line.strip_prefix(DECRYPTING) {
                    Self::Decrypting(Progress::parse(progress))
                } else if let Some(progress) = line.strip_prefix(ENCRYPTING) {
                    Self::Encrypting(Progress::parse(progress))
                } else {
                    Self::Unknown
                }
            }
        }
    }
}

/// `FileVault is Off, but will be enabled after the next restart.` and such.
fn is_pending(line: &str) -> bool {
    ["FileVault is On, but ", "FileVault is Off, but "]
        .into_iter()
        .any(|start| line.strip_prefix(start).is_some_and(|rest| rest.contains("restart")))
}

impl Progress {
    fn parse(text: &str) -> Self {
        let text = text.trim();
        if ["Pending", "Paused"].contains(&text.trim_end_matches('.')) {
            return Self::Waiting;
        }
        let percent = text
            .strip_prefix("Percent completed =")
            .and_then(|number| number.trim().trim_end_matches('%').trim_end().parse::<f64>().ok());
        match percent {
            #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
            Some(percent) if (0.0..=100.0).contains(&percent) => Self::Percent(percent as i64),
            _ => Self::Unknown,
        }
    }

    fn percent(self) -> Option<i64> {
        match self {
            Self::Percent(percent) => Some(percent),
            Self::Waiting | Self::Unknown => None,
        }
    }

    fn stalled(self) -> Option<bool> {
        match self {
            Self::Percent(_) => Some(false),
            Self::Waiting => Some(true),
            Self::Unknown => None,
        }
    }
}
