//! A histogram that is only counted up: no lock where reports pass.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Bounds for the time of a report or a commit, in seconds.
pub const SECONDS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Bounds for the number of reports in one transaction.
pub const REPORTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Counts values by size.
#[derive(Clone, Debug)]
pub struct Timing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bounds: &'static [f64],
    /// One more than there are bounds: whatever is larger than all of them.
    counts: Vec<AtomicU64>,
    /// In millionths.
    sum: AtomicU64,
}

impl Timing {
    /// With these upper bounds, ascending.
    pub fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Inner { bounds, counts, sum: AtomicU64::new(0) }))
    }

    /// Counts a time.
    pub fn took(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.add(time.as_secs_f64(), micros);
    }

    /// Counts a number.
    pub fn count(&self, number: u32) {
        self.add(f64::from(number), u64::from(number) * 1_000_000);
    }

    fn add(&self, value: f64, millionths: u64) {
        let place = self.0.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.0.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(millionths, Ordering::Relaxed);
    }
}

impl EncodeMetric for Timing {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let bounds = self.0.bounds.iter().copied().chain([f64::INFINITY]);
        let counts = self.0.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
        // From the buckets, so that they agree whatever is counted meanwhile.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_micros(self.0.sum.load(Ordering::Relaxed)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::{REPORTS, SECONDS, Timing};

    #[test]
    fn each_value_is_in_the_bucket_of_its_bound_and_in_all_above() {
        let (seconds, reports) = (Timing::new(SECONDS), Timing::new(REPORTS));
        for millis in [0, 1, 3, 40_000] {
            seconds.took(Duration::from_millis(millis));
        }
        reports.count(512);
        reports.count(513);
        let mut registry = Registry::default();
        registry.register("a", "A", seconds);
        registry.register("b", "B", reports);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "a_sum 40.004",
            "a_count 4",
            "a_bucket{le=\"0.0005\"} 1",
            "a_bucket{le=\"0.001\"} 2",
            "a_bucket{le=\"10.0\"} 3",
            "a_bucket{le=\"+Inf\"} 4",
            "b_bucket{le=\"512.0\"} 1",
            "b_sum 1025.0",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
        }
    }
}
