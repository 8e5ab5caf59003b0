//! What the list is asked for by its address, and its rows.

use jiff::Timestamp;
use shared::os_releases::Catalogue;

use crate::expected::{Source, State};
use crate::shown::devices::encoded;
use crate::shown::names::{device_name, model_words};
use crate::store::views::DeviceRow;
use crate::store::views::expected::{Claim, ExpectedAsk, ExpectedRow};
use crate::web::words::Mark;

/// Longest search.
const SEARCH: usize = 120;
/// Words of a search that count.
const WORDS: usize = 5;

/// Which part of the population is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Show {
    /// The list.
    #[default]
    List,
    /// In use, and never enrolled.
    NeverEnrolled,
    /// With a device.
    Claimed,
    /// Devices that are not on the list.
    NotExpected,
}

impl Show {
    pub(super) const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::NeverEnrolled, "never_enrolled", "Never enrolled"),
        (Self::NotExpected, "not_expected", "Not expected"),
        (Self::Claimed, "claimed", "With a device"),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(one, ..)| *one == self).map_or("", |(_, word, _)| word)
    }
}

/// What an address of the list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) show: Show,
    pub(super) states: Vec<State>,
    pub(super) source: Option<Source>,
    pub(super) search: String,
    pub(super) after: String,
}

impl Query {
    /// Reads the pairs of an address; what is not known is told.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut query = Self::default();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "q" => query.search = value.trim().chars().take(SEARCH).collect(),
                "show" => {
                    let found = Show::ALL.iter().find(|(_, word, _)| word == value);
                    query.show = found.map(|(show, ..)| *show).ok_or_else(|| {
                        "The filter “show” is never_enrolled, not_expected or claimed.".to_owned()
                    })?;
                }
                "state" => {
                    let known = State::ALL.map(State::as_str).join(", ");
                    let state = State::named(value)
                        .ok_or_else(|| format!("The filter “state” is one of {known}."))?;
                    if !query.states.contains(&state) {
                        query.states.push(state);
                    }
                }
                "source" => {
                    let known = Source::ALL.map(Source::as_str).join(", ");
                    query.source = Some(
                        Source::named(value)
                            .ok_or_else(|| format!("The filter “source” is one of {known}."))?,
                    );
                }
                "after" => query.after = value.chars().take(SEARCH).collect(),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The same for the store.
    pub(super) fn ask(&self, limit: Option<u32>) -> ExpectedAsk {
        let words = self.search.split_whitespace().take(WORDS);
        ExpectedAsk {
            states: self.states.clone(),
            source: self.source,
            claim: match self.show {
                Show::NeverEnrolled => Some(Claim::NeverEnrolled),
                Show::Claimed => Some(Claim::Claimed),
                Show::List | Show::NotExpected => None,
            },
            words: words.map(|word| word.trim_matches(['(', ')', '…']).to_owned()).collect(),
            after: Some(self.after.clone()).filter(|after| !after.is_empty()),
            limit,
        }
    }

    /// Whether anything narrows the list.
    pub(super) fn is_filtered(&self) -> bool {
        *self != Self { after: self.after.clone(), ..Self::default() }
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if self.show != Show::List {
            pairs.push(("show", self.show.word().to_owned()));
        }
        pairs.extend(self.states.iter().map(|one| ("state", one.as_str().to_owned())));
        pairs.extend(self.source.iter().map(|one| ("source", one.as_str().to_owned())));
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        if !self.after.is_empty() {
            pairs.push(("after", self.after.clone()));
        }
        pairs
    }

    /// What stands behind the question mark of this view.
    pub(super) fn text(&self) -> String {
        let pairs = self.pairs();
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The address of this view under `path`.
    pub(super) fn address(&self, path: &str) -> String {
        let text = self.text();
        if text.is_empty() { path.to_owned() } else { format!("{path}?{text}") }
    }

    /// Every pair but the search and the place, for the search form.
    pub(super) fn without_search(&self) -> Vec<(&'static str, String)> {
        Self { search: String::new(), after: String::new(), ..self.clone() }.pairs()
    }
}

/// What can be done about a row in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolve {
    /// Nothing needs to be done; it can be changed.
    Nothing,
    /// Never enrolled: invite, or say where it is.
    NeverEnrolled,
    /// Not on the list: add or archive.
    NotExpected,
}

/// A row of the list.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Serial number; empty when the device does not say it.
    pub(super) serial: String,
    pub(super) owner: String,
    pub(super) email: String,
    pub(super) model: String,
    /// State on the list, with its reason.
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) source: &'static str,
    /// How the device stands, or that there is none.
    pub(super) mark: Option<Mark>,
    pub(super) device: Option<(String, String)>,
    pub(super) resolve: Resolve,
}

impl Row {
    pub(super) fn listed(row: &ExpectedRow, catalogue: &Catalogue, now: Timestamp) -> Self {
        let (facts, device) = (&row.expected.facts, row.device.as_ref());
        let is_missing = device.is_none() && facts.state == State::InUse;
        let never = Mark { kind: "silent", words: "Never enrolled".to_owned() };
        Self {
            serial: row.expected.serial.clone(),
            owner: facts.owner_name.clone(),
            email: facts.owner_email.clone(),
            model: facts.model.clone(),
            state: facts.state.title(),
            reason: facts.reason.clone(),
            source: row.expected.source.title(),
            mark: device
                .map(|device| Mark::of_device(device, now))
                .or_else(|| is_missing.then_some(never)),
            device: device.map(|device| (device.id.clone(), device_name(device, catalogue))),
            resolve: if is_missing { Resolve::NeverEnrolled } else { Resolve::Nothing },
        }
    }

    pub(super) fn unexpected(device: &DeviceRow, catalogue: &Catalogue, now: Timestamp) -> Self {
        let owner = device.owner.as_ref();
        Self {
            serial: device.serial.clone().unwrap_or_default(),
            owner: owner.map(|owner| owner.name.clone()).unwrap_or_default(),
            email: owner.map(|owner| owner.email.clone()).unwrap_or_default(),
            model: model_words(device, catalogue),
            state: "Not expected",
            reason: String::new(),
            source: "",
            mark: Some(Mark::of_device(device, now)),
            device: Some((device.id.clone(), device_name(device, catalogue))),
            resolve: Resolve::NotExpected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Query, Show};
    use crate::expected::{Source, State};

    fn query(text: &str) -> Result<Query, String> {
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        let pairs: Vec<_> =
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Query::parse(&pairs)
    }

    #[test]
    fn an_address_says_what_is_shown_and_is_written_again() {
        let text =
            "show=never_enrolled&state=in_use&state=lost&source=jamf&q=sam&after=C02XY1ZT4F2K";
        let found = query(text).unwrap();
        assert_eq!((found.show, found.source), (Show::NeverEnrolled, Some(Source::Jamf)));
        assert_eq!(found.states, [State::InUse, State::Lost]);
        assert_eq!(found.text(), text);
        assert!(found.is_filtered() && !query("after=C02XY1ZT4F2K").unwrap().is_filtered());
        for odd in ["show=all", "state=stolen", "source=excel"] {
            assert!(query(odd).unwrap_err().contains(odd.split('=').next().unwrap()));
        }
    }
}
