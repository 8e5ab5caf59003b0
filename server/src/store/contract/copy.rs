//! Moving a collector to PostgreSQL, interrupted, mixed up and repeated.

use std::path::{Path, PathBuf};

use rusqlite::params;
use shared::log::Frontier;

use crate::log::growth::Growth;
use crate::store::StoreError;
use crate::store::copy::{Copied, copy};
use crate::store::postgres::server::PostgresServer;
use crate::store::postgres::{self, Session, Target};
use crate::store::sqlite::open_writer;
use crate::web::seed;

struct Place {
    folder: tempfile::TempDir,
    target: Target,
}

impl Place {
    fn new() -> Self {
        let target = Target::parse(&PostgresServer::shared().database()).unwrap();
        let place = Self { folder: tempfile::tempdir().unwrap(), target };
        let mut writer = open_writer(&place.path()).unwrap();
        seed::fill(&mut writer, 60, 1_787_000_000_000);
        fill_log(&writer);
        place
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("muster.db")
    }

    fn copy(&self) -> Result<Copied, StoreError> {
        copy(&self.path(), &self.target, &mut |_| ())
    }

    fn session(&self) -> Session {
        postgres::open_unfinished(&self.target).unwrap()
    }

    fn sql(&self, sql: &str) {
        self.session().script(sql).unwrap();
    }

    fn number(&self, sql: &str) -> i64 {
        self.session().row(sql, &[]).unwrap().unwrap().get(0)
    }
}

/// A log of 3000 entries.
fn fill_log(db: &rusqlite::Connection) {
    let entries = (0..3000).map(|it| format!("{{\"v\":1,\"number\":{it}}}")).collect();
    let growth = Growth::of(Frontier::empty(), entries);
    let all = db.unchecked_transaction().unwrap();
    for (position, (entry, hash)) in growth.entries.iter().enumerate() {
        let insert = "INSERT INTO log_entry VALUES (?1, ?2, ?3)";
        db.execute(insert, params![position, entry, hash.0]).unwrap();
    }
    for tile in &growth.tiles {
        let insert = "INSERT INTO log_node VALUES (?1, ?2, ?3)";
        db.execute(insert, params![tile.level, tile.index, tile.hash.0]).unwrap();
    }
    let roots: Vec<u8> = growth.head.roots().iter().flat_map(|root| root.0).collect();
    let update = "UPDATE log_head SET size = ?1, roots = ?2";
    db.execute(update, params![growth.head.size(), roots]).unwrap();
    all.commit().unwrap();
}

fn write(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn every_table_arrives_row_by_row_and_progress_says_so() {
    let place = Place::new();
    let mut last = std::collections::BTreeMap::new();
    let copied = copy(&place.path(), &place.target, &mut |progress| {
        last.insert(progress.table.to_owned(), (progress.copied, progress.rows));
    })
    .unwrap();
    assert!(!copied.before);
    assert_eq!(last.len(), copied.tables);
    assert_eq!(last.values().map(|(copied, _)| copied).sum::<u64>(), copied.rows);
    assert!(last.values().all(|(copied, rows)| copied == rows));
    assert!(last["statement"].0 > 1000 && last["finding"].0 > 400, "{last:?}");
    assert_eq!((copied.log.size, copied.log.proofs), (3000, 100));
    postgres::open(&place.target).unwrap();
}

#[test]
fn a_log_that_does_not_arrive_as_it_was_is_found() {
    for (change, words) in [
        ("UPDATE log_entry SET entry = '{}' WHERE position = 2999", "has another root"),
        ("UPDATE log_head SET size = 2999", "not one root for each bit"),
        ("UPDATE log_head SET size = 0, roots = ''", "has another root"),
        ("UPDATE log_node SET position = -1 - position", "cannot be proven"),
        (
            "UPDATE log_entry SET hash = digest FROM statement WHERE position = 60",
            "cannot be proven",
        ),
        ("UPDATE log_entry SET position = 7000 WHERE position = 7", "has another root"),
    ] {
        let place = Place::new();
        let error = copy(&place.path(), &place.target, &mut |progress| {
            if progress.table == "status_interval" && progress.copied == progress.rows {
                place.sql(change);
            }
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains(words), "{change}: {error}");
        assert!(matches!(postgres::open(&place.target), Err(StoreError::Unfinished)));
        open_writer(&place.path()).unwrap();
    }
}

#[test]
fn a_copy_that_is_done_says_so_and_changes_nothing() {
    let place = Place::new();
    let first = place.copy().unwrap();
    let again = place.copy().unwrap();
    assert_eq!(again, Copied { before: true, ..first });
}

#[test]
fn a_file_that_was_moved_is_opened_by_no_collector() {
    let place = Place::new();
    place.copy().unwrap();
    let error = open_writer(&place.path()).unwrap_err();
    assert!(matches!(error, StoreError::Moved), "{error}");
}

#[test]
fn an_interrupted_copy_goes_on_and_is_used_by_nobody_meanwhile() {
    let place = Place::new();
    let mut told = 0;
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        copy(&place.path(), &place.target, &mut |progress| {
            told += u64::from(progress.table == "statement");
            assert!(told < 2, "the power fails");
        })
    }));
    assert!(stopped.is_err());
    let error = postgres::open(&place.target).unwrap_err();
    assert!(matches!(error, StoreError::Unfinished), "{error}");
    let there = place.number("SELECT count(*) FROM statement");
    assert!(there >= 1000);
    // Proof that it goes on instead of beginning again.
    place.sql("UPDATE statement SET flags = 'of the first attempt'");
    assert!(!place.copy().unwrap().before);
    let kept = place.number("SELECT count(*) FROM statement WHERE flags = 'of the first attempt'");
    assert_eq!(kept, there);
    assert!(place.number("SELECT count(*) FROM statement") > there);
    postgres::open(&place.target).unwrap();
}

