//! A fleet of any size, written straight into the database: people, Macs, what
//! they pass and fail, labels. The same numbers in every run.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction, params};

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
    "Alvarez",
    "Sato",
    "Iyer",
    "Nilsson",
];
const MODELS: &[&str] =
    &["Mac15,12", "Mac15,13", "Mac16,12", "Mac14,2", "Mac16,1", "Mac15,3", "Mac14,10", "iMac21,1"];
/// Versions with their share in per cent.
const VERSIONS: &[(&str, &str, u64)] = &[
    ("26.6.2", "25G83", 60),
    ("26.6.1", "25G76", 16),
    ("26.5.2", "25F84", 8),
    ("15.7.9", "24G830", 9),
    ("15.7.7", "24G720", 4),
    ("14.8.9", "23J620", 2),
    ("13.7.8", "22H730", 1),
];
const LABELS: &[&str] = &["Berlin", "Lisbon", "Loaner", "Contractors", "Kiosk", "Board"];
const DEPARTMENTS: &[&str] = &["Sales", "Engineering", "Finance", "Support", ""];
/// Rules of the baseline that can fail; the first nine are required.
const RULES: &[&str] = &[
    "disk-encryption",
    "password-policy",
    "firewall",
    "os-patch-level",
    "screen-lock",
    "system-integrity-protection",
    "gatekeeper",
    "auto-login",
    "reporting",
    "automatic-updates",
    "malware-protection",
    "remote-access",
    "guest-account",
    "mdm-enrollment",
    "disk-space",
];
const REQUIRED: usize = 9;
const REPORTING: usize = 8;
const AUTOMATIC_UPDATES: usize = 9;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }

    fn of<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap_or(0);
        all.get(at).copied().unwrap_or_default()
    }

    fn within(&mut self, days: i64) -> SignedDuration {
        let seconds = u64::try_from(days * 86_400).unwrap_or(1);
        SignedDuration::from_secs(i64::try_from(self.below(seconds)).unwrap_or(0))
    }
}

/// Writes `devices` Macs as they would be at `now`, judged by `judged_by`.
pub fn fill_fleet(
    db: &mut Connection,
    devices: usize,
    now: Timestamp,
    judged_by: &str,
) -> rusqlite::Result<()> {
    let all = db.transaction()?;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for number in 0..devices {
        Mac::draw(&mut dice, number, now).write(&all, &mut dice, judged_by)?;
    }
    all.commit()
}

struct Mac {
    id: String,
    number: usize,
    now: Timestamp,
    status: &'static str,
    since: Timestamp,
    received: Timestamp,
    failing: Vec<usize>,
}

impl Mac {
    fn draw(dice: &mut Dice, number: usize, now: Timestamp) -> Self {
        let status = match dice.below(100) {
            0..5 => "non_compliant",
            5..9 => "at_risk",
            9..12 => "stale",
            12..14 => "unknown",
            _ => "compliant",
        };
        let since = now - SignedDuration::from_hours(1) - dice.within(40);
        let received = if status == "stale" {
            now - SignedDuration::from_hours(8 * 24) - dice.within(30)
        } else {
            now - dice.within(1) / 24
        };
        let mut failing = match status {
            "non_compliant" | "at_risk" => {
                vec![usize::try_from(dice.below(REPORTING as u64)).unwrap_or(0)]
            }
            "stale" => vec![REPORTING],
            _ => Vec::new(),
        };
        if dice.below(9) == 0 {
            failing.push(AUTOMATIC_UPDATES);
        }
        let id = format!("{:08x}-7b1c-4d2e-9f00-{number:012x}", dice.below(1 << 32));
        Self { id, number, now, status, since, received, failing }
    }

