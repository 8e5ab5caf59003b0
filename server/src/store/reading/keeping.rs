//! What fetching the catalogue has come to.

use jiff::Timestamp;

use super::{Fields, Lend, Reading, Value};
use crate::clock::from_ms;
use crate::store::StoreError;
use crate::store::os_releases::{FeedState, Keeping, KeepingViews, Origin, Outcome, Tags};

impl<L: Lend> KeepingViews for L {
    fn keeping(&self, catalogue_sha256: &str) -> Result<Keeping, StoreError> {
        self.lend(|db| {
            Ok(Keeping {
                feed: feed(db)?,
                origin: origin(db, catalogue_sha256)?,
                issued_since: issued_since(db, catalogue_sha256)?,
            })
        })
    }
}

/// What fetching has come to.
pub(in crate::store) fn feed(db: &mut dyn Reading) -> Result<FeedState, StoreError> {
    const FEED: &str = "SELECT attempt, url, etag, modified, corrections_sha256, dates_itself,
        attempted_ms, outcome, detail, answered_ms, failures, next_ms, wanted, asked_for
        FROM os_feed";
    let state = db.first(FEED, &[], read_feed)?;
    Ok(state.unwrap_or_else(|| FeedState { dates_itself: true, ..FeedState::default() }))
}

fn read_feed(row: &dyn Fields) -> Result<FeedState, StoreError> {
    Ok(FeedState {
        attempt: row.int(0)?,
        url: row.string(1)?,
        tags: Tags { etag: row.string_or_null(2)?, modified: row.string_or_null(3)? },
        corrections_sha256: row.string(4)?,
        dates_itself: row.flag(5)?,
        attempted_at: row.time_or_null(6)?,
        outcome: row.text(7)?.map(Outcome::stored),
        detail: row.string(8)?,
        answered_at: row.time_or_null(9)?,
        failures: u32::try_from(row.int(10)?).unwrap_or(0),
        next_at: row.time(11)?,
        wanted: row.string_or_null(12)?,
        asked_for: row.string_or_null(13)?,
    })
}

/// Where a catalogue came from, and since when it is in force.
pub(in crate::store) fn origin(
    db: &mut dyn Reading,
    sha256: &str,
) -> Result<Option<Origin>, StoreError> {
    db.first(
        "SELECT origin, active_ms FROM os_releases WHERE sha256 = $1",
        &[Value::text(sha256)],
        |row| Ok(Origin { name: row.string(0)?, since: row.time(1)? }),
    )
}

/// Since when agents are given a catalogue.
fn issued_since(db: &mut dyn Reading, sha256: &str) -> Result<Option<Timestamp>, StoreError> {
    let first = db.only(
        "SELECT min(issued_ms) FROM issued_policy WHERE catalogue_sha256 = $1",
        &[Value::text(sha256)],
        |row| row.number(0),
    )?;
    Ok(first.map(from_ms))
}
