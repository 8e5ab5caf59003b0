//! The Macs that a company says it has, by serial number: the population of
//! which everything is counted. Pure: reads exported files and decides what an
//! import changes.

pub mod columns;
pub mod import;
pub mod merge;

/// Where a Mac of the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Somebody works with it: it must report.
    InUse,
    /// It lies in a cupboard.
    Spare,
    /// Nobody knows where it is.
    Lost,
    /// It is sold, broken or returned.
    Retired,
    /// It is in use and need not report, for a stated reason.
    NotCovered,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::InUse, Self::Spare, Self::Lost, Self::Retired, Self::NotCovered];

    /// The word in the database, in files and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InUse => "in_use",
            Self::Spare => "spare",
            Self::Lost => "lost",
            Self::Retired => "retired",
            Self::NotCovered => "not_covered",
        }
    }

    /// The words on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::InUse => "In use",
            Self::Spare => "Spare",
            Self::Lost => "Lost",
            Self::Retired => "Retired",
            Self::NotCovered => "Not covered",
        }
    }

    /// The state of a word, with a blank or an underscore in it.
    pub fn named(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase().replace([' ', '-'], "_");
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// From where a Mac came into the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// A file of the company's own.
    Csv,
    /// Apple Business Manager.
    Apple,
    /// Jamf Pro.
    Jamf,
    /// Kandji, which is called Iru by now.
    Kandji,
    /// Microsoft Intune.
    Intune,
    /// The API.
    Api,
    /// A person at the console.
    Console,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 7] =
        [Self::Csv, Self::Apple, Self::Jamf, Self::Kandji, Self::Intune, Self::Api, Self::Console];

    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Apple => "apple",
            Self::Jamf => "jamf",
            Self::Kandji => "kandji",
            Self::Intune => "intune",
            Self::Api => "api",
            Self::Console => "console",
        }
    }

    /// The name on pages.
    pub fn title(self) -> &'static str {
        match self {
            Self::Csv => "Own list",
            Self::Apple => "Apple Business Manager",
            Self::Jamf => "Jamf Pro",
            Self::Kandji => "Kandji (Iru)",
            Self::Intune => "Intune",
            Self::Api => "API",
            Self::Console => "Console",
        }
    }

    /// The source of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == word)
    }
}

/// What is said of a Mac.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Where it is.
    pub state: State,
    /// Why it is not covered, or another remark.
    pub reason: String,
    /// Full name of who has it; empty for nobody.
    pub owner_name: String,
    /// Mail address of who has it, in small letters.
    pub owner_email: String,
    /// Model, in whatever words the source has.
    pub model: String,
    /// The company's own number.
    pub asset_tag: String,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            state: State::InUse,
            reason: String::new(),
            owner_name: String::new(),
            owner_email: String::new(),
            model: String::new(),
            asset_tag: String::new(),
        }
    }
}

/// What an import says of a Mac; what it does not know stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Serial number in capital letters.
    pub serial: String,
    /// Where it is.
    pub state: Option<State>,
    /// Why.
    pub reason: Option<String>,
    /// Full name of who has it.
    pub owner_name: Option<String>,
    /// Mail address of who has it, in small letters.
    pub owner_email: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// The company's own number.
    pub asset_tag: Option<String>,
}

/// A serial number as the list keeps it; none when it cannot be one.
pub fn serial_number(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = (8..=20).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphanumeric());
    fits.then(|| text.to_ascii_uppercase())
}

/// What a serial number looks like, for people.
pub const SERIAL_WORDS: &str = "a serial number has 8 to 20 letters and digits";
/// Longest name, model, reason or number.
pub const LONGEST: usize = 200;

/// A line of text as the list keeps it; none when it is too long.
pub fn plain_text(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Source, State, serial_number};

    #[test]
    fn words_are_read_back() {
        for state in State::ALL {
            assert_eq!(State::named(state.as_str()), Some(state));
            assert_eq!(State::named(state.title()), Some(state));
        }
        for source in Source::ALL {
            assert_eq!(Source::named(source.as_str()), Some(source));
        }
        assert_eq!(State::named("stolen"), None);
    }

    #[test]
    fn serial_numbers_are_kept_in_capital_letters() {
        assert_eq!(serial_number(" c02xy1zt4f2k "), Some("C02XY1ZT4F2K".to_owned()));
        for odd in ["", "SHORT", "C02XY1ZT 4F2K", "=C02XY1ZT4F2K", "VMware-56 4d", "Ä02XY1ZT4F"] {
            assert_eq!(serial_number(odd), None, "{odd}");
        }
    }
}
