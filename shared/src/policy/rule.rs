//! One rule, as a policy states it.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::conditions::Conditions;
use super::status::Mode;
use crate::os_releases::Version;

/// The thresholds of a rule, by name.
pub type Params = BTreeMap<String, Param>;

/// What is asked of a Mac, and all that people need to know about it.
#[derive(Debug)]
pub struct Rule {
    /// Its name, such as `disk-encryption`.
    pub id: String,
    /// What is asked, as a short claim.
    pub title: String,
    /// The check it reads; none when it is judged by server state alone.
    pub check: Option<String>,
    /// How much it matters.
    pub mode: Mode,
    /// Why it is asked.
    pub why: String,
    /// Which controls it is evidence for.
    pub controls: Controls,
    /// Who can put it right.
    pub fixed_by: FixedBy,
    /// Whether the person who holds the laptop is shown it.
    pub visible_to_owner: bool,
    /// Its thresholds.
    pub params: Params,
    /// How long a failure may last, unless its reason says otherwise.
    pub grace: SignedDuration,
    /// How long a reading stands in while nobody is logged in.
    pub reading_valid_for: Option<SignedDuration>,
    /// How to put it right, by version of macOS.
    pub fix: Vec<Fix>,
    pub(super) conditions: Conditions,
}

impl Rule {
    /// Whether only the collector can judge it.
    pub fn is_server_only(&self) -> bool {
        self.conditions.collector_facts().next().is_some()
    }

    /// The condition for a pass, as the policy writes it.
    pub fn pass(&self) -> &str {
        &self.conditions.pass.source
    }

    /// The condition for a proven failure, as the policy writes it.
    pub fn fail(&self) -> Option<&str> {
        self.conditions.fail.as_ref().map(|fail| fail.source.as_str())
    }

    /// The steps for a Mac with `version`; those for the newest without one.
    pub fn fix_for(&self, version: Option<Version>) -> &[String] {
        let fits = |fix: &&Fix| version.is_none_or(|version| fix.is_for(version));
        self.fix.iter().find(fits).map_or(&[], |fix| fix.steps.as_slice())
    }
}

/// A threshold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Param {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// Who can put a failure right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixedBy {
    /// The person who holds the laptop.
    Owner,
    /// The company's administrators.
    It,
}

/// Where a rule stands in the catalogues of controls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Controls {
    /// SOC 2 trust services criteria.
    pub soc2: Vec<String>,
    /// Annex A of ISO/IEC 27001:2022.
    pub iso27001: Vec<String>,
    /// NIST SP 800-53 revision 5.
    pub nist80053: Vec<String>,
    /// CIS benchmark for macOS 26.
    pub cis: Vec<String>,
    /// Rule ids of the macOS Security Compliance Project.
    pub mscp: Vec<String>,
}

/// Steps that a person can follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// As the policy writes it: `>=13`, `<13`; none means every version.
    pub macos: Option<String>,
    /// The steps, in order.
    pub steps: Vec<String>,
    pub(super) from: Option<i64>,
    pub(super) below: Option<i64>,
}

impl Fix {
    /// Whether the steps are those of `version`.
    pub fn is_for(&self, version: Version) -> bool {
        let major = version.major();
        self.from.is_none_or(|from| major >= from) && self.below.is_none_or(|below| major < below)
    }
}

/// What is different for a group of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Name of the group.
    pub group: String,
    /// Id of the rule.
    pub rule: String,
    /// The mode for this group.
    pub mode: Option<Mode>,
    /// The thresholds that differ for this group.
    pub params: Params,
}
