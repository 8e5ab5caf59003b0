//! Parameters of addresses: each is stated once, and this statement both
//! checks what somebody sends and stands in the document.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::problem::ApiProblem;

/// Rows of a page unless told otherwise.
pub(super) const PAGE: u32 = 50;
/// Most rows of a page.
pub(super) const MOST: u32 = 500;

/// Words that a parameter may take.
pub(super) type Words = fn() -> Vec<&'static str>;

/// What a parameter holds.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A text of one to so many characters.
    Text(usize),
    /// One of some words.
    Word(Words),
    /// Any of some words; the parameter may be there several times.
    AnyWord(Words),
    /// Texts; the parameter may be there several times.
    Texts(usize),
    /// A whole number between two others.
    Number(u64, u64),
    /// A time as in RFC 3339.
    Time,
    /// Names of the answer's fields, with commas between.
    Fields,
}

/// One parameter.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: &'static str,
    /// What it does, in one sentence.
    pub(super) about: &'static str,
    /// What it holds.
    pub(super) form: Form,
}

impl Parameter {
    /// A parameter of the query; none is needed.
    pub(super) const fn new(name: &'static str, form: Form, about: &'static str) -> Self {
        Self { name, about, form }
    }
}

/// How many rows a page has.
pub(super) const LIMIT: Parameter = Parameter::new(
    "limit",
    Form::Number(1, MOST as u64),
    "Most rows of one page; 50 unless told otherwise.",
);
/// Where a page begins.
pub(super) const CURSOR: Parameter = Parameter::new(
    "cursor",
    Form::Text(super::cursor::LONGEST),
    "`next` of the page before. It fits the same filters and order alone.",
);
/// What of an object is wanted.
pub(super) const FIELDS: Parameter =
    Parameter::new("fields", Form::Fields, "Only these fields, with commas between.");

/// Values that fit their parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(BTreeMap<&'static str, Vec<String>>);

impl Asked {
    /// Checks the pairs of a query; a problem names the first that is wrong.
    /// `fields` are the names that may be selected.
    pub(super) fn read(
        pairs: &[(String, String)],
        parameters: &[Parameter],
        fields: &[String],
    ) -> Result<Self, ApiProblem> {
        let mut asked = Self::default();
        for (name, value) in pairs {
            let shown: String = name.chars().take(60).collect();
            let Some(parameter) = parameters.iter().find(|one| one.name == name) else {
                let known: Vec<&str> = parameters.iter().map(|one| one.name).collect();
                let detail = match known.as_slice() {
                    [] => "this address takes no parameters.".to_owned(),
                    known => format!("there is no such parameter; use {}.", known.join(", ")),
                };
                return Err(ApiProblem::parameter(&shown, detail));
            };
            check(parameter, value, fields)
                .map_err(|detail| ApiProblem::parameter(parameter.name, detail))?;
            let values = asked.0.entry(parameter.name).or_default();
            let may_repeat = matches!(parameter.form, Form::AnyWord(_) | Form::Texts(_));
            if !may_repeat && !values.is_empty() {
                return Err(ApiProblem::parameter(parameter.name, "it may be given once only."));
            }
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
        Ok(asked)
    }

    /// The only value of `name`.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// Every value of `name`.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// A number, which was checked before.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.parse().ok()
    }

    /// A time, which was checked before.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }

    /// Rows of a page.
    pub(super) fn limit(&self) -> u32 {
        self.number("limit").and_then(|limit| u32::try_from(limit).ok()).unwrap_or(PAGE)
    }

    /// Names of the fields that are wanted; none for all.
    pub(super) fn fields(&self) -> Option<Vec<&str>> {
        Some(self.text("fields")?.split(',').collect())
    }

    /// What the list is asked for, apart from its page: cursors belong to it.
    pub(super) fn list(&self, path: &str) -> String {
        let filters: Vec<_> = self
            .0
            .iter()
            .filter(|(name, _)| !matches!(**name, "limit" | "cursor" | "fields"))
            .collect();
        format!("{path} {filters:?}")
    }

