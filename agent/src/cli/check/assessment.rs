//! One device, read and judged.

use jiff::Timestamp;
use shared::os_releases::Catalogue;
use shared::policy::{FindingStatus, Known, Policy, Readings, Rule, Verdict, derive, judge};
use shared::reading::{FieldValue, Reading};

use crate::checks;
use crate::device::{self, DeviceFacts};
use crate::host::Host;

/// What a check of one device gave.
pub(super) struct Assessment<'p> {
    /// The policy it was judged by.
    pub(super) policy: &'p Policy,
    /// Which computer it is.
    pub(super) device: DeviceFacts,
    /// Its version of macOS, where known.
    pub(super) os_version: Option<String>,
    /// Its build, where known.
    pub(super) os_build: Option<String>,
    /// When it was read.
    pub(super) observed_at: Timestamp,
    /// Whether the answers come from a recording.
    pub(super) is_recorded: bool,
    verdicts: Vec<Verdict>,
}

impl Assessment<'_> {
    /// Reads `host` and judges what was read.
    pub(super) fn of<'p>(
        host: &dyn Host,
        policy: &'p Policy,
        catalogue: &Catalogue,
    ) -> Assessment<'p> {
        let observed_at = host.now();
        let readings: Readings = checks::read_all(host)
            .into_iter()
            .map(|reading| (reading.id.clone(), Known::from(reading)))
            .collect();
        let os = |name| readings.get("os").and_then(|os| text_field(&os.latest, name));
        let derived = derive(&readings, catalogue, observed_at);
        Assessment {
            policy,
            device: device::read(host),
            os_version: os("version"),
            os_build: os("build"),
            observed_at,
            is_recorded: host.is_recorded(),
            verdicts: judge(policy, &readings, &derived, observed_at),
        }
    }

    /// Every rule that was judged, with its verdict, in the policy's order.
    pub(super) fn findings(&self) -> impl Iterator<Item = (&Rule, &Verdict)> {
        self.verdicts.iter().filter_map(|verdict| Some((self.policy.rule(&verdict.rule)?, verdict)))
    }

    /// How many rules ended as `status`.
    pub(super) fn count(&self, status: FindingStatus) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.status == status).count()
    }
}

fn text_field(reading: &Reading, name: &str) -> Option<String> {
    match reading.fields.get(name)? {
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Flag(_) | FieldValue::Integer(_) => None,
    }
}
