//! A made-up fleet of any size, written straight into the database.

use rusqlite::{Connection, params};
use shared::envelope::Envelope;
use shared::keys::{KeyId, Signer as _, SoftwareKey};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const FIRST: &[&str] = &[
    "Sam", "Amara", "Lukas", "Noor", "Inès", "Tom", "Priya", "James", "Mei", "Oskar", "Fatima",
    "Jonas", "Zoë", "Mateo", "Hana", "Ravi", "Elin", "Pablo", "Aoife", "Kofi",
];
const LAST: &[&str] = &[
    "Carter",
    "Okafor",
    "Weber",
    "Haddad",
    "Moreau",
    "Brandt",
    "Nair",
    "Whitfield",
    "Chen",
    "Lindqvist",
    "Rahman",
    "Keller",
    "van der Berg",
    "Alvarez",
    "Sato",
    "Iyer",
    "Nilsson",
];
const MODELS: &[&str] =
    &["Mac15,12", "Mac15,13", "Mac16,12", "Mac14,2", "Mac16,1", "Mac15,3", "Mac14,10", "iMac21,1"];
const VERSIONS: &[(&str, &str, u64)] = &[
    ("26.6.2", "25G83", 60),
    ("26.6.1", "25G76", 16),
    ("26.5.2", "25F84", 8),
    ("15.7.9", "24G830", 9),
    ("15.7.7", "24G720", 4),
    ("14.8.9", "23J620", 2),
    ("13.7.8", "22H730", 1),
];

/// Rules as the rows say: id, mode, a passing and a failing sentence.
const RULES: &[(&str, &str, &str, &str)] = &[
    (
        "disk-encryption",
        "required",
        "FileVault is on.",
        "FileVault is being switched off, 35 % done.",
    ),
    (
        "password-policy",
        "required",
        "New passwords must have at least 12 characters.",
        "New passwords need only 4 characters; at least 8 are asked for.",
    ),
    ("firewall", "required", "The firewall is on.", "The firewall is off."),
    (
        "os-patch-level",
        "required",
        "macOS 26.6.2 is the newest release of its major version.",
        "macOS 26.5.2 misses 2 releases; security fixes have been out for 34 days.",
    ),
    (
        "reporting",
        "required",
        "The last report came within a day.",
        "The last report came 9 days ago.",
    ),
    (
        "automatic-updates",
        "recommended",
        "Updates are looked for, loaded and installed by themselves.",
        "Security responses are not installed by themselves.",
    ),
    ("mdm-enrollment", "info", "The Mac is enrolled in device management.", ""),
];

/// Statuses that a device had, by how often.
const HISTORY: &[&str] =
    &["compliant", "compliant", "compliant", "non_compliant", "at_risk", "stale", "unknown"];

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn up_to(&mut self, ms: i64) -> i64 {
        i64::try_from(self.below(u64::try_from(ms).unwrap())).unwrap()
    }
}

/// Writes `devices` devices as they would be at `now`, in milliseconds.
pub(crate) fn fill(db: &mut Connection, devices: usize, now: i64) {
    let all = db.transaction().unwrap();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for number in 0..devices {
        let made = Made::draw(&mut dice, number, now);
        made.write_device(&all, &mut dice);
        made.write_findings(&all);
        made.write_history(&all, &mut dice);
        if number < 41 {
            made.write_reports(&all);
        }
    }
    all.commit().unwrap();
}

struct Made {
    id: String,
    number: usize,
    now: i64,
    status: &'static str,
    lifecycle: &'static str,
    received: Option<i64>,
    enrolled: i64,
    since: i64,
    version: (&'static str, &'static str),
    failing: Vec<usize>,
    unknown: Vec<usize>,
    due: Option<i64>,
}

