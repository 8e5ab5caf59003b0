//! Letters reach a real mail server by a verified connection, or not at all.

use server::clock::{Clock, ManualClock};
use server::config::mail::Mail;
use server::mail::{Letter, MailError, Mailer};
use tests::at;
use tests::mail_server::{LOGIN, MailServer, Speaks};
use tests::test_server::START;

fn mailer(mail: Mail) -> Mailer {
    let clock = Clock::Manual(ManualClock::new(at(START)));
    Mailer::new(mail, "muster.company.example", clock).unwrap()
}

fn letter() -> Letter {
    Letter {
        to: "kim@company.example".parse().unwrap(),
        subject: "Hello".to_owned(),
        text: "A line.\n.A line with a dot.\n".to_owned(),
    }
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written_over_every_kind_of_connection() {
    for speaks in [Speaks::Tls, Speaks::StartTls, Speaks::Plain] {
        let server = MailServer::start(speaks, at(START)).await;
        mailer(server.mail()).send(letter()).await.unwrap();
        let got = server.letter(0).await;
        assert_eq!(got.encrypted, speaks != Speaks::Plain);
        assert_eq!(got.login, Some((LOGIN.0.to_owned(), LOGIN.1.to_owned())));
        assert_eq!(
            (got.from.as_str(), got.to.as_str()),
            ("muster@company.example", "kim@company.example")
        );
        assert!(got.text.trim_end().ends_with("\n\nA line.\n.A line with a dot."), "{}", got.text);
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_its_name_gets_nothing() {
    for speaks in [Speaks::Tls, Speaks::StartTls] {
        let server = MailServer::start(speaks, at(START)).await;
        let other = MailServer::start(speaks, at(START)).await;
        let by_another_ca = Mail { ca: Some(other.authority()), ..server.mail() };
        let with_another_name = Mail { host: "127.0.0.1".to_owned(), ..server.mail() };
        for mail in [by_another_ca, with_another_name] {
            let error = mailer(mail).send(letter()).await.unwrap_err();
            assert!(matches!(error, MailError::Unreachable(_)), "{speaks:?}: {error}");
        }
        // Its certificate ended years before this clock.
        let clock = Clock::Manual(ManualClock::new(at("2036-08-20T09:00:00Z")));
        let late = Mailer::new(server.mail(), "muster.company.example", clock).unwrap();
        let error = late.send(letter()).await.unwrap_err();
        assert!(error.to_string().to_lowercase().contains("expired"), "{error}");
        assert_eq!(server.letters(), []);
    }
}

#[tokio::test]
async fn whoever_sits_on_the_way_cannot_keep_tls_from_beginning() {
    let without = MailServer::start(Speaks::NoStartTls, at(START)).await;
    let error = mailer(without.mail()).send(letter()).await.unwrap_err();
    assert!(matches!(&error, MailError::NoTls(said) if said == "502 no"), "{error}");
    let injected = MailServer::start(Speaks::Injected, at(START)).await;
    let error = mailer(injected.mail()).send(letter()).await.unwrap_err();
    assert!(matches!(error, MailError::Unreachable(_)), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_named_and_not_shown() {
    let server = MailServer::start(Speaks::Tls, at(START)).await;
    let mail = server.mail();
    let file = mail.login.as_ref().unwrap().password_file.clone();
    std::fs::write(&file, "battery staple\n").unwrap();
    let mailer = mailer(mail);
    let error = mailer.send(letter()).await.unwrap_err().to_string();
    assert!(error.contains("wrong password") && !error.contains("battery"), "{error}");
    // The file is read anew for each letter.
    std::fs::write(&file, format!("{}\n", LOGIN.1)).unwrap();
    mailer.send(letter()).await.unwrap();
    assert_eq!(server.letters().len(), 1);
}
