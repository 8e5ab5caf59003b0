//! What is counted while the collector works.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::timing::{REPORTS, SECONDS, Timing};

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept.
    New,
    /// It was here already.
    Duplicate,
    /// It was refused: signature, key, subject, form.
    Refused,
    /// Its key or address sends too many.
    Limited,
    /// The queue was full or the database away.
    Busy,
    /// The collector failed.
    Failed,
}

impl Outcome {
    const ALL: [(Self, &'static str); 6] = [
        (Self::New, "new"),
        (Self::Duplicate, "duplicate"),
        (Self::Refused, "refused"),
        (Self::Limited, "limited"),
        (Self::Busy, "busy"),
        (Self::Failed, "failed"),
    ];

    /// What an HTTP status of a refusal means.
    pub fn of_status(status: u16) -> Self {
        match status {
            429 => Self::Limited,
            503 => Self::Busy,
            500.. => Self::Failed,
            _ => Self::Refused,
        }
    }
}

/// One label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignIn {
    way: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: &'static str,
}

/// Counters and times, cheap to clone: all copies count together.
#[derive(Clone, Debug)]
pub struct Meters {
    /// One each, so that counting a report looks nothing up.
    reports: [Counter; Outcome::ALL.len()],
    report_results: Family<ResultLabel, Counter>,
    ingest: Timing,
    batch: Timing,
    commit: Timing,
    sign_ins: Family<SignIn, Counter>,
    requests: Family<Request, Counter>,
    deliveries: Family<ResultLabel, Counter>,
    pending: Gauge,
}

impl Default for Meters {
    fn default() -> Self {
        let report_results = Family::<ResultLabel, Counter>::default();
        let reports = Outcome::ALL
            .map(|(_, result)| report_results.get_or_create_owned(&ResultLabel { result }));
        Self {
            reports,
            report_results,
            ingest: Timing::new(SECONDS),
            batch: Timing::new(REPORTS),
            commit: Timing::new(SECONDS),
            sign_ins: Family::default(),
            requests: Family::default(),
            deliveries: Family::default(),
            pending: Gauge::default(),
        }
    }
}

impl Meters {
    /// A report was answered.
    pub fn report(&self, outcome: Outcome, took: Duration) {
        if let Some(counter) = self.reports.get(outcome as usize) {
            counter.inc();
        }
        self.ingest.took(took);
    }

    /// A transaction with reports was made durable.
    pub fn commit(&self, reports: usize, took: Duration) {
        self.batch.count(u32::try_from(reports).unwrap_or(u32::MAX));
        self.commit.took(took);
    }

    /// Somebody signed in or was refused; `way` is one of a few words.
    pub fn sign_in(&self, way: &str, is_in: bool) {
        let result = if is_in { "success" } else { "refused" };
        self.sign_ins.get_or_create(&SignIn { way: way.to_owned(), result }).inc();
    }

    /// A request to the API was answered; `route` is the route's pattern.
    pub fn request(&self, method: &str, route: &str, status: u16) {
        let status = match status / 100 {
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            5 => "5xx",
            _ => "1xx",
        };
        let label = Request { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&label).inc();
    }

    /// A webhook was sent.
    pub fn delivery(&self, is_delivered: bool) {
        let result = if is_delivered { "delivered" } else { "failed" };
        self.deliveries.get_or_create(&ResultLabel { result }).inc();
    }

    /// Webhooks that have something to send.
    pub fn pending(&self, webhooks: usize) {
        self.pending.set(i64::try_from(webhooks).unwrap_or(i64::MAX));
    }

    /// Puts all of it on the list.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("reports", "Reports by what became of them", self.report_results.clone());
        registry.register(
            "ingest_seconds",
            "Time from the arrival of a report to its answer",
            self.ingest.clone(),
        );
        registry.register("batch_reports", "Reports in one transaction", self.batch.clone());
        registry.register(
            "commit_seconds",
            "Time of one transaction, from its begin until it is durable",
            self.commit.clone(),
        );
        registry.register("sign_ins", "Sign-ins by way and result", self.sign_ins.clone());
        registry.register(
            "api_requests",
            "Requests to the API by route and class of status",
            self.requests.clone(),
        );
        registry.register(
            "webhook_deliveries",
            "Messages to webhooks by result",
            self.deliveries.clone(),
        );
        registry.register(
            "webhooks_pending",
            "Webhooks with events that are not delivered yet",
            self.pending.clone(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn every_outcome_has_its_own_counter() {
        for (place, (outcome, _)) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
        let of = |status| Outcome::of_status(status);
        assert_eq!(
            (of(401), of(413), of(429)),
            (Outcome::Refused, Outcome::Refused, Outcome::Limited)
        );
        assert_eq!((of(500), of(503)), (Outcome::Failed, Outcome::Busy));
    }
}