impl Made {
    fn draw(dice: &mut Dice, number: usize, now: i64) -> Self {
        let draw = if number < 12 { number as u64 * 4 } else { dice.below(400) };
        // The first dozen shows every kind, the rest is an ordinary fleet.
        let status = match draw {
            0 | 4 => "non_compliant",
            8 | 12 => "at_risk",
            16 => "stale",
            20 => "unknown",
            _ => "compliant",
        };
        let lifecycle = if number == 7 { "suspended" } else { "active" };
        let mute = number == 6 || draw == 399;
        let status = if mute { "unknown" } else { status };
        let since = now - HOUR - dice.up_to(if draw % 3 == 0 { DAY } else { 40 * DAY });
        let received = match status {
            _ if mute => None,
            "stale" => Some(now - 9 * DAY - dice.up_to(DAY)),
            _ => Some(now - dice.up_to(HOUR)),
        };
        let failing = match status {
            "non_compliant" if number == 0 => vec![0, 2],
            "non_compliant" | "at_risk" => vec![usize::try_from(dice.below(4)).unwrap()],
            "stale" => vec![4],
            _ if mute => vec![],
            _ if dice.below(9) == 0 => vec![5],
            _ => vec![],
        };
        let unknown = match (status, mute) {
            ("unknown", true) => (0..RULES.len()).collect(),
            ("unknown", false) => vec![2],
            _ => vec![],
        };
        let ticket = dice.below(100);
        let mut sum = 0;
        let version = VERSIONS.iter().find(|(.., weight)| {
            sum += weight;
            ticket < sum
        });
        let due = match status {
            "non_compliant" => Some(now - HOUR - dice.up_to(5 * DAY)),
            "at_risk" => Some(now + HOUR + dice.up_to(6 * DAY)),
            _ => None,
        };
        let id = format!("{:08x}-7b1c-4d2e-9f00-{number:012x}", dice.below(1 << 32));
        let version = version.map(|(version, build, _)| (*version, *build)).unwrap();
        let enrolled = now - 5 * DAY - dice.up_to(200 * DAY);
        Self {
            id,
            number,
            now,
            status,
            lifecycle,
            received,
            enrolled,
            since,
            version,
            failing,
            unknown,
            due,
        }
    }

    fn write_device(&self, db: &Connection, dice: &mut Dice) {
        let person = (self.number != 9 && dice.below(60) != 0).then(|| format!("p{}", self.number));
        let first = FIRST[self.number % FIRST.len()];
        let last = LAST[(self.number / 3) % LAST.len()];
        if let Some(person) = &person {
            let email = format!(
                "{}.{}{}@example.com",
                first.to_lowercase(),
                last.to_lowercase().replace(' ', ""),
                self.number
            );
            db.execute(
                "INSERT INTO person (id, name, email, created_ms) VALUES (?1, ?2, ?3, ?4)",
                params![person, format!("{first} {last}"), email, self.enrolled],
            )
            .unwrap();
        }
        let serial: String =
            (0..10).map(|_| *dice.of(b"ABCDEFGHJKLMNPQRTUVWXYZ0123456789") as char).collect();
        let seen = self.received.map(|_| self.version);
        let reason = if self.lifecycle == "suspended" {
            "Two reports claimed the same place in its chain."
        } else {
            ""
        };
        db.prepare_cached(
            "INSERT INTO device (id, person_id, lifecycle, lifecycle_reason, platform, model, serial,
               hardware_uuid, recorded, key_protection, agent_version, enrolled_ms, received_ms, chain,
               sequence, os_version, os_build, os_extra, status, status_since_ms, was, failing,
               due_ms, next_change_ms)
             VALUES (?1, ?2, ?3, ?4, 'macos', ?5, ?6, ?7, ?8, ?9, '0.1.0', ?10, ?11, 1, 40, ?12, ?13,
               ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )
        .unwrap()
        .execute(params![
            self.id,
            person,
            self.lifecycle,
            reason,
            if self.number == 6 { None } else { Some(*dice.of(MODELS)) },
            if self.number == 6 { None } else { Some(serial) },
            "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9",
            self.number == 3,
            if dice.below(3) == 0 { "secure-enclave" } else { "software-file" },
            self.enrolled,
            self.received,
            seen.map(|seen| seen.0),
            seen.map(|seen| seen.1),
            seen.map(|_| ""),
            self.status,
            self.since,
            (self.status == "stale").then_some("non_compliant"),
            i64::try_from(self.failing.iter().filter(|rule| **rule < 5).count()).unwrap(),
            self.due,
            self.now + DAY,
        ])
        .unwrap();
    }

    fn write_findings(&self, db: &Connection) {
        for (index, (rule, mode, pass, fail)) in RULES.iter().enumerate() {
            let (status, reason) = if self.failing.contains(&index) {
                ("fail", *fail)
            } else if self.unknown.contains(&index) {
                ("unknown", "Unknown: the source did not answer in time.")
            } else {
                ("pass", *pass)
            };
            let mut insert = db
                .prepare_cached(
                    "INSERT INTO finding VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '{}', ?8, ?9, ?10, ?11, ?7)",
                )
                .unwrap();
            let changed = status != "pass" && self.status != "unknown";
            let from = if changed { self.since } else { self.enrolled };
            if changed {
                insert
                    .execute(params![
                        self.id,
                        rule,
                        self.enrolled,
                        from,
                        "pass",
                        "",
                        pass,
                        mode,
                        None::<i64>,
                        None::<i64>,
                        None::<i64>
                    ])
                    .unwrap();
            }
            let failing = status == "fail";
            let due = self.due.filter(|_| failing && *mode == "required");
            insert
                .execute(params![
                    self.id,
                    rule,
                    from,
                    None::<i64>,
                    status,
                    "",
                    reason,
                    mode,
                    failing.then_some(from),
                    due,
                    self.received
                ])
                .unwrap();
        }
    }

