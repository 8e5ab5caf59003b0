//! Intervals that ended and began: many devices' changes in a few statements.
//!
//! One statement must not touch a row twice, so what a batch does to one row is
//! first put together in memory.

use std::collections::BTreeMap;

use shared::policy::DeviceStatus;

use super::{Session, StoreError};
use crate::fleet::advance::Change;
use crate::fleet::finding::Finding;

/// Device, rule and begin of an interval.
type Key<'a> = (&'a str, &'a str, i64);

/// What is done to the rows of findings and statuses.
#[derive(Debug, Default)]
pub(super) struct Intervals<'a> {
    closed: BTreeMap<Key<'a>, i64>,
    said: BTreeMap<Key<'a>, &'a Finding>,
    put: BTreeMap<Key<'a>, Put<'a>>,
    /// By device: what it was from when on.
    statuses: BTreeMap<&'a str, Vec<(i64, DeviceStatus)>>,
}

#[derive(Debug)]
struct Put<'a> {
    /// What the interval says now.
    now: &'a Finding,
    /// What it said when it began.
    first: &'a Finding,
    until: Option<i64>,
}

impl<'a> Intervals<'a> {
    /// Adds one change of a device; in order.
    pub(super) fn add(&mut self, device: &'a str, change: &'a Change) {
        match change {
            Change::Close { rule, from, until } => {
                let key = (device, rule.as_str(), from.as_millisecond());
                match self.put.get_mut(&key) {
                    Some(put) => put.until = Some(until.as_millisecond()),
                    None => {
                        self.closed.insert(key, until.as_millisecond());
                    }
                }
            }
            Change::Put(finding) => {
                let key = (device, finding.rule.as_str(), finding.since.as_millisecond());
                // Two changes within one millisecond leave only the later one.
                self.closed.remove(&key);
                self.said.remove(&key);
                self.put.insert(key, Put { now: finding, first: finding, until: None });
            }
            Change::Say { finding, .. } => {
                let key = (device, finding.rule.as_str(), finding.since.as_millisecond());
                match self.put.get_mut(&key) {
                    Some(put) => put.now = finding,
                    None => {
                        self.said.insert(key, finding);
                    }
                }
            }
            // Kept with the device itself.
            Change::Build { .. } | Change::Removed { .. } => {}
            Change::Status { status, from } => {
                let steps = self.statuses.entry(device).or_default();
                let from = from.as_millisecond();
                match steps.last_mut() {
                    Some(newest) if newest.0 == from => newest.1 = *status,
                    _ => steps.push((from, *status)),
                }
            }
        }
    }

    /// Writes everything.
    pub(super) fn write(&self, db: &mut Session) -> Result<(), StoreError> {
        self.close(db)?;
        self.say(db)?;
        self.put(db)?;
        self.status(db)
    }

    fn close(&self, db: &mut Session) -> Result<(), StoreError> {
        const CLOSE: &str = "
            UPDATE finding SET until_ms = new.until_ms
            FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
              AS new (device_id, rule, from_ms, until_ms)
            WHERE finding.device_id = new.device_id AND finding.rule = new.rule
              AND finding.from_ms = new.from_ms";
        if self.closed.is_empty() {
            return Ok(());
        }
        let (devices, rules, from) = columns(self.closed.keys());
        let until: Vec<i64> = self.closed.values().copied().collect();
        db.execute(CLOSE, &[&devices, &rules, &from, &until])?;
        Ok(())
    }

