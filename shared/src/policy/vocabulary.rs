//! Which names a rule's expressions and sentences may use, and of what type.

use super::derived::DERIVED;
use super::rule::{Param, Params};
use crate::posture::{self, CheckSchema, FieldKind};

/// One fact that an expression names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    /// A field of the rule's check.
    Field(String),
    /// A threshold.
    Param(String),
    /// A derived fact.
    Derived(&'static str),
}

/// The type of an expression, as far as it can be told without values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Integer,
    Text,
    /// Text out of a closed list.
    Choice(&'static [&'static str]),
    /// A list of texts.
    List,
    /// Not known before it is evaluated.
    Any,
}

impl Kind {
    /// The type in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Integer => "a whole number",
            Self::Text | Self::Choice(_) => "a text",
            Self::List => "a list of texts",
            Self::Any => "anything",
        }
    }
}

impl From<FieldKind> for Kind {
    fn from(kind: FieldKind) -> Self {
        match kind {
            FieldKind::Flag => Self::Flag,
            FieldKind::Integer => Self::Integer,
            FieldKind::Text => Self::Text,
            FieldKind::Choice(words) => Self::Choice(words),
        }
    }
}

impl From<&Param> for Kind {
    fn from(param: &Param) -> Self {
        match param {
            Param::Flag(_) => Self::Flag,
            Param::Integer(_) => Self::Integer,
            Param::Text(_) => Self::Text,
            Param::List(_) => Self::List,
        }
    }
}

/// What one rule may name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Vocabulary<'a> {
    pub(super) check: Option<&'static CheckSchema>,
    pub(super) params: &'a Params,
}

impl Vocabulary<'_> {
    /// What `root.field` names, or what is wrong with it.
    pub(super) fn lookup(self, root: &str, field: &str) -> Result<(Name, Kind), String> {
        match root {
            "params" => self.param(field),
            "derived" => derived(field),
            _ => match self.check {
                Some(check) if check.id == root => check_field(check, field),
                _ => Err(self.unknown_root(root)),
            },
        }
    }

    /// Why `root` is not a name that this rule can use.
    pub(super) fn unknown_root(self, root: &str) -> String {
        let own = self.check.map_or_else(String::new, |check| format!("`{}.…`, ", check.id));
        let usable = format!("this rule may use {own}`params.…` and `derived.…`");
        match posture::check(root) {
            Some(_) => format!("the rule does not read the check `{root}`; {usable}"),
            None => format!("unknown name `{root}`; {usable}"),
        }
    }

    fn param(self, field: &str) -> Result<(Name, Kind), String> {
        match self.params.get(field) {
            Some(param) => Ok((Name::Param(field.to_owned()), param.into())),
            None if self.params.is_empty() => Err(format!(
                "unknown parameter `params.{field}`; the rule has none, add it under `params`"
            )),
            None => Err(format!(
                "unknown parameter `params.{field}`; the rule has {}",
                list(self.params.keys().map(String::as_str))
            )),
        }
    }
}

fn check_field(check: &CheckSchema, field: &str) -> Result<(Name, Kind), String> {
    check.field(field).map(|known| (Name::Field(field.to_owned()), known.kind.into())).ok_or_else(
        || {
            format!(
                "unknown field `{}.{field}`; the check has {}",
                check.id,
                list(check.fields.iter().map(|known| known.name))
            )
        },
    )
}

fn derived(field: &str) -> Result<(Name, Kind), String> {
    DERIVED
        .iter()
        .find(|fact| fact.name == field)
        .map(|fact| (Name::Derived(fact.name), fact.kind.into()))
        .ok_or_else(|| {
            format!(
                "unknown derived fact `derived.{field}`; there are {}",
                list(DERIVED.iter().map(|fact| fact.name))
            )
        })
}

/// Names in backticks, with commas.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
