//! What it costs to keep reports: `cargo bench -p server`.
//!
//! Each run is one transaction, durable when it ends, on the disk that holds
//! the build folder. `changed` reports turn a setting over each time, so every
//! device is judged again; `same` ones repeat what was there.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at the first fault"
)]

use server::audit::{Act, Object};
use std::cell::RefCell;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use jiff::{SignedDuration, Timestamp};
use server::app::Rules;
use server::fleet::report::fingerprint;
use server::store::devices::{Admission, Devices as _, Invitations as _, NewDevice, NewInvitation};
use server::store::reports::{Epoch, Incoming, Kept, Reports as _};
use server::store::sqlite::{Writer, open_writer};
use shared::keys::sha256;
use shared::os_releases::Catalogue;
use shared::policy::Policy;
use shared::reading::FieldValue;
use shared::statement::{Posture, Statement};

const REPORT: &str = include_str!("../../shared/benches/full-report.json");
const BATCHES: [usize; 4] = [1, 16, 64, 256];
const DEVICES: usize = 1000;

fn main() {
    divan::main();
}

#[divan::bench(args = BATCHES, sample_size = 1, sample_count = 200)]
fn changed(bencher: Bencher<'_, '_>, batch: usize) {
    run(bencher, batch, true);
}

#[divan::bench(args = BATCHES, sample_size = 1, sample_count = 200)]
fn same(bencher: Bencher<'_, '_>, batch: usize) {
    run(bencher, batch, false);
}

fn run(bencher: Bencher<'_, '_>, batch: usize, changing: bool) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut writer = Writer::new(open_writer(&folder.path().join("muster.db")).unwrap());
    let rules = Rules::new(Policy::baseline(), Catalogue::embedded());
    let fleet = RefCell::new(Fleet::enroll(&mut writer, changing));
    // Every device has reported before: a first report is no everyday one.
    let first = fleet.borrow_mut().next(DEVICES);
    writer.accept(&first, &rules).unwrap();
    bencher
        .with_inputs(|| fleet.borrow_mut().next(batch))
        .counter(ItemsCount::new(batch))
        .bench_local_values(|reports| {
            let kept = writer.accept(black_box(&reports), &rules).unwrap();
            assert!(kept.kept.iter().all(|kept| matches!(kept, Kept::New { .. })));
        });
}

/// Devices that report one after the other.
struct Fleet {
    posture: Posture,
    payload: Vec<u8>,
    heads: Vec<[u8; 32]>,
    made: usize,
    changing: bool,
}

impl Fleet {
    fn enroll(writer: &mut Writer, changing: bool) -> Self {
        let posture = Statement::<Posture>::parse(REPORT.as_bytes()).unwrap().predicate;
        for number in 0..DEVICES {
            enroll(writer, &posture, number);
        }
        let payload = Statement::<Posture>::parse(REPORT.as_bytes()).unwrap().to_bytes().unwrap();
        Self { posture, payload, heads: vec![[0; 32]; DEVICES], made: 0, changing }
    }

    fn next(&mut self, batch: usize) -> Vec<Incoming> {
        (0..batch).map(|_| self.report()).collect()
    }

    fn report(&mut self) -> Incoming {
        let (device, round) = (self.made % DEVICES, self.made / DEVICES);
        self.made += 1;
        let mut posture = self.posture.clone();
        posture.sequence = i64::try_from(round + 1).unwrap();
        let firewall = posture.checks.iter_mut().find(|check| check.id == "firewall").unwrap();
        let stealth = FieldValue::Flag(!self.changing || round % 2 == 0);
        firewall.fields.insert("stealth".to_owned(), stealth);
        let at = posture.time.finished_at + SignedDuration::from_secs(sequence(self.made));
        let digest = sha256(&self.made.to_be_bytes());
        Incoming {
            device_id: device_id(device),
            chain: 0,
            keyid: keyid(device),
            payload: self.payload.clone(),
            signature: vec![7; 71],
            digest,
            previous: std::mem::replace(&mut self.heads[device], digest),
            readings_sha256: fingerprint(&posture),
            posture,
            received_at: at,
            nonce_at: Some(at - SignedDuration::from_secs(1)),
            certificate_expired: false,
            signature_sha256: [0; 32],
            epoch: Epoch::None,
        }
    }
}

fn sequence(number: usize) -> i64 {
    i64::try_from(number / 1000).unwrap()
}

fn device_id(number: usize) -> String {
    uuid::Uuid::from_u128(u128::from_be_bytes(
        sha256(&number.to_be_bytes()).first_chunk().copied().unwrap(),
    ))
    .to_string()
}

fn keyid(number: usize) -> String {
    shared::keys::KeyId::of(&number.to_be_bytes()).0
}

fn enroll(writer: &mut Writer, posture: &Posture, number: usize) {
    let at: Timestamp = posture.time.started_at - SignedDuration::from_hours(24);
    let token_id = format!("token-{number}");
    let invitation = NewInvitation {
        token_id: token_id.clone(),
        secret_sha256: [0; 32],
        person: format!("Person {number}"),
        email: format!("person{number}@company.example"),
        serial: None,
        act: Act::of_command("invited", Object::default(), at),
        expires_at: at + SignedDuration::from_hours(72),
    };
    writer.invite(&invitation).unwrap();
    let mut claim = posture.device.clone();
    claim.serial = Some(format!("ZZDEV{number:05}"));
    let request = NewDevice {
        token_id,
        secret_sha256: [0; 32],
        keyid: keyid(number),
        spki: Vec::new(),
        payload: Vec::new(),
        signature: Vec::new(),
        statement_sha256: [0; 32],
        claim,
        protection: posture.agent.key_protection,
        agent_version: posture.agent.version.clone(),
        recorded: false,
        owner: None,
        received_at: at,
        device_id: device_id(number),
    };
    assert!(matches!(writer.enroll(&request).unwrap(), Admission::Admitted { .. }));
}
