//! Fetching and signed rules in SQLite.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use shared::os_releases::Catalogue;

use super::devices::raise;
use super::reading::Asked;
use super::{StoreError, Writer, log};
use crate::clock::from_ms;
use crate::log::entry::Event;
use crate::store::os_releases::{Ended, FeedState, Feeds, IssuedPolicies, IssuedPolicy, Origin};
use crate::store::reading;

/// Puts a catalogue in force.
pub(super) fn put_in_force(
    db: &Connection,
    catalogue: &Catalogue,
    origin: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    db.execute(
        "INSERT INTO os_releases (sha256, as_of, source, active_ms, origin)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms, origin = excluded.origin",
        params![
            catalogue.sha256(),
            catalogue.as_of().to_string(),
            catalogue.text(),
            at.as_millisecond(),
            origin,
        ],
    )?;
    raise(db, "rules")?;
    let as_of = catalogue.as_of().to_string();
    let event = Event::Catalogue { as_of: &as_of, sha256: catalogue.sha256() };
    log::record(db, event.at(at)).map(drop)
}

/// The next answer is taken whatever it is: another catalogue is in force.
pub(super) fn forget_tags(db: &Connection) -> Result<(), StoreError> {
    db.execute("UPDATE os_feed SET etag = NULL, modified = NULL", [])?;
    Ok(())
}

impl Feeds for Writer {
    fn feed(&self) -> Result<FeedState, StoreError> {
        reading::feed(&mut Asked(&self.connection))
    }

    fn begin_fetch(
        &mut self,
        url: &str,
        now: Timestamp,
        until: Timestamp,
        next_at: Timestamp,
    ) -> Result<Option<FeedState>, StoreError> {
        const BEGIN: &str = "UPDATE os_feed SET attempt = attempt + 1, busy_until_ms = ?3,
            etag = CASE WHEN url = ?1 THEN etag END, modified = CASE WHEN url = ?1 THEN modified END,
            url = ?1, attempted_ms = ?2, outcome = NULL, next_ms = ?4, asked_for = wanted
            WHERE busy_until_ms <= ?2";
        let transaction = self.begin()?;
        transaction.execute("INSERT INTO os_feed (id) VALUES (1) ON CONFLICT DO NOTHING", [])?;
        let [now, until, next_at] = [now, until, next_at].map(Timestamp::as_millisecond);
        let begun = transaction.execute(BEGIN, params![url, now, until, next_at])?;
        let state = if begun == 1 { Some(reading::feed(&mut Asked(&transaction))?) } else { None };
        transaction.commit()?;
        Ok(state)
    }

    fn end_fetch(
        &mut self,
        ended: &Ended,
        catalogue: Option<&Catalogue>,
    ) -> Result<bool, StoreError> {
        const END: &str = "UPDATE os_feed SET busy_until_ms = 0, outcome = ?2, detail = ?3,
            etag = ?4, modified = ?5, corrections_sha256 = ?6, dates_itself = ?7, next_ms = ?8,
            answered_ms = CASE WHEN ?2 = 'failed' THEN answered_ms ELSE ?9 END,
            failures = CASE WHEN ?2 = 'failed' THEN failures + 1 ELSE 0 END
            WHERE attempt = ?1 RETURNING url";
        let transaction = self.begin()?;
        let url: Option<String> = transaction
            .query_row(
                END,
                params![
                    ended.attempt,
                    ended.outcome.as_str(),
                    ended.detail,
                    ended.tags.etag,
                    ended.tags.modified,
                    ended.corrections_sha256,
                    ended.dates_itself,
                    ended.next_at.as_millisecond(),
                    ended.at.as_millisecond(),
                ],
                |row| row.get(0),
            )
            .optional()?;
        if let (Some(url), Some(catalogue)) = (&url, catalogue) {
            put_in_force(&transaction, catalogue, url, ended.at)?;
        }
        transaction.commit()?;
        Ok(url.is_some())
    }

    fn want_fetch(&mut self, system: &str) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO os_feed (id, wanted) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET wanted = excluded.wanted",
            [system],
        )?;
        transaction.commit()?;
        Ok(())
    }

    fn origin(&self, catalogue_sha256: &str) -> Result<Option<Origin>, StoreError> {
        reading::origin(&mut Asked(&self.connection), catalogue_sha256)
    }
}

impl IssuedPolicies for Writer {
    fn newest_policy(&self) -> Result<Option<IssuedPolicy>, StoreError> {
        const NEWEST: &str = "SELECT issued_ms, signer, policy_sha256, catalogue_sha256,
            not_after_ms, document FROM issued_policy ORDER BY issued_ms DESC LIMIT 1";
        let newest = self
            .connection
            .query_row(NEWEST, [], |row| {
                Ok(IssuedPolicy {
                    issued_at: from_ms(row.get(0)?),
                    signer: row.get(1)?,
                    policy_sha256: row.get(2)?,
                    catalogue_sha256: row.get(3)?,
                    not_after: from_ms(row.get(4)?),
                    document: row.get(5)?,
                })
            })
            .optional()?;
        Ok(newest)
    }

    fn keep_policy(&mut self, issued: &IssuedPolicy) -> Result<(), StoreError> {
        let transaction = self.begin()?;
        transaction.execute(
            "INSERT INTO issued_policy (issued_ms, signer, policy_sha256, catalogue_sha256,
             not_after_ms, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                issued.issued_at.as_millisecond(),
                issued.signer,
                issued.policy_sha256,
                issued.catalogue_sha256,
                issued.not_after.as_millisecond(),
                issued.document,
            ],
        )?;
        let event = Event::Rules {
            policy_sha256: &issued.policy_sha256,
            catalogue_sha256: &issued.catalogue_sha256,
            document_sha256: &shared::keys::sha256_hex(issued.document.as_bytes()),
        };
        log::record(&transaction, event.at(issued.issued_at))?;
        transaction.commit()?;
        Ok(())
    }
}
