//! `muster-server migrate`

use std::path::PathBuf;

use clap::Args;
use shared::log::HashHex;

use super::answer;
use crate::exit::{Exit, Failure};
use crate::store::StoreError;
use crate::store::copy::{Copied, LogChecked, Progress, copy};
use crate::store::postgres::Target;

/// Options of `migrate`.
#[derive(Debug, Args)]
pub(super) struct MigrateOptions {
    /// The database file of the stopped collector.
    #[arg(long, value_name = "sqlite:PATH")]
    from: String,
    /// An empty PostgreSQL database, or one that an interrupted copy left.
    #[arg(long, value_name = "postgres://...")]
    to: String,
}

/// Rows of one table between two lines.
const A_LINE_EVERY: u64 = 100_000;

pub(super) fn run(options: &MigrateOptions) -> Result<(), Failure> {
    let path = source(&options.from)?;
    let target = target(&options.to)?;
    let shown = path.display();
    if !path.is_file() {
        return Err(Failure::new(
            Exit::Io,
            format!("{shown}: there is no such file; `--from` takes the database of the collector"),
        ));
    }
    let mut told = Ok(());
    let mut next = 0;
    let copied = copy(&path, &target, &mut |progress| {
        let Progress { table, copied, rows } = progress;
        if *copied < A_LINE_EVERY {
            next = A_LINE_EVERY;
        }
        if *copied == *rows || *copied >= next {
            next = copied + A_LINE_EVERY;
            let line = answer(&format!("{table}: {copied} of {rows} rows\n"));
            told = std::mem::replace(&mut told, Ok(())).and(line);
        }
    });
    let copied = copied.map_err(|error| failure(&error, &shown.to_string(), &target.name()))?;
    told?;
    answer(&last_words(copied, &shown.to_string(), &target.name()))
}

fn source(from: &str) -> Result<PathBuf, Failure> {
    let wrong = |why: &str| Failure::new(Exit::Usage, format!("`--from` is `{from}`, but {why}"));
    match from.split_once(':') {
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => {
            // Both `sqlite:/a` and `sqlite:///a` are written.
            Ok(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
        }
        Some(("sqlite", _)) => Err(wrong("it names no file; write sqlite:PATH")),
        Some(("postgres" | "postgresql", _)) => {
            Err(wrong("only a collector in SQLite can be moved; write sqlite:PATH"))
        }
        _ => Err(wrong("it must be written sqlite:PATH")),
    }
}

fn target(to: &str) -> Result<Target, Failure> {
    if !to.starts_with("postgres://") && !to.starts_with("postgresql://") {
        // What was written may hold a password.
        let message =
            "`--to` must be an address such as postgres://muster@db.company.example/muster";
        return Err(Failure::new(Exit::Usage, message));
    }
    Target::parse(to).map_err(|error| Failure::new(Exit::Usage, format!("`--to`: {error}")))
}

fn failure(error: &StoreError, from: &str, to: &str) -> Failure {
    let (exit, message) = match error {
        StoreError::InUse | StoreError::Database(_) => {
            (Exit::Unavailable, format!("{from}: {error}"))
        }
        StoreError::Foreign => (Exit::Data, format!("{from}: {error}")),
        StoreError::Corrupt { .. } | StoreError::TooNew { .. } => (Exit::Data, error.to_string()),
        StoreError::Occupied { .. } => (Exit::Data, format!("{to}: {error}")),
        _ => (Exit::Unavailable, format!("{to}: {error}")),
    };
    Failure::new(exit, message)
}

fn last_words(copied: Copied, from: &str, to: &str) -> String {
    let Copied { before, tables, rows, log } = copied;
    let LogChecked { size, root, proofs } = log;
    let what = if before {
        format!("{to} has all of it already: {rows} rows in {tables} tables, counted again")
    } else {
        format!("Copied {rows} rows in {tables} tables to {to} and counted them there")
    };
    let root = HashHex(&root);
    format!(
        "{what}. The log of {size} entries has the root {root} there too, computed from its entries, and {proofs} of its proofs hold.\nNow start the collector with `--database` and that address; {from} is marked as moved, and no collector starts on it again.\n"
    )
}
