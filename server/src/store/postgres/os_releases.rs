//! Fetching and signed rules in PostgreSQL.

use jiff::Timestamp;
use shared::os_releases::Catalogue;
use tokio_postgres::Row;

use super::devices::raise;
use super::{Session, StoreError, Writer, log};
use crate::clock::from_ms;
use crate::log::entry::Event;
use crate::store::os_releases::{Ended, FeedState, Feeds, IssuedPolicies, IssuedPolicy, Origin};
use crate::store::reading::{feed, origin};

/// Puts a catalogue in force.
pub(super) fn put_in_force(
    db: &mut Session,
    catalogue: &Catalogue,
    origin: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    const PUT: &str = "INSERT INTO os_releases (sha256, as_of, source, active_ms, origin)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (sha256) DO UPDATE SET active_ms = excluded.active_ms,
          origin = excluded.origin";
    let as_of = catalogue.as_of().to_string();
    let ms = at.as_millisecond();
    db.execute(PUT, &[&catalogue.sha256(), &as_of, &catalogue.text(), &ms, &origin])?;
    raise(db, "rules")?;
    let event = Event::Catalogue { as_of: &as_of, sha256: catalogue.sha256() };
    log::record(db, event.at(at)).map(drop)
}

/// The next answer is taken whatever it is: another catalogue is in force.
pub(super) fn forget_tags(db: &mut Session) -> Result<(), StoreError> {
    db.execute("UPDATE os_feed SET etag = NULL, modified = NULL", &[])?;
    Ok(())
}

impl Feeds for Writer {
    fn feed(&self) -> Result<FeedState, StoreError> {
        self.ask(|db| feed(db))
    }

    fn begin_fetch(
        &mut self,
        url: &str,
        now: Timestamp,
        until: Timestamp,
        next_at: Timestamp,
    ) -> Result<Option<FeedState>, StoreError> {
        const BEGIN: &str = "UPDATE os_feed SET attempt = attempt + 1, busy_until_ms = $3,
            etag = CASE WHEN url = $1 THEN etag END, modified = CASE WHEN url = $1 THEN modified END,
            url = $1, attempted_ms = $2, outcome = NULL, next_ms = $4, asked_for = wanted
            WHERE busy_until_ms <= $2";
        let [now, until, next_at] = [now, until, next_at].map(Timestamp::as_millisecond);
        self.session().transaction(|db| {
            db.execute("INSERT INTO os_feed (id) VALUES (1) ON CONFLICT DO NOTHING", &[])?;
            let begun = db.execute(BEGIN, &[&url, &now, &until, &next_at])?;
            if begun == 1 { Ok(Some(feed(db)?)) } else { Ok(None) }
        })
    }

    fn end_fetch(
        &mut self,
        ended: &Ended,
        catalogue: Option<&Catalogue>,
    ) -> Result<bool, StoreError> {
        const END: &str = "UPDATE os_feed SET busy_until_ms = 0, outcome = $2, detail = $3,
            etag = $4, modified = $5, corrections_sha256 = $6, dates_itself = $7, next_ms = $8,
            answered_ms = CASE WHEN $2 = 'failed' THEN answered_ms ELSE $9 END,
            failures = CASE WHEN $2 = 'failed' THEN failures + 1 ELSE 0 END
            WHERE attempt = $1 RETURNING url";
        self.session().transaction(|db| {
            let row = db.row(
                END,
                &[
                    &ended.attempt,
                    &ended.outcome.as_str(),
                    &ended.detail,
                    &ended.tags.etag,
                    &ended.tags.modified,
                    &ended.corrections_sha256,
                    &ended.dates_itself,
                    &ended.next_at.as_millisecond(),
                    &ended.at.as_millisecond(),
                ],
            )?;
            let Some(row) = row else { return Ok(false) };
            if let Some(catalogue) = catalogue {
                put_in_force(db, catalogue, row.try_get(0)?, ended.at)?;
            }
            Ok(true)
        })
    }

    fn want_fetch(&mut self, system: &str) -> Result<(), StoreError> {
        const WANT: &str = "INSERT INTO os_feed (id, wanted) VALUES (1, $1)
            ON CONFLICT (id) DO UPDATE SET wanted = excluded.wanted";
        self.session().transaction(|db| db.execute(WANT, &[&system]))?;
        Ok(())
    }

    fn origin(&self, catalogue_sha256: &str) -> Result<Option<Origin>, StoreError> {
        self.ask(|db| origin(db, catalogue_sha256))
    }
}

impl IssuedPolicies for Writer {
    fn newest_policy(&self) -> Result<Option<IssuedPolicy>, StoreError> {
        const NEWEST: &str = "SELECT issued_ms, signer, policy_sha256, catalogue_sha256,
            not_after_ms, document FROM issued_policy ORDER BY issued_ms DESC LIMIT 1";
        self.ask(|db| db.row(NEWEST, &[])?.as_ref().map(issued).transpose())
    }

    fn keep_policy(&mut self, issued: &IssuedPolicy) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO issued_policy (issued_ms, signer, policy_sha256,
            catalogue_sha256, not_after_ms, document) VALUES ($1, $2, $3, $4, $5, $6)";
        let (from, until) = (issued.issued_at.as_millisecond(), issued.not_after.as_millisecond());
        let event = Event::Rules {
            policy_sha256: &issued.policy_sha256,
            catalogue_sha256: &issued.catalogue_sha256,
            document_sha256: &shared::keys::sha256_hex(issued.document.as_bytes()),
        };
        let IssuedPolicy { signer, policy_sha256, catalogue_sha256, document, .. } = issued;
        self.session().transaction(|db| {
            db.execute(KEEP, &[&from, signer, policy_sha256, catalogue_sha256, &until, document])?;
            log::record(db, event.at(issued.issued_at)).map(drop)
        })
    }
}

fn issued(row: &Row) -> Result<IssuedPolicy, StoreError> {
    Ok(IssuedPolicy {
        issued_at: from_ms(row.try_get(0)?),
        signer: row.try_get(1)?,
        policy_sha256: row.try_get(2)?,
        catalogue_sha256: row.try_get(3)?,
        not_after: from_ms(row.try_get(4)?),
        document: row.try_get(5)?,
    })
}
