//! Keeping reports: the same answers and the same rows from both databases.

use jiff::SignedDuration;
use shared::keys::sha256;
use shared::reading::FieldValue;
use shared::statement::Posture;

use super::log::assert_whole;
use super::replicas::{
    Promise, Replicas, act_at, device_id, enrolled, keep, keyid, minute, posture, rules,
};
use crate::fleet::report::fingerprint;
use crate::fleet::state::Lifecycle;
use crate::store::place::Opened;
use crate::store::reports::{Epoch, Incoming, Kept};

const PROMISES: &[Promise] = &[
    ("a report is kept once, whoever is asked", once),
    ("two reports with one sequence suspend the device", contradiction),
    ("who may not report is refused and nothing is kept", refused),
    ("replicas that keep reports of the same devices lose none", side_by_side),
];

#[test]
fn reports_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn reports_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

/// What a device says at its `sequence`-th report.
fn report(device: usize, sequence: i64, stealth: bool) -> Incoming {
    let mut posture: Posture = posture();
    posture.sequence = sequence;
    let firewall = posture.checks.iter_mut().find(|check| check.id == "firewall").unwrap();
    firewall.fields.insert("stealth".to_owned(), FieldValue::Flag(stealth));
    let at = posture.time.finished_at + SignedDuration::from_mins(sequence);
    let digest = |sequence: i64| sha256(format!("{device} {sequence} {stealth}").as_bytes());
    Incoming {
        device_id: device_id(device),
        chain: 0,
        keyid: keyid(device),
        payload: format!("payload {device} {sequence}").into_bytes(),
        signature: vec![7; 71],
        signature_sha256: [3; 32],
        digest: digest(sequence),
        previous: digest(sequence - 1),
        readings_sha256: fingerprint(&posture),
        posture,
        received_at: at,
        nonce_at: Some(at - SignedDuration::from_secs(1)),
        certificate_expired: false,
        epoch: Epoch::None,
    }
}

fn accept(opened: &mut Opened, batch: &[Incoming]) -> Vec<Kept> {
    opened.writer.accept(batch, &rules()).unwrap().kept
}

fn position(kept: &Kept) -> Option<u64> {
    match kept {
        Kept::New { index, .. } => Some(*index),
        Kept::Duplicate { index, .. } => *index,
        _ => None,
    }
}

fn once(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    for device in 0..3 {
        enrolled(&mut one, device);
    }
    // Several of one device in a batch, one of them twice, devices mixed.
    let batch: Vec<Incoming> = [(2, 1), (0, 1), (1, 1), (0, 2), (0, 2), (2, 2)]
        .map(|(device, sequence)| report(device, sequence, true))
        .to_vec();
    let kept = accept(&mut one, &batch);
    let new = kept.iter().filter(|kept| matches!(kept, Kept::New { .. })).count();
    assert_eq!(new, 5, "{kept:?}");
    assert!(matches!(kept[4], Kept::Duplicate { .. }), "{kept:?}");
    let again = accept(&mut other, &batch);
    assert!(again.iter().all(|kept| matches!(kept, Kept::Duplicate { .. })), "{again:?}");
    for (first, second) in kept.iter().zip(&again).filter(|(kept, _)| position(kept).is_some()) {
        assert_eq!(position(first), position(second));
    }
    for (incoming, kept) in batch.iter().zip(&again) {
        let entry = other.log.log_entry(position(kept).unwrap()).unwrap().unwrap();
        assert!(entry.contains(&shared::keys::hex(&incoming.digest)), "{entry}");
    }
    let rows = replicas.rows("SELECT hex(digest) FROM statement");
    assert_eq!(rows.len(), 5);
    assert_whole(&one);
}

fn contradiction(replicas: &Replicas) {
    let (mut one, mut other) = (replicas.open(), replicas.open());
    enrolled(&mut one, 0);
    accept(&mut one, &[report(0, 1, true), report(0, 2, true)]);
    let (version, _) = other.keys.changed_since(0).unwrap();
    let kept = accept(&mut other, &[report(0, 2, false), report(0, 3, true)]);
    assert_eq!(kept, [Kept::Conflict, Kept::Refused(Lifecycle::Suspended)]);
    let (_, keys) = one.keys.changed_since(version).unwrap();
    assert_eq!(keys[0].lifecycle, Lifecycle::Suspended);
    assert_eq!(replicas.rows("SELECT hex(digest) FROM equivocation").len(), 1);
    assert_eq!(replicas.rows("SELECT kind FROM event WHERE kind = 'conflict'").len(), 1);
    assert_whole(&one);
}

fn refused(replicas: &Replicas) {
    let mut opened = replicas.open();
    enrolled(&mut opened, 0);
    opened.writer.set_lifecycle(&device_id(0), Lifecycle::Revoked, &act_at(minute(2))).unwrap();
    let before = assert_whole(&opened).len();
    let kept = accept(&mut opened, &[report(0, 1, true), report(1, 1, true)]);
    assert_eq!(kept, [Kept::Refused(Lifecycle::Revoked), Kept::NoDevice]);
    assert_eq!(assert_whole(&opened).len(), before);
}

const DEVICES: usize = 20;
const ROUNDS: i64 = 15;

