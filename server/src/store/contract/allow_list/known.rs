//! What three engines document, with the page that says so.
//!
//! CockroachDB: <https://www.cockroachlabs.com/docs/v26.3/> and the page's name.
//! YugabyteDB (2025.1 or newer, which follows PostgreSQL 15):
//! <https://docs.yugabyte.com/stable/api/ysql/> and the page's path.
//! Citus: <https://docs.citusdata.com/en/stable/develop/reference_workarounds.html>
//! lists what does not work; what it does not list is PostgreSQL's own.

/// Keywords. Not here, and why: `SKIP LOCKED`, `NOWAIT`, `LISTEN`, `NOTIFY`,
/// `TRIGGER`, `RULE`, `SEQUENCE`, `EXCLUDE`, `DEFERRABLE`, `LOCK`, `INHERITS`,
/// `PARTITION`, `INCLUDE`, `RECURSIVE`, `TABLESAMPLE`, `MERGE` and `COPY` are
/// missing, partial or different in at least one of the three
/// (postgresql-compatibility of CockroachDB; explore/ysql-language-features/
/// postgresql-compatibility of YugabyteDB; the page of Citus).
pub(super) const WORDS: &[&str] = &[
    // CockroachDB selection-queries, select-clause, order-by, limit-offset,
    // joins, subqueries, window-functions; YugabyteDB
    // the-sql-language/statements/dml_select.
    "SELECT",
    "DISTINCT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "ORDER",
    "DESC",
    "LIMIT",
    "OFFSET",
    "JOIN",
    "LEFT",
    "ON",
    "USING",
    "AS",
    "OVER",
    "UNION",
    "ALL",
    // CockroachDB common-table-expressions, also for MATERIALIZED; YugabyteDB
    // the-sql-language/with-clause. Citus: no recursion over several nodes.
    "WITH",
    "MATERIALIZED",
    // CockroachDB scalar-expressions; YugabyteDB exprs.
    "AND",
    "OR",
    "NOT",
    "IN",
    "IS",
    "NULL",
    "EXISTS",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "LIKE",
    "ESCAPE",
    "ANY",
    // CockroachDB collate (in expressions since 22.2, pull request 96828);
    // YugabyteDB explore/ysql-language-features/advanced-features/collations.
    "COLLATE",
    // CockroachDB insert, update, delete; YugabyteDB
    // the-sql-language/statements/dml_insert, dml_update, dml_delete. Citus: no
    // volatile function in UPDATE, and none is on the list.
    "INSERT",
    "INTO",
    "VALUES",
    "UPDATE",
    "SET",
    "DELETE",
    "RETURNING",
    "CONFLICT",
    "DO",
    "NOTHING",
    // CockroachDB select-for-update; YugabyteDB dml_select and
    // explore/transactions/explicit-locking. Citus: on one shard or a reference
    // table only, and `device`, `lease` and `log_head` are such tables.
    "FOR",
    "SHARE",
    // CockroachDB create-table, create-index, partial-indexes,
    // expression-indexes, computed-columns, foreign-key, check, alter-table,
    // drop-table; YugabyteDB the-sql-language/statements/ddl_create_table (with
    // "Stored generated columns"), ddl_create_index, ddl_alter_table,
    // ddl_drop_table.
    "CREATE",
    "TABLE",
    "IF",
    "INDEX",
    "UNIQUE",
    "PRIMARY",
    "KEY",
    "REFERENCES",
    "CHECK",
    "DEFAULT",
    "GENERATED",
    "ALWAYS",
    "STORED",
    "ALTER",
    "ADD",
    "COLUMN",
    "DROP",
    // CockroachDB begin-transaction, commit-transaction, rollback-transaction,
    // set-transaction, read-committed; YugabyteDB
    // the-sql-language/statements/txn_begin, txn_commit, txn_rollback, txn_set.
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "TRANSACTION",
    "ISOLATION",
    "LEVEL",
    "REPEATABLE",
    "READ",
];

/// Words in capitals that are no SQL.
pub(super) const PROSE: &[&str] = &["TLS", "PEM", "WARNING", "URL", "NUL", "UTF"];

/// What may follow a word that is allowed in some company only; `*` stands for
/// anything.
pub(super) const PHRASES: &[(&str, &[&str])] = &[
    // CockroachDB known-limitations: no expression after ON CONFLICT. A name
    // of a constraint is left out as well.
    ("CONFLICT", &["DO NOTHING", "( * ) DO", "( * , * ) DO", "( * , * , * ) DO"]),
    ("FOR", &["UPDATE", "SHARE"]),
    ("CREATE", &["TABLE", "INDEX", "UNIQUE INDEX"]),
    ("DROP", &["TABLE"]),
    ("ALTER", &["TABLE * ADD COLUMN"]),
    ("COLLATE", &["\"C\""]),
    ("LEVEL", &["REPEATABLE READ"]),
    // Of storage parameters only the one that CockroachDB (issue 42467) and
    // YugabyteDB (issue 870) accept and leave aside.
    ("WITH", &["( fillfactor =", "* ( * , * ) AS MATERIALIZED", "* AS"]),
    // No method of an index: YugabyteDB and CockroachDB have others.
    ("USING", &["( *"]),
];

/// CockroachDB functions-and-operators, set-vars, show-vars; YugabyteDB exprs,
/// which has PostgreSQL's. None of them is volatile but `set_config`, which
/// stands alone.
pub(super) const FUNCTIONS: &[&str] = &[
    "coalesce",
    "count",
    "max",
    "min",
    "sum",
    "lower",
    "lag",
    "unnest",
    "current_schema",
    "current_setting",
    "set_config",
    "to_regclass",
];

/// CockroachDB data-types (`bytea` is its BYTES, `text` its STRING), array;
/// YugabyteDB datatypes.
pub(super) const TYPES: &[&str] = &[
    "bigint",
    "boolean",
    "bytea",
    "text",
    "bigint[]",
    "boolean[]",
    "bytea[]",
    "text[]",
    "{}[]",
    "{}",
];

/// CockroachDB set-vars; YugabyteDB the-sql-language/statements/cmd_set.
pub(super) const SETTINGS: &[&str] =
    &["statement_timeout", "idle_in_transaction_session_timeout", "default_transaction_read_only"];
