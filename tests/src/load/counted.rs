//! The pieces of work whose instructions are counted: one of each costs what
//! the collector spends on one report, without network and disk.

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context as _, ensure};
use jiff::{SignedDuration, Timestamp};
use server::app::Rules;
use server::ingest::key_cache::KeyCache;
use server::ingest::refusals::Refusals;
use server::ingest::verify::Verifier;
use server::store::place::Opened;
use server::store::reports::{Incoming, Kept};
use shared::os_releases::Catalogue;
use shared::policy::{Known, Policy, Readings, derive, derive_reporting, judge};

use super::device::Pen;
use super::fleet::Fleet;
use super::mix::Mix;
use super::place::Place;
use super::template::posture;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// From the bytes of a full report to a verified one.
    Verify,
    /// The baseline over the readings of one Mac.
    Judge,
    /// Keeping a full report that changes something, with its verdict and its
    /// place in the log.
    IngestFull,
    /// The same for a report that says that nothing changed.
    IngestUnchanged,
}

impl Piece {
    /// Every piece with its name.
    pub const ALL: [(&str, Self); 4] = [
        ("verify", Self::Verify),
        ("judge", Self::Judge),
        ("ingest_full", Self::IngestFull),
        ("ingest_unchanged", Self::IngestUnchanged),
    ];
}

/// Reports in one transaction.
const BATCH: usize = 16;
/// When the reports are received.
const NOW: &str = "2026-08-24T09:00:00Z";

/// Makes ready for `prepared` pieces and does `done` of them, so that the
/// difference of two runs is the work alone.
pub fn do_pieces(piece: Piece, prepared: usize, done: usize) -> anyhow::Result<()> {
    if piece == Piece::Judge {
        return judge_pieces(done);
    }
    let folder = tempfile::tempdir()?;
    let mix = match piece {
        Piece::IngestUnchanged => Mix { full: 0.0, changed: 0.0 },
        _ => Mix { full: 1.0, changed: 1.0 },
    };
    let now: Timestamp = NOW.parse()?;
    let mut bench = Bench::new(folder.path(), mix, now)?;
    let first = bench.reports(BATCH, now)?;
    let rules = Rules::new(Policy::baseline(), Catalogue::embedded());
    let verified: anyhow::Result<Vec<Incoming>> =
        first.iter().map(|body| bench.verify(body, now)).collect();
    bench.accept(&verified?, &rules)?;
    let bodies = bench.reports(prepared, now)?;
    if piece == Piece::Verify {
        for body in bodies.iter().take(done) {
            black_box(bench.verify(black_box(body), now)?);
        }
        return Ok(());
    }
    let verified: anyhow::Result<Vec<Incoming>> =
        bodies.iter().map(|body| bench.verify(body, now)).collect();
    for batch in verified?.chunks(BATCH).take(done / BATCH) {
        bench.accept(batch, &rules)?;
    }
    Ok(())
}

fn judge_pieces(done: usize) -> anyhow::Result<()> {
    let posture = posture()?;
    let now = posture.time.finished_at;
    let (policy, catalogue) = (Policy::baseline(), Catalogue::embedded());
    let readings: Readings =
        posture.checks.into_iter().map(|one| (one.id.clone(), Known::from(one))).collect();
    for _ in 0..done {
        let mut derived = derive(black_box(&readings), &catalogue, now);
        derive_reporting(&mut derived, now, now);
        black_box(judge(&policy, &readings, &derived, now));
    }
    Ok(())
}

struct Bench {
    opened: Opened,
    verifier: Verifier,
    fleet: Fleet,
    pen: Pen,
    made: usize,
}

impl Bench {
    fn new(folder: &Path, mix: Mix, now: Timestamp) -> anyhow::Result<Self> {
        let ready = Place::Sqlite.ready(folder)?;
        let enrolled_at = now - SignedDuration::from_hours(1);
        let state = folder.join("state");
        let mut writer = ready.writer()?;
        let fleet = Fleet::enroll(writer.as_mut(), &state, ("counted", BATCH), enrolled_at)?;
        drop(writer);
        let opened = server::store::place::Database::parse(&ready.database)?.open()?;
        let keys = KeyCache::new(opened.keys.clone());
        keys.refresh()?;
        let nonces = fleet.nonces.clone();
        let pen = Pen::new(mix, Some((nonces.clone(), enrolled_at)))?;
        let verifier =
            Verifier { keys, nonces, accept_recorded: false, refusals: Refusals::default() };
        Ok(Self { opened, verifier, fleet, pen, made: 0 })
    }

    /// The next reports of the Macs in turn.
    fn reports(&mut self, count: usize, now: Timestamp) -> anyhow::Result<Vec<String>> {
        let mut bodies = Vec::with_capacity(count);
        for _ in 0..count {
            let device = self.fleet.devices.get_mut(self.made % BATCH).context("no Mac")?;
            self.made += 1;
            bodies.push(device.sign(&self.pen, now)?.to_json());
        }
        Ok(bodies)
    }

    fn verify(&self, body: &str, now: Timestamp) -> anyhow::Result<Incoming> {
        let verified = self.verifier.verify(body.as_bytes(), now);
        verified.map_err(|problem| anyhow::anyhow!(problem.detail))
    }

    fn accept(&mut self, batch: &[Incoming], rules: &Rules) -> anyhow::Result<()> {
        let accepted = self.opened.writer.accept(black_box(batch), rules)?;
        let all = accepted.kept.iter().all(|kept| matches!(kept, Kept::New { .. }));
        ensure!(all, "a report was not kept: {:?}", accepted.kept);
        Ok(())
    }
}
