//! The audit log's address: what is searched for, and where the page begins.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::store::access::audit::AuditAsk;
use crate::web::devices::encoded;

/// What the address says; what is empty does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in crate::web) struct AuditQuery {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) action: String,
    #[serde(default)]
    pub(super) actor: String,
    #[serde(default)]
    pub(super) object: String,
    /// First day, in UTC.
    #[serde(default)]
    pub(super) from: String,
    /// Last day, in UTC.
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    before: String,
}

impl AuditQuery {
    /// What the store is asked; the error says what would be right.
    pub(super) fn ask(&self, limit: u32) -> Result<AuditAsk, String> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str, later: bool| {
            let Some(text) = Some(text.trim()).filter(|text| !text.is_empty()) else {
                return Ok(None);
            };
            let wrong = || format!("“{text}” is no day. Write it as 2026-08-23.");
            let day: Date = text.parse().map_err(|_| wrong())?;
            let day = if later { day.tomorrow().map_err(|_| wrong())? } else { day };
            day.to_zoned(TimeZone::UTC).map(|at| Some(at.timestamp())).map_err(|_| wrong())
        };
        let before = match text(&self.before) {
            None => None,
            Some(place) => Some(place.parse().map_err(|_| {
                "The place in the list cannot be read. Begin at the first page.".to_owned()
            })?),
        };
        Ok(AuditAsk {
            actor: text(&self.actor),
            action: text(&self.action),
            object: text(&self.object),
            text: text(&self.q),
            from: day(&self.from, false)?,
            until: day(&self.to, true)?,
            before,
            limit,
        })
    }

    /// The same search, further back.
    pub(super) fn before(&self, position: u64) -> Self {
        Self { before: position.to_string(), ..self.clone() }
    }

    /// Whether anything is searched for.
    pub(super) fn is_filtered(&self) -> bool {
        *self != Self { before: self.before.clone(), ..Self::default() }
    }

    /// Whether this is not the first page.
    pub(super) fn is_later(&self) -> bool {
        !self.before.is_empty()
    }

    /// The address of this view under `path`.
    pub(super) fn address(&self, path: &str) -> String {
        let pairs: Vec<String> = [
            ("q", &self.q),
            ("action", &self.action),
            ("actor", &self.actor),
            ("object", &self.object),
            ("from", &self.from),
            ("to", &self.to),
            ("before", &self.before),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

#[cfg(test)]
mod tests {
    use super::AuditQuery;

    #[test]
    fn days_are_whole_and_a_mistake_is_named() {
        let query = AuditQuery {
            from: "2026-08-20".into(),
            to: "2026-08-20".into(),
            ..AuditQuery::default()
        };
        let ask = query.ask(5).unwrap();
        assert_eq!(ask.from, Some("2026-08-20T00:00:00Z".parse().unwrap()));
        assert_eq!(ask.until, Some("2026-08-21T00:00:00Z".parse().unwrap()));
        let wrong = AuditQuery { from: "monday".into(), ..AuditQuery::default() };
        assert_eq!(wrong.ask(5).unwrap_err(), "“monday” is no day. Write it as 2026-08-23.");
        let odd = AuditQuery { before: "x".into(), ..AuditQuery::default() };
        assert!(odd.ask(5).is_err());
        assert_eq!(
            query.before(7).address("/audit"),
            "/audit?from=2026-08-20&to=2026-08-20&before=7"
        );
    }
}
