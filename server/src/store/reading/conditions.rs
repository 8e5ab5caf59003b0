//! Statements that depend on filters, put together from fixed parts; values
//! travel as parameters only.

use super::rows::{WAIVED, standing_of};
use super::{Dialect, Value, agents};
use crate::store::views::Standing;
use crate::store::views::list::{Column, Filter, SearchWord};

/// A text with its values.
#[derive(Clone, Debug)]
pub(super) struct Sql {
    pub(super) dialect: Dialect,
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

impl Sql {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::new(), values: Vec::new() }
    }

    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Takes a value and gives the name of its place.
    pub(super) fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Adds that `what` is one of `texts`.
    pub(super) fn push_among<'a>(&mut self, what: &str, texts: impl IntoIterator<Item = &'a str>) {
        let list = self.value(Value::texts(texts));
        let among = self.dialect.among(what, &list);
        self.push(&among);
    }
}

/// A filter that a count leaves out, so that each of its values shows what
/// choosing it would bring.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Without {
    Nothing,
    /// Standing, version, model, key and whether somebody holds it: columns
    /// that are counted together. Owners who have left stay.
    Columns,
    Owner,
    Label,
    Rule,
    Agent,
}

/// Adds the conditions of `filter`; a `WHERE true` stands before.
pub(super) fn conditions(sql: &mut Sql, filter: &Filter, without: Without) {
    if without != Without::Columns {
        columns(sql, filter);
    }
    if without != Without::Owner {
        owner(sql, filter, without);
    }
    if without != Without::Rule && filter.fails() {
        failing(sql, filter);
    }
    if without != Without::Label && !filter.labels.is_empty() {
        sql.push(" AND d.id IN (SELECT device_id FROM device_label WHERE ");
        sql.push_among("label", filter.labels.iter().map(String::as_str));
        sql.push(")");
    }
    if without != Without::Agent && !filter.agents.is_empty() {
        agents::condition(sql, filter);
    }
    if let Some(at) = filter.silent_since {
        let at = sql.value(Value::time(at));
        sql.push(&format!(" AND coalesce(d.received_ms, d.enrolled_ms) <= {at}"));
    }
    if let Some(found) = &filter.found {
        sql.push(" AND ");
        sql.push_among("d.id", found.iter().map(String::as_str));
    }
    if !filter.except.is_empty() {
        let except = sql.value(Value::texts(filter.except.iter().map(String::as_str)));
        let among = sql.dialect.among(&sql.dialect.not_by_index("d.id"), &except);
        sql.push(&format!(" AND NOT ({among})"));
    }
    for word in &filter.words {
        sql.push(" AND ");
        search(sql, word);
    }
}

/// That `device d` stands so, in plain columns: what [`standing_of`] says, in
/// words that an index answers.
fn stands(dialect: Dialect, standing: Standing) -> String {
    let never = dialect.never_reported();
    let word = standing.as_str();
    match standing {
        Standing::Compliant => "d.lifecycle = 'active' AND d.status = 'compliant'".to_owned(),
        Standing::Archived => "d.lifecycle = 'archived' OR d.status = 'archived'".to_owned(),
        Standing::Pending | Standing::Suspended | Standing::Revoked => {
            format!("d.lifecycle = '{word}' AND d.status <> 'archived'")
        }
        Standing::NeverReported => format!(
            "d.lifecycle = 'active' AND d.status <> 'compliant' AND d.status <> 'archived' AND {never}"
        ),
        Standing::Waived => format!("d.lifecycle = 'active' AND NOT ({never}) AND {WAIVED}"),
        Standing::NonCompliant | Standing::AtRisk => format!(
            "d.lifecycle = 'active' AND d.status = '{word}' AND NOT ({never}) AND NOT ({WAIVED})"
        ),
        Standing::Stale | Standing::Unknown => {
            format!("d.lifecycle = 'active' AND d.status = '{word}' AND NOT ({never})")
        }
    }
}

fn columns(sql: &mut Sql, filter: &Filter) {
    if filter.standings.is_empty() {
        sql.push(" AND d.lifecycle <> 'archived' AND d.status <> 'archived'");
    } else {
        let dialect = sql.dialect;
        let one = |standing: &Standing| format!("({})", stands(dialect, *standing));
        let any: Vec<String> = filter.standings.iter().map(one).collect();
        sql.push(&format!(" AND ({})", any.join(" OR ")));
    }
    for (column, values) in [
        ("d.os_version", &filter.systems),
        ("d.model", &filter.models),
        ("d.key_protection", &filter.keys),
    ] {
        if !values.is_empty() {
            sql.push(" AND ");
            sql.push_among(column, values.iter().map(String::as_str));
        }
    }
}

/// Devices of people who have left.
pub(super) const LEFT: &str = "d.person_id IN (SELECT id FROM person WHERE ended_ms IS NOT NULL)";

