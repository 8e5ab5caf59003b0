//! Orders, places and values as addresses write them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::columns::ALL;
use crate::store::views::Standing;
use crate::store::views::list::{AgentState, Key, Order, Place};

/// Most days that a filter can ask for.
const MOST_DAYS: u32 = 3650;

/// A number of days.
pub(super) fn days(name: &str, value: &str) -> Result<u32, String> {
    let days = value.parse().ok().filter(|days| (1..=MOST_DAYS).contains(days));
    days.ok_or_else(|| format!("The filter “{name}” is a number of days from 1 to {MOST_DAYS}."))
}

pub(super) fn unknown_status(value: &str) -> String {
    let known: Vec<&str> = Standing::ALL.iter().map(|one| one.as_str()).collect();
    let value: String = value.chars().take(40).collect();
    format!("The status “{value}” is not known. Use one of {}.", known.join(", "))
}

pub(super) fn unknown_agent() -> String {
    let known = AgentState::ALL.map(AgentState::as_str).join(", ");
    format!("The filter “agent” can only be one of {known}.")
}

pub(super) fn order(value: &str) -> Result<Order, String> {
    let (word, descending) = match value.strip_prefix('-') {
        Some(word) => (word, true),
        None => (value, false),
    };
    let column = ALL.iter().find(|info| info.word == word).and_then(|info| info.order);
    let column = column.ok_or_else(|| {
        let known: Vec<&str> =
            ALL.iter().filter(|info| info.order.is_some()).map(|info| info.word).collect();
        format!("The list cannot be sorted like this. Use one of {}.", known.join(", "))
    })?;
    Ok(Order { column, descending })
}

pub(super) fn order_word(order: Order) -> String {
    let info = ALL.iter().find(|info| info.order == Some(order.column));
    let word = info.map_or("", |info| info.word);
    if order.descending { format!("-{word}") } else { word.to_owned() }
}

/// The place that an address names.
pub(crate) fn place(value: &str) -> Result<Place, String> {
    read_place(value)
        .ok_or_else(|| "The place in the list cannot be read. Begin at the first page.".to_owned())
}

fn read_place(value: &str) -> Option<Place> {
    let (key, id) = value.split_once('.')?;
    let key = match key.strip_prefix('t') {
        Some(text) => Key::Text(String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?),
        None => Key::Number(key.strip_prefix('n')?.parse().ok()?),
    };
    Some(Place { key, id: id.to_owned() })
}

/// A place as addresses name it.
pub(crate) fn place_word(place: &Place) -> String {
    match &place.key {
        Key::Number(number) => format!("n{number}.{}", place.id),
        Key::Text(text) => format!("t{}.{}", URL_SAFE_NO_PAD.encode(text), place.id),
    }
}

/// A value as it may stand in a query.
pub(crate) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            // Writing to a string cannot fail.
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
