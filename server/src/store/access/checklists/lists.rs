//! Lists of checklists and of their tasks.

use jiff::Timestamp;
use jiff::civil::Date;

use super::reading::{
    COLUMNS, TASK, WIDTH, checklist, day, evidence, kind, open_work, task, whole,
};
use super::{
    COLLECTOR, Changed, Checklist, Checklists, HandedIn, KeptTask, KeptTemplate, ListAsk,
    ListedChecklist, ListedTask, OpenWork, PersonName, RefusedReports, Started, TaskChange,
    WholeChecklist, begin, changing, completing, facts, templates,
};
use crate::audit::Act;
use crate::checklists::{ChecklistKind, ChecklistState, Facts, Task};
use crate::store::StoreError;
use crate::store::access::audit::pattern;
use crate::store::reading::{Dialect, Fields, Reading, Value};
use crate::store::writing::Transact;

/// Most tasks of a report.
const REPORTED: u32 = 50_000;

impl<T: Transact> Checklists for T {
    fn checklist_template(&self, kind: ChecklistKind) -> Result<KeptTemplate, StoreError> {
        self.lend(|db| begin::template_in_force(db, kind))
    }

    fn template_version(
        &self,
        kind: ChecklistKind,
        version: i64,
    ) -> Result<Option<KeptTemplate>, StoreError> {
        self.lend(|db| begin::stored(db, kind, Some(version)))
    }

    fn put_template(
        &self,
        kind: ChecklistKind,
        text: (&str, &str),
        before: i64,
        act: &Act,
    ) -> Result<Option<i64>, StoreError> {
        templates::put(self, kind, text, before, act)
    }

    fn start_checklist(
        &self,
        kind: ChecklistKind,
        person_id: &str,
        day: Date,
        act: &Act,
    ) -> Result<Started, StoreError> {
        changing::start(self, kind, (person_id, day), act)
    }

    fn open_work(&self) -> Result<Vec<OpenWork>, StoreError> {
        self.lend(open_work)
    }

    fn facts_of(
        &self,
        people: &[String],
    ) -> Result<std::collections::BTreeMap<String, Facts>, StoreError> {
        // All of one moment: a finding belongs to the report that is named.
        self.lend_at_one_moment(|db| facts::facts_of(db, people))
    }

    fn refused_of(&self, devices: &[String]) -> Result<Vec<RefusedReports>, StoreError> {
        self.lend(|db| facts::refused(db, devices))
    }

    fn people_between(
        &self,
        kind: ChecklistKind,
        (from, until): (Date, Date),
    ) -> Result<Vec<(PersonName, Date)>, StoreError> {
        let column = if kind == ChecklistKind::Offboarding { "p.last_day" } else { "p.first_day" };
        let sql = format!(
            "SELECT p.id, p.name, p.email, {column} FROM person p
             WHERE {column} >= $1 AND {column} <= $2 ORDER BY {column}, p.id"
        );
        let values = [Value::text(&from.to_string()), Value::text(&until.to_string())];
        self.lend(|db| {
            db.all(&sql, &values, |row| {
                Ok(((row.string(0)?, row.string(1)?, row.string(2)?), day(row, 3)?))
            })
        })
    }

    fn change_task(&self, change: &TaskChange, act: &Act) -> Result<Changed, StoreError> {
        changing::change_task(self, change, act)
    }

    fn give_task(
        &self,
        place: (&str, &str),
        to: (&str, &str),
        act: &Act,
    ) -> Result<Changed, StoreError> {
        changing::give_task(self, place, to, act)
    }

    fn complete_checklist(
        &self,
        place: (&str, i64),
        record: (&str, &str),
        act: &Act,
    ) -> Result<Changed, StoreError> {
        completing::complete(self, place, record, act)
    }

    fn cancel_checklist(&self, id: &str, reason: &str, act: &Act) -> Result<Changed, StoreError> {
        completing::cancel(self, id, reason, act)
    }

    fn checklist(&self, id: &str) -> Result<Option<WholeChecklist>, StoreError> {
        self.lend_at_one_moment(|db| whole(db, id))
    }