fn owner(sql: &mut Sql, filter: &Filter, without: Without) {
    match (filter.without_owner, filter.owner_left) {
        (false, false) => {}
        (true, false) if without == Without::Columns => {}
        (true, false) => drop(sql.push(" AND d.person_id IS NULL")),
        (false, true) => drop(sql.push(&format!(" AND {LEFT}"))),
        (true, true) => drop(sql.push(&format!(" AND (d.person_id IS NULL OR {LEFT})"))),
    }
}

fn failing(sql: &mut Sql, filter: &Filter) {
    sql.push(
        " AND d.id IN (SELECT device_id FROM finding WHERE until_ms IS NULL
            AND status = 'fail' AND ",
    );
    if filter.rules.is_empty() {
        sql.push("mode = 'required'");
    } else {
        sql.push_among("rule", filter.rules.iter().map(String::as_str));
    }
    fails_since(sql, filter);
    sql.push(")");
}

/// Adds that a finding fails since then or longer.
pub(super) fn fails_since(sql: &mut Sql, filter: &Filter) {
    if let Some(at) = filter.failing_since {
        let at = sql.value(Value::time(at));
        sql.push(&format!(" AND coalesce(episode_ms, from_ms) <= {at}"));
    }
}

/// Adds that `word` is found in `device d`.
pub(super) fn search(sql: &mut Sql, word: &SearchWord) {
    let pattern = sql.value(Value::text(&contains(&word.text)));
    let [serial, version, name, email] = ["d.serial", "d.os_version", "name", "email"]
        .map(|column| sql.dialect.like(column, &pattern));
    sql.push(&format!("({serial} OR "));
    if is_version(word) {
        sql.push(&format!("{version} OR "));
    }
    if !word.models.is_empty() {
        sql.push_among("d.model", word.models.iter().map(String::as_str));
        sql.push(" OR ");
    }
    sql.push(&format!("d.person_id IN (SELECT id FROM person WHERE {name} OR {email}))"));
}

/// Whether a word can be a part of a version: digits and stops.
pub(super) fn is_version(word: &SearchWord) -> bool {
    word.text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

/// A `LIKE` pattern for texts that hold `text` as it stands, but for A to Z.
pub(super) fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}

/// The expression that a column is ordered by. `named.key` is the looked-up
/// name of the model, or the version as a number.
pub(super) fn order_key(dialect: Dialect, column: Column) -> String {
    // Sorts behind every letter.
    const LAST: &str = "'\u{10ffff}'";
    match column {
        Column::Status => urgency(dialect),
        Column::Device => dialect.folded(&format!(
            "coalesce(p.name, {LAST}) || ' ' || coalesce(named.key, d.model, '')
                || ' ' || coalesce(d.serial, '')"
        )),
        Column::Owner => dialect.folded(&format!("coalesce(p.name, {LAST})")),
        Column::Model => dialect.folded(&format!("coalesce(named.key, d.model, {LAST})")),
        Column::System => "coalesce(named.key, -1)".to_owned(),
        Column::Failing => "d.failing".to_owned(),
        Column::Received => "coalesce(d.received_ms, 0)".to_owned(),
        Column::Key => dialect.by_bytes("d.key_protection"),
        Column::Serial => dialect.folded(&format!("coalesce(d.serial, {LAST})")),
        Column::Build => dialect.by_bytes(&format!("coalesce(d.os_build, {LAST})")),
        Column::Agent => dialect.by_bytes("d.agent_version"),
        Column::Enrolled => "d.enrolled_ms".to_owned(),
        Column::Due => "coalesce(d.due_ms, 9007199254740991)".to_owned(),
        Column::Department => dialect.folded(&format!(
            "CASE WHEN coalesce(p.department, '') = '' THEN {LAST} ELSE p.department END"
        )),
    }
}

/// A number that orders by standing, then the longest overdue first.
pub(super) fn urgency(dialect: Dialect) -> String {
    use std::fmt::Write as _;

    // Most devices are compliant, and are told apart without the long way.
    let compliant = rank(Standing::Compliant);
    let mut text = format!(
        "(CASE WHEN d.lifecycle = 'active' AND d.status = 'compliant' THEN {compliant}
            ELSE CASE {}",
        standing_of(dialect)
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

#[cfg(test)]
mod tests {
    use super::{Dialect, Filter, Sql, Without, conditions, contains};
    use crate::store::views::list::SearchWord;

    #[test]
    fn signs_that_mean_something_to_like_are_taken_as_they_stand() {
        assert_eq!(contains("50%_A\\b"), "%50\\%\\_a\\\\b%");
    }

    #[test]
    fn nothing_typed_ever_becomes_part_of_the_statement() {
        let typed = "x' OR 1=1 --";
        let filter = Filter {
            rules: vec![typed.to_owned()],
            words: vec![SearchWord { text: typed.to_owned(), models: vec![typed.to_owned()] }],
            ..Filter::default()
        };
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let mut sql = Sql::new(dialect);
            conditions(&mut sql, &filter, Without::Nothing);
            assert!(!sql.text.contains("1=1"));
            assert_eq!(sql.values.len(), 3, "{}", sql.text);
        }
    }
}
