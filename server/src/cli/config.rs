//! `muster-server config`

use std::fmt::Write as _;
use std::io::Write as _;

use clap::{Args, Subcommand};
use shared::names::SERVER_CONFIG;

use super::answer;
use super::serve::ServeOptions;
use super::settled::{Settled, settle};
use crate::config::keys::KEYS;
use crate::exit::Failure;

/// The configuration: file, environment, credentials.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read everything as `serve` would, and start nothing.
    ///
    /// Says each problem with its place on standard error, or else prints the
    /// settings in force and where each came from. Secrets stay hidden.
    ///
    /// Exit codes: 0 the configuration is right, 64 wrong command line, 65 a
    /// file is not UTF-8, 74 a file is absent or cannot be read, 78 the
    /// configuration is wrong. Where several apply it is 78.
    Check(CheckOptions),
}

/// Options of `config check`: those of `serve`.
#[derive(Debug, Args)]
pub(super) struct CheckOptions {
    #[command(flatten)]
    serve: ServeOptions,
}

pub(super) fn run(command: ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Check(CheckOptions { serve }) = command;
    let settled = settle(serve)?;
    let Some((last, others)) = settled.problems.split_last() else {
        return answer(&report(&settled));
    };
    for problem in others {
        // Standard error is closed: the exit code tells.
        let _ = writeln!(std::io::stderr(), "muster-server: {problem}");
    }
    // 78, a wrong configuration, is the highest of those that can be here.
    let exits = settled.problems.iter().map(|problem| problem.exit);
    let exit = exits.max_by_key(|exit| exit.code()).unwrap_or(last.exit);
    Err(Failure::new(exit, last.message.clone()))
}

/// One line of the answer: key, value, where it came from.
type Line = (String, String, String);

fn report(settled: &Settled) -> String {
    let file = match &settled.file {
        Some(path) => format!("read from {}", path.display()),
        None => format!("made without a file ({SERVER_CONFIG} does not exist)"),
    };
    let mut text = format!("The configuration is right, {file}. The collector would run with:\n\n");
    let lines = lines(settled);
    let width = |column: fn(&Line) -> &str| {
        lines.iter().map(|line| column(line).chars().count().min(60)).max().unwrap_or_default()
    };
    let (first, second) = (width(|line| &line.0), width(|line| &line.1));
    for (key, value, origin) in &lines {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{key:first$}  {value:second$}  {origin}");
    }
    text
}

/// Every setting; a table that nobody wrote in is one line.
fn lines(settled: &Settled) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for key in KEYS {
        if let Some((before, after)) = key.path.split_once('#') {
            for number in settled.sources.providers() {
                lines.extend(given(settled, &format!("{before}{number}{after}")));
            }
            continue;
        }
        let table = key.path.rsplit_once('.').map(|(table, _)| table);
        match given(settled, key.path) {
            Some(line) => lines.push(line),
            None => match table.filter(|table| !is_written_in(settled, table)) {
                Some(table) if lines.last().is_some_and(|last| last.0 == table) => {}
                Some(table) if ONE_LINE.contains(&table) => {
                    lines.push((table.to_owned(), key.default.to_owned(), "default".to_owned()));
                }
                _ => lines.push((
                    key.path.to_owned(),
                    value(settled, key.path, key.default),
                    "default".to_owned(),
                )),
            },
        }
        if key.path == "database" {
            lines.extend(given(settled, "database.password"));
        }
    }
    lines
}

/// Tables that are off as a whole when nobody wrote in them.
const ONE_LINE: &[&str] = &["tls", "mail", "metrics", "telemetry"];

fn is_written_in(settled: &Settled, table: &str) -> bool {
    let keys = KEYS.iter().filter_map(|key| key.path.strip_prefix(table));
    keys.filter(|rest| rest.starts_with('.'))
        .any(|rest| settled.sources.get(&format!("{table}{rest}")).is_some())
}

fn given(settled: &Settled, path: &str) -> Option<Line> {
    let source = settled.sources.get(path)?;
    let shown = value(settled, path, &source.shown);
    Some((path.to_owned(), shown, source.origin.to_string()))
}

/// What is shown after a key. The address of a database may hold a password,
/// so its name stands there.
fn value(settled: &Settled, path: &str, shown: &str) -> String {
    match path {
        "database" => settled.config.database.to_string(),
        "database.password" => format!("hidden, in {shown}"),
        _ => shown.to_owned(),
    }
}
