//! What the device list reads: filters, order, one page, counts.

use std::collections::BTreeMap;

use super::{DeviceRow, Standing};
use crate::store::StoreError;

/// Which devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these standings; when empty, all but archived devices.
    pub standings: Vec<Standing>,
    /// Failing any of these rules; when empty, whatever they fail.
    pub rules: Vec<String>,
    /// Only devices that nobody holds.
    pub without_owner: bool,
    /// Words that must each be found in owner, mail, serial or model.
    pub words: Vec<SearchWord>,
}

impl Filter {
    /// Whether anything but a failing rule is asked for.
    pub fn narrows_beside_rules(&self) -> bool {
        !self.standings.is_empty() || self.without_owner || !self.words.is_empty()
    }
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
    /// With all filters as they are.
    pub total: u64,
}

/// Reads lists of devices.
pub trait ListViews: Send + Sync {
    /// One page.
    fn devices(&self, ask: &PageAsk) -> Result<Page, StoreError>;

    /// Counts for the filters of `ask`.
    fn facets(&self, ask: &PageAsk) -> Result<Facets, StoreError>;

    /// How many devices there are at all.
    fn any_device(&self) -> Result<bool, StoreError>;
}
