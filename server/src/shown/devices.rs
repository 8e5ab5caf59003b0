//! The list of devices: filters, order and place by the same words in
//! addresses of pages and in the API, so that a view can be kept, sent and
//! gone back to.

pub(crate) mod columns;
mod words;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::os_releases::Catalogue;
use shared::policy::{Mode, Policy};

use self::columns::Columns;
pub(crate) use self::columns::sort_words;
use self::words::{days, order, order_word, unknown_agent, unknown_status};
pub(crate) use self::words::{encoded, place, place_word};
use crate::app::Rules;
use crate::store::views::Standing;
use crate::store::views::list::{
    AgentState, Column, Filter, Order, PageAsk, PageStart, SearchWord,
};

/// Words of a search that count; more make no list shorter.
const WORDS: usize = 5;
/// Longest text of a search.
const SEARCH_LIMIT: usize = 120;
/// Values of one filter that count.
const VALUES: usize = 40;

/// What to ask the store for this view.
pub(crate) fn ask(query: &ListQuery, rules: &Rules, now: Timestamp, limit: Option<u32>) -> PageAsk {
    let models = model_names(&rules.catalogue);
    PageAsk {
        filter: query.filter(&models, now),
        order: query.order,
        from: query.from.clone(),
        limit,
        models,
        rules: judged_rules(&rules.policy),
        newest_agent: rules.releases.newest().map(|release| release.version.clone()),
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
    /// Days for which they fail at least.
    pub(crate) failing_for: Option<u32>,
    /// Days without a report.
    pub(crate) silent: Option<u32>,
    pub(crate) without_owner: bool,
    pub(crate) owner_left: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) systems: Vec<String>,
    pub(crate) models: Vec<String>,
    pub(crate) keys: Vec<String>,
    pub(crate) agents: Vec<AgentState>,
    pub(crate) columns: Columns,
    pub(crate) order: Order,
    pub(crate) from: PageStart,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            search: String::new(),
            standings: Vec::new(),
            rules: Vec::new(),
            failing_for: None,
            silent: None,
            without_owner: false,
            owner_left: false,
            labels: Vec::new(),
            systems: Vec::new(),
            models: Vec::new(),
            keys: Vec::new(),
            agents: Vec::new(),
            columns: Columns::default(),
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
            query.read(name, value)?;
        }
        query.columns = query.columns.settled();
        Ok(query)
    }

    fn read(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "q" => self.search = value.trim().chars().take(SEARCH_LIMIT).collect(),
            "status" => {
                let standing = Standing::named(value).ok_or_else(|| unknown_status(value))?;
                if !self.standings.contains(&standing) {
                    self.standings.push(standing);
                }
            }
            "failing" => add(&mut self.rules, value),
            "label" => add(&mut self.labels, value),
            "macos" => add(&mut self.systems, value),
            "model" => add(&mut self.models, value),
            "key" => add(&mut self.keys, value),
            "failing_for" => self.failing_for = Some(days(name, value)?),
            "silent" => self.silent = Some(days(name, value)?),
            "owner" => match value {
                "none" => self.without_owner = true,
                "left" => self.owner_left = true,
                _ => return Err("The filter “owner” can only be “none” or “left”.".to_owned()),
            },
            "agent" => {
                let agent = AgentState::named(value).ok_or_else(unknown_agent)?;
                if !self.agents.contains(&agent) {
                    self.agents.push(agent);
                }
            }
            "columns" => self.columns.add(value)?,
            "sort" => self.order = order(value)?,
            "after" => self.from = PageStart::After(place(value)?),
            "before" => self.from = PageStart::Before(place(value)?),
            _ => {}
        }
        Ok(())
    }

    /// The filter for the store, as of `now`.
    pub(crate) fn filter(&self, models: &BTreeMap<String, String>, now: Timestamp) -> Filter {
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
        let before = |days: Option<u32>| {
            let length = SignedDuration::from_hours(i64::from(days?) * 24);
            Some(now.checked_sub(length).unwrap_or(Timestamp::MIN))
        };
        Filter {
            standings: self.standings.clone(),
            rules: self.rules.clone(),
            failing_since: before(self.failing_for),
            silent_since: before(self.silent),
            without_owner: self.without_owner,
            owner_left: self.owner_left,
            labels: self.labels.clone(),
            systems: self.systems.clone(),
            models: self.models.clone(),
            keys: self.keys.clone(),
            agents: self.agents.clone(),
            agent_versions: None,
            words: words.filter(|word| !word.text.is_empty()).collect(),
            found: None,
            except: Vec::new(),
        }
    }

    /// The same list from another place.
    pub(crate) fn at(&self, from: PageStart) -> Self {
        Self { from, ..self.clone() }
    }

    /// The same columns in the same order without filters.
    pub(crate) fn unfiltered(&self) -> Self {
        Self { order: self.order, columns: self.columns.clone(), ..Self::default() }
    }

    /// Whether any filter holds.
    pub(crate) fn is_filtered(&self) -> bool {
        *self != self.unfiltered().at(self.from.clone())
    }

    /// Every pair but the search and the place, for the search form.
    pub(crate) fn without_search(&self) -> Vec<(&'static str, String)> {
        let start = Self { search: String::new(), from: PageStart::Start, ..self.clone() };
        start.pairs()
    }

    /// Every pair but the columns and the place, for the form that chooses them.
    pub(crate) fn without_columns(&self) -> Vec<(&'static str, String)> {
        let columns = Columns::default();
        Self { columns, from: PageStart::Start, ..self.clone() }.pairs()
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        pairs.extend(self.standings.iter().map(|one| ("status", one.as_str().to_owned())));
        for (name, values) in [
            ("failing", &self.rules),
            ("label", &self.labels),
            ("macos", &self.systems),
            ("model", &self.models),
            ("key", &self.keys),
        ] {
            pairs.extend(values.iter().map(|value| (name, value.clone())));
        }
        pairs.extend(self.agents.iter().map(|one| ("agent", one.as_str().to_owned())));
        for (name, days) in [("failing_for", self.failing_for), ("silent", self.silent)] {
            pairs.extend(days.map(|days| (name, days.to_string())));
        }
        for (word, chosen) in [("none", self.without_owner), ("left", self.owner_left)] {
            pairs.extend(chosen.then(|| ("owner", word.to_owned())));
        }
        pairs.extend(self.columns.word().map(|words| ("columns", words)));
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
        let query = self.query();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// What stands behind the question mark.
    pub(crate) fn query(&self) -> String {
        let pairs: Vec<String> = self
            .pairs()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", encoded(&value)))
            .collect();
        pairs.join("&")
    }
}

fn add(values: &mut Vec<String>, value: &str) {
    if values.len() < VALUES && !values.iter().any(|one| one == value) {
        values.push(value.to_owned());
    }
}

#[cfg(test)]
mod tests;