    /// The address of the same list at another place.
    pub(super) fn address(&self, path: &str, cursor: &str) -> String {
        let mut query = format!("{path}?cursor={}", encoded(cursor));
        for (name, values) in self.0.iter().filter(|(name, _)| **name != "cursor") {
            for value in values {
                // Writing to a string cannot fail.
                let _ = write!(query, "&{name}={}", encoded(value));
            }
        }
        query
    }
}

/// A value as it may stand in a query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// What would be right, when `value` is not.
fn check(parameter: &Parameter, value: &str, fields: &[String]) -> Result<(), String> {
    match parameter.form {
        Form::Text(longest) | Form::Texts(longest) => {
            let length = value.chars().count();
            if length == 0 || length > longest {
                return Err(format!(
                    "it must have 1 to {longest} characters; leave it out for none."
                ));
            }
        }
        Form::Word(words) | Form::AnyWord(words) => {
            if !words().contains(&value) {
                return Err(format!("it must be one of {}.", words().join(", ")));
            }
        }
        Form::Number(least, most) => {
            let plain = value.bytes().all(|byte| byte.is_ascii_digit());
            let number =
                value.parse().ok().filter(|number| plain && (least..=most).contains(number));
            if number.is_none() {
                return Err(format!("it must be a whole number from {least} to {most}."));
            }
        }
        Form::Time => {
            if value.parse::<Timestamp>().is_err() {
                return Err("it must be a time such as 2026-08-23T09:00:00Z.".to_owned());
            }
        }
        Form::Fields => {
            let unknown = value.split(',').find(|name| !fields.iter().any(|known| known == name));
            if let Some(unknown) = unknown {
                let unknown: String = unknown.chars().take(60).collect();
                return Err(format!("there is no field `{unknown}`; use {}.", fields.join(", ")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Asked, CURSOR, FIELDS, Form, LIMIT, Parameter};

    const STATUS: Parameter =
        Parameter::new("status", Form::AnyWord(|| vec!["stale", "unknown"]), "");
    const SORT: Parameter = Parameter::new("sort", Form::Word(|| vec!["owner"]), "");
    const FROM: Parameter = Parameter::new("from", Form::Time, "");
    const Q: Parameter = Parameter::new("q", Form::Text(5), "");

    fn read(pairs: &[(&str, &str)]) -> Result<Asked, String> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let parameters = [LIMIT, CURSOR, FIELDS, STATUS, SORT, FROM, Q];
        let fields = ["id".to_owned(), "name".to_owned()];
        Asked::read(&pairs, &parameters, &fields).map_err(|problem| format!("{problem:?}"))
    }

    #[test]
    fn values_that_fit_are_read() {
        let asked = read(&[
            ("limit", "500"),
            ("status", "stale"),
            ("status", "unknown"),
            ("status", "stale"),
            ("from", "2026-08-23T09:00:00Z"),
            ("fields", "name,id"),
            ("q", "Änne"),
        ]);
        let asked = asked.unwrap();
        assert_eq!(asked.limit(), 500);
        assert_eq!(asked.all("status"), ["stale", "unknown"]);
        assert_eq!(asked.fields(), Some(vec!["name", "id"]));
        assert_eq!(asked.time("from").unwrap().to_string(), "2026-08-23T09:00:00Z");
        assert_eq!(read(&[]).unwrap().limit(), 50);
        assert!(asked.address("/x", "a=b").contains("cursor=a%3Db&fields=name%2Cid"));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (name, value) in [
            ("limit", "0"),
            ("limit", "501"),
            ("limit", "+5"),
            ("limit", ""),
            ("limit", "99999999999999999999"),
            ("status", "Stale"),
            ("sort", "owner "),
            ("from", "yesterday"),
            ("fields", "id,"),
            ("fields", "id,secret"),
            ("q", ""),
            ("q", "longer"),
            ("page", "2"),
        ] {
            let problem = read(&[(name, value)]).unwrap_err();
            assert!(problem.contains(&format!("field: \"{name}\"")), "{name}={value}: {problem}");
        }
        assert!(read(&[("limit", "1"), ("limit", "2")]).is_err());
    }
}
