//! Filters with their counts: each value says what choosing it would bring.

use shared::os_releases::Catalogue;
use shared::policy::Policy;

use crate::app::Rules;
use crate::shown::devices::ListQuery;
use crate::shown::names::rule_word;
use crate::store::views::Standing;
use crate::store::views::list::{AgentState, Facets, PageStart};
use crate::web::words::{key_word, kind, thousands, word};

/// Values that one menu shows; the most frequent, and chosen ones.
const SHOWN: usize = 25;
/// Days that can be chosen with one click.
const DAYS: [u32; 4] = [3, 7, 14, 30];

/// One value of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) label: String,
    /// Empty where nothing is counted.
    pub(super) count: String,
    pub(super) href: String,
    pub(super) chosen: bool,
    /// Shape of a standing; empty for other filters.
    pub(super) kind: &'static str,
}

/// A filter with many values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Menu {
    pub(super) title: &'static str,
    /// How many values hold.
    pub(super) chosen: usize,
    pub(super) choices: Vec<Choice>,
    /// Said when there is no value.
    pub(super) empty: &'static str,
}

/// A filter that holds, with the address without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chip {
    pub(super) label: String,
    pub(super) href: String,
}

fn address(query: &ListQuery) -> String {
    query.at(PageStart::Start).address("/devices")
}

/// Standings that exist or are chosen.
pub(super) fn standings(query: &ListQuery, facets: &Facets) -> Vec<Choice> {
    facets
        .standings
        .iter()
        .filter(|(standing, count)| *count > 0 || query.standings.contains(standing))
        .map(|(standing, count)| Choice {
            label: word(*standing).to_owned(),
            count: thousands(*count),
            href: address(&with_standing(query, *standing)),
            chosen: query.standings.contains(standing),
            kind: kind(*standing),
        })
        .collect()
}

/// Devices that nobody holds, and those of people who have left.
pub(super) fn owners(query: &ListQuery, facets: &Facets) -> Vec<Choice> {
    let choice = |label: &str, count: u64, chosen: bool, then: ListQuery| Choice {
        label: label.to_owned(),
        count: thousands(count),
        href: address(&then),
        chosen,
        kind: "",
    };
    let none = ListQuery { without_owner: !query.without_owner, ..query.clone() };
    let mut owners = vec![choice("No owner", facets.without_owner, query.without_owner, none)];
    if facets.owner_left > 0 || query.owner_left {
        let left = ListQuery { owner_left: !query.owner_left, ..query.clone() };
        owners.push(choice("Owner left", facets.owner_left, query.owner_left, left));
    }
    owners
}

/// What a value is called.
type Words<'a> = &'a dyn Fn(&str) -> String;

/// A list of texts in a query, to be read and changed.
type Values = fn(&mut ListQuery) -> &mut Vec<String>;

fn with(query: &ListQuery, values: Values, value: &str) -> ListQuery {
    let mut then = query.clone();
    let all = values(&mut then);
    match all.iter().position(|one| one == value) {
        Some(at) => drop(all.remove(at)),
        None => all.push(value.to_owned()),
    }
    then
}

/// Values that devices of the view have, and chosen ones.
fn values(
    query: &ListQuery,
    counts: &[(String, u64)],
    of: Values,
    name: &dyn Fn(&str) -> String,
) -> (usize, Vec<Choice>) {
    let chosen = of(&mut query.clone()).clone();
    let known = |value: &String| counts.iter().any(|(one, _)| one == value);
    let gone = chosen.iter().filter(|value| !known(value)).map(|value| (value.as_str(), 0));
    let mut shown: Vec<(&str, u64)> = counts
        .iter()
        .map(|(value, count)| (value.as_str(), *count))
        .filter(|(value, count)| *count > 0 || chosen.iter().any(|one| one == value))
        .chain(gone)
        .collect();
    if shown.len() > SHOWN {
        shown.sort_by_key(|(value, count)| {
            (!chosen.iter().any(|one| one == value), std::cmp::Reverse(*count))
        });
        shown.truncate(SHOWN);
    }
    let choice = |(value, count): (&str, u64)| Choice {
        label: name(value),
        count: thousands(count),
        href: address(&with(query, of, value)),
        chosen: chosen.iter().any(|one| one == value),
        kind: "",
    };
    (chosen.len(), shown.into_iter().map(choice).collect())
}

/// The filters with many values.
pub(super) fn menus(query: &ListQuery, facets: &Facets, rules: &Rules) -> Vec<Menu> {
    let (policy, catalogue) = (&rules.policy, &rules.catalogue);
    let menu = |title, (chosen, choices), empty| Menu { title, chosen, choices, empty };
    let plain = |value: &str| value.to_owned();
    vec![
        menu(
            "Failing rule",
            values(query, &facets.rules, |it| &mut it.rules, &|rule| title(rule, policy)),
            "No Mac in this view fails a rule.",
        ),
        menu(
            "Label",
            values(query, &facets.labels, |it| &mut it.labels, &plain),
            "No Mac in this view has a label.",
        ),
        menu(
            "macOS",
            values(query, &newest_first(&facets.systems), |it| &mut it.systems, &plain),
            "No Mac in this view has reported its version.",
        ),
        menu(
            "Model",
            values(query, &facets.models, |it| &mut it.models, &|id| model(id, catalogue)),
            "No Mac in this view has a known model.",
        ),
        menu(
            "Key",
            values(query, &facets.keys, |it| &mut it.keys, &|key| key_word(key).to_owned()),
            "There is no Mac in this view.",
        ),
        menu("Agent", agents(query, facets), "No release of the agent is known here."),
        menu("For how long", lengths(query), ""),
    ]
}

