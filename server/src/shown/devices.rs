//! The list of devices: filters, order and place by the same words in
//! addresses of pages and in the API, so that a view can be kept, sent and
//! gone back to.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::os_releases::Catalogue;
use shared::policy::{Mode, Policy};

use crate::app::Rules;
use crate::store::views::Standing;
use crate::store::views::list::{
    Column, Filter, Key, Order, PageAsk, PageStart, Place, SearchWord,
};

/// Words of a search that count; more make no list shorter.
const WORDS: usize = 5;
/// Longest text of a search.
const SEARCH_LIMIT: usize = 120;

/// Columns by their word in addresses.
pub(crate) const COLUMNS: &[(Column, &str)] = &[
    (Column::Status, "status"),
    (Column::Device, "device"),
    (Column::Owner, "owner"),
    (Column::Model, "model"),
    (Column::System, "macos"),
    (Column::Failing, "failing"),
    (Column::Received, "reported"),
    (Column::Key, "key"),
];

/// Every order that can be asked for.
pub(crate) fn sort_words() -> [&'static str; 16] {
    [
        "status",
        "-status",
        "device",
        "-device",
        "owner",
        "-owner",
        "model",
        "-model",
        "macos",
        "-macos",
        "failing",
        "-failing",
        "reported",
        "-reported",
        "key",
        "-key",
    ]
}

/// What to ask the store for this view.
pub(crate) fn ask(query: &ListQuery, rules: &Rules, limit: Option<u32>) -> PageAsk {
    let models = model_names(&rules.catalogue);
    PageAsk {
        filter: query.filter(&models),
        order: query.order,
        from: query.from.clone(),
        limit,
        models,
        rules: judged_rules(&rules.policy),
    }
}

fn model_names(catalogue: &Catalogue) -> BTreeMap<String, String> {
    catalogue.models().map(|(id, name)| (id.to_owned(), name.to_owned())).collect()
}

/// Rules whose failures count: an info rule is a neutral fact.
fn judged_rules(policy: &Policy) -> Vec<String> {
    policy
        .rules
        .iter()
        .filter(|rule| matches!(rule.mode, Mode::Required | Mode::Recommended))
        .map(|rule| rule.id.clone())
        .collect()
}

/// What the address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListQuery {
    pub(crate) search: String,
    pub(crate) standings: Vec<Standing>,
    pub(crate) rules: Vec<String>,
    pub(crate) without_owner: bool,
    pub(crate) order: Order,
    pub(crate) from: PageStart,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            standings: Vec::new(),
            rules: Vec::new(),
            without_owner: false,
            order: Order { column: Column::Status, descending: false },
            from: PageStart::Start,
        }
    }
}