    fn say(&self, db: &mut Session) -> Result<(), StoreError> {
        const SAY: &str = "
            UPDATE finding SET code = new.code, reason = new.reason, observed = new.observed,
              mode = new.mode, episode_ms = new.episode_ms, due_ms = new.due_ms,
              reading_ms = new.reading_ms
            FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                        $7::text[], $8::bigint[], $9::bigint[], $10::bigint[])
              AS new (device_id, rule, from_ms, code, reason, observed, mode, episode_ms, due_ms,
                      reading_ms)
            WHERE finding.device_id = new.device_id AND finding.rule = new.rule
              AND finding.from_ms = new.from_ms";
        if self.said.is_empty() {
            return Ok(());
        }
        let (devices, rules, from) = columns(self.said.keys());
        let words = Words::of(self.said.values().copied());
        db.execute(
            SAY,
            &[
                &devices,
                &rules,
                &from,
                &words.codes,
                &words.reasons,
                &words.observed,
                &words.modes,
                &words.episodes,
                &words.due,
                &words.readings,
            ],
        )?;
        Ok(())
    }

    fn put(&self, db: &mut Session) -> Result<(), StoreError> {
        const PUT: &str = "
            INSERT INTO finding (device_id, rule, from_ms, code, reason, observed, mode,
                                 episode_ms, due_ms, reading_ms, until_ms, status, began)
            SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[],
              $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[],
              $12::text[], $13::text[])
            ON CONFLICT (device_id, rule, from_ms) DO UPDATE SET
              until_ms = excluded.until_ms, status = excluded.status, code = excluded.code,
              reason = excluded.reason, observed = excluded.observed, mode = excluded.mode,
              episode_ms = excluded.episode_ms, due_ms = excluded.due_ms,
              reading_ms = excluded.reading_ms, began = excluded.began";
        if self.put.is_empty() {
            return Ok(());
        }
        let (devices, rules, from) = columns(self.put.keys());
        let words = Words::of(self.put.values().map(|put| put.now));
        let until: Vec<Option<i64>> = self.put.values().map(|put| put.until).collect();
        let statuses: Vec<&str> = self.put.values().map(|put| put.first.status.as_str()).collect();
        let began: Vec<&str> = self.put.values().map(|put| put.first.reason.as_str()).collect();
        db.execute(
            PUT,
            &[
                &devices,
                &rules,
                &from,
                &words.codes,
                &words.reasons,
                &words.observed,
                &words.modes,
                &words.episodes,
                &words.due,
                &words.readings,
                &until,
                &statuses,
                &began,
            ],
        )?;
        Ok(())
    }

    fn status(&self, db: &mut Session) -> Result<(), StoreError> {
        const CLOSE: &str = "
            UPDATE status_interval SET until_ms = new.until_ms
            FROM unnest($1::text[], $2::bigint[]) AS new (device_id, until_ms)
            WHERE status_interval.device_id = new.device_id AND status_interval.until_ms IS NULL";
        const PUT: &str = "
            INSERT INTO status_interval (device_id, from_ms, until_ms, status)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
            ON CONFLICT (device_id, from_ms) DO UPDATE SET until_ms = excluded.until_ms,
              status = excluded.status";
        if self.statuses.is_empty() {
            return Ok(());
        }
        let mut ends: (Vec<&str>, Vec<i64>) = (Vec::new(), Vec::new());
        let (mut devices, mut from, mut until, mut words) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (device, list) in &self.statuses {
            ends.0.push(device);
            ends.1.push(list.first().map_or(0, |first| first.0));
            let next = list.iter().skip(1).map(|next| Some(next.0)).chain([None]);
            for ((at, status), end) in list.iter().zip(next) {
                devices.push(*device);
                from.push(*at);
                until.push(end);
                words.push(status.as_str());
            }
        }
        db.together(&[(CLOSE, &[&ends.0, &ends.1]), (PUT, &[&devices, &from, &until, &words])])?;
        Ok(())
    }
}

fn columns<'a, 'b: 'a>(
    keys: impl Iterator<Item = &'a Key<'b>>,
) -> (Vec<&'b str>, Vec<&'b str>, Vec<i64>) {
    let (mut devices, mut rules, mut from) = (Vec::new(), Vec::new(), Vec::new());
    for (device, rule, at) in keys {
        devices.push(*device);
        rules.push(*rule);
        from.push(*at);
    }
    (devices, rules, from)
}

/// What findings say, by columns.
#[derive(Default)]
struct Words<'a> {
    codes: Vec<&'a str>,
    reasons: Vec<&'a str>,
    observed: Vec<String>,
    modes: Vec<&'a str>,
    episodes: Vec<Option<i64>>,
    due: Vec<Option<i64>>,
    readings: Vec<Option<i64>>,
}

impl<'a> Words<'a> {
    fn of(findings: impl Iterator<Item = &'a Finding>) -> Self {
        let mut words = Self::default();
        let ms = jiff::Timestamp::as_millisecond;
        for finding in findings {
            words.codes.push(&finding.code);
            words.reasons.push(&finding.reason);
            words.observed.push(super::writing::to_json(&finding.observed));
            words.modes.push(finding.mode.as_str());
            words.episodes.push(finding.episode.map(ms));
            words.due.push(finding.due_at.map(ms));
            words.readings.push(finding.reading_at.map(ms));
        }
        words
    }
}
