//! Filters with their counts: each value says what choosing it would bring.

use shared::policy::Policy;

use crate::shown::devices::ListQuery;
use crate::shown::names::rule_word;
use crate::store::views::Standing;
use crate::store::views::list::{Facets, PageStart};
use crate::web::words::{kind, thousands, word};

/// One value of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) label: String,
    pub(super) count: String,
    pub(super) href: String,
    pub(super) chosen: bool,
    /// Shape of a standing; empty for other filters.
    pub(super) kind: &'static str,
}

/// A filter that holds, with the address without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chip {
    pub(super) label: String,
    pub(super) href: String,
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
            href: with_standing(query, *standing).address("/devices"),
            chosen: query.standings.contains(standing),
            kind: kind(*standing),
        })
        .collect()
}

/// Rules that somebody fails, and chosen ones.
pub(super) fn rules(query: &ListQuery, facets: &Facets, policy: &Policy) -> Vec<Choice> {
    let gone = query
        .rules
        .iter()
        .filter(|rule| !facets.rules.iter().any(|(known, _)| known == *rule))
        .map(|rule| (rule, 0));
    facets
        .rules
        .iter()
        .map(|(rule, count)| (rule, *count))
        .filter(|(rule, count)| *count > 0 || query.rules.contains(rule))
        .chain(gone)
        .map(|(rule, count)| Choice {
            label: title(rule, policy),
            count: thousands(count),
            href: with_rule(query, rule).address("/devices"),
            chosen: query.rules.contains(rule),
            kind: "",
        })
        .collect()
}

/// Devices that nobody holds.
pub(super) fn unowned(query: &ListQuery, facets: &Facets) -> Choice {
    Choice {
        label: "No owner".to_owned(),
        count: thousands(facets.without_owner),
        href: from_start(ListQuery { without_owner: !query.without_owner, ..query.clone() })
            .address("/devices"),
        chosen: query.without_owner,
        kind: "",
    }
}

/// Every filter that holds.
pub(super) fn chips(query: &ListQuery, policy: &Policy) -> Vec<Chip> {
    let mut chips = Vec::new();
    if !query.search.is_empty() {
        let without = from_start(ListQuery { search: String::new(), ..query.clone() });
        chips.push(Chip {
            label: format!("Search: {}", query.search),
            href: without.address("/devices"),
        });
    }
    chips.extend(query.standings.iter().map(|standing| Chip {
        label: word(*standing).to_owned(),
        href: with_standing(query, *standing).address("/devices"),
    }));
    chips.extend(query.rules.iter().map(|rule| Chip {
        label: format!("Fails: {}", title(rule, policy)),
        href: with_rule(query, rule).address("/devices"),
    }));
    if query.without_owner {
        let without = from_start(ListQuery { without_owner: false, ..query.clone() });
        chips.push(Chip { label: "No owner".to_owned(), href: without.address("/devices") });
    }
    chips
}

fn title(rule: &str, policy: &Policy) -> String {
    let word = rule_word(rule);
    if policy.rule(rule).is_some() { word } else { format!("{word} (no such rule)") }
}

fn with_standing(query: &ListQuery, standing: Standing) -> ListQuery {
    from_start(ListQuery { standings: toggled(&query.standings, &standing), ..query.clone() })
}

fn with_rule(query: &ListQuery, rule: &String) -> ListQuery {
    from_start(ListQuery { rules: toggled(&query.rules, rule), ..query.clone() })
}

fn from_start(query: ListQuery) -> ListQuery {
    ListQuery { from: PageStart::Start, ..query }
}

fn toggled<T: Clone + PartialEq>(values: &[T], value: &T) -> Vec<T> {
    let mut toggled: Vec<T> = values.iter().filter(|one| *one != value).cloned().collect();
    if toggled.len() == values.len() {
        toggled.push(value.clone());
    }
    toggled
}
