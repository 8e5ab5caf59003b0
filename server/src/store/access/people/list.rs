//! The list of people: filters, one page by keyset, and counts.

use jiff::Span;
use jiff::civil::Date;

use super::rows::{PersonRow, rows};
use super::{COLUMNS, person};
use crate::store::StoreError;
use crate::store::access::audit::pattern;
use crate::store::reading::{Dialect, Reading, Value};

/// Words of a search that count; more make no list shorter.
const WORDS: usize = 5;

/// What may be true of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonCase {
    /// Holds no Mac.
    WithoutMac,
    /// Holds a Mac that is not compliant.
    NotCompliant,
    /// Has left, and still holds a Mac.
    LeftWithMac,
    /// Joins within the days that are asked about.
    Joining,
    /// Leaves within the days that are asked about.
    Leaving,
    /// Is away.
    Away,
    /// Holds a Mac.
    WithMac,
    /// Has left: ended, or the last day is over.
    Left,
}

impl PersonCase {
    /// Every case, the one that needs somebody most first.
    pub const ALL: [Self; 8] = [
        Self::WithoutMac,
        Self::NotCompliant,
        Self::LeftWithMac,
        Self::Joining,
        Self::Leaving,
        Self::Away,
        Self::WithMac,
        Self::Left,
    ];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WithoutMac => "without_mac",
            Self::NotCompliant => "not_compliant",
            Self::LeftWithMac => "left_with_mac",
            Self::Joining => "joining",
            Self::Leaving => "leaving",
            Self::Away => "away",
            Self::WithMac => "with_mac",
            Self::Left => "left",
        }
    }

    /// The case of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// Whether it is about people who have left, whom lists leave out else.
    fn shows_who_left(self) -> bool {
        matches!(self, Self::Left | Self::LeftWithMac)
    }
}

/// Which people, by name.
#[derive(Clone, Debug)]
pub struct PeopleAsk {
    /// Words that must each be found in name, mail address or department.
    pub text: Option<String>,
    /// All of these hold; people who have left are left out unless named.
    pub cases: Vec<PersonCase>,
    /// This department alone.
    pub department: Option<String>,
    /// How many days count for joining and leaving.
    pub days: u16,
    /// Today.
    pub today: Date,
    /// Only what stands after this name, in small letters, and id.
    pub after: Option<(String, String)>,
    /// Most people; none for all.
    pub limit: Option<u32>,
}

/// A page of people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeoplePage {
    /// The rows.
    pub rows: Vec<PersonRow>,
    /// Name and id behind which the next page begins, when there is one.
    pub next: Option<(String, String)>,
}

/// How many people each value of a filter would leave, the others as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleCounts {
    /// In the order of [`PersonCase::ALL`].
    pub cases: Vec<(PersonCase, u64)>,
    /// By department; without those who have none.
    pub departments: Vec<(String, u64)>,
    /// With all filters as they are.
    pub total: u64,
    /// Whether anybody is known at all.
    pub any: bool,
}

/// A statement with its values, put together from fixed parts.
struct Sql<'a> {
    ask: &'a PeopleAsk,
    dialect: Dialect,
    text: String,
    values: Vec<Value>,
}

impl<'a> Sql<'a> {
    fn new(db: &mut dyn Reading, ask: &'a PeopleAsk, text: &str) -> Self {
        Self { ask, dialect: db.dialect(), text: text.to_owned(), values: Vec::new() }
    }

    /// Takes a value and gives the name of its place, which must be written
    /// before the next one is taken.
    fn place(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A day column between two days.
    fn push_between(&mut self, column: &str, days: i64) {
        let column = self.dialect.by_bytes(column);
        let today = self.ask.today;
        let last = today.checked_add(Span::new().days(days)).unwrap_or(Date::MAX);
        let from = self.place(Value::text(&today.to_string()));
        self.push(&format!("({column} >= {from} AND "));
        let until = self.place(Value::text(&last.to_string()));
        self.push(&format!("{column} <= {until})"));
    }

    fn push_left(&mut self) {
        let last = self.dialect.by_bytes("p.last_day");
        let today = self.place(Value::text(&self.ask.today.to_string()));
        // Without a last day the comparison is neither, and an end alone counts.
        self.push(&format!(
            "(p.ended_ms IS NOT NULL OR p.last_day IS NOT NULL AND {last} < {today})"
        ));
    }

    fn push_mac(&mut self, beside: &str) {
        self.push(&format!(
            "EXISTS (SELECT 1 FROM device d WHERE d.person_id = p.id
                AND d.lifecycle <> 'archived' AND d.status <> 'archived'{beside})"
        ));
    }