    fn write(
        &self,
        db: &Transaction<'_>,
        dice: &mut Dice,
        judged_by: &str,
    ) -> rusqlite::Result<()> {
        let person = (dice.below(50) != 0).then(|| format!("p{:08}", self.number));
        if let Some(person) = &person {
            self.write_person(db, dice, person)?;
        }
        self.write_device(db, dice, (person.as_deref(), judged_by))?;
        self.write_findings(db)?;
        let mut label = db.prepare_cached("INSERT OR IGNORE INTO device_label VALUES (?1, ?2)")?;
        for _ in 0..dice.below(3) {
            label.execute(params![self.id, dice.of(LABELS)])?;
        }
        db.prepare_cached("INSERT INTO status_interval VALUES (?1, ?2, NULL, ?3)")?
            .execute(params![self.id, self.since.as_millisecond(), self.status])?;
        Ok(())
    }

    fn write_person(
        &self,
        db: &Transaction<'_>,
        dice: &mut Dice,
        id: &str,
    ) -> rusqlite::Result<()> {
        let (first, last) = (dice.of(FIRST), dice.of(LAST));
        let email = format!("{}.{}{}@example.com", first, last, self.number).to_lowercase();
        let ended = (dice.below(100) == 0).then(|| self.now.as_millisecond() - 1);
        db.prepare_cached(
            "INSERT INTO person (id, name, email, created_ms, ended_ms, department)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            id,
            format!("{first} {last}"),
            email,
            self.since.as_millisecond(),
            ended,
            dice.of(DEPARTMENTS)
        ])?;
        Ok(())
    }

    fn write_device(
        &self,
        db: &Transaction<'_>,
        dice: &mut Dice,
        (person, judged_by): (Option<&str>, &str),
    ) -> rusqlite::Result<()> {
        let serial: String =
            (0..10).map(|_| char::from(dice.of(b"ABCDEFGHJKLMNPQRTUVWXYZ0123456789"))).collect();
        let ticket = dice.below(100);
        let mut sum = 0;
        let version = VERSIONS.iter().find(|(.., share)| {
            sum += share;
            ticket < sum
        });
        let (version, build, _) = version.copied().unwrap_or_default();
        let late = matches!(self.status, "non_compliant" | "at_risk");
        let due = late.then(|| (self.since + SignedDuration::from_hours(72)).as_millisecond());
        let far = self.now + SignedDuration::from_hours(24 * 365);
        db.prepare_cached(
            "INSERT INTO device (id, person_id, lifecycle, platform, model, serial, recorded,
               key_protection, agent_version, enrolled_ms, received_ms, chain, sequence, digest,
               full_digest, os_version, os_build, os_extra, status, status_since_ms, failing,
               due_ms, judged_by, next_change_ms)
             VALUES (?1, ?2, 'active', 'macos', ?3, ?4, 0, ?5, '0.1.0', ?6, ?7, 1, 40,
               randomblob(32), randomblob(32), ?8, ?9, '', ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            self.id,
            person,
            dice.of(MODELS),
            serial,
            if dice.below(3) == 0 { "secure-enclave" } else { "software-file" },
            (self.now - SignedDuration::from_hours(24 * 200)).as_millisecond(),
            self.received.as_millisecond(),
            version,
            build,
            self.status,
            self.since.as_millisecond(),
            i64::try_from(self.failing.iter().filter(|rule| **rule < REQUIRED).count()).ok(),
            due,
            judged_by,
            far.as_millisecond(),
        ])?;
        Ok(())
    }

    fn write_findings(&self, db: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut insert = db.prepare_cached(
            "INSERT INTO finding VALUES (?1, ?2, ?3, NULL, ?4, '', ?5, '{}', ?6, ?7, NULL, ?8, ?5)",
        )?;
        let long_ago = self.now - SignedDuration::from_hours(24 * 200);
        for (index, rule) in RULES.iter().enumerate() {
            let fails = self.failing.contains(&index);
            let from = if fails { self.since } else { long_ago };
            insert.execute(params![
                self.id,
                rule,
                from.as_millisecond(),
                if fails { "fail" } else { "pass" },
                "What the Mac was seen to be set to, in one sentence of usual length.",
                if index < REQUIRED { "required" } else { "recommended" },
                fails.then(|| from.as_millisecond()),
                self.received.as_millisecond(),
            ])?;
        }
        Ok(())
    }
}
