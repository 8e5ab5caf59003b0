//! The session against a real server that is stopped, killed and started.

use std::time::Duration;

use super::server::PostgresServer;
use super::session::Access;
use super::{Readers, Session, Target, open};
use crate::store::StoreError;

fn target(url: &str) -> Target {
    Target::parse(url).unwrap()
}

fn number(session: &mut Session, sql: &str) -> i64 {
    session.row(sql, &[]).unwrap().unwrap().get(0)
}

#[test]
fn opening_twice_keeps_what_is_there_and_readers_cannot_write() {
    let target = target(&PostgresServer::shared().database());
    let mut writer = open(&target).unwrap();
    writer.execute("INSERT INTO counter VALUES ('keys', 7)", &[]).unwrap();
    drop(writer);
    let mut writer = open(&target).unwrap();
    assert_eq!(number(&mut writer, "SELECT value FROM counter"), 7);
    let readers = Readers::new(&target);
    let seen = readers.with(|db| Ok(number(db, "SELECT value FROM counter"))).unwrap();
    assert_eq!(seen, 7);
    assert!(readers.with(|db| db.execute("DELETE FROM counter", &[])).is_err());
}

#[test]
fn replicas_that_start_together_do_not_collide() {
    let target = target(&PostgresServer::shared().database());
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..6).map(|_| scope.spawn(|| open(&target).map(|_| ()))).collect();
        for one in all {
            one.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    let target = target(&PostgresServer::shared().database());
    open(&target).unwrap().execute("UPDATE schema_version SET version = 999", &[]).unwrap();
    assert!(matches!(open(&target), Err(StoreError::TooNew { found: 999, .. })));
}

#[test]
fn a_session_outlives_its_server() {
    let server = PostgresServer::start();
    let target = target(&server.database());
    let mut writer = open(&target).unwrap();
    let readers = Readers::new(&target);
    let count = "SELECT count(*) FROM counter";
    assert_eq!(readers.with(|db| Ok(number(db, count))).unwrap(), 0);
    server.kill9();
    let gone = writer.execute("INSERT INTO counter VALUES ('keys', 1)", &[]).unwrap_err();
    assert!(matches!(gone, StoreError::Unavailable(_)), "{gone}");
    server.restart();
    writer.execute("INSERT INTO counter VALUES ('keys', 1)", &[]).unwrap();
    // The reading session was idle all the time and does not know of it.
    assert_eq!(readers.with(|db| Ok(number(db, count))).unwrap(), 1);
    server.shut_down();
    server.restart();
    // Nor does the writer now; a transaction begins again by itself.
    let work = |db: &mut Session| db.execute("UPDATE counter SET value = value + 1", &[]);
    assert_eq!(writer.transaction(work).unwrap(), 1);
    assert_eq!(number(&mut writer, "SELECT value FROM counter"), 2);
}

#[test]
fn a_server_that_stands_still_costs_the_patience_and_nothing_more() {
    let server = PostgresServer::start();
    let target = target(&server.database());
    let mut writer = open(&target).unwrap();
    writer.set_patience(Duration::from_millis(300));
    writer.execute("INSERT INTO counter VALUES ('keys', 1)", &[]).unwrap();
    server.pause();
    for _ in 0..2 {
        let late = writer.execute("UPDATE counter SET value = 2", &[]).unwrap_err();
        assert!(matches!(late, StoreError::Unavailable(_)), "{late}");
    }
    server.resume();
    writer.set_patience(Duration::from_secs(15));
    assert_eq!(writer.execute("UPDATE counter SET value = 3", &[]).unwrap(), 1);
}

#[test]
fn transactions_that_deadlock_are_begun_again() {
    let target = target(&PostgresServer::shared().database());
    let mut writer = open(&target).unwrap();
    writer.execute("INSERT INTO counter VALUES ('a', 0), ('b', 0)", &[]).unwrap();
    let raise = |names: [&'static str; 2]| {
        let mut session = Session::new(&target, Access::Write).unwrap();
        move || {
            for _ in 0..20 {
                let work = |db: &mut Session| {
                    for name in names {
                        db.execute(
                            "UPDATE counter SET value = value + 1 WHERE name = $1",
                            &[&name],
                        )?;
                    }
                    Ok(())
                };
                session.transaction(work).unwrap();
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(raise(["a", "b"]));
        scope.spawn(raise(["b", "a"]));
    });
    assert_eq!(number(&mut writer, "SELECT sum(value)::bigint FROM counter"), 80);
}

#[test]
fn nothing_of_a_transaction_that_failed_remains() {
    let target = target(&PostgresServer::shared().database());
    let mut writer = open(&target).unwrap();
    let failed = writer.transaction(|db| {
        db.execute("INSERT INTO counter VALUES ('keys', 1)", &[])?;
        db.execute("INSERT INTO counter VALUES ('keys', 2)", &[])
    });
    assert!(matches!(failed, Err(StoreError::Postgres(_))), "{failed:?}");
    assert_eq!(number(&mut writer, "SELECT count(*) FROM counter"), 0);
}

#[test]
fn a_standby_is_passed_over_until_it_is_promoted() {
    let primary = PostgresServer::start();
    let name = primary.database().rsplit('/').next().unwrap().to_owned();
    let standby = primary.synchronous_standby();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", standby.port(), primary.port());
    let url = primary.url(&name).replace(&format!("127.0.0.1:{}", primary.port()), &hosts);
    let mut writer = open(&target(&url)).unwrap();
    writer.execute("INSERT INTO counter VALUES ('keys', 1)", &[]).unwrap();
    primary.kill9();
    standby.promote();
    let work = |db: &mut Session| db.execute("UPDATE counter SET value = value + 1", &[]);
    assert_eq!(writer.transaction(work).unwrap(), 1);
    assert_eq!(standby.sql(&name, "SELECT value FROM counter"), "2");
}

#[test]
fn the_server_is_believed_by_its_name_and_authority_alone() {
    let server = PostgresServer::start();
    let url = server.database();
    let (authority, certificate, key) = certificate("localhost");
    server.encrypt(&certificate, &key);
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) = (folder.path().join("right.pem"), folder.path().join("wrong.pem"));
    std::fs::write(&right, authority).unwrap();
    std::fs::write(&wrong, self::certificate("localhost").0).unwrap();
    let ask = |host: &str, settings: &str| {
        let url = format!("{}?{settings}", url.replace("127.0.0.1", host));
        let mut session = Session::new(&target(&url), Access::Write).unwrap();
        let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
        session.row(sql, &[]).map(|row| row.unwrap().get::<_, bool>(0))
    };
    let (right, wrong) = (right.display(), wrong.display());
    assert!(ask("localhost", &format!("sslrootcert={right}")).unwrap());
    assert!(ask("localhost", &format!("sslmode=require&sslrootcert={right}")).unwrap());
    assert!(!ask("localhost", "sslmode=disable").unwrap());
    for (host, settings, word) in [
        ("localhost", format!("sslrootcert={wrong}"), "invalid peer certificate"),
        ("127.0.0.1", format!("sslrootcert={right}"), "not valid for name"),
        ("localhost", "sslmode=verify-full".to_owned(), "UnknownIssuer"),
    ] {
        let error = ask(host, &settings).unwrap_err().to_string();
        assert!(error.contains(word), "{host} {settings}: {error}");
    }
}

/// An authority, and a certificate with its key, for a server of this name.
fn certificate(name: &str) -> (String, String, String) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let own = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let own = own.signed_by(&key, &issuer).unwrap();
    (authority_pem, own.pem(), key.serialize_pem())
}
