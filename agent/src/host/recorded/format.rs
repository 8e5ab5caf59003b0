//! The format `muster.recording/v1` and what makes one valid.
//!
//! Values are checked while they are read, so that the JSON reader still
//! knows the line.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::{Answer, FileAnswer, Recorded};

/// What `format` says.
pub const FORMAT: &str = "muster.recording/v1";

/// Why a file is no recording.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}, line {line}, column {column}{field}: {what}; correct the recording and try again")]
pub struct RecordingError {
    file: String,
    line: usize,
    column: usize,
    /// `, field "x"`, or nothing where the fault lies outside of every field.
    field: String,
    what: String,
}

/// Reads a recording.
pub(super) fn parse(name: &str, bytes: &[u8]) -> Result<Recorded, RecordingError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let place = position(bytes.get(..error.valid_up_to()).unwrap_or(bytes));
        fault(name, place, "", "the text is not valid UTF-8")
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut json);
    let Checked(recorded, _): Checked<Recording, Recorded> = read.map_err(|error| {
        let path = error.path().to_string();
        syntax(name, &path, error.inner())
    })?;
    json.end().map_err(|error| syntax(name, "", &error))?;
    Ok(recorded)
}

fn syntax(name: &str, path: &str, error: &serde_json::Error) -> RecordingError {
    // The library repeats the place at the end of its sentence.
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    let what = if error.is_eof() { "the text ends too early" } else { what };
    // Not everybody who writes a recording writes Rust.
    let what = what.replace("expected i32", "expected a whole number");
    fault(name, (error.line(), error.column()), path, &what)
}

fn fault(name: &str, (line, column): (usize, usize), path: &str, what: &str) -> RecordingError {
    let field = match path {
        "" | "." | "?" => String::new(),
        path => format!(", field \"{path}\""),
    };
    RecordingError { file: name.to_owned(), line, column, field, what: what.to_owned() }
}

fn position(before: &[u8]) -> (usize, usize) {
    let mut lines = before.split(|&byte| byte == b'\n');
    let column = lines.next_back().map_or(0, <[u8]>::len) + 1;
    (lines.count() + 1, column)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    #[serde(rename = "format", deserialize_with = "known_format")]
    _format: (),
    label: String,
    #[serde(rename = "platform", deserialize_with = "known_platform")]
    _platform: (),
    recorded_at: Timestamp,
    commands: Table<Command, Vec<String>, Answer>,
    files: Table<File, String, FileAnswer>,
}

impl TryFrom<Recording> for Recorded {
    type Error = &'static str;

    fn try_from(recording: Recording) -> Result<Self, Self::Error> {
        let Recording { label, recorded_at: now, commands, files, .. } = recording;
        Ok(Self { label, now, commands: commands.0, files: files.0 })
    }
}

fn known_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    exactly(deserializer, FORMAT)
}

fn known_platform<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    exactly(deserializer, "macos")
}

fn exactly<'de, D: Deserializer<'de>>(deserializer: D, known: &str) -> Result<(), D::Error> {
    let found = String::deserialize(deserializer)?;
    if found == known {
        return Ok(());
    }
    Err(D::Error::custom(format_args!("\"{found}\" is not known, only \"{known}\" is")))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    argv: Vec<String>,
    exit: Option<i32>,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    #[serde(default)]
    timed_out: bool,
}

impl TryFrom<Command> for (Vec<String>, Answer) {
    type Error = &'static str;

    fn try_from(command: Command) -> Result<Self, Self::Error> {
        let Command { argv, exit, stdout, stderr, timed_out } = command;
        if !argv.first().is_some_and(|program| program.starts_with('/')) {
            return Err("`argv` must begin with the absolute path of a program");
        }
        let answer = match (exit, timed_out) {
            (None, true) => Answer::TimedOut,
            (Some(exit), false) => {
                Answer::Done { exit, stdout: stdout.into(), stderr: stderr.into() }
            }
            (None, false) => return Err("`exit` must be a number unless `timed_out` is true"),
            (Some(_), true) => return Err("`exit` must be null when `timed_out` is true"),
        };
        Ok((argv, answer))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    path: String,
    text: Option<String>,
    base64: Option<String>,
    present: Option<bool>,
}

impl TryFrom<File> for (String, FileAnswer) {
    type Error = &'static str;

    fn try_from(file: File) -> Result<Self, Self::Error> {
        let File { path, text, base64, present } = file;
        if !path.starts_with('/') || path.ends_with('/') {
            return Err("`path` must be the absolute path of a file");
        }
        let answer = match (text, base64, present) {
            (Some(text), None, None) => FileAnswer::Bytes(text.into()),
            (None, Some(base64), None) => {
                let bytes = STANDARD.decode(base64);
                FileAnswer::Bytes(bytes.map_err(|_| "`base64` is not valid base64")?)
            }
            (None, None, Some(true)) => FileAnswer::Refused,
            (None, None, Some(false)) => {
                return Err("`present` can only be true; leave out a file that does not exist");
            }
            _ => return Err("a file has exactly one of `text`, `base64` and `present`"),
        };
        Ok((path, answer))
    }
}

/// An object that was checked as soon as its closing brace was read.
///
/// A derived reader would take a list of values for an object as well.
struct Checked<Entry, Valid>(Valid, PhantomData<Entry>);

impl<'de, E, V> Deserialize<'de> for Checked<E, V>
where
    E: Deserialize<'de>,
    V: TryFrom<E, Error = &'static str>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let valid = deserializer.deserialize_map(EntryVisitor(PhantomData))?;
        Ok(Self(valid, PhantomData))
    }
}

struct EntryVisitor<E, V>(PhantomData<(E, V)>);

impl<'de, E, V> Visitor<'de> for EntryVisitor<E, V>
where
    E: Deserialize<'de>,
    V: TryFrom<E, Error = &'static str>,
{
    type Value = V;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V, A::Error> {
        let entry = E::deserialize(MapAccessDeserializer::new(map))?;
        // Only an error raised within the object keeps the object's line.
        entry.try_into().map_err(A::Error::custom)
    }
}

/// A list of entries, kept as what is asked for and its answer.
struct Table<Entry, Key, Value>(BTreeMap<Key, Value>, PhantomData<Entry>);

impl<'de, E, K, V> Deserialize<'de> for Table<E, K, V>
where
    E: Deserialize<'de>,
    K: Ord + fmt::Debug,
    V: PartialEq,
    (K, V): TryFrom<E, Error = &'static str>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<Checked<E, (K, V)>>::deserialize(deserializer)?;
        let mut table = BTreeMap::new();
        for Checked((key, value), _) in entries {
            match table.entry(key) {
                Entry::Vacant(vacant) => {
                    vacant.insert(value);
                }
                // The same entry twice is harmless, two answers are not.
                Entry::Occupied(known) if *known.get() == value => {}
                Entry::Occupied(known) => {
                    let key = known.key();
                    let text = format_args!("{key:?} is recorded twice, with different answers");
                    return Err(D::Error::custom(text));
                }
            }
        }
        Ok(Self(table, PhantomData))
    }
}
