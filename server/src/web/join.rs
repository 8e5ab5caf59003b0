//! The page that somebody opens who was invited: the package with the token in
//! its name, and the one line for Terminal.
//!
//! The token stands behind the `#` of the link, which browsers send to nobody:
//! it is in no log of a server or proxy and in no referrer. From there it goes
//! into a form and travels in the body of a request; the script does both and
//! takes the token out of the address, so that it does not stay in the history.
//! Without a script the person pastes the line of the invitation. A shorter
//! name for the token in the address would itself be worth a token wherever
//! addresses are kept. Nothing here uses an invitation up, so programs that
//! open links in mail take nothing away.

use askama::Template;
use axum::extract::{Form, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use shared::keys::sha256;
use shared::names::AGENT_BUNDLE;
use shared::posture::CHECKS;
use shared::token::Token;

use super::Console;
use super::agent::{Offer, attachment, package};
use super::errors::PageError;
use super::shell::{Section, Shell, html};
use super::times::When;
use crate::store::access::invitations::InvitationFound;

/// Longest text that somebody can paste: a letter, not a book.
const PASTED: usize = 4000;
/// Longest name of a file on a Mac, in bytes.
const NAME: usize = 255;

/// What somebody pasted, or what the link carried.
#[derive(Deserialize)]
pub(super) struct Pasted {
    #[serde(default)]
    invitation: String,
}

#[derive(Template)]
#[template(path = "join.html")]
struct AskPage {
    shell: Shell,
    /// Why what was pasted cannot be used.
    wrong: String,
}

#[derive(Template)]
#[template(path = "joined.html")]
struct JoinPage {
    shell: Shell,
    token: String,
    offer: Option<Offer>,
    /// The package's name with the token; empty when it would be too long.
    file: String,
    /// The end of the serial number of the one Mac that it is for.
    serial: String,
    until: When,
    reads: Vec<&'static str>,
    uninstaller: String,
}

/// The link of an invitation.
pub(in crate::web) fn link(public_url: &str, token: &str) -> String {
    format!("{public_url}/join#{token}")
}

/// Asks for the invitation.
pub(super) async fn page(
    State(console): State<Console>,
    headers: HeaderMap,
) -> Result<Html<String>, PageError> {
    ask(&console, &headers, String::new())
}

fn ask(console: &Console, headers: &HeaderMap, wrong: String) -> Result<Html<String>, PageError> {
    let shell = Shell::plain(console, headers).titled("Set up your Mac", Section::None);
    html(&AskPage { shell, wrong })
}

/// An invitation that can be used now.
struct Usable {
    token: Token,
    until: jiff::Timestamp,
    serial: Option<String>,
}

/// What to do with the invitation, for the person who has it.
pub(super) async fn show(
    State(console): State<Console>,
    request: Request,
) -> Result<Response, PageError> {
    let headers = request.headers().clone();
    let Usable { token, until, serial } = match usable(&console, request).await? {
        Ok(usable) => usable,
        Err(wrong) => return refuse(&console, &headers, wrong),
    };
    let token = token.to_string();
    let offer = Offer::of(&console.app.rulebook.current().releases);
    let file = offer.as_ref().and_then(|offer| name(&offer.version, &token)).unwrap_or_default();
    let page = JoinPage {
        shell: Shell::plain(&console, &headers).titled("Set up your Mac", Section::None),
        token,
        offer,
        file,
        serial: serial.map(|serial| ending(&serial)).unwrap_or_default(),
        until: When::exact(until),
        reads: CHECKS.iter().map(|check| check.about).collect(),
        uninstaller: format!("{AGENT_BUNDLE}/Contents/Resources/uninstall.sh"),
    };
    Ok(html(&page)?.into_response())
}

/// The package under a name that carries the token. It is never kept by a
/// browser or proxy: whatever has no rule of its own is `no-store` here.
pub(super) async fn download(
    State(console): State<Console>,
    request: Request,
) -> Result<Response, PageError> {
    let headers = request.headers().clone();
    let token = match usable(&console, request).await? {
        Ok(usable) => usable.token.to_string(),
        Err(wrong) => return refuse(&console, &headers, wrong),
    };
    let none = PageError::NotFound("The collector has no package; ask your IT team for it.");
    let Some(offer) = Offer::of(&console.app.rulebook.current().releases) else {
        return Err(none);
    };
    let Some(bytes) = package(&console, &offer.file).await? else { return Err(none) };
    let name = name(&offer.version, &token).unwrap_or(offer.file);
    Ok((attachment(&name), bytes).into_response())
}

/// The package's name with the token in it, if a Mac can keep such a name:
/// some room is left for what browsers add to a second copy.
fn name(version: &str, token: &str) -> Option<String> {
    let name = format!("Muster-{version}.{token}.pkg");
    (name.len() + 10 <= NAME).then_some(name)
}

fn ending(serial: &str) -> String {
    let skip = serial.chars().count().saturating_sub(4);
    serial.chars().skip(skip).collect()
}

fn refuse(console: &Console, headers: &HeaderMap, wrong: String) -> Result<Response, PageError> {
    let page = ask(console, headers, wrong)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// The invitation that a request carries, when it can be used; the inner error
/// is for the person.
async fn usable(console: &Console, request: Request) -> Result<Result<Usable, String>, PageError> {
    let client = console.app.limits.client(&request);
    let now = console.app.clock.now();
    if client.is_suspect(now) {
        let wait = "Too many requests from your network could not be answered. Try again in a few minutes.";
        return Ok(Err(wait.to_owned()));
    }
    let found = match Form::<Pasted>::from_request(request, &()).await {
        Ok(Form(pasted)) => look_up(console, &pasted.invitation, now).await?,
        Err(_) => Err(UNREADABLE.to_owned()),
    };
    if found.is_err() {
        client.refused(StatusCode::UNPROCESSABLE_ENTITY.as_u16(), now);
    }
    Ok(found)
}

const UNREADABLE: &str = "This is no invitation. Copy the whole link or the whole line that begins with “sudo muster-agent enroll”.";

async fn look_up(
    console: &Console,
    pasted: &str,
    now: jiff::Timestamp,
) -> Result<Result<Usable, String>, PageError> {
    let wrong = |words: &str| Ok(Err(words.to_owned()));
    let token = match token(pasted) {
        Some(Ok(token)) => token,
        Some(Err(_)) => {
            return wrong(
                "Characters of the invitation are missing. Copy the whole link or line again.",
            );
        }
        None => return wrong(UNREADABLE),
    };
    let (id, digest) = (token.id(), sha256(&token.secret));
    let found = console.records(move |records| Ok(records.invitation(&id, &digest)?)).await?;
    match found {
        None if token.url != *console.app.public_url => Ok(Err(format!(
            "This invitation is for another address, {}. Open its link, or ask your IT team.",
            token.url
        ))),
        None => wrong("This invitation is not known here. Ask your IT team for a new one."),
        Some(InvitationFound { is_used: true, .. }) => wrong(
            "This invitation was used already. If your Mac shows up as enrolled, all is done: “sudo muster-agent status” in Terminal says so. Else ask your IT team for a new one, and tell them if it was not you.",
        ),
        Some(found) if found.expires <= now => {
            wrong("This invitation has expired. Ask your IT team for a new one.")
        }
        Some(found) => Ok(Ok(Usable { token, until: found.expires, serial: found.serial })),
    }
}

/// The token in a link, a line or a whole letter; none when there is none.
fn token(pasted: &str) -> Option<Result<Token, shared::token::TokenError>> {
    let pasted: String = pasted.chars().take(PASTED).collect();
    let (_, rest) = pasted.split_once(shared::names::TOKEN_PREFIX)?;
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    let body: String = rest.chars().take_while(|letter| is_part(*letter)).collect();
    Some(format!("{}{body}", shared::names::TOKEN_PREFIX).parse())
}

#[cfg(test)]
mod tests {
    use shared::token::Token;

    use super::{ending, link, name, token};

    fn example() -> Token {
        Token { url: "https://m.example".to_owned(), ca_sha256: None, secret: [9; 32] }
    }

    #[test]
    fn the_token_is_found_in_a_link_a_line_and_a_letter() {
        let text = example().to_string();
        for pasted in [
            text.clone(),
            link("https://m.example", &text),
            format!("sudo muster-agent enroll {text}"),
            format!("Hello Sam,\n\nopen {}.\nYours", link("https://m.example", &text)),
            format!("“{text}”"),
        ] {
            assert_eq!(token(&pasted), Some(Ok(example())), "{pasted}");
        }
        assert_eq!(token("hello"), None);
        assert!(token(&text[..60]).unwrap().is_err());
    }

    #[test]
    fn a_name_that_no_mac_can_keep_carries_no_token() {
        let token = example().to_string();
        assert_eq!(name("1.2.3", &token), Some(format!("Muster-1.2.3.{token}.pkg")));
        assert_eq!(name("1.2.3", &"x".repeat(230)), None);
        assert_eq!(ending("C02XY1ZT4F2K"), "4F2K");
    }
}