    fn checklists_of(&self, person_id: &str) -> Result<Vec<Checklist>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM checklist c JOIN person p ON p.id = c.person_id
             WHERE c.person_id = $1 ORDER BY c.started_ms DESC, c.id"
        );
        self.lend(|db| db.all(&sql, &[Value::text(person_id)], checklist))
    }

    fn evidence(&self, place: (&str, &str, &str)) -> Result<Option<HandedIn>, StoreError> {
        self.lend(|db| evidence(db, place))
    }

    fn checklists(&self, ask: &ListAsk, today: Date) -> Result<Vec<ListedChecklist>, StoreError> {
        self.lend(|db| list(db, ask, today))
    }

    fn checklist_counts(&self) -> Result<Vec<(ChecklistKind, ChecklistState, u64)>, StoreError> {
        const COUNTS: &str = "SELECT kind, state, count(*) FROM checklist GROUP BY kind, state";
        self.lend(|db| {
            db.all(COUNTS, &[], |row| {
                Ok((kind(row, 0)?, super::reading::state(row, 1)?, row.count(2)?))
            })
        })
    }

    fn overdue_tasks(&self, today: Date, limit: u32) -> Result<(Vec<ListedTask>, u64), StoreError> {
        let sql = format!(
            "SELECT c.id, c.kind, p.name, t.source, t.owner, t.due, count(*) OVER ()
             FROM checklist_task t
             JOIN checklist c ON c.id = t.checklist_id JOIN person p ON p.id = c.person_id
             WHERE t.state = 'open' AND c.state = 'open' AND t.due < $1
             ORDER BY t.due, c.id, t.number LIMIT {limit}"
        );
        let mut total = 0;
        let first = self.lend(|db| {
            db.all(&sql, &[Value::text(&today.to_string())], |row| {
                total = row.count(6)?;
                listed(row, None)
            })
        })?;
        Ok((first, total))
    }

    fn closed_since(
        &self,
        since: Timestamp,
        limit: u32,
    ) -> Result<(Vec<ListedTask>, u64), StoreError> {
        let sql = format!(
            "SELECT c.id, c.kind, p.name, t.source, t.owner, t.due, e.kind, e.at_ms, e.detail,
                    count(*) OVER ()
             FROM checklist c JOIN person p ON p.id = c.person_id
             JOIN checklist_event e ON e.checklist_id = c.id
             JOIN checklist_task t ON t.checklist_id = c.id AND t.task = e.task
             WHERE (c.state = 'open' OR c.ended_ms >= $1) AND e.at_ms >= $1 AND e.actor = $2
               AND (e.kind = 'closed' OR e.kind = 'reopened')
             ORDER BY e.at_ms DESC, c.id, e.number DESC LIMIT {limit}"
        );
        let values = [Value::time(since), Value::text(COLLECTOR)];
        let mut total = 0;
        let newest = self.lend(|db| {
            db.all(&sql, &values, |row| {
                total = row.count(9)?;
                let happened = (row.string(6)?, row.time(7)?, row.string(8)?);
                listed(row, Some(happened))
            })
        })?;
        Ok((newest, total))
    }

    fn checklists_between(
        &self,
        kind: ChecklistKind,
        (from, until): (Date, Date),
    ) -> Result<Vec<(Checklist, Vec<KeptTask>)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, {TASK} FROM checklist c JOIN person p ON p.id = c.person_id
             JOIN checklist_task t ON t.checklist_id = c.id
             WHERE c.kind = $1 AND c.day >= $2 AND c.day <= $3
             ORDER BY c.day, c.id, t.number LIMIT {REPORTED}"
        );
        let values = [
            Value::text(kind.as_str()),
            Value::text(&from.to_string()),
            Value::text(&until.to_string()),
        ];
        self.lend(|db| {
            let mut all: Vec<(Checklist, Vec<KeptTask>)> = Vec::new();
            db.each(&sql, &values, &mut |row| {
                let (found, task) = (checklist(row)?, task(row, WIDTH)?);
                match all.last_mut().filter(|(last, _)| last.id == found.id) {
                    Some((_, tasks)) => tasks.push(task),
                    None => all.push((found, vec![task])),
                }
                Ok(())
            })?;
            Ok(all)
        })
    }
}