/// What a state of the agent is called.
fn agent_word(state: AgentState) -> &'static str {
    match state {
        AgentState::Outdated => "Outdated",
        AgentState::Current => "Current",
        AgentState::UnknownBuild => "Unknown build",
    }
}

fn with_agent(query: &ListQuery, state: AgentState) -> ListQuery {
    let mut then = query.clone();
    match then.agents.iter().position(|one| *one == state) {
        Some(at) => drop(then.agents.remove(at)),
        None => then.agents.push(state),
    }
    then
}

/// Agents beside the releases that are known; nothing where none is.
fn agents(query: &ListQuery, facets: &Facets) -> (usize, Vec<Choice>) {
    let choice = |(state, count): &(AgentState, u64)| Choice {
        label: agent_word(*state).to_owned(),
        count: thousands(*count),
        href: address(&with_agent(query, *state)),
        chosen: query.agents.contains(state),
        kind: "",
    };
    (query.agents.len(), facets.agents.iter().map(choice).collect())
}

fn newest_first(systems: &[(String, u64)]) -> Vec<(String, u64)> {
    let mut systems = systems.to_vec();
    systems.sort_by_key(|(version, _)| {
        std::cmp::Reverse(version.parse::<shared::os_releases::Version>().ok())
    });
    systems
}

fn model(id: &str, catalogue: &Catalogue) -> String {
    catalogue.model_name(id).map_or_else(|| id.to_owned(), str::to_owned)
}

/// Silence and failures by their length; these are not counted.
fn lengths(query: &ListQuery) -> (usize, Vec<Choice>) {
    let choice = |label: String, chosen: bool, then: ListQuery| Choice {
        label,
        count: String::new(),
        href: address(&then),
        chosen,
        kind: "",
    };
    let silent = DAYS.iter().map(|days| {
        let chosen = query.silent == Some(*days);
        let then = ListQuery { silent: (!chosen).then_some(*days), ..query.clone() };
        choice(silent_words(*days), chosen, then)
    });
    let failing = DAYS.iter().map(|days| {
        let chosen = query.failing_for == Some(*days);
        let then = ListQuery { failing_for: (!chosen).then_some(*days), ..query.clone() };
        choice(failing_words(*days), chosen, then)
    });
    let chosen = usize::from(query.silent.is_some()) + usize::from(query.failing_for.is_some());
    (chosen, silent.chain(failing).collect())
}

fn silent_words(days: u32) -> String {
    format!("Silent for {}", days_words(days))
}

fn failing_words(days: u32) -> String {
    format!("Failing for {}", days_words(days))
}

fn days_words(days: u32) -> String {
    if days == 1 { "a day or more".to_owned() } else { format!("{days} days or more") }
}

/// The filters that hold.
pub(super) fn chips(query: &ListQuery, rules: &Rules) -> Vec<Chip> {
    let mut chips: Vec<Chip> = Vec::new();
    let mut chip =
        |label: String, then: ListQuery| chips.push(Chip { label, href: address(&then) });
    if !query.search.is_empty() {
        let without = ListQuery { search: String::new(), ..query.clone() };
        chip(format!("“{}”", query.search), without);
    }
    for standing in &query.standings {
        chip(word(*standing).to_owned(), with_standing(query, *standing));
    }
    let plain = |value: &str| value.to_owned();
    let named: [(&str, Values, Words<'_>); 5] = [
        ("Fails", |it| &mut it.rules, &|rule| title(rule, &rules.policy)),
        ("Label", |it| &mut it.labels, &plain),
        ("macOS", |it| &mut it.systems, &plain),
        ("Model", |it| &mut it.models, &|id| model(id, &rules.catalogue)),
        ("Key", |it| &mut it.keys, &|key| key_word(key).to_owned()),
    ];
    for (name, of, words) in named {
        for value in of(&mut query.clone()).iter() {
            chip(format!("{name}: {}", words(value)), with(query, of, value));
        }
    }
    for state in &query.agents {
        chip(format!("Agent: {}", agent_word(*state)), with_agent(query, *state));
    }
    if let Some(days) = query.silent {
        chip(silent_words(days), ListQuery { silent: None, ..query.clone() });
    }
    if let Some(days) = query.failing_for {
        chip(failing_words(days), ListQuery { failing_for: None, ..query.clone() });
    }
    if query.without_owner {
        chip("No owner".to_owned(), ListQuery { without_owner: false, ..query.clone() });
    }
    if query.owner_left {
        chip("Owner left".to_owned(), ListQuery { owner_left: false, ..query.clone() });
    }
    chips
}

fn title(rule: &str, policy: &Policy) -> String {
    let word = rule_word(rule);
    if policy.rule(rule).is_some() { word } else { format!("{word} (no such rule)") }
}

fn with_standing(query: &ListQuery, standing: Standing) -> ListQuery {
    let mut then = query.clone();
    match then.standings.iter().position(|one| *one == standing) {
        Some(at) => drop(then.standings.remove(at)),
        None => then.standings.push(standing),
    }
    then
}
