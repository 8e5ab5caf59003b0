//! What a version of macOS means on pages: how far behind, and exposed to what.

use std::collections::BTreeMap;

use jiff::Timestamp;
use shared::os_releases::{Catalogue, Installed, PatchFacts, Version, patch_facts};

use crate::store::views::SystemSeen;

/// What the catalogue says of a reported system; nothing when the version
/// cannot be read.
pub(crate) fn facts(
    catalogue: &Catalogue,
    system: &SystemSeen,
    now: Timestamp,
) -> Option<PatchFacts> {
    let version = system.version.parse().ok()?;
    let installed = Installed {
        version,
        build: system.build.as_deref(),
        extra: system.extra.as_deref(),
        beta: false,
    };
    Some(patch_facts(catalogue, &installed, now))
}

/// Version with the suffix of an improvement: `26.3.1 (a)`.
pub(crate) fn version_words(system: &SystemSeen) -> String {
    match system.extra.as_deref() {
        Some(extra) if !extra.is_empty() => format!("{} {extra}", system.version),
        _ => system.version.clone(),
    }
}

/// How far behind a system is; empty when it is the newest of its kind.
pub(crate) fn behind(facts: Option<&PatchFacts>) -> String {
    match facts {
        None => "not understood".to_owned(),
        Some(facts) if facts.major_supported == Some(false) => "unsupported".to_owned(),
        Some(facts) if !facts.releases_missed.is_empty() => {
            format!("{} behind", facts.releases_missed.len())
        }
        Some(facts) if !facts.listed => "not in the catalogue".to_owned(),
        Some(_) => String::new(),
    }
}

/// Remembers the facts of systems that many devices share.
pub(crate) struct Systems<'a> {
    catalogue: &'a Catalogue,
    now: Timestamp,
    known: BTreeMap<SystemSeen, Option<PatchFacts>>,
}

impl<'a> Systems<'a> {
    pub(crate) fn new(catalogue: &'a Catalogue, now: Timestamp) -> Self {
        Self { catalogue, now, known: BTreeMap::new() }
    }

    /// The facts of `system`.
    pub(crate) fn facts(&mut self, system: &SystemSeen) -> Option<&PatchFacts> {
        if !self.known.contains_key(system) {
            let facts = facts(self.catalogue, system, self.now);
            self.known.insert(system.clone(), facts);
        }
        self.known.get(system).and_then(Option::as_ref)
    }
}

/// The numbers of a version, to sort by; what is no version comes first.
pub(crate) fn version_of(system: &SystemSeen) -> Option<Version> {
    system.version.parse().ok()
}
