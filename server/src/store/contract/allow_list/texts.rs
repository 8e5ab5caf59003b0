//! Every text of the source that may be SQL for PostgreSQL.

use std::path::Path;

/// A text, and the file that it stands in.
pub(super) struct Text {
    pub(super) place: String,
    pub(super) sql: String,
}

/// Statements that may fail and are then left out: PostgreSQL's own settings.
pub(super) const MAY_FAIL: &str = "tuning.rs";

/// All texts of the folders that speak to PostgreSQL.
pub(super) fn texts() -> Vec<Text> {
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut texts = Vec::new();
    for place in ["access", "postgres", "postgres.rs", "reading", "reading.rs"] {
        walk(&store.join(place), &mut texts);
    }
    texts
}

fn walk(path: &Path, texts: &mut Vec<Text>) {
    if path.is_dir() {
        let mut entries: Vec<_> =
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in &entries {
            walk(entry, texts);
        }
        return;
    }
    let ending = path.extension().unwrap_or_default();
    if path.file_stem().is_some_and(|name| name == "tests") {
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let found = if ending == "sql" { in_migration(&text) } else { in_code(&text) };
    let place = path.file_name().unwrap().to_string_lossy();
    texts.extend(found.into_iter().map(|sql| Text { place: place.clone().into_owned(), sql }));
}

/// The statements of a migration.
pub(super) fn in_migration(text: &str) -> Vec<String> {
    let lines: Vec<&str> =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let statements = lines.join("\n");
    let statements = statements.split(';').map(str::trim).filter(|text| !text.is_empty());
    statements.map(str::to_owned).collect()
}

/// The texts in Rust code, without its tests and without what is for SQLite.
pub(super) fn in_code(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut kept = String::new();
    for (index, part) in code.split("Self::Sqlite").enumerate() {
        let skipped = if index == 0 { 0 } else { part.find("Self::Postgres").unwrap_or(0) };
        kept.push_str(&part[skipped..]);
    }
    literals(&kept)
}

fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, from) = rest.split_at(at);
        rest = if from.starts_with("//") {
            from.split_once('\n').map_or("", |(_, rest)| rest)
        } else if let Some(inside) = from.strip_prefix('"') {
            let hashes = before.len() - before.trim_end_matches('#').len();
            let raw = before.trim_end_matches('#').ends_with('r');
            let (text, rest) = if raw {
                inside.split_once(&format!("\"{}", "#".repeat(hashes))).unwrap_or((inside, ""))
            } else {
                split_at_quote(inside)
            };
            found.push(if raw { text.to_owned() } else { unescaped(text) });
            rest
        } else if from.starts_with("'\"'") || from.starts_with("'/'") {
            &from[3..]
        } else {
            &from[1..]
        };
    }
    found
}

/// A literal up to its end, and what follows.
fn split_at_quote(inside: &str) -> (&str, &str) {
    let mut escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return (&inside[..at], &inside[at + 1..]),
            _ => {}
        }
    }
    (inside, "")
}

fn unescaped(text: &str) -> String {
    text.replace("\\\"", "\"").replace("\\n", "\n").replace("\\\\", "\\")
}
