//! One configuration from several places, and where each value came from:
//! variables win over the file, the file over credentials.

mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::File;
use super::credentials::{self, Credentials};
use super::environment::Variable;

/// Most parts that are left out before nothing is believed any more.
const MOST: usize = 64;

/// What a configuration is read from.
#[derive(Debug, Default)]
pub struct Given<'a> {
    /// Name and text of the file, when there is one.
    pub file: Option<(&'a str, &'a str)>,
    /// What the environment gives.
    pub variables: &'a [Variable],
    /// The credentials directory.
    pub credentials: Credentials,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A place in the file.
    File {
        /// Its name.
        name: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// A file of the credentials directory.
    Credential(String),
    /// An option of the command line.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column } => write!(out, "{name}:{line}:{column}"),
            Self::Variable(name) => out.write_str(name),
            Self::Credential(name) => write!(out, "credential {name}"),
            Self::Option(name) => out.write_str(name),
        }
    }
}

/// A value that somebody gave.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it came from.
    pub origin: Origin,
    /// How it is shown; never a secret.
    pub shown: String,
}

/// Every value that somebody gave, by the path of its key.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, Source>);

/// A configuration as far as it could be read.
#[derive(Debug, Default)]
pub struct Read {
    /// What is right of it.
    pub file: File,
    /// Where that came from.
    pub sources: Sources,
    /// What is wrong, each one sentence that begins with its place.
    pub problems: Vec<String>,
}

/// Reads everything; what is wrong is left out and told.
pub fn read(given: &Given<'_>) -> Read {
    let (name, text) = given.file.unwrap_or_default();
    let mut places = Places { name, text, others: Vec::new() };
    let mut root = match DeTable::parse(text) {
        Ok(root) => root,
        Err(error) => {
            let problems = vec![places.sentence(&error)];
            return Read { problems, ..Read::default() };
        }
    };
    let mut problems = add(&mut root, given, &mut places);
    let mut sources = BTreeMap::new();
    tree::leaves(root.get_ref(), "", &mut |path, at, shown| {
        let shown = if path == "database" { String::new() } else { shown };
        sources.insert(path, Source { origin: places.origin(at), shown });
    });
    let mut gone: Vec<String> = Vec::new();
    while gone.len() < MOST {
        match File::deserialize(Deserializer::from(root.clone())) {
            Ok(file) => return Read { file, sources: Sources(sources), problems },
            Err(error) => {
                // What is missing because it was wrong has been told.
                let follows = gone
                    .iter()
                    .any(|key| error.message().starts_with(&format!("missing field `{key}`")));
                let sentence = places.sentence(&error);
                if !follows && problems.last() != Some(&sentence) {
                    problems.push(sentence);
                }
                let at = error.span().map_or(0, |span| span.start);
                match tree::take_out(root.get_mut(), at) {
                    Some(key) => gone.push(key),
                    None => break,
                }
            }
        }
    }
    Read { file: File::default(), sources: Sources(sources), problems }
}

/// Lays variables over the file, and credentials under it.
fn add<'a>(
    root: &mut Spanned<DeTable<'a>>,
    given: &Given<'a>,
    places: &mut Places<'_>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for variable in given.variables {
        let at = places.add(Origin::Variable(variable.name.clone()));
        let put = tree::value(&variable.value, variable.key.kind, at)
            .map_err(str::to_owned)
            .and_then(|value| tree::put(root.get_mut(), &variable.path, value, at));
        if let Err(why) = put {
            problems.push(format!("{}: {why}", variable.name));
        }
    }
    for name in given.credentials.unknown() {
        problems.push(format!(
            "credential {name}: nothing reads a credential of this name; call it as the documentation does, or take it away"
        ));
    }
    for (path, name) in wanted(root.get_ref()) {
        let Some(file) = given.credentials.path(&name) else { continue };
        let at = places.add(Origin::Credential(name));
        let value = Spanned::new(at..at, tree::text(file.display().to_string()));
        // The table is there, or is made here: it cannot be refused.
        let _ = tree::put(root.get_mut(), &path, value, at);
    }
    problems
}

