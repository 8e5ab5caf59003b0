//! What is looked up when somebody asks: levels, not counts.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::store::StoreError;
use crate::store::log::LogViews;
use crate::store::views::expected::Population;
use crate::store::views::{Standing, Views};

/// What the database knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Devices by standing.
    pub devices: Vec<(Standing, u64)>,
    /// Entries of the log.
    pub log_size: u64,
    /// The list of expected Macs beside what is enrolled.
    pub population: Population,
}

impl Stored {
    /// Asks the database. Blocks.
    pub fn read(views: &Arc<dyn Views>, log: &Arc<dyn LogViews>) -> Result<Self, StoreError> {
        Ok(Self {
            devices: views.standings()?,
            log_size: log.log_head()?.size(),
            population: views.population()?,
        })
    }
}

/// Everything that is looked up for one answer.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Reports that wait for the writer.
    pub queue: usize,
    /// How many may wait.
    pub queue_limit: usize,
    /// Whether this replica does the work that only one does.
    pub holds_lease: bool,
    /// Bytes of SQLite's write-ahead log.
    pub wal_bytes: Option<u64>,
    /// Free share of the fullest disk.
    pub disk_free: Option<f64>,
    /// What the database said; none when it did not answer.
    pub stored: Option<Stored>,
}

impl Collector for Levels {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        gauge(&mut encoder, "queue_depth", "Reports that wait for the writer", whole(self.queue))?;
        gauge(&mut encoder, "queue_limit", "Reports that may wait", whole(self.queue_limit))?;
        gauge(
            &mut encoder,
            "database_up",
            "Whether the database answers",
            i64::from(self.stored.is_some()),
        )?;
        gauge(
            &mut encoder,
            "lease_held",
            "Whether this replica does the work that one at a time does",
            i64::from(self.holds_lease),
        )?;
        if let Some(bytes) = self.wal_bytes {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            gauge(&mut encoder, "wal_bytes", "Size of SQLite's write-ahead log", bytes)?;
        }
        if let Some(share) = self.disk_free {
            let help = "Free share of the fullest disk that the collector writes to";
            let metric = ConstGauge::new(share);
            metric.encode(encoder.encode_descriptor(
                "disk_free_ratio",
                help,
                None,
                MetricType::Gauge,
            )?)?;
        }
        let Some(stored) = &self.stored else { return Ok(()) };
        let size = i64::try_from(stored.log_size).unwrap_or(i64::MAX);
        gauge(&mut encoder, "log_size", "Entries of the tamper-evident log", size)?;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        gauge(
            &mut encoder,
            "devices_never_enrolled",
            "Macs in use on the list of expected devices that no device claims",
            number(stored.population.never_enrolled),
        )?;
        gauge(
            &mut encoder,
            "devices_not_expected",
            "Enrolled devices that are not on the list, once there is one",
            number(stored.population.unexpected),
        )?;
        let mut family = encoder.encode_descriptor(
            "devices",
            "Devices by how they stand",
            None,
            MetricType::Gauge,
        )?;
        for standing in Standing::ALL {
            let count = stored.devices.iter().find(|(it, _)| it == standing).map_or(0, |it| it.1);
            let label = [("standing", standing.as_str())];
            let metric = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            metric.encode(family.encode_family(&label)?)?;
        }
        Ok(())
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: i64,
) -> Result<(), fmt::Error> {
    let encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    ConstGauge::new(value).encode(encoder)
}
