//! An empty database, opened as often as a promise wants replicas.

use crate::audit::{Act, Actor, Object};
use jiff::{SignedDuration, Timestamp};
use shared::policy::Policy;
use shared::statement::{Posture, Statement};

use crate::app::Rules;
use crate::store::devices::{Admission, NewDevice, NewInvitation};
use crate::store::place::{Database, Opened};
use crate::store::postgres::Target;
use crate::store::postgres::server::PostgresServer;

/// One database and the collectors that use it.
pub(super) struct Replicas {
    pub(super) database: Database,
    _folder: Option<tempfile::TempDir>,
}

/// A promise with its name.
pub(super) type Promise = (&'static str, fn(&Replicas));

/// Keeps a list of promises on one database.
pub(super) fn keep(promises: &[Promise], make: fn() -> Replicas) {
    for (name, promise) in promises {
        println!("{name}");
        promise(&make());
    }
}

impl Replicas {
    pub(super) fn of_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("muster.db"));
        Self { database, _folder: Some(folder) }
    }

    pub(super) fn of_postgres() -> Self {
        let target = Target::parse(&PostgresServer::shared().database()).unwrap();
        Self { database: Database::Postgres(Box::new(target)), _folder: None }
    }

    /// One more collector.
    pub(super) fn open(&self) -> Opened {
        self.database.open().unwrap()
    }

    /// The rows of a question, each as one text; bytes must be asked for as
    /// `hex(x)`.
    pub(super) fn rows(&self, sql: &str) -> Vec<String> {
        match &self.database {
            Database::Sqlite(path) => {
                let db = crate::store::sqlite::open_writer(path).unwrap();
                let mut query = db.prepare(sql).unwrap();
                let rows = query.query_map([], |row| row.get(0)).unwrap();
                rows.collect::<Result<_, _>>().unwrap()
            }
            Database::Postgres(target) => {
                let mut session = crate::store::postgres::open(target).unwrap();
                let hex = "CREATE FUNCTION pg_temp.hex(bytea) RETURNS text LANGUAGE sql AS
                    $$ SELECT upper(encode($1, 'hex')) $$";
                session.script(hex).unwrap();
                let sql = sql.replace("hex(", "pg_temp.hex(");
                session.query(&sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
            }
        }
    }
}

/// The first day.
pub(super) fn start() -> Timestamp {
    "2026-08-20T09:00:00Z".parse().unwrap()
}

/// What a person does then.
pub(super) fn act_at(at: Timestamp) -> Act {
    let actor = Actor { name: "console".to_owned(), ..Actor::command() };
    Act { actor, ..Act::of_command("lifecycle", Object::default(), at) }
}

/// Some minutes after it.
pub(super) fn minute(number: i64) -> Timestamp {
    start() + SignedDuration::from_mins(number)
}

pub(super) fn rules() -> Rules {
    Rules::new(Policy::baseline(), shared::os_releases::Catalogue::embedded())
}

/// What a Mac reports.
pub(super) fn posture() -> Posture {
    const REPORT: &str = include_str!("../../../../shared/benches/full-report.json");
    Statement::<Posture>::parse(REPORT.as_bytes()).unwrap().predicate
}

pub(super) fn invitation(number: usize) -> NewInvitation {
    NewInvitation {
        token_id: format!("token-{number}"),
        secret_sha256: [7; 32],
        person: format!("Person {number}"),
        email: format!("person{number}@company.example"),
        serial: None,
        act: Act::of_command("invited", Object::default(), start()),
        expires_at: minute(60),
    }
}

/// A request that uses [`invitation`] `number`.
pub(super) fn request(number: usize) -> NewDevice {
    let posture = posture();
    let mut claim = posture.device.clone();
    claim.serial = Some(format!("ZZDEV{number:05}"));
    NewDevice {
        token_id: format!("token-{number}"),
        secret_sha256: [7; 32],
        keyid: keyid(number),
        spki: vec![1, 2, 3],
        payload: b"request".to_vec(),
        signature: b"signature".to_vec(),
        statement_sha256: [9; 32],
        claim,
        protection: posture.agent.key_protection,
        agent_version: posture.agent.version,
        recorded: false,
        owner: None,
        received_at: minute(1),
        device_id: device_id(number),
    }
}

pub(super) fn keyid(number: usize) -> String {
    format!("key-{number}")
}

pub(super) fn device_id(number: usize) -> String {
    uuid::Uuid::from_u128((0x1234_5678_u128 << 64) | number as u128).to_string()
}

/// A device that was taken in.
pub(super) fn enrolled(opened: &mut Opened, number: usize) -> String {
    opened.writer.invite(&invitation(number)).unwrap();
    let admission = opened.writer.enroll(&request(number)).unwrap();
    assert!(matches!(admission, Admission::Admitted { .. }), "{admission:?}");
    device_id(number)
}
