//! Letters to people: plain text, short, one at a time.
//!
//! A letter leaves by a verified connection or not at all. Nothing waits in a
//! queue over a restart: whoever does not get a letter asks for another one.

mod connection;

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Body;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};

use crate::clock::Clock;
use crate::config::mail::{Login, Mail, Security};
use crate::outgoing::OutgoingError;

/// Time for a whole letter, from the name of the server to its answer.
const DEADLINE: Duration = Duration::from_secs(30);

/// Longest line that mail allows, in bytes.
const LINE_LIMIT: usize = 998;

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// A file of `[mail]` cannot be used.
    #[error("`mail.{key}`: {path}: {why}")]
    File {
        /// Which key names it.
        key: &'static str,
        /// Which file.
        path: String,
        /// Why not.
        why: String,
    },
    /// TLS cannot be prepared.
    #[error("`mail`: {0}")]
    Tls(#[from] OutgoingError),
    /// The server cannot be reached, or its certificate does not hold.
    #[error("the mail server cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    /// The server says something else than the protocol allows.
    #[error("the mail server does not begin TLS: it answers `{0}`")]
    NoTls(String),
    /// The server refused.
    #[error("the mail server refused: {0}")]
    Refused(#[from] lettre::transport::smtp::Error),
    /// The letter cannot be written.
    #[error("the letter cannot be written: {0}")]
    Letter(#[from] lettre::error::Error),
    /// No answer in time.
    #[error("the mail server did not answer within {} s", DEADLINE.as_secs())]
    Late,
}

/// A letter to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Address,
    /// What it is about.
    pub subject: String,
    /// Lines of plain text.
    pub text: String,
}

/// Sends letters, cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    mail: Arc<Mail>,
    /// The collector's own name, in greetings and in the ids of letters.
    host: Arc<str>,
    clock: Clock,
}

impl Mailer {
    /// A mailer of the collector at `host`; an error when a file that it needs
    /// cannot be read now.
    pub fn new(mail: Mail, host: &str, clock: Clock) -> Result<Self, MailError> {
        if let Some(login) = &mail.login {
            password(login)?;
        }
        if mail.security != Security::Loopback {
            connection::prepared(&mail, &clock)?;
        }
        Ok(Self { mail: Arc::new(mail), host: host.into(), clock })
    }

    /// Sends a letter with this subject and text to an address that somebody
    /// typed.
    pub async fn send_to(
        &self,
        address: &str,
        (subject, text): (String, String),
    ) -> Result<(), MailError> {
        let to = address.parse().map_err(|_| lettre::error::Error::MissingTo)?;
        self.send(Letter { to, subject, text }).await
    }

    /// Sends a letter; when this returns, the server has it.
    pub async fn send(&self, letter: Letter) -> Result<(), MailError> {
        let sending = self.hand_over(letter);
        tokio::time::timeout(DEADLINE, sending).await.map_err(|_| MailError::Late)?
    }

    async fn hand_over(&self, letter: Letter) -> Result<(), MailError> {
        let message = self.message(letter)?;
        let hello = ClientId::Domain(self.host.to_string());
        let mut server = connection::open(&self.mail, &hello, &self.clock).await?;
        if let Some(login) = &self.mail.login {
            let credentials = Credentials::new(login.user.clone(), password(login)?);
            server.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        server.send(message.envelope(), &message.formatted()).await?;
        // The server has the letter; how it says goodbye changes nothing.
        let _ = server.quit().await;
        Ok(())
    }

    fn message(&self, letter: Letter) -> Result<Message, MailError> {
        let id = uuid::Uuid::new_v4();
        let message = Message::builder()
            .from(self.mail.from.clone())
            .to(letter.to.into())
            .subject(letter.subject)
            .date(self.clock.now().into())
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .header(ContentType::TEXT_PLAIN)
            .body(body(letter.text))?;
        Ok(message)
    }
}

/// The text as it stands where mail allows that, so that a link is whole in
/// whatever shows the letter.
fn body(text: String) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE_LIMIT) {
        let text = text.lines().flat_map(|line| [line, "\r\n"]).collect::<String>();
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

fn password(login: &Login) -> Result<String, MailError> {
    let wrong = |why: String| MailError::File {
        key: "password_file",
        path: login.password_file.display().to_string(),
        why,
    };
    let text =
        std::fs::read_to_string(&login.password_file).map_err(|error| wrong(error.to_string()))?;
    let first = text.lines().next().unwrap_or_default();
    if first.is_empty() {
        return Err(wrong("its first line is empty; write the password there".into()));
    }
    Ok(first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Letter, Mailer};
    use crate::clock::{Clock, ManualClock};
    use crate::config::mail::{Login, Mail, Security};

    fn mail(login: Option<Login>) -> Mail {
        Mail {
            host: "localhost".into(),
            port: 25,
            security: Security::Loopback,
            from: "Muster <muster@company.example>".parse().unwrap(),
            login,
            ca: None,
        }
    }

    fn clock() -> Clock {
        Clock::Manual(ManualClock::new("2026-08-23T09:00:00Z".parse().unwrap()))
    }

    #[test]
    fn a_letter_is_plain_text_with_the_collectors_time() {
        let mailer = Mailer::new(mail(None), "muster.example", clock()).unwrap();
        let letter = Letter {
            to: "kim@company.example".parse().unwrap(),
            subject: "Your sign-in link\r\nBcc: eve@evil.example".into(),
            text: format!("Hello.\n{}\n", "x".repeat(120)),
        };
        let text = String::from_utf8(mailer.message(letter).unwrap().formatted()).unwrap();
        assert!(text.contains("Date: Sun, 23 Aug 2026 09:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Content-Type: text/plain; charset=utf-8\r\n"), "{text}");
        assert!(text.contains("@muster.example>\r\n"), "{text}");
        assert!(!text.contains("\nBcc:"), "{text}");
        let line = "x".repeat(120);
        assert!(text.ends_with(&format!("\r\n\r\nHello.\r\n{line}\r\n")), "{text}");
    }

    #[test]
    fn a_password_is_the_first_line_of_a_file_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let login = Login { user: "muster".into(), password_file: path.clone() };
        let new = || Mailer::new(mail(Some(login.clone())), "muster.example", clock());
        assert!(new().unwrap_err().to_string().starts_with("`mail.password_file`: "));
        std::fs::write(&path, "\nsecret").unwrap();
        assert!(new().unwrap_err().to_string().contains("its first line is empty"));
        std::fs::write(&path, "secret\n").unwrap();
        assert_eq!(super::password(&login).unwrap(), "secret");
        assert!(!format!("{:?}", new().unwrap()).contains("secret"));
    }
}
