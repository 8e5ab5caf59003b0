//! SQL that CockroachDB, YugabyteDB and Citus document as supported, and none
//! beside it: a collector on one of them works by construction. It is not
//! tested there.
//!
//! Every text in the folders of PostgreSQL is looked at: keywords are written
//! in capitals and nothing else is; a function's name touches its bracket.

mod known;
mod texts;

use self::known::{FUNCTIONS, PHRASES, PROSE, SETTINGS, TYPES, WORDS};
use self::texts::{MAY_FAIL, Text, in_code, in_migration, texts};

/// What a text holds that nobody allowed, in words.
fn forbidden(text: &str) -> Vec<String> {
    let sql = plain(text);
    let tokens: Vec<&str> = sql.split_whitespace().collect();
    let mut found = Vec::new();
    let is_word = |token: &&str| {
        token.len() > 1 && token.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    for word in tokens.iter().filter(|token| is_word(token)) {
        if !WORDS.contains(word) && !PROSE.contains(word) {
            found.push(format!("the word {word}"));
        }
    }
    if !tokens.iter().any(|token| WORDS.contains(token)) {
        return found;
    }
    for (index, token) in tokens.iter().enumerate() {
        let next = |by: usize| tokens.get(index + by).copied().unwrap_or_default();
        let is_name = token.starts_with(|letter: char| letter.is_ascii_lowercase());
        if is_name && next(1) == "((" && !FUNCTIONS.contains(token) {
            found.push(format!("the function {token}"));
        }
        if *token == "::" && !TYPES.contains(&next(1)) {
            found.push(format!("the type {}", next(1)));
        }
        for (word, continuations) in PHRASES {
            if token != word {
                continue;
            }
            let fits = |phrase: &&str| {
                phrase.split(' ').enumerate().all(|(at, word)| word == "*" || word == next(at + 1))
            };
            if !continuations.iter().any(fits) {
                found.push(format!("{word} {} {}", next(1), next(2)));
            }
        }
        if *token == "SET" && next(2) == "=" && index == 0 && !SETTINGS.contains(&next(1)) {
            found.push(format!("the setting {}", next(1)));
        }
    }
    let writes = ["INSERT", "UPDATE", "DELETE"];
    if tokens.first() == Some(&"WITH") && tokens.iter().any(|token| writes.contains(token)) {
        found.push("a write within WITH".to_owned());
    }
    found.extend(columns(&tokens));
    found
}

/// Types of columns that a migration makes.
fn columns(tokens: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut table) = (0_usize, false);
    for (index, token) in tokens.iter().enumerate() {
        let before = |by: usize| index.checked_sub(by).and_then(|at| tokens.get(at)).copied();
        let begins = match *token {
            "CREATE" => {
                table = tokens.get(index + 1) == Some(&"TABLE");
                false
            }
            "(" | "((" => {
                depth += 1;
                false
            }
            ")" => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => {
                let first =
                    depth == 1 && matches!(before(2), Some("(" | ",")) && before(3) != Some("WITH");
                (table && first) || before(2) == Some("COLUMN")
            }
        };
        let is_name = before(1).is_some_and(|name| name.starts_with(|it: char| it.is_lowercase()));
        if begins && is_name && !TYPES.contains(token) {
            found.push(format!("the type {token}"));
        }
        if *token == ";" {
            table = false;
        }
    }
    found
}

/// SQL without texts, comments and placeholders, with a blank around whatever
/// is no name; a bracket that touches a name is doubled.
fn plain(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
    let mut sql = String::new();
    let mut letters = lines.join("\n").chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                while letters.next().is_some_and(|it| it != '\'') {}
                sql.push_str(" '' ");
            }
            '{' => {
                while letters.next().is_some_and(|it| it != '}') {}
                sql.push_str(" {} ");
            }
            '(' if sql.ends_with(|it: char| it.is_ascii_lowercase() || it == '_') => {
                sql.push_str(" (( ");
            }
            ':' if letters.peek() == Some(&':') => {
                letters.next();
                sql.push_str(" :: ");
            }
            _ if letter.is_alphanumeric() || "_.$\"[]".contains(letter) => sql.push(letter),
            _ if letter.is_whitespace() => sql.push(' '),
            _ => sql.extend([' ', letter, ' ']),
        }
    }
    sql
}