    fn write_history(&self, db: &Connection, dice: &mut Dice) {
        let mut insert =
            db.prepare_cached("INSERT INTO status_interval VALUES (?1, ?2, ?3, ?4)").unwrap();
        let mut at = self.enrolled.min(self.since - HOUR);
        let start = at;
        let mut before = "";
        while at < self.since {
            let until = at + HOUR + dice.up_to(40 * DAY);
            let last = until + HOUR >= self.since;
            let until = if last { self.since } else { until };
            let fits = |status: &str| status != before && !(last && status == self.status);
            let mut status = *dice.of(HISTORY);
            while !fits(status) {
                status = *dice.of(HISTORY);
            }
            // Trouble is short, the rest of the time is quiet.
            let until =
                if status == "compliant" || last { until } else { at + (until - at) / 15 + HOUR };
            insert.execute(params![self.id, at, until, status]).unwrap();
            (at, before) = (until, status);
        }
        insert.execute(params![self.id, self.since, None::<i64>, self.status]).unwrap();
        let mut event =
            db.prepare_cached("INSERT INTO event VALUES (?1, ?2, 0, ?3, ?4, ?5)").unwrap();
        event
            .execute(params![self.id, start, "enrolled", "", "With the invitation of its owner."])
            .unwrap();
        if self.lifecycle == "suspended" {
            let detail = "Two different statements with sequence 38 were received.";
            event.execute(params![self.id, self.since, "conflict", "", detail]).unwrap();
            event
                .execute(params![self.id, self.since + 1000, "suspended", "the collector", detail])
                .unwrap();
        }
    }

    fn write_reports(&self, db: &Connection) {
        let Some(received) = self.received else { return };
        let key = SoftwareKey::generate().unwrap();
        let keyid = KeyId::of(key.spki());
        db.execute(
            "INSERT INTO device_key (keyid, device_id, chain, spki, protection, status, created_ms, version)
             VALUES (?1, ?2, 1, ?3, 'software-file', 'active', ?4, 1)",
            params![keyid.as_str(), self.id, key.spki(), self.enrolled],
        )
        .unwrap();
        let mut previous = [7_u8; 32];
        for sequence in 1..=40_i64 {
            // One laptop was closed for a long weekend.
            let pause = if self.number.is_multiple_of(5) && sequence < 20 { 4 * DAY } else { 0 };
            let at = received - (40 - sequence) * HOUR - pause;
            let kind = if sequence % 8 == 0 { "full" } else { "unchanged" };
            let envelope = Envelope::sign(payload(&self.id, sequence, kind), &key).unwrap();
            let flags = if sequence == 38 && self.number < 3 { "chain-gap stale" } else { "" };
            db.execute(
                "INSERT INTO statement (device_id, chain, sequence, received_ms, finished_ms, kind, flags,
                   keyid, digest, previous, payload, signature) VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                params![
                    self.id, sequence, at, at - 900, kind, flags, keyid.as_str(), envelope.digest(),
                    previous, envelope.payload, envelope.signature
                ],
            )
            .unwrap();
            previous = envelope.digest();
        }
    }
}

fn payload(id: &str, sequence: i64, kind: &str) -> Vec<u8> {
    let checks = r#"[{"fields":{"percent":35,"source":"fdesetup","state":"decrypting"},"id":"filevault","observed_at":"2026-08-23T08:58:31Z","outcome":"observed","sources":[{"exit":0,"matched":"Decryption in progress: Percent completed = 35","method":"exec:/usr/bin/fdesetup status","sha256":"4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f"}],"version":1},{"fields":{"block_all":false,"source":"socketfilterfw","state":"off","stealth":false},"id":"firewall","observed_at":"2026-08-23T08:58:31Z","outcome":"observed","sources":[{"exit":0,"matched":"Firewall is disabled. (State = 0)","method":"exec:/usr/libexec/ApplicationFirewall/socketfilterfw --getglobalstate","sha256":"4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f4f8e3c1b9a7d6e5f"}],"version":1}]"#;
    let checks = if kind == "full" { format!(r#""checks":{checks},"#) } else { String::new() };
    format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"agent":{{"key_protection":"software-file","version":"0.1.0"}},{checks}"device":{{"id":"{id}","platform":"macos"}},"kind":"{kind}","sequence":{sequence}}},"predicateType":"https://muster.example/attestation/posture/v1"}}"#
    )
    .into_bytes()
}
