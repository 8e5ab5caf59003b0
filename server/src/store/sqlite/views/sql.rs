//! Statements that depend on filters, put together from fixed parts; values
//! travel as parameters only.

use rusqlite::types::Value;

use super::STANDING;
use crate::store::views::list::{Column, Filter, SearchWord};
use crate::store::views::{Standing, list::Key};

/// A text with its parameters, in the order of the question marks.
#[derive(Clone, Debug, Default)]
pub(super) struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    pub(super) fn with(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(text);
        self.values.extend(values);
    }
}

/// A filter that a count leaves out, so that each of its values shows what
/// choosing it would bring.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    Nothing,
    Standing,
    Rule,
}

/// Adds the conditions of `filter`; a `WHERE 1` stands before.
pub(super) fn conditions(sql: &mut Sql, filter: &Filter, without: Without) {
    if without != Without::Standing {
        if filter.standings.is_empty() {
            sql.push(" AND d.lifecycle <> 'archived' AND d.status <> 'archived'");
        } else {
            let words = filter.standings.iter().map(|standing| standing.as_str());
            let words = list(words);
            sql.with(&format!(" AND {STANDING} IN (SELECT value FROM json_each(?))"), [words]);
        }
    }
    if without != Without::Rule && !filter.rules.is_empty() {
        let rules = list(filter.rules.iter().map(String::as_str));
        sql.with(
            " AND d.id IN (SELECT device_id FROM finding WHERE until_ms IS NULL
                AND status = 'fail' AND rule IN (SELECT value FROM json_each(?)))",
            [rules],
        );
    }
    if filter.without_owner {
        sql.push(" AND d.person_id IS NULL");
    }
    for word in &filter.words {
        search(sql, word);
    }
}

fn search(sql: &mut Sql, word: &SearchWord) {
    let pattern = Value::Text(contains(&word.text));
    sql.with(
        " AND (d.serial LIKE ? ESCAPE '\\'
            OR d.model IN (SELECT value FROM json_each(?))
            OR d.person_id IN (SELECT id FROM person
                 WHERE name LIKE ? ESCAPE '\\' OR email LIKE ? ESCAPE '\\'))",
        [pattern.clone(), list(word.models.iter().map(String::as_str)), pattern.clone(), pattern],
    );
}

/// A `LIKE` pattern for texts that hold `text` as it stands.
fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// A JSON list, which `json_each` turns into rows.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    Value::Text(texts.collect::<serde_json::Value>().to_string())
}

/// The expression that a column is ordered by. `named.key` is the looked-up
/// name of the model, or the version as a number.
pub(super) fn order_key(column: Column) -> String {
    // Sorts behind every letter.
    const LAST: &str = "char(1114111)";
    match column {
        Column::Status => urgency(),
        Column::Device => format!(
            "lower(coalesce(p.name, {LAST}) || ' ' || coalesce(named.key, d.model, '')
                || ' ' || coalesce(d.serial, ''))"
        ),
        Column::Owner => format!("lower(coalesce(p.name, {LAST}))"),
        Column::Model => format!("lower(coalesce(named.key, d.model, {LAST}))"),
        Column::System => "coalesce(named.key, -1)".to_owned(),
        Column::Failing => "d.failing".to_owned(),
        Column::Received => "coalesce(d.received_ms, 0)".to_owned(),
        Column::Key => "d.key_protection".to_owned(),
    }
}

/// A number that orders by standing, then the longest overdue first.
pub(super) fn urgency() -> String {
    use std::fmt::Write as _;

    // Most devices are compliant, and are told apart without the long way.
    let compliant = rank(Standing::Compliant);
    let mut text = format!(
        "(CASE WHEN d.lifecycle = 'active' AND d.status = 'compliant' THEN {compliant}
            ELSE CASE {STANDING}"
    );
    for (rank, standing) in Standing::ALL.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, " WHEN '{}' THEN {rank}", standing.as_str());
    }
    // Milliseconds have 13 digits until the year 2286.
    text.push_str(
        " ELSE 99 END END * 100000000000000 + CASE WHEN d.status IN ('at_risk', 'non_compliant')
            THEN coalesce(d.due_ms, d.status_since_ms) ELSE d.status_since_ms END)",
    );
    text
}

fn rank(standing: Standing) -> usize {
    Standing::ALL.iter().position(|one| *one == standing).unwrap_or(Standing::ALL.len())
}

impl From<Key> for Value {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => Self::Integer(number),
            Key::Text(text) => Self::Text(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Sql, Without, conditions, contains};
    use crate::store::views::list::SearchWord;

    #[test]
    fn signs_that_mean_something_to_like_are_taken_as_they_stand() {
        assert_eq!(contains("50%_a\\b"), "%50\\%\\_a\\\\b%");
    }

    #[test]
    fn nothing_typed_ever_becomes_part_of_the_statement() {
        let typed = "x' OR 1=1 --";
        let filter = Filter {
            rules: vec![typed.to_owned()],
            words: vec![SearchWord { text: typed.to_owned(), models: vec![typed.to_owned()] }],
            ..Filter::default()
        };
        let mut sql = Sql::default();
        conditions(&mut sql, &filter, Without::Nothing);
        assert!(!sql.text.contains("1=1"));
        assert_eq!(sql.text.matches('?').count(), sql.values.len());
    }
}
