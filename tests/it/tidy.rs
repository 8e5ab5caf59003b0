//! How the code is kept: rules that no compiler checks.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders of the workspace that hold code.
const FOLDERS: [&str; 5] = ["shared", "agent", "server", "packaging", "tests"];
/// Longest file, in lines.
const LONGEST: usize = 400;

/// One file of the project, by its path from the top.
struct File {
    path: String,
    text: String,
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn walk(folder: &Path, files: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Nothing that is built lies within a checkout unless somebody asks.
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), files);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            let path = entry.path().strip_prefix(top()).unwrap().to_str().unwrap().to_owned();
            files.push(File { path, text });
        }
    }
}

/// Every text file of the project.
fn files() -> Vec<File> {
    let mut files = Vec::new();
    walk(&top(), &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.len() > 200, "{} files", files.len());
    files
}

fn is_code(file: &File) -> bool {
    Path::new(&file.path).extension().is_some_and(|ending| ending == "rs")
}

fn code() -> Vec<File> {
    files().into_iter().filter(is_code).collect()
}

/// Files that only tests see: their folders, and modules declared for tests.
fn test_files(code: &[File]) -> BTreeSet<&str> {
    let mut modules = BTreeSet::new();
    for file in code {
        let folder = file.path.trim_end_matches(".rs").trim_end_matches("/lib");
        for rest in file.text.split("#[cfg(test)]\n").skip(1) {
            let line = rest.lines().next().unwrap_or_default().trim();
            let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
            if let Some(name) = line.strip_prefix("mod ").and_then(|it| it.strip_suffix(';')) {
                modules.insert(format!("{folder}/{name}"));
            }
        }
    }
    let is_test = |path: &str| {
        path.starts_with("tests/")
            || path.split('/').any(|part| part == "tests" || part == "benches")
            || modules.iter().any(|module| path.starts_with(module.as_str()))
    };
    code.iter().map(|file| file.path.as_str()).filter(|path| is_test(path)).collect()
}

/// A file without its inline tests.
fn own(file: &File) -> &str {
    file.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Lines of product code, without tests, that `wrong` finds wrong.
fn wrong_lines(code: &[File], wrong: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let tests = test_files(code);
    let product = code.iter().filter(|file| !tests.contains(file.path.as_str()));
    product
        .flat_map(|file| {
            let lines = own(file).lines().enumerate();
            let hits = lines.filter(|(_, line)| wrong(&file.path, line));
            hits.map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim()))
        })
        .collect()
}

#[test]
fn every_file_says_first_what_it_is() {
    let code = code();
    let silent = code.iter().filter(|file| !file.text.starts_with("//! "));
    assert_none("begins without `//!`", &silent.map(|file| file.path.clone()).collect::<Vec<_>>());
}

#[test]
fn no_file_is_longer_than_four_hundred_lines_and_most_are_short() {
    let code = code();
    let length = |file: &File| file.text.lines().count();
    let long: Vec<String> = code
        .iter()
        .filter(|file| length(file) > LONGEST)
        .map(|file| format!("{}: {} lines", file.path, length(file)))
        .collect();
    assert_none("longer than 400 lines", &long);

    let tests = test_files(&code);
    let product = code.iter().filter(|file| !tests.contains(file.path.as_str()));
    let mut lengths: Vec<usize> = product.map(|file| own(file).lines().count()).collect();
    lengths.sort_unstable();
    let (median, ninety) = (lengths[lengths.len() / 2], lengths[lengths.len() * 9 / 10]);
    println!("{} files of product code: median {median} lines, p90 {ninety}", lengths.len());
    assert!(median <= 120 && ninety <= 250, "median {median}, p90 {ninety}");
}

#[test]
fn names_are_those_of_the_trade() {
    let vague = ["mod", "utils", "util", "helpers", "helper", "common", "misc", "manager", "imp"];
    let found: Vec<String> = code()
        .into_iter()
        .filter(|file| {
            let parts = file.path.trim_end_matches(".rs").split('/');
            parts.into_iter().any(|part| vague.contains(&part))
        })
        .map(|file| file.path)
        .collect();
    assert_none("a name that says nothing", &found);
}

#[test]
fn every_test_runs_waits_for_events_and_is_called_by_a_sentence() {
    let mut found = Vec::new();
    let sleeps = [["thread::", "sleep("].concat(), ["time::", "sleep("].concat()];
    let code = code();
    let tests = test_files(&code);
    for file in &code {
        let mut is_test = false;
        let is_test_file = tests.contains(file.path.as_str());
        let from = if is_test_file { 0 } else { own(file).lines().count() };
        for (number, line) in file.text.lines().enumerate() {
            let line = line.trim();
            let mut note = |what: &str| found.push(format!("{}:{}: {what}", file.path, number + 1));
            if line.starts_with("#[ignore") {
                note("ignored");
            }
            if number >= from && sleeps.iter().any(|sleep| line.contains(sleep.as_str())) {
                note("sleeps");
            }
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if is_test && let Some((_, rest)) = line.split_once("fn ") {
                let name = rest.split('(').next().unwrap_or_default();
                if name.split('_').count() < 3 {
                    note(&format!("`{name}` is no sentence"));
                }
                is_test = false;
            }
        }
    }
    assert_none("tests that are not as they should be", &found);
}

