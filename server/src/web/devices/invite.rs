//! Inviting a person: by mail where mail is configured, else with a command to
//! hand over.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::auth::account::mail_address;
use crate::auth::who::Who;
use crate::invitation::{Request, VALID, check, make as invitation, object};
use crate::web::Console;
use crate::web::errors::PageError;
use crate::web::join::link;
use crate::web::shell::{Section, Shell, html};
use crate::web::times::When;

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::web) struct InviteForm {
    #[serde(default)]
    person: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    serial: String,
}

/// What is wrong, by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wrong {
    person: &'static str,
    email: &'static str,
    serial: &'static str,
}

#[derive(Template)]
#[template(path = "device_invite.html")]
struct InvitePage {
    shell: Shell,
    form: InviteForm,
    wrong: Wrong,
    /// Whether a letter will be sent.
    mails: bool,
}

#[derive(Template)]
#[template(path = "device_invited.html")]
struct InvitedPage {
    shell: Shell,
    person: String,
    email: String,
    /// Line and link, shown once; none when a letter carries them.
    command: Option<(String, String)>,
    /// Why no letter was sent, where one should have been.
    not_sent: String,
    until: When,
}

/// The form; an address may fill it in.
pub(in crate::web) async fn page(
    State(console): State<Console>,
    shell: Shell,
    Query(form): Query<InviteForm>,
) -> Result<Html<String>, PageError> {
    form_with(&console, shell, form, Wrong::default())
}

fn form_with(
    console: &Console,
    shell: Shell,
    form: InviteForm,
    wrong: Wrong,
) -> Result<Html<String>, PageError> {
    let shell = shell.titled("Invite a person", Section::Devices);
    html(&InvitePage { shell, form, wrong, mails: console.app.mailer.is_some() })
}

/// What was typed, as a request.
fn read(form: &InviteForm) -> Result<Request, Wrong> {
    let email = mail_address(&form.email);
    let serial = Some(form.serial.trim().to_ascii_uppercase()).filter(|text| !text.is_empty());
    let request = Request {
        person: form.person.split_whitespace().collect::<Vec<_>>().join(" "),
        email: email.clone().unwrap_or_default(),
        serial: serial.clone(),
        valid_for: VALID,
    };
    let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let mut wrong = Wrong::default();
    if !plain(&request.person) || request.person.len() > 200 {
        wrong.person = "Enter the name of the person, such as Sam Carter.";
    }
    if email.is_none() {
        wrong.email = "Enter a mail address, such as sam@company.example.";
    }
    let plausible = |serial: &String| {
        (8..=20).contains(&serial.len()) && serial.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !serial.as_ref().is_none_or(plausible) {
        wrong.serial =
            "A serial number has 8 to 20 letters and digits. Leave it empty to admit any one Mac.";
    }
    if wrong == Wrong::default() && check(&request).is_err() {
        wrong.email = "Enter a mail address, such as sam@company.example.";
    }
    if wrong == Wrong::default() { Ok(request) } else { Err(wrong) }
}

/// Makes an invitation, and mails it or shows it once.
pub(in crate::web) async fn make(
    State(console): State<Console>,
    shell: Shell,
    who: Who,
    Form(form): Form<InviteForm>,
) -> Result<Response, PageError> {
    let request = match read(&form) {
        Ok(request) => request,
        Err(wrong) => {
            let page = form_with(&console, shell, form, wrong)?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let app = &console.app;
    let act = who.act("invited", object(&request));
    let (made, token) = invitation(&request, &app.public_url, app.pinned_ca, act);
    let until = made.expires_at;
    app.queue.run(move |writer| writer.invite(&made)).await?;
    let command = format!("sudo muster-agent enroll {token}");
    let link = link(&app.public_url, &token.to_string());
    let until = When::exact(until);
    let (command, not_sent) = match &app.mailer {
        None => (Some((command, link)), String::new()),
        Some(mailer) => {
            let letter = letter(&request, (&link, &command), &until.words);
            match mailer.send_to(&request.email, letter).await {
                Ok(()) => (None, String::new()),
                Err(error) => (Some((command, link)), error.to_string()),
            }
        }
    };
    let page = html(&InvitedPage {
        shell: shell.titled("Invited", Section::Devices),
        person: request.person,
        email: request.email,
        command,
        not_sent,
        until,
    })?;
    Ok(page.into_response())
}

/// Subject and text of the letter.
fn letter(request: &Request, (link, command): (&str, &str), until: &str) -> (String, String) {
    let mac = request
        .serial
        .as_ref()
        .map_or_else(|| "your Mac".to_owned(), |serial| format!("the Mac with serial {serial}"));
    let text = format!(
        "Hello {},\n\n\
         your IT team asks you to enrol {mac} in Muster. It reads a few\n\
         security settings, such as FileVault and the firewall, and reports them.\n\
         It reads no files, no messages and no browsing, and cannot run anything\n\
         on your Mac.\n\n\
         Open this page on the Mac. It has the installer, and says what is read\n\
         and how to remove it:\n\n{link}\n\n\
         If the Muster agent is installed already, open Terminal, enter this line\n\
         and your password:\n\n{command}\n\n\
         Link and line are one invitation, which works once, until {until}.\n\
         If you did not expect this letter, ask your IT team before you do\n\
         anything.\n",
        request.person
    );
    ("Enrol your Mac in Muster".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::{InviteForm, Wrong, letter, read};

    fn form() -> InviteForm {
        InviteForm {
            person: " Sam  Carter".to_owned(),
            email: "Sam@company.example".to_owned(),
            serial: "c02xy1zt4f2k".to_owned(),
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        let request = read(&form()).unwrap();
        assert_eq!(
            (request.person.as_str(), request.email.as_str()),
            ("Sam Carter", "sam@company.example")
        );
        assert_eq!(request.serial.as_deref(), Some("C02XY1ZT4F2K"));
        let wrong = read(&InviteForm {
            person: " ".to_owned(),
            email: "sam".to_owned(),
            serial: "1".to_owned(),
        });
        let wrong = wrong.unwrap_err();
        for said in [wrong.person, wrong.email, wrong.serial] {
            assert!(!said.is_empty());
        }
        let no_serial = InviteForm { serial: String::new(), ..form() };
        assert_eq!(read(&no_serial).unwrap().serial, None);
        assert_ne!(wrong, Wrong::default());
    }

    #[test]
    fn the_letter_holds_the_whole_line_on_a_line_of_its_own() {
        let command = "sudo muster-agent enroll mst1.abc";
        let link = "https://m.example/join#mst1.abc";
        let (_, text) = letter(&read(&form()).unwrap(), (link, command), "Sun");
        for whole in [link, command] {
            assert!(text.lines().any(|line| line == whole), "{text}");
        }
        assert!(text.contains("serial C02XY1ZT4F2K"));
    }
}
