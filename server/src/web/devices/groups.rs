//! The list in groups: by rule, by label, and one against the other.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use shared::policy::{Mode, Policy};

use super::{Pairs, looked_up};
use crate::shown::devices::{ListQuery, ask};
use crate::shown::names::{rule_word, sentence_case};
use crate::store::views::Standing;
use crate::store::views::list::{Facets, Groups, PageStart};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::shell::{Section, Shell, html};
use crate::web::words::{count, percent, thousands};

/// Rules beside labels; the most frequent failures.
const RULES: usize = 8;

#[derive(Template)]
#[template(path = "device_groups.html")]
struct GroupsPage {
    shell: Shell,
    total: String,
    list_href: String,
    is_filtered: bool,
    rules: Vec<RuleRow>,
    labels: Vec<LabelRow>,
    heads: Vec<String>,
}

struct RuleRow {
    name: String,
    mode: &'static str,
    count: String,
    share: String,
    href: String,
}

struct LabelRow {
    label: String,
    href: String,
    count: String,
    compliant: String,
    cells: Vec<MatrixCell>,
}

/// How many Macs with a label fail a rule.
struct MatrixCell {
    name: String,
    /// Empty when none does.
    count: String,
    href: String,
}

/// Counts by rule and by label within a view.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(pairs): Pairs,
) -> Result<Html<String>, PageError> {
    let query = ListQuery::parse(&pairs).map_err(PageError::BadAddress)?.at(PageStart::Start);
    let rules = console.app.rulebook.current();
    let now = console.app.clock.now();
    let ask = looked_up(&console, ask(&query, &rules, now, None)).await?;
    let (facets, groups) =
        console.read(move |views| Ok((views.facets(&ask)?, views.groups(&ask)?))).await?;
    html(&view(shell, &query, (&facets, groups), &rules.policy))
}

fn view(
    shell: Shell,
    query: &ListQuery,
    (facets, groups): (&Facets, Groups),
    policy: &Policy,
) -> GroupsPage {
    let failing = most_frequent(facets);
    let cells: BTreeMap<(&str, &str), u64> = groups
        .cells
        .iter()
        .map(|(label, rule, count)| ((label.as_str(), rule.as_str()), *count))
        .collect();
    let label = |(label, standings): &(String, Vec<(Standing, u64)>)| {
        let all: u64 = standings.iter().map(|(_, count)| count).sum();
        let fine = standings.iter().find(|(standing, _)| *standing == Standing::Compliant);
        let cells = failing.iter().take(RULES).map(|(rule, _)| MatrixCell {
            name: rule_word(rule),
            count: cells
                .get(&(label.as_str(), *rule))
                .map_or_else(String::new, |it| thousands(*it)),
            href: narrowed(query, Some(label), Some(rule)),
        });
        LabelRow {
            label: label.clone(),
            href: narrowed(query, Some(label), None),
            count: thousands(all),
            compliant: percent(fine.map_or(0, |(_, count)| *count), all),
            cells: cells.collect(),
        }
    };
    GroupsPage {
        shell: shell.titled("Devices by rule and label", Section::Devices),
        total: count(facets.total, "Mac", "Macs"),
        list_href: query.address("/devices"),
        is_filtered: query.is_filtered(),
        labels: groups.labels.iter().map(label).collect(),
        heads: failing.iter().take(RULES).map(|(rule, _)| title(rule)).collect(),
        rules: failing
            .iter()
            .map(|(rule, failing)| RuleRow {
                name: title(rule),
                mode: match policy.rule(rule).map(|rule| rule.mode) {
                    Some(Mode::Required) => "required",
                    _ => "recommended",
                },
                count: thousands(*failing),
                share: percent(*failing, facets.total),
                href: narrowed(query, None, Some(rule)),
            })
            .collect(),
    }
}

/// Rules that somebody fails, the most frequent first.
fn most_frequent(facets: &Facets) -> Vec<(&str, u64)> {
    let failing = facets.rules.iter().filter(|(_, count)| *count > 0);
    let mut failing: Vec<_> = failing.map(|(rule, count)| (rule.as_str(), *count)).collect();
    failing.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    failing
}

/// A rule's word as a head; macOS keeps its small letter.
fn title(rule: &str) -> String {
    let word = rule_word(rule);
    if word.starts_with("macOS") { word } else { sentence_case(&word) }
}

/// The list with a label and a failing rule, instead of others.
fn narrowed(query: &ListQuery, label: Option<&str>, rule: Option<&str>) -> String {
    let mut then = query.clone();
    if let Some(label) = label {
        then.labels = vec![label.to_owned()];
    }
    if let Some(rule) = rule {
        then.rules = vec![rule.to_owned()];
    }
    then.address("/devices")
}