/// Paths of files that nobody named, and the credentials that would do.
fn wanted(root: &DeTable<'_>) -> Vec<(Vec<String>, String)> {
    let absent = |path: &[&str]| !tree::has(root, path);
    let path = |path: &[&str]| path.iter().map(|&part| part.to_owned()).collect::<Vec<_>>();
    let mut wanted = Vec::new();
    for (key, name) in
        [("certificate", credentials::TLS_CERTIFICATE), ("key", credentials::TLS_KEY)]
    {
        if absent(&["tls", key]) {
            wanted.push((path(&["tls", key]), name.to_owned()));
        }
    }
    if !absent(&["mail", "user"]) && absent(&["mail", "password_file"]) {
        let name = credentials::MAIL_PASSWORD.to_owned();
        wanted.push((path(&["mail", "password_file"]), name));
    }
    for (number, provider) in tree::providers(root) {
        let number = number.to_string();
        let whole = ["sign_in", "openid", number.as_str(), "client_secret_file"];
        if absent(&whole) {
            wanted.push((path(&whole), credentials::client_secret(&provider)));
        }
    }
    wanted
}

/// Turns places in the tree into places that people know. What is not of the
/// file stands behind its end, one place each.
struct Places<'a> {
    name: &'a str,
    text: &'a str,
    others: Vec<Origin>,
}

impl Places<'_> {
    fn add(&mut self, origin: Origin) -> usize {
        self.others.push(origin);
        self.text.len() + self.others.len()
    }

    fn origin(&self, at: usize) -> Origin {
        let other = at.checked_sub(self.text.len() + 1).and_then(|index| self.others.get(index));
        if let Some(other) = other {
            return other.clone();
        }
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Origin::File { name: self.name.to_owned(), line, column }
    }

    fn sentence(&self, error: &toml::de::Error) -> String {
        let at = error.span().map_or(0, |span| span.start);
        format!("{}: {}", self.origin(at), error.message().replace('\n', "; "))
    }
}

impl Sources {
    /// Where the value of a key came from, when somebody gave it.
    pub fn get(&self, path: &str) -> Option<&Source> {
        self.0.get(path)
    }

    /// Numbers of the sign-in providers.
    pub fn providers(&self) -> impl Iterator<Item = usize> {
        (0..).take_while(|number| {
            let start = format!("sign_in.openid.{number}.");
            self.0.range(start.clone()..).next().is_some_and(|(path, _)| path.starts_with(&start))
        })
    }

    /// Notes what an option of the command line gives.
    pub fn option(&mut self, path: &str, option: &'static str, shown: String) {
        self.0.insert(path.to_owned(), Source { origin: Origin::Option(option), shown });
    }

    /// Notes a credential that no key of the file names.
    pub fn credential(&mut self, path: &str, name: &str, file: &Path) {
        let shown = file.display().to_string();
        let origin = Origin::Credential(name.to_owned());
        self.0.insert(path.to_owned(), Source { origin, shown });
    }

    /// Puts before a sentence about the key `path` where that stands.
    pub fn at(&self, path: &str, sentence: String) -> String {
        match self.get(path) {
            Some(source) => format!("{}: {sentence}", source.origin),
            None => sentence,
        }
    }

    /// Puts before a sentence about a key where that key stands. The sentence
    /// names the key first, in backticks.
    pub fn located(&self, sentence: String) -> String {
        match self.key_of(&sentence) {
            Some(path) => self.at(&path, sentence),
            None => sentence,
        }
    }

    fn key_of(&self, sentence: &str) -> Option<String> {
        let mut ticked = sentence.split('`').skip(1).step_by(2);
        let first = ticked.next()?;
        if first != "sign_in.openid" {
            return Some(first.to_owned());
        }
        let provider = sentence.split('"').nth(1)?;
        let number = self.providers().find(|number| {
            let name = self.get(&format!("sign_in.openid.{number}.name"));
            name.is_some_and(|name| name.shown == provider)
        })?;
        let key = ticked.next().unwrap_or("name");
        let path = format!("sign_in.openid.{number}.{key}");
        // A key that is not there is missed where the entry begins.
        let name = format!("sign_in.openid.{number}.name");
        Some(if self.0.contains_key(&path) { path } else { name })
    }
}

#[cfg(test)]
mod tests;
