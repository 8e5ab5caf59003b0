//! How many requests one token or one session may make, so that a script that
//! runs wild takes nobody else's time.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::problem::ApiProblem;
use crate::ingest::limits::bucket::{Allowance, Buckets};

/// Most of them that are remembered at one time.
const REMEMBERED: usize = 20_000;

/// Counts requests, cheap to clone.
#[derive(Clone)]
pub(crate) struct Pace {
    allowance: Allowance,
    buckets: Arc<Mutex<Buckets<Box<str>>>>,
}

impl Pace {
    /// Nobody has asked for anything yet.
    pub(crate) fn new(allowance: Allowance) -> Self {
        Self { allowance, buckets: Arc::new(Mutex::new(Buckets::new(allowance, REMEMBERED))) }
    }

    /// Counts a request of `whom`; the headers that say what is left.
    pub(crate) fn count(&self, whom: &str, now: Timestamp) -> Result<HeaderMap, ApiProblem> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = buckets.take(whom, now);
        let left = buckets.left(whom, now);
        drop(buckets);
        let seconds = (self.allowance.refill_ms + 999) / 1000;
        let [policy, limit] = self.words(left, seconds);
        if taken {
            let mut headers = HeaderMap::new();
            for (name, value) in [("ratelimit-policy", policy), ("ratelimit", limit)] {
                let value = HeaderValue::from_str(&value).ok();
                headers.extend(value.map(|value| (HeaderName::from_static(name), value)));
            }
            return Ok(headers);
        }
        let detail = "Too many requests with this token or session; come again after the time in `Retry-After`.";
        Err(ApiProblem::new("rate-limited", detail)
            .retry_after(seconds.unsigned_abs())
            .with(HeaderName::from_static("ratelimit-policy"), &policy)
            .with(HeaderName::from_static("ratelimit"), &limit))
    }

    /// Both headers, as the draft of the IETF writes them.
    fn words(&self, left: i64, seconds: i64) -> [String; 2] {
        let Allowance { burst, refill_ms } = self.allowance;
        let window = (burst * refill_ms / 1000).max(1);
        [format!("\"requests\";q={burst};w={window}"), format!("\"requests\";r={left};t={seconds}")]
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Allowance, Pace};

    #[test]
    fn a_burst_passes_and_then_what_comes_back_with_time() {
        let pace = Pace::new(Allowance { burst: 3, refill_ms: 2000 });
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let left = |at| {
            let headers = pace.count("token a", at).ok()?;
            Some(headers["ratelimit"].to_str().unwrap().to_owned())
        };
        assert_eq!(left(now).as_deref(), Some("\"requests\";r=2;t=2"));
        assert_eq!(left(now).as_deref(), Some("\"requests\";r=1;t=2"));
        assert_eq!(left(now).as_deref(), Some("\"requests\";r=0;t=2"));
        assert_eq!(left(now), None);
        assert!(pace.count("token b", now).is_ok());
        let problem = pace.count("token a", now).unwrap_err().answer("1");
        assert_eq!(problem.headers()["retry-after"], "2");
        assert_eq!(problem.headers()["ratelimit-policy"], "\"requests\";q=3;w=6");
        assert!(left(now + SignedDuration::from_secs(2)).is_some());
    }
}