#[test]
fn only_the_store_speaks_sql() {
    let starts = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "PRAGMA ", "CREATE TABLE "];
    let found = wrong_lines(&code(), |path, line| {
        let is_comment = line.trim_start().starts_with("//");
        !path.starts_with("server/src/store")
            && !is_comment
            && (line.contains("rusqlite")
                || starts.iter().any(|word| line.contains(&format!("\"{word}"))))
    });
    assert_none("SQL outside of the store", &found);
}

#[test]
fn only_the_host_starts_programs() {
    let start = ["Command", "::new("].concat();
    // What packs the agent starts a builder's tools, in one place as well.
    let may = |path: &str| path.starts_with("agent/src/host") || path == "packaging/src/program.rs";
    let found = wrong_lines(&code(), |path, line| !may(path) && line.contains(&start));
    assert_none("a program is started outside of `agent::host`", &found);
}

#[test]
fn agent_and_server_know_nothing_of_each_other() {
    let uses = |folder: &str, other: &str| {
        let manifest = std::fs::read_to_string(top().join(folder).join("Cargo.toml")).unwrap();
        manifest.lines().any(|line| line.starts_with(&format!("{other}.")))
    };
    for (folder, other) in
        [("agent", "server"), ("server", "agent"), ("shared", "agent"), ("shared", "server")]
    {
        assert!(!uses(folder, other), "{folder} depends on {other}");
    }
    assert!(uses("agent", "shared") && uses("server", "shared"));
}

#[test]
fn nothing_is_called_proof_against_tampering() {
    let (one, other) = (["tamper", "-proof"].concat(), ["tamper", "proof"].concat());
    // Where people are told not to say it, it has to be said.
    let may = ["CONTRIBUTING.md", "ARCHITECTURE.md"];
    let found: Vec<String> = files()
        .into_iter()
        .filter(|file| !may.contains(&file.path.as_str()))
        .filter(|file| {
            let text = file.text.to_lowercase();
            text.contains(&one) || text.contains(&other)
        })
        .map(|file| file.path)
        .collect();
    assert_none("says more than anybody can prove", &found);
}

#[test]
fn migrations_are_numbered_without_a_gap_paired_and_all_are_run() {
    let numbered = |database: &str, list: &str| {
        let store = top().join("server/src/store");
        let mut names: Vec<String> = std::fs::read_dir(store.join(database).join("migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let list = std::fs::read_to_string(store.join(list)).unwrap();
        let mut from = 0;
        for (number, name) in (1..).zip(&names) {
            assert!(name.starts_with(&format!("{number:04}_")), "{name} is not number {number}");
            let place = list.find(&format!("migrations/{name}")).unwrap_or_default();
            assert!(place > from, "{name} is not run in its order");
            from = place;
        }
        names
    };
    let sqlite = numbered("sqlite", "sqlite.rs");
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, numbered("postgres", "postgres/migrations.rs"), "not paired");
}

/// The last migration before a version was released; those until then were
/// never run on data that anybody misses.
const BEFORE_RELEASES: &str = "0007_";
/// What a migration may do while collectors of the version before still run.
const EXPANDS: [&str; 6] = [
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "INSERT INTO ",
    "UPDATE ",
    "CREATE UNIQUE INDEX ",
];

/// What a statement of a migration would break for the version before.
fn contracts(statement: &str) -> bool {
    let statement = statement.to_uppercase();
    let adds = statement.contains(" ADD COLUMN ")
        && (!statement.contains("NOT NULL") || statement.contains("DEFAULT"));
    !EXPANDS.iter().any(|start| statement.starts_with(start))
        || (statement.starts_with("ALTER TABLE ") && !adds)
}

#[test]
fn a_migration_only_adds_unless_its_name_says_that_it_contracts() {
    let is_migration = |file: &&File| file.path.contains("/migrations/0");
    let mut broken = Vec::new();
    for file in files().iter().filter(is_migration) {
        let name = file.path.rsplit('/').next().unwrap();
        // CONTRIBUTING says when one may contract.
        if name[..5] <= *BEFORE_RELEASES || name.contains("_contract_") {
            continue;
        }
        let lines = file.text.lines().map(|line| line.split("--").next().unwrap().trim());
        let text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
        let statements = text.split(';').map(str::trim).filter(|it| !it.is_empty());
        let found = statements.filter(|statement| contracts(statement));
        broken.extend(found.map(|statement| format!("{}: {statement}", file.path)));
    }
    assert_none("breaks collectors of the version before", &broken);
    for statement in
        ["DROP TABLE a", "ALTER TABLE a RENAME b TO c", "ALTER TABLE a ADD COLUMN b TEXT NOT NULL"]
    {
        assert!(contracts(statement), "{statement}");
    }
    assert!(!contracts("ALTER TABLE a ADD COLUMN b TEXT"));
}

#[test]
fn the_top_level_holds_the_workspace_and_its_papers() {
    let mut folders: Vec<String> = std::fs::read_dir(top())
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    folders.sort();
    let is_strange = |name: &String| !FOLDERS.contains(&name.as_str());
    let strange: Vec<String> = folders.into_iter().filter(is_strange).collect();
    assert_none("a folder that nobody expects", &strange);
}
