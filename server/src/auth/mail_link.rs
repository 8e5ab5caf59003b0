//! Links by mail: who gets one, and what the letter says.

use jiff::SignedDuration;

use super::account::Account;
use super::session::after;
use super::slowing;
use super::who::Origin;
use super::{AuthError, Secret};
use crate::audit::Object;
use crate::config::sign_in::MailLinks;
use crate::mail::Letter;
use crate::store::access::links::{LinkKind, NewLink};
use crate::store::access::{Records, SecretDigest};

/// How long a link by mail admits.
pub const VALID_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Who asks for a link, for whom, and where it is to lead.
#[derive(Clone, Debug)]
pub struct Request {
    /// The mail address, in small letters.
    pub email: String,
    /// Of the cookie of the browser that asks: the link works nowhere else.
    pub browser: SecretDigest,
    /// Where the request came from.
    pub origin: Origin,
    /// For whom links are.
    pub links: MailLinks,
    /// The collector's address.
    pub public_url: String,
}

/// Makes the link and the letter; nothing where none is to be sent. Blocks,
/// and takes longer for an address that has an account: it must not run
/// before the browser has its answer.
pub fn letter(records: &dyn Records, request: &Request) -> Result<Option<Letter>, AuthError> {
    let now = request.origin.at;
    let Some(account) = records.account_by_email(&request.email)? else { return Ok(None) };
    let Ok(to) = account.email.parse() else { return Ok(None) };
    if !account.is_open(now) {
        return Ok(None);
    }
    if !slowing::sends(records, &account.id, &request.origin.address, now)? {
        tracing::warn!(
            account = account.id,
            "more links by mail were asked for than are sent in an hour"
        );
        return Ok(None);
    }
    if request.links == MailLinks::Recovery && has_another_way(records, &account)? {
        let text = other_way(request);
        return Ok(Some(Letter { to, subject: "Signing in to Muster".to_owned(), text }));
    }
    let secret = Secret::random()?;
    let link = NewLink {
        digest: secret.digest(),
        account: Some(account.id.clone()),
        kind: LinkKind::Mail,
        browser: Some(request.browser),
        expires: after(now, VALID_FOR),
    };
    let object = Object::new("account", &account.id).called(&account.name);
    records.add_link(&link, &request.origin.act_of_nobody("mail_link", object))?;
    let subject = "Your sign-in link for Muster".to_owned();
    Ok(Some(Letter { to, subject, text: with_link(request, &secret) }))
}

/// Whether an account can be entered without a link by mail.
fn has_another_way(records: &dyn Records, account: &Account) -> Result<bool, AuthError> {
    let ways = records.ways(&account.id)?;
    Ok(ways.passkeys + ways.identities > 0)
}

fn with_link(request: &Request, secret: &Secret) -> String {
    let (url, minutes) = (&request.public_url, VALID_FOR.as_mins());
    format!(
        "Somebody asked to sign in to Muster at {url} with this mail address.\n\n\
         If it was you, open this link in the browser in which you asked,\n\
         within {minutes} minutes:\n\n{url}/login/mail/{}\n\n\
         It works once. If it was not you, do nothing: nobody can use the link\n\
         from another browser.\n",
        secret.reveal()
    )
}

fn other_way(request: &Request) -> String {
    let url = &request.public_url;
    format!(
        "Somebody asked for a link to sign in to Muster at {url}\n\
         with this mail address.\n\n\
         Links by mail are for accounts that have no other way in, and yours has one:\n\
         a passkey or your company's sign-in. Use it at\n\n{url}/login\n\n\
         If you lost it, ask an administrator for a new invitation.\n\
         If it was not you who asked, do nothing.\n"
    )
}