#[test]
fn nothing_is_asked_of_postgresql_that_three_other_engines_do_not_document() {
    let texts = texts();
    let statements = |word| texts.iter().filter(|text| text.sql.contains(word)).count();
    // The search finds what it is there for.
    assert!(statements("SELECT ") > 40 && statements("INSERT INTO ") > 10);
    assert!(statements("CREATE TABLE ") > 4);
    let (may_fail, texts): (Vec<_>, Vec<_>) = texts.iter().partition(|text| text.place == MAY_FAIL);
    for Text { sql, .. } in may_fail {
        let is_setting = sql.starts_with("ALTER TABLE ") && sql.contains(" SET ");
        assert!(is_setting || forbidden(sql).is_empty(), "{sql}");
    }
    let wrong: Vec<String> = texts
        .iter()
        .flat_map(|Text { place, sql }| {
            let shown: String = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: String = shown.chars().take(100).collect();
            forbidden(sql).into_iter().map(move |what| format!("{place}: {what} in `{shown}`"))
        })
        .collect();
    assert!(wrong.is_empty(), "not allowed:\n{}", wrong.join("\n"));
}

#[test]
fn what_one_of_them_lacks_is_refused() {
    for sql in [
        "SELECT pg_advisory_xact_lock($1)",
        "LISTEN reports",
        "NOTIFY reports",
        "CREATE TABLE a (id bigserial PRIMARY KEY)",
        "CREATE TABLE a (id bigint PRIMARY KEY, at timestamptz)",
        "CREATE TABLE a (id bigint PRIMARY KEY); ALTER TABLE a ADD COLUMN doc xml",
        "CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f()",
        "CREATE RULE r AS ON INSERT TO a DO INSTEAD NOTHING",
        "CREATE SEQUENCE s",
        "CREATE INDEX i ON a (b) INCLUDE (c)",
        "CREATE INDEX i ON a USING gin (b)",
        "CREATE TABLE a (id bigint PRIMARY KEY, EXCLUDE USING gist (id WITH =))",
        "CREATE TABLE a (id bigint PRIMARY KEY DEFERRABLE)",
        "CREATE TABLE a (b bigint) PARTITION BY RANGE (b)",
        "SELECT 1 FROM a FOR UPDATE SKIP LOCKED",
        "SELECT 1 FROM a FOR NO KEY UPDATE",
        "SELECT 1 FROM a TABLESAMPLE system (1)",
        "SELECT nextval('s')",
        "SELECT now()",
        "SELECT $1::jsonb",
        "SELECT a FROM b ORDER BY a COLLATE \"de_DE\"",
        "INSERT INTO a (b) VALUES ($1) ON CONFLICT (lower(b)) DO NOTHING",
        "INSERT INTO a (b) VALUES ($1) ON CONFLICT ON CONSTRAINT c DO NOTHING",
        "WITH gone AS (DELETE FROM a RETURNING b) SELECT b FROM gone",
        "WITH RECURSIVE a (b) AS (SELECT 1) SELECT b FROM a",
        "SET synchronous_commit = off",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "LOCK TABLE a",
        "TRUNCATE a",
        "COPY a FROM STDIN",
        "DROP INDEX i",
        "ALTER TABLE a ALTER COLUMN b TYPE text",
        "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DO NOTHING",
        "select pg_sleep(1) FROM a",
    ] {
        assert!(!forbidden(sql).is_empty(), "{sql}");
    }
}

#[test]
fn a_text_is_found_wherever_it_stands() {
    let code = "fn f() { // \"LISTEN a\"\n    let x = '\"'; g(\"SELECT \\\"a\\\"\", r#\"LOCK \"b\"\"#);\n}\n";
    let found: Vec<String> = in_code(code);
    assert_eq!(found, ["SELECT \"a\"", "LOCK \"b\""]);
    let arms = "match self { Self::Sqlite => \"PRAGMA a\", Self::Postgres => \"SELECT 1\" }";
    assert_eq!(in_code(arms), ["SELECT 1"]);
    let tests = "f(\"SELECT 1\");\n#[cfg(test)]\nmod tests { f(\"LOCK a\"); }";
    assert_eq!(in_code(tests), ["SELECT 1"]);
    let migration = "-- A; b\nCREATE TABLE a (id bigint);\nCREATE INDEX b ON a (id);\n";
    assert_eq!(in_migration(migration).len(), 2);
}
