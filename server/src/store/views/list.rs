//! What the device list reads: filters, order, one page, counts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{DeviceRow, Standing};
use crate::agent_releases::version::AgentVersion;
use crate::store::StoreError;

/// Which devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these standings; when empty, all but archived devices.
    pub standings: Vec<Standing>,
    /// Failing any of these rules; when empty, whatever they fail.
    pub rules: Vec<String>,
    /// Failing since then or longer: any of `rules`, or any required one.
    pub failing_since: Option<Timestamp>,
    /// Without a newer report than this.
    pub silent_since: Option<Timestamp>,
    /// Devices that nobody holds.
    pub without_owner: bool,
    /// Devices whose holder has left; with `without_owner`, both.
    pub owner_left: bool,
    /// With any of these labels.
    pub labels: Vec<String>,
    /// With any of these versions of macOS.
    pub systems: Vec<String>,
    /// Any of these models, by identifier.
    pub models: Vec<String>,
    /// Any of these kinds of key protection, as in reports.
    pub keys: Vec<String>,
    /// Whose agent is any of these.
    pub agents: Vec<AgentState>,
    /// The versions that `agents` comes to, once they were looked up.
    pub agent_versions: Option<AgentVersions>,
    /// Words that must each be found in owner, mail, serial, model or version.
    pub words: Vec<SearchWord>,
    /// Only these, which were found before.
    pub found: Option<Vec<String>>,
    /// None of these, which were found before.
    pub except: Vec<String>,
}

impl Filter {
    /// Whether anything is asked for but a failing rule and for how long.
    pub fn narrows_beside_rules(&self) -> bool {
        let rules = Self {
            rules: self.rules.clone(),
            failing_since: self.failing_since,
            ..Self::default()
        };
        *self != rules
    }

    /// Whether a large part of the fleet may fit, as far as one can tell from
    /// what is asked for.
    pub fn is_wide(&self) -> bool {
        let plain = Self {
            standings: self.standings.clone(),
            systems: self.systems.clone(),
            models: self.models.clone(),
            keys: self.keys.clone(),
            words: self.words.clone(),
            except: self.except.clone(),
            ..Self::default()
        };
        *self == plain
            && (self.standings.is_empty() || self.standings.contains(&Standing::Compliant))
    }

    /// Whether a failure is asked for.
    pub fn fails(&self) -> bool {
        !self.rules.is_empty() || self.failing_since.is_some()
    }
}

/// How a device's agent stands beside the releases that the collector knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgentState {
    /// A newer release is known.
    Outdated,
    /// The newest release, or a newer one.
    Current,
    /// No known release has its program.
    UnknownBuild,
}

impl AgentState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Outdated, Self::Current, Self::UnknownBuild];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outdated => "outdated",
            Self::Current => "current",
            Self::UnknownBuild => "unknown",
        }
    }

    /// The state with that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Versions of agents in the fleet, told apart by the newest release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentVersions {
    /// Older ones.
    pub outdated: Vec<String>,
    /// The same or newer.
    pub current: Vec<String>,
}

/// A word to search for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchWord {
    /// As typed.
    pub text: String,
    /// Model identifiers whose name holds it.
    pub models: Vec<String>,
}

/// By what a list is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Urgency, then the longest first.
    Status,
    /// The device's name.
    Device,
    /// Name of who holds it.
    Owner,
    /// Name of the model.
    Model,
    /// Version of macOS, as a number.
    System,
    /// How many required rules fail.
    Failing,
    /// Newest report.
    Received,
    /// Where the key is kept.
    Key,
    /// Serial number.
    Serial,
    /// Build of macOS.
    Build,
    /// Version of the agent.
    Agent,
    /// When it was enrolled.
    Enrolled,
    /// When the first grace ends; those without one last.
    Due,
    /// Department of who holds it.
    Department,
}

/// A column and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub column: Column,
    /// The largest first.
    pub descending: bool,
}

/// A row's place in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The value that the list is ordered by.
    pub key: Key,
    /// The row's device, which makes the place unique.
    pub id: String,
}

/// A value that a list is ordered by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageStart {
    /// At the first row.
    #[default]
    Start,
    /// Behind this place.
    After(Place),
    /// So that it ends before this place.
    Before(Place),
}

/// Which page of which list.
#[derive(Clone, Debug)]
pub struct PageAsk {
    /// Which devices.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// From where.
    pub from: PageStart,
    /// At most so many rows; none for all.
    pub limit: Option<u32>,
    /// Names of models by identifier, to order by.
    pub models: BTreeMap<String, String>,
    /// Rules whose failures are shown and counted.
    pub rules: Vec<String>,
    /// The newest release of the agent, where one is known.
    pub newest_agent: Option<AgentVersion>,
}

/// One page with what surrounds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub rows: Vec<DeviceRow>,
    /// Place of the first row, when there are rows before it.
    pub before: Option<Place>,
    /// Place of the last row, when there are rows behind it.
    pub after: Option<Place>,
}

/// How many devices each value of a filter would leave, the other filters as
/// they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// By standing, in the order of [`Standing::ALL`].
    pub standings: Vec<(Standing, u64)>,
    /// By failing rule.
    pub rules: Vec<(String, u64)>,
    /// Without an owner.
    pub without_owner: u64,
    /// With an owner who has left.
    pub owner_left: u64,
    /// By label, in the order of their letters.
    pub labels: Vec<(String, u64)>,
    /// By version of macOS.
    pub systems: Vec<(String, u64)>,
    /// By model.
    pub models: Vec<(String, u64)>,
    /// By key protection.
    pub keys: Vec<(String, u64)>,
    /// By how the agent stands; empty where no release is known.
    pub agents: Vec<(AgentState, u64)>,
    /// With all filters as they are.
    pub total: u64,
}

/// Devices of a view by label, and what they fail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Labels with how many of their devices stand how.
    pub labels: Vec<(String, Vec<(Standing, u64)>)>,
    /// How many devices with a label fail a rule.
    pub cells: Vec<(String, String, u64)>,
}

/// Reads lists of devices.
pub trait ListViews: Send + Sync {
    /// One page.
    fn devices(&self, ask: &PageAsk) -> Result<Page, StoreError>;

    /// The same filter with words and silence looked up, where that names few
    /// devices, so that page and counts need not look again.
    fn look_up(&self, filter: Filter) -> Result<Filter, StoreError>;

    /// Counts by label for the filters of `ask`.
    fn groups(&self, ask: &PageAsk) -> Result<Groups, StoreError>;

    /// Counts for the filters of `ask`.
    fn facets(&self, ask: &PageAsk) -> Result<Facets, StoreError>;

    /// How many devices there are at all.
    fn any_device(&self) -> Result<bool, StoreError>;
}