#[test]
fn a_copy_of_what_has_changed_since_begins_again() {
    let place = Place::new();
    place.copy().unwrap();
    place.sql("CREATE TABLE copying (id bigint PRIMARY KEY, source text NOT NULL)");
    place.sql("INSERT INTO copying VALUES (1, 'another state')");
    place.sql("UPDATE statement SET flags = 'of the first attempt'");
    assert!(!place.copy().unwrap().before);
    let old = "SELECT count(*) FROM statement WHERE flags = 'of the first attempt'";
    assert_eq!(place.number(old), 0);
}

#[test]
fn nothing_is_mixed_with_what_is_there() {
    let place = Place::new();
    place.sql(
        "INSERT INTO person (id, name, email, created_ms)
         VALUES ('x', 'Somebody Else', 'x@example.com', 1)",
    );
    let error = place.copy().unwrap_err();
    assert!(matches!(&error, StoreError::Occupied { table, rows: 1 } if table == "person"));
    assert_eq!(place.number("SELECT count(*) FROM person"), 1);
    // Nor is the file given up.
    open_writer(&place.path()).unwrap();
}

#[test]
fn a_file_that_a_collector_uses_is_not_touched() {
    let place = Place::new();
    let collector = open_writer(&place.path()).unwrap();
    let error = place.copy().unwrap_err();
    assert!(matches!(error, StoreError::InUse), "{error}");
    assert_eq!(place.number("SELECT count(*) FROM person"), 0);
    drop(collector);
    place.copy().unwrap();
}

#[test]
fn a_value_that_postgresql_cannot_keep_is_named() {
    for (change, words) in [
        (
            "UPDATE person SET name = 'a' || char(0) WHERE id = 'p1'",
            "table person, column name holds a NUL",
        ),
        (
            "UPDATE person SET name = CAST(x'ff' AS TEXT) WHERE id = 'p1'",
            "column name is not UTF-8",
        ),
        ("UPDATE device SET recorded = 7", "table device, column recorded holds another kind"),
        ("UPDATE device SET sequence = 1.5", "table device, column sequence holds a fraction"),
        ("UPDATE device SET digest = 'text'", "table device, column digest holds another kind"),
        ("CREATE TABLE plugin (id TEXT PRIMARY KEY)", "plugin"),
    ] {
        let place = Place::new();
        write(&place.path(), change);
        let error = place.copy().unwrap_err().to_string();
        assert!(error.contains(words), "{change}: {error}");
    }
}

#[test]
fn what_is_missing_after_a_copy_is_found() {
    let place = Place::new();
    let error = copy(&place.path(), &place.target, &mut |progress| {
        if progress.table == "status_interval" && progress.copied == progress.rows {
            place.sql("DELETE FROM posture; DELETE FROM event WHERE kind = 'enrolled'");
        }
    });
    let error = error.unwrap_err().to_string();
    assert!(error.contains("table event has 2 rows instead of 62"), "{error}");
    assert!(matches!(postgres::open(&place.target), Err(StoreError::Unfinished)));
}
