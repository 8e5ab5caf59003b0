//! The tree of keys that a configuration is read from.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::config::keys::Kind;

/// Words as a value.
pub(super) fn text<'a>(words: impl Into<Cow<'a, str>>) -> DeValue<'a> {
    DeValue::String(words.into())
}

/// What a variable says, as the kind of value that its key takes.
pub(super) fn value(
    given: &str,
    kind: Kind,
    at: usize,
) -> Result<Spanned<DeValue<'_>>, &'static str> {
    let value = match kind {
        Kind::Text => text(given),
        Kind::Switch => match given {
            "true" => DeValue::Boolean(true),
            "false" => DeValue::Boolean(false),
            _ => return Err("it must be true or false"),
        },
        Kind::Number => match DeValue::parse(given).map(Spanned::into_inner) {
            Ok(number @ (DeValue::Integer(_) | DeValue::Float(_))) => number,
            _ => return Err("it must be a number"),
        },
        Kind::List => {
            let words = given.split(',').map(str::trim).filter(|word| !word.is_empty());
            DeValue::Array(words.map(|word| Spanned::new(at..at, text(word))).collect())
        }
    };
    Ok(Spanned::new(at..at, value))
}

/// Puts a value at a path; tables and entries on the way are made.
pub(super) fn put<'a>(
    table: &mut DeTable<'a>,
    path: &[String],
    value: Spanned<DeValue<'a>>,
    at: usize,
) -> Result<(), String> {
    match path {
        [] => Ok(()),
        [last] => {
            if let Some(before) = table.get_mut(last.as_str()) {
                *before = value;
            } else {
                table.insert(Spanned::new(at..at, Cow::Owned(last.clone())), value);
            }
            Ok(())
        }
        [first, number, rest @ ..] if is_number(number) => {
            let empty = || Spanned::new(at..at, DeValue::Array(DeArray::new()));
            let list = table.entry(Spanned::new(at..at, Cow::Owned(first.clone())));
            let DeValue::Array(list) = list.or_insert_with(empty).get_mut() else {
                return Err(format!("the file has another kind of value at `{first}`"));
            };
            let number: usize = number.parse().unwrap_or(usize::MAX);
            let there = list.len();
            if number > there {
                return Err(format!(
                    "there are {there} entries before it; count them from 0, without a gap"
                ));
            }
            if number == there {
                list.push(Spanned::new(at..at, DeValue::Table(DeTable::new())));
            }
            match list.get_mut(number).map(Spanned::get_mut) {
                Some(DeValue::Table(entry)) => put(entry, rest, value, at),
                _ => Err(format!("the file has another kind of value at `{first}`")),
            }
        }
        [first, rest @ ..] => {
            let empty = || Spanned::new(at..at, DeValue::Table(DeTable::new()));
            let inner = table.entry(Spanned::new(at..at, Cow::Owned(first.clone())));
            match inner.or_insert_with(empty).get_mut() {
                DeValue::Table(inner) => put(inner, rest, value, at),
                _ => Err(format!("the file has another kind of value at `{first}`")),
            }
        }
    }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether there is something at a path.
pub(super) fn has(table: &DeTable<'_>, path: &[&str]) -> bool {
    let mut parts = path.iter();
    let mut value = parts.next().and_then(|first| table.get(*first));
    for part in parts {
        value = match value.map(Spanned::get_ref) {
            Some(DeValue::Table(inner)) => inner.get(*part),
            Some(DeValue::Array(list)) => part.parse().ok().and_then(|at: usize| list.get(at)),
            _ => None,
        };
    }
    value.is_some()
}

/// The sign-in providers that have a name, with their numbers.
pub(super) fn providers(root: &DeTable<'_>) -> Vec<(usize, String)> {
    let sign_in = root.get("sign_in").and_then(|it| it.get_ref().as_table());
    let list = sign_in.and_then(|it| it.get("openid")).and_then(|it| it.get_ref().as_array());
    let entries = list.into_iter().flat_map(|list| list.iter().enumerate());
    let named = entries.filter_map(|(number, entry)| {
        let name = entry.get_ref().as_table()?.get("name")?.get_ref().as_str()?;
        Some((number, name.to_owned()))
    });
    named.collect()
}

/// Calls `each` with path, place and words of every value.
pub(super) fn leaves(
    table: &DeTable<'_>,
    before: &str,
    each: &mut impl FnMut(String, usize, String),
) {
    for (key, value) in table {
        let path = format!("{before}{}", key.get_ref());
        leaf(path, value, each);
    }
}

fn leaf(path: String, value: &Spanned<DeValue<'_>>, each: &mut impl FnMut(String, usize, String)) {
    match value.get_ref() {
        DeValue::Table(inner) => leaves(inner, &format!("{path}."), each),
        DeValue::Array(list) if list.iter().any(|one| one.get_ref().is_table()) => {
            for (number, one) in list.iter().enumerate() {
                leaf(format!("{path}.{number}"), one, each);
            }
        }
        other => each(path, value.span().start, shown(other)),
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(words) => words.replace(char::is_control, " "),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(switch) => switch.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(list) => {
            let words: Vec<String> = list.iter().map(|one| shown(one.get_ref())).collect();
            if words.is_empty() { "none".to_owned() } else { words.join(", ") }
        }
        DeValue::Table(_) => String::new(),
    }
}

/// Takes out the smallest part that has this place, so that the rest can be
/// read; gives its key, when there was one.
pub(super) fn take_out(table: &mut DeTable<'_>, at: usize) -> Option<String> {
    for (_, value) in table.iter_mut() {
        let found = match value.get_mut() {
            DeValue::Table(inner) => take_out(inner, at),
            DeValue::Array(list) => list.iter_mut().find_map(|one| match one.get_mut() {
                DeValue::Table(inner) => take_out(inner, at),
                _ => None,
            }),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    let here = |(key, value): &(&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        covers(&key.span(), at) || covers(&value.span(), at) || holds(value, at)
    };
    let key = table.iter().find(here).map(|(key, _)| key.get_ref().to_string())?;
    table.remove(key.as_str());
    Some(key)
}

/// Whether an entry of a list begins at this place.
fn holds(value: &Spanned<DeValue<'_>>, at: usize) -> bool {
    let list = value.get_ref().as_array();
    list.is_some_and(|list| list.iter().any(|one| covers(&one.span(), at)))
}

fn covers(span: &Range<usize>, at: usize) -> bool {
    span.start == at || span.contains(&at)
}
