//! A PostgreSQL database as SQL, and back, by PostgreSQL's own programs.

#![expect(clippy::disallowed_methods, reason = "what tests ask is no Mac")]

use std::io::Write as _;
use std::process::Command;

use crate::postgres_server::PostgresServer;

/// The database at `url` as SQL that makes it again.
pub(super) fn dump(url: &str) -> String {
    let mut program = Command::new("pg_dump");
    program.args(["--no-owner", "--no-privileges", "--inserts", "--dbname", url]);
    finish(&mut program)
}

/// A new database made from such SQL, by its URL.
#[expect(clippy::missing_panics_doc, reason = "it panics when it cannot be done")]
#[expect(clippy::expect_used, reason = "a database that cannot be made fails its test")]
pub fn restored(dump: &str) -> String {
    let url = PostgresServer::shared().database();
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(dump.as_bytes()).expect("the dump is written");
    let mut program = Command::new("psql");
    program.args(["-X", "-q", "-o", "/dev/null", "-v", "ON_ERROR_STOP=1", "-d", &url, "-f"]);
    finish(program.arg(file.path()));
    url
}

#[expect(clippy::panic, reason = "a program that fails, fails its test")]
fn finish(program: &mut Command) -> String {
    let output = program.output().unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {words}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