    /// What a case means.
    fn push_case(&mut self, case: PersonCase) {
        let days = i64::from(self.ask.days);
        match case {
            PersonCase::WithMac => self.push_mac(""),
            PersonCase::WithoutMac => {
                self.push("NOT ");
                self.push_mac("");
            }
            PersonCase::NotCompliant => {
                self.push_mac(" AND NOT (d.lifecycle = 'active' AND d.status = 'compliant')");
            }
            PersonCase::LeftWithMac => {
                self.push_left();
                self.push(" AND ");
                self.push_mac("");
            }
            PersonCase::Left => self.push_left(),
            PersonCase::Joining => {
                self.push_between("coalesce(p.first_day, '')", days);
            }
            PersonCase::Leaving => {
                self.push("p.ended_ms IS NULL AND ");
                self.push_between("coalesce(p.last_day, '')", days);
            }
            PersonCase::Away => {
                let until = self.dialect.by_bytes("coalesce(p.away_until, '')");
                let today = self.place(Value::text(&self.ask.today.to_string()));
                self.push(&format!("{until} >= {today}"));
            }
        }
    }

    /// Adds what is asked of `p`; a `WHERE true` stands before.
    fn push_conditions(&mut self, department: bool) {
        let ask = self.ask;
        for word in ask.text.as_deref().unwrap_or_default().split_whitespace().take(WORDS) {
            let place = self.place(Value::text(&pattern(word)));
            let any = ["p.name", "p.email", "p.department"]
                .map(|column| self.dialect.like(column, &place));
            self.push(&format!(" AND ({})", any.join(" OR ")));
        }
        if let Some(wanted) = ask.department.as_deref().filter(|_| department) {
            let place = self.place(Value::text(wanted));
            self.push(&format!(" AND p.department = {place}"));
        }
        for case in &ask.cases {
            self.push(" AND ");
            self.push_case(*case);
        }
    }

    fn shows_who_left(&self) -> bool {
        self.ask.cases.iter().any(|case| case.shows_who_left())
    }

    fn push_not_left(&mut self) {
        if !self.shows_who_left() {
            self.push(" AND NOT ");
            self.push_left();
        }
    }
}

/// One page.
pub(super) fn page(db: &mut dyn Reading, ask: &PeopleAsk) -> Result<PeoplePage, StoreError> {
    let (key, id) = (db.dialect().folded("p.name"), db.dialect().by_bytes("p.id"));
    let select = format!("SELECT {COLUMNS}, {key} FROM person p WHERE true");
    let mut sql = Sql::new(db, ask, &select);
    sql.push_conditions(true);
    sql.push_not_left();
    if let Some((name, after)) = &ask.after {
        let name = sql.place(Value::text(name));
        sql.push(&format!(" AND ({key}, {id}) > ({name}, "));
        let after = sql.place(Value::text(after));
        sql.push(&format!("{after})"));
    }
    sql.push(&format!(" ORDER BY {key}, {id}"));
    if let Some(limit) = ask.limit {
        let limit = sql.place(Value::Number(i64::from(limit) + 1));
        sql.push(&format!(" LIMIT {limit}"));
    }
    let mut found =
        db.all(&sql.text, &sql.values, |row| Ok((person(row, 0)?, row.string(WIDTH)?)))?;
    let limit = ask.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more);
    let next = last.map(|(person, key)| (key.clone(), person.id.clone()));
    Ok(PeoplePage { rows: rows(db, found.into_iter().map(|(one, _)| one).collect())?, next })
}

/// Columns of a person.
const WIDTH: usize = 15;

/// Counts for every filter.
pub(super) fn counts(db: &mut dyn Reading, ask: &PeopleAsk) -> Result<PeopleCounts, StoreError> {
    const ANY: &str = "SELECT 1 FROM person LIMIT 1";
    let mut sql = Sql::new(db, ask, "SELECT count(*)");
    for case in PersonCase::ALL {
        sql.push(", coalesce(sum(CASE WHEN ");
        sql.push_case(case);
        if !case.shows_who_left() {
            sql.push_not_left();
        }
        sql.push(" THEN 1 ELSE 0 END), 0)");
    }
    sql.push(", coalesce(sum(CASE WHEN true");
    sql.push_not_left();
    sql.push(" THEN 1 ELSE 0 END), 0) FROM person p WHERE true");
    sql.push_conditions(true);
    let (cases, total) = db.only(&sql.text, &sql.values, |row| {
        let mut cases = Vec::new();
        for (index, case) in PersonCase::ALL.into_iter().enumerate() {
            cases.push((case, row.count(index + 1)?));
        }
        Ok((cases, row.count(PersonCase::ALL.len() + 1)?))
    })?;
    let mut sql =
        Sql::new(db, ask, "SELECT p.department, count(*) FROM person p WHERE p.department <> ''");
    sql.push_conditions(false);
    sql.push_not_left();
    let department = sql.dialect.by_bytes("p.department");
    sql.push(&format!(" GROUP BY p.department ORDER BY {department}"));
    let departments = db.all(&sql.text, &sql.values, |row| Ok((row.string(0)?, row.count(1)?)))?;
    let any = db.first(ANY, &[], |_| Ok(()))?.is_some();
    Ok(PeopleCounts { cases, departments, total, any })
}
