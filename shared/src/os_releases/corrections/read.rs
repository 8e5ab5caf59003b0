//! From TOML to corrections, with the place of whatever is wrong.

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::super::catalogue::is_cve;
use super::super::version::Version;
use super::{Correction, CorrectionsError, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    correction: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    version: Spanned<String>,
    field: Spanned<String>,
    value: Spanned<toml::Value>,
    until: Option<Spanned<toml::Value>>,
    reason: Spanned<String>,
    source: Spanned<String>,
    date: Spanned<String>,
}

/// The text, to point into.
struct Text<'a> {
    text: &'a str,
    file: &'a str,
}

impl Text<'_> {
    fn error(&self, at: usize, message: impl Into<String>) -> CorrectionsError {
        let before = self.text.get(..at).unwrap_or_default();
        CorrectionsError {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            message: message.into(),
        }
    }
}

pub(super) fn list(text: &str, file: &str) -> Result<Vec<Correction>, CorrectionsError> {
    let text = Text { text, file };
    let read: File = toml::from_str(text.text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        text.error(at, error.message().replace('\n', ", "))
    })?;
    let mut list: Vec<Correction> = Vec::with_capacity(read.correction.len());
    for entry in read.correction {
        let at = entry.version.span().start;
        let one = correction(&text, entry)?;
        let same = |known: &Correction| {
            known.version == one.version && known.value.field() == one.value.field()
        };
        if list.iter().any(same) {
            let message = format!(
                "`{}` of {} is corrected twice; keep one entry",
                one.value.field(),
                one.version
            );
            return Err(text.error(at, message));
        }
        list.push(one);
    }
    Ok(list)
}

fn correction(text: &Text<'_>, entry: Entry) -> Result<Correction, CorrectionsError> {
    let wrong = |at: usize, message: String| text.error(at, message);
    let version: Version =
        entry.version.get_ref().parse().map_err(|error: super::super::version::VersionError| {
            wrong(entry.version.span().start, format!("`version`: {error}"))
        })?;
    for (name, words) in [("reason", &entry.reason), ("source", &entry.source)] {
        if words.get_ref().trim().is_empty() {
            let message = format!("`{name}` is empty; say it in one sentence");
            return Err(wrong(words.span().start, message));
        }
    }
    let date = entry.date.get_ref().parse().map_err(|_| {
        let message =
            format!("`date` is `{}`, but must be such as 2026-11-22", entry.date.get_ref());
        wrong(entry.date.span().start, message)
    })?;
    let value = |name: &str, given: &Spanned<toml::Value>| {
        value(entry.field.get_ref(), given.get_ref())
            .map_err(|message| wrong(given.span().start, format!("`{name}` {message}")))
    };
    if !FIELDS.contains(&entry.field.get_ref().as_str()) {
        let message = format!(
            "`field` is `{}`, but must be one of {}",
            entry.field.get_ref(),
            FIELDS.join(", ")
        );
        return Err(wrong(entry.field.span().start, message));
    }
    Ok(Correction {
        version,
        value: value("value", &entry.value)?,
        until: entry.until.as_ref().map(|until| value("until", until)).transpose()?,
        reason: entry.reason.into_inner(),
        source: entry.source.into_inner(),
        date,
    })
}

/// The fields that can be corrected.
const FIELDS: [&str; 5] = ["released", "build", "cves", "exploited", "device_specific"];

/// The value of `field`, or what it must be.
fn value(field: &str, given: &toml::Value) -> Result<Value, String> {
    let found = match (field, given) {
        ("released", toml::Value::String(text)) => text.parse::<Date>().ok().map(Value::Released),
        ("build", toml::Value::String(text)) => Some(Value::Build(text.trim().to_owned())),
        ("cves", toml::Value::Integer(count)) => u32::try_from(*count).ok().map(Value::Cves),
        ("exploited", toml::Value::Array(list)) => list
            .iter()
            .map(|one| one.as_str().filter(|id| is_cve(id)).map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .map(|mut holes| {
                holes.sort();
                holes.dedup();
                Value::Exploited(holes)
            }),
        ("device_specific", toml::Value::Boolean(specific)) => {
            Some(Value::DeviceSpecific(*specific))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let must = match field {
            "released" => "a date in quotes such as \"2026-08-17\"",
            "build" => "a build in quotes such as \"25G83\"",
            "cves" => "a number of 0 or more",
            "exploited" => "a list of CVE numbers such as [\"CVE-2026-12345\"]",
            _ => "true or false",
        };
        format!("must be {must}, because `field` is `{field}`")
    })
}
