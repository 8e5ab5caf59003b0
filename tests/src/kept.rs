//! What a collector's database holds after a fault, in either database.

#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]
#![expect(clippy::expect_used, reason = "what cannot be read fails its test")]

use std::collections::BTreeSet;

use shared::log::{Frontier, leaf_hash};

use crate::ledger::Ledger;
use crate::postgres_server::PostgresServer;
use crate::test_server::Database;

/// A look into a database, past all of the product's code.
pub enum Kept<'a> {
    /// A file of SQLite.
    Sqlite(Database),
    /// A database on a server, by its URL.
    Postgres(&'a PostgresServer, String),
}

/// What must never be there; each counts.
const FAULTS: &[(&str, &str)] = &[
    (
        "a link of a chain that does not hold",
        "SELECT count(*) FROM statement AS next LEFT JOIN statement AS before
         ON before.device_id = next.device_id AND before.chain = next.chain
         AND before.sequence = next.sequence - 1
         WHERE next.sequence > 1 AND next.previous IS DISTINCT FROM before.digest",
    ),
    (
        "a device whose head is not its newest statement",
        "SELECT count(*) FROM device JOIN statement AS newest ON newest.device_id = device.id
         WHERE newest.sequence = (SELECT max(sequence) FROM statement WHERE device_id = device.id)
         AND (device.sequence <> newest.sequence OR device.digest <> newest.digest
              OR device.received_ms <> newest.received_ms)",
    ),
    ("a digest that stands twice", "SELECT count(*) - count(DISTINCT digest) FROM statement"),
    ("a contradiction", "SELECT count(*) FROM equivocation"),
    ("a device that may not report", "SELECT count(*) FROM device WHERE lifecycle <> 'active'"),
    (
        "a rule with two present findings",
        "SELECT count(*) FROM (SELECT 1 FROM finding WHERE until_ms IS NULL
         GROUP BY device_id, rule HAVING count(*) > 1) AS twice",
    ),
    (
        "a statement that is not in the log, or shares its place",
        "SELECT count(*) - count(DISTINCT log_entry.position) FROM statement
         LEFT JOIN log_entry ON log_entry.position = statement.log_position",
    ),
];

impl Kept<'_> {
    /// Every row that `query` gives, its columns with `|` between.
    pub fn rows(&self, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite(database) => database.rows(query),
            Self::Postgres(server, url) => {
                server.sql(url, query).lines().map(str::to_owned).collect()
            }
        }
    }

    /// The one number that `query` gives.
    pub fn number(&self, query: &str) -> i64 {
        self.rows(query).first().and_then(|text| text.parse().ok()).expect("one number")
    }

    /// Device, sequence and digest of every statement.
    pub fn statements(&self) -> BTreeSet<String> {
        let rows = match self {
            Self::Sqlite(_) => self.rows("SELECT device_id, sequence, digest FROM statement"),
            Self::Postgres(..) => {
                self.rows("SELECT device_id, sequence, encode(digest, 'hex') FROM statement")
            }
        };
        let once: BTreeSet<String> = rows.iter().cloned().collect();
        assert_eq!(once.len(), rows.len(), "none twice");
        once
    }

    /// Everything in the ledger stands in the database, once, in whole chains.
    /// Returns the statements that are there.
    pub fn assert_holds(&self, ledger: &Ledger, when: &str) -> BTreeSet<String> {
        let kept = self.statements();
        for line in ledger.lines() {
            assert!(kept.contains(&line), "{when}: lost {line}");
        }
        for (what, query) in FAULTS {
            assert_eq!(self.number(query), 0, "{when}: {what}");
        }
        kept
    }

    /// Every checkpoint that anybody was shown is one of the log's own states,
    /// worked out again from its entries. Returns the number of entries.
    pub fn assert_one_tree(&self, ledger: &Ledger) -> u64 {
        let shown = ledger.checkpoints();
        let mut tree = Frontier::empty();
        let mut found = 0;
        for entry in self.rows("SELECT entry FROM log_entry ORDER BY position") {
            tree.push(leaf_hash(entry.as_bytes()));
            if let Some(root) = shown.get(&tree.size()) {
                assert_eq!(*root, tree.root(), "another tree was signed at {}", tree.size());
                found += 1;
            }
        }
        assert_eq!(found, shown.len(), "a checkpoint is beyond the log");
        tree.size()
    }
}