impl ListQuery {
    /// Reads the pairs of an address; says what would be right otherwise.
    /// Names that this page does not know are left alone.
    pub(crate) fn parse(pairs: &[(String, String)]) -> Result<Self, String> {
        let mut query = Self::default();
        for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            match name.as_str() {
                "q" => query.search = value.trim().chars().take(SEARCH_LIMIT).collect(),
                "status" => {
                    let standing = Standing::named(value).ok_or_else(|| unknown_status(value))?;
                    if !query.standings.contains(&standing) {
                        query.standings.push(standing);
                    }
                }
                "failing" if !query.rules.contains(value) => query.rules.push(value.clone()),
                "owner" => match value.as_str() {
                    "none" => query.without_owner = true,
                    _ => return Err("The filter “owner” can only be “none”.".to_owned()),
                },
                "sort" => query.order = order(value)?,
                "after" => query.from = PageStart::After(place(value)?),
                "before" => query.from = PageStart::Before(place(value)?),
                _ => {}
            }
        }
        Ok(query)
    }

    /// The filter for the store.
    pub(crate) fn filter(&self, models: &BTreeMap<String, String>) -> Filter {
        let words = self.search.split_whitespace().take(WORDS).map(|word| {
            // As names on pages write it: (…4F2K).
            let text = word.trim_matches(['(', ')', '…']).to_owned();
            let wanted = text.to_lowercase();
            let models = models
                .iter()
                .filter(|(id, name)| {
                    name.to_lowercase().contains(&wanted) || id.to_lowercase().contains(&wanted)
                })
                .map(|(id, _)| id.clone())
                .collect();
            SearchWord { text, models }
        });
        Filter {
            standings: self.standings.clone(),
            rules: self.rules.clone(),
            without_owner: self.without_owner,
            words: words.filter(|word| !word.text.is_empty()).collect(),
        }
    }

    /// The same list from another place.
    pub(crate) fn at(&self, from: PageStart) -> Self {
        Self { from, ..self.clone() }
    }

    /// The same order without filters.
    pub(crate) fn unfiltered(&self) -> Self {
        Self { order: self.order, ..Self::default() }
    }

    /// Whether any filter holds.
    pub(crate) fn is_filtered(&self) -> bool {
        *self != Self { order: self.order, from: self.from.clone(), ..Self::default() }
    }

    /// Every pair but the search and the place, for the search form.
    pub(crate) fn without_search(&self) -> Vec<(&'static str, String)> {
        let start = Self { search: String::new(), from: PageStart::Start, ..self.clone() };
        start.pairs()
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        pairs.extend(self.standings.iter().map(|one| ("status", one.as_str().to_owned())));
        pairs.extend(self.rules.iter().map(|rule| ("failing", rule.clone())));
        if self.without_owner {
            pairs.push(("owner", "none".to_owned()));
        }
        if self.order != Self::default().order {
            pairs.push(("sort", order_word(self.order)));
        }
        match &self.from {
            PageStart::Start => {}
            PageStart::After(place) => pairs.push(("after", place_word(place))),
            PageStart::Before(place) => pairs.push(("before", place_word(place))),
        }
        pairs
    }

    /// The address of this view under `path`.
    pub(crate) fn address(&self, path: &str) -> String {
        let pairs: Vec<String> = self
            .pairs()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encoded(&value)))
            .collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

fn unknown_status(value: &str) -> String {
    let known: Vec<&str> = Standing::ALL.iter().map(|one| one.as_str()).collect();
    let value: String = value.chars().take(40).collect();
    format!("The status “{value}” is not known. Use one of {}.", known.join(", "))
}

fn order(value: &str) -> Result<Order, String> {
    let (word, descending) = match value.strip_prefix('-') {
        Some(word) => (word, true),
        None => (value, false),
    };
    let column = COLUMNS.iter().find(|(_, known)| *known == word).map(|(column, _)| *column);
    let column = column.ok_or_else(|| {
        let known: Vec<&str> = COLUMNS.iter().map(|(_, word)| *word).collect();
        format!("The list cannot be sorted like this. Use one of {}.", known.join(", "))
    })?;
    Ok(Order { column, descending })
}

fn order_word(order: Order) -> String {
    let word = COLUMNS.iter().find(|(column, _)| *column == order.column).map_or("", |row| row.1);
    if order.descending { format!("-{word}") } else { word.to_owned() }
}

/// The place that an address names.
pub(crate) fn place(value: &str) -> Result<Place, String> {
    read_place(value)
        .ok_or_else(|| "The place in the list cannot be read. Begin at the first page.".to_owned())
}

fn read_place(value: &str) -> Option<Place> {
    let (key, id) = value.split_once('.')?;
    let key = match key.strip_prefix('t') {
        Some(text) => Key::Text(String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?),
        None => Key::Number(key.strip_prefix('n')?.parse().ok()?),
    };
    Some(Place { key, id: id.to_owned() })
}

/// A place as addresses name it.
pub(crate) fn place_word(place: &Place) -> String {
    match &place.key {
        Key::Number(number) => format!("n{number}.{}", place.id),
        Key::Text(text) => format!("t{}.{}", URL_SAFE_NO_PAD.encode(text), place.id),
    }
}

/// A value as it may stand in a query.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