fn side_by_side(replicas: &Replicas) {
    let mut first = replicas.open();
    for device in 0..DEVICES {
        enrolled(&mut first, device);
    }
    // Every replica is sent every report, as by agents that try again; each
    // with its devices in another order.
    std::thread::scope(|scope| {
        for number in 0..3 {
            let mut opened = replicas.open();
            scope.spawn(move || {
                for sequence in 1..=ROUNDS {
                    let batch: Vec<Incoming> = (0..DEVICES)
                        .map(|device| (device * 7 + number * 5) % DEVICES)
                        .map(|device| report(device, sequence, sequence % 2 == 0))
                        .collect();
                    let kept = accept(&mut opened, &batch);
                    let fine =
                        |kept: &Kept| matches!(kept, Kept::New { .. } | Kept::Duplicate { .. });
                    assert!(kept.iter().all(fine), "{kept:?}");
                }
            });
        }
    });
    let kept = replicas.rows("SELECT device_id || ' ' || sequence FROM statement");
    assert_eq!(kept.len(), DEVICES * usize::try_from(ROUNDS).unwrap());
    let heads = replicas.rows("SELECT DISTINCT CAST(sequence AS text) FROM device");
    assert_eq!(heads, [ROUNDS.to_string()]);
    let open = "SELECT device_id || rule FROM finding WHERE until_ms IS NULL";
    let mut present = replicas.rows(open);
    let all = present.len();
    present.sort();
    present.dedup();
    assert_eq!(present.len(), all, "one present finding of each rule");
    assert_whole(&first);
}

/// Everything that reports write, in an order that is the same everywhere.
const TABLES: &[&str] = &[
    "SELECT device_id || ' ' || rule || ' ' || from_ms || ' ' || coalesce(until_ms, -1) || ' '
       || status || ' ' || code || ' ' || reason || ' ' || observed || ' ' || mode || ' '
       || coalesce(episode_ms, -1) || ' ' || coalesce(due_ms, -1) || ' '
       || coalesce(reading_ms, -1) || ' ' || began FROM finding",
    "SELECT device_id || ' ' || from_ms || ' ' || coalesce(until_ms, -1) || ' ' || status
       FROM status_interval",
    "SELECT id || ' ' || lifecycle || ' ' || lifecycle_reason || ' ' || coalesce(model, '') || ' '
       || coalesce(serial, '') || ' ' || coalesce(received_ms, -1) || ' ' || sequence || ' '
       || coalesce(hex(digest), '') || ' ' || full_sequence || ' '
       || coalesce(hex(full_digest), '') || ' ' || nonce_ms || ' '
       || coalesce(hex(readings_sha256), '') || ' ' || coalesce(confirmed_ms, -1) || ' '
       || coalesce(os_version, '') || ' ' || status || ' ' || status_since_ms || ' '
       || coalesce(was, '') || ' ' || failing || ' ' || coalesce(due_ms, -1) || ' '
       || judged_by || ' ' || coalesce(next_change_ms, -1) FROM device",
    "SELECT device_id || ' ' || readings || ' ' || findings FROM posture",
    "SELECT device_id || ' ' || sequence || ' ' || received_ms || ' ' || finished_ms || ' ' || kind
       || ' ' || flags || ' ' || hex(digest) || ' ' || hex(payload) || ' ' || log_position
       FROM statement",
    "SELECT device_id || ' ' || at_ms || ' ' || number || ' ' || kind || ' ' || detail FROM event",
    "SELECT position || ' ' || entry FROM log_entry",
];

#[test]
fn a_long_story_leaves_the_same_rows_in_both_databases() {
    let dumps = [Replicas::of_sqlite(), Replicas::of_postgres()].map(|replicas| {
        let mut opened = replicas.open();
        for device in 0..6 {
            enrolled(&mut opened, device);
        }
        let mut told = Vec::new();
        for sequence in 1..12 {
            let batch: Vec<Incoming> = (0..6)
                .filter(|device| (sequence + device) % 4 != 0)
                .map(|device| report(usize::try_from(device).unwrap(), sequence, sequence % 3 == 0))
                .collect();
            told.extend(accept(&mut opened, &batch));
        }
        told.extend(accept(&mut opened, &[report(3, 2, false), report(3, 9, true)]));
        let later = posture().time.finished_at + SignedDuration::from_hours(24 * 20);
        let rules = rules();
        let judged = opened.writer.judge_due(later, 100, &rules).unwrap();
        assert!(judged > 0);
        opened.writer.judge_all(later, 100, &rules).unwrap();
        opened.writer.set_lifecycle(&device_id(3), Lifecycle::Active, &act_at(later)).unwrap();
        let rows: Vec<Vec<String>> = TABLES
            .iter()
            .map(|table| {
                let mut rows = replicas.rows(table);
                rows.sort();
                rows
            })
            .collect();
        (told, judged, rows)
    });
    let [sqlite, postgres] = dumps;
    assert_eq!(sqlite.0, postgres.0);
    assert_eq!(sqlite.1, postgres.1);
    for ((table, here), there) in TABLES.iter().zip(&sqlite.2).zip(&postgres.2) {
        assert!(!here.is_empty(), "{table}");
        assert_eq!(here, there, "{table}");
    }
}