fn listed(
    row: &dyn Fields,
    happened: Option<(String, Timestamp, String)>,
) -> Result<ListedTask, StoreError> {
    let task: Task = serde_json::from_str(row.word(3)?)
        .map_err(|error| StoreError::Corrupt { what: "a task", why: error.to_string() })?;
    Ok(ListedTask {
        checklist: row.string(0)?,
        kind: kind(row, 1)?,
        person: row.string(2)?,
        title: task.title,
        owner: row.string(4)?,
        due: day(row, 5)?,
        happened,
    })
}

/// What a list is asked for, as conditions with their values; the first value
/// is today.
fn conditions(dialect: Dialect, ask: &ListAsk, values: &mut Vec<Value>) -> String {
    let mut conditions = Vec::new();
    let mut place = |value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    if let Some(kind) = ask.kind {
        conditions.push(format!("c.kind = {}", place(Value::text(kind.as_str()))));
    }
    if let Some(state) = ask.state {
        conditions.push(format!("c.state = {}", place(Value::text(state.as_str()))));
    }
    if let Some(owners) = &ask.owners {
        let owners = place(Value::texts(owners.iter().map(String::as_str)));
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM checklist_task m WHERE m.checklist_id = c.id
               AND m.state = 'open' AND {})",
            dialect.among("m.owner", &owners)
        ));
    }
    if ask.only_overdue {
        conditions.push("n.overdue > 0".to_owned());
    }
    if let Some(text) = &ask.text {
        let pattern = place(Value::text(&pattern(text)));
        let any = ["p.name", "p.email"].map(|column| dialect.like(column, &pattern));
        conditions.push(format!("({})", any.join(" OR ")));
    }
    if let Some((day, id)) = &ask.after {
        let day = place(Value::text(&day.to_string()));
        let id = place(Value::text(id));
        conditions.push(format!("(c.day > {day} OR (c.day = {day} AND c.id > {id}))"));
    }
    if conditions.is_empty() {
        String::new()
    } else {
        format!(" WHERE {}", conditions.join(" AND "))
    }
}

fn list(
    db: &mut dyn Reading,
    ask: &ListAsk,
    today: Date,
) -> Result<Vec<ListedChecklist>, StoreError> {
    let dialect = db.dialect();
    let mut values = vec![Value::text(&today.to_string())];
    let filter = conditions(dialect, ask, &mut values);
    let sql = format!(
        "SELECT {COLUMNS}, n.tasks, n.opened, n.overdue, n.next_due
         FROM checklist c JOIN person p ON p.id = c.person_id
         JOIN (SELECT t.checklist_id AS checklist_id, count(*) AS tasks,
                 sum(CASE WHEN t.state = 'open' THEN 1 ELSE 0 END) AS opened,
                 sum(CASE WHEN t.state = 'open' AND t.due < $1 THEN 1 ELSE 0 END) AS overdue,
                 min(CASE WHEN t.state = 'open' THEN t.due END) AS next_due
               FROM checklist_task t GROUP BY t.checklist_id) n ON n.checklist_id = c.id
         {filter} ORDER BY {}, {} LIMIT {}",
        dialect.by_bytes("c.day"),
        dialect.by_bytes("c.id"),
        u64::from(ask.limit) + 1
    );
    db.all(&sql, &values, |row| {
        let is_open = |list: &Checklist| list.state == ChecklistState::Open;
        let checklist = checklist(row)?;
        let overdue = if is_open(&checklist) { row.count(WIDTH + 2)? } else { 0 };
        let next_due = row.text(WIDTH + 3)?.is_some().then(|| day(row, WIDTH + 3)).transpose()?;
        Ok(ListedChecklist {
            tasks: row.count(WIDTH)?,
            open: row.count(WIDTH + 1)?,
            overdue,
            next_due: next_due.filter(|_| is_open(&checklist)),
            checklist,
        })
    })
}
