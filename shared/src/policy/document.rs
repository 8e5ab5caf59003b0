//! A policy as it stands in TOML.
//!
//! A field that is not known is refused: a threshold with a typing error
//! would otherwise be a rule that nobody applies.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::rule::{Controls, FixedBy, Param};
use super::status::{FindingStatus, Mode};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) id: Spanned<String>,
    pub(super) version: Spanned<u32>,
    #[serde(default, rename = "rule")]
    pub(super) rules: Vec<RuleText>,
    #[serde(default, rename = "override")]
    pub(super) overrides: Vec<OverrideText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    pub(super) id: Spanned<String>,
    pub(super) title: String,
    pub(super) check: Option<Spanned<String>>,
    pub(super) mode: Mode,
    pub(super) why: String,
    #[serde(default)]
    pub(super) controls: Controls,
    pub(super) fixed_by: FixedBy,
    #[serde(default = "shown")]
    pub(super) visible_to_owner: bool,
    #[serde(default)]
    pub(super) params: BTreeMap<Spanned<String>, ParamText>,
    pub(super) grace: Option<Spanned<String>>,
    pub(super) reading_valid_for: Option<Spanned<String>>,
    pub(super) pass: Spanned<String>,
    pub(super) fail: Option<Spanned<String>>,
    #[serde(default, rename = "reason")]
    pub(super) reasons: Vec<ReasonText>,
    #[serde(default, rename = "fix")]
    pub(super) fixes: Vec<FixText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonText {
    pub(super) code: Spanned<String>,
    pub(super) status: Option<FindingStatus>,
    pub(super) when: Option<Spanned<String>>,
    pub(super) says: Spanned<String>,
    pub(super) grace: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FixText {
    pub(super) macos: Option<Spanned<String>>,
    pub(super) steps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OverrideText {
    pub(super) group: Spanned<String>,
    pub(super) rule: Spanned<String>,
    pub(super) mode: Option<Mode>,
    #[serde(default)]
    pub(super) params: BTreeMap<Spanned<String>, ParamText>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a parameter is a whole number, true or false, a text, or a list of texts"
)]
pub(super) enum ParamText {
    Flag(bool),
    Integer(i64),
    Text(String),
    List(Vec<String>),
}

impl From<ParamText> for Param {
    fn from(text: ParamText) -> Self {
        match text {
            ParamText::Flag(flag) => Self::Flag(flag),
            ParamText::Integer(number) => Self::Integer(number),
            ParamText::Text(text) => Self::Text(text),
            ParamText::List(items) => Self::List(items),
        }
    }
}

fn shown() -> bool {
    true
}
