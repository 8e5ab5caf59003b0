//! Rules over observations: what a company asks of its Macs.
//!
//! A policy is data. Agent and collector judge with the same code and say the
//! same sentences; only the collector knows when the last report came.

mod baseline;
mod conditions;
mod derived;
mod document;
mod expression;
mod judge;
mod known;
mod place;
mod read;
mod rule;
mod sentence;
mod status;
mod typing;
mod unknown;
mod verdict;
mod vocabulary;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

pub use derived::{DERIVED, Derived, DerivedFact, Origin, derive, derive_reporting};
pub use judge::{judge, judge_in};
pub use known::{Known, Readings};
pub use rule::{Controls, Fix, FixedBy, Override, Param, Params, Rule};
pub use status::{DeviceStatus, FindingStatus, Mode};
pub use verdict::Verdict;

/// A versioned set of rules.
#[derive(Debug)]
pub struct Policy {
    /// Its name, `baseline` for the one that comes with the product.
    pub id: String,
    /// Raised by whoever changes it.
    pub version: u32,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// Its rules, in the order in which people are shown them.
    pub rules: Vec<Rule>,
    /// What is different for groups of devices.
    pub overrides: Vec<Override>,
    source: Arc<str>,
}

/// Why a text is no policy, with the place in it.
///
/// Shown as `policy.toml:12:8: what is wrong; what to do`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct PolicyError {
    /// Name of the file, `policy.toml` unless told.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl PolicyError {
    /// The same error about a file with another name.
    #[must_use]
    pub fn in_file(self, file: &str) -> Self {
        Self { file: file.to_owned(), ..self }
    }
}

static BASELINE: LazyLock<Arc<Policy>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a test reads the same bytes")]
    Arc::new(Policy::parse(&baseline::text()).expect("the baseline is valid"))
});

impl Policy {
    /// The policy that comes with the product.
    pub fn baseline() -> Arc<Self> {
        Arc::clone(&BASELINE)
    }

    /// Reads a policy and checks every expression in it.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        read::policy(text)
    }

    /// The text that it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The rule called `id`.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// How much `rule` matters to a device in `groups`; the last override wins.
    pub fn mode_in(&self, rule: &Rule, groups: &[&str]) -> Mode {
        self.overrides_of(rule, groups).filter_map(|one| one.mode).last().unwrap_or(rule.mode)
    }

    /// The thresholds of `rule` for a device in `groups`.
    pub fn params_in<'a>(&self, rule: &'a Rule, groups: &[&str]) -> Cow<'a, Params> {
        let mut params = Cow::Borrowed(&rule.params);
        for one in self.overrides_of(rule, groups).filter(|one| !one.params.is_empty()) {
            params.to_mut().extend(one.params.clone());
        }
        params
    }

    fn overrides_of<'a>(
        &'a self,
        rule: &'a Rule,
        groups: &'a [&str],
    ) -> impl Iterator<Item = &'a Override> {
        let fits = |one: &&Override| one.rule == rule.id && groups.contains(&one.group.as_str());
        self.overrides.iter().filter(fits)
    }
}

/// SHA-256 of `bytes` in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
