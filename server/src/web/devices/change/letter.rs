//! Letters to who holds Macs with an outdated agent: each is noted when the
//! mail server has taken it.

use super::act::Refused;
use super::fate::Change;
use crate::audit::Object;
use crate::auth::who::Who;
use crate::web::Console;
use crate::web::errors::PageError;

/// Most letters of one request: somebody waits for the answer.
const LETTERS: usize = 200;

/// Name and address of who holds a device.
type Holder = Option<(String, String)>;

/// Letters about the newest package, where there is one and letters are sent.
pub(super) fn change(console: &Console) -> Result<Change, String> {
    let shelf = console.app.rulebook.current().releases;
    match (shelf.offered(), &console.app.mailer) {
        (_, None) => Err("This collector sends no mail: configure [mail] first.".to_owned()),
        (None, _) => Err("There is no package of the agent to send a link to.".to_owned()),
        (Some(release), Some(_)) => {
            Ok(Change::MailAgent(release.version.clone(), release.manifest.version.clone()))
        }
    }
}

/// Mails the holders of devices, given by id and name; what became of each.
pub(super) async fn send(
    console: &Console,
    who: &Who,
    version: &str,
    (devices, holders): (Vec<(String, String)>, Vec<Holder>),
) -> Result<Vec<Refused>, PageError> {
    let Some(mailer) = &console.app.mailer else { return Ok(Vec::new()) };
    let mut all = Vec::with_capacity(devices.len());
    for (number, ((id, name), holder)) in devices.into_iter().zip(holders).enumerate() {
        let Some((person, email)) = holder else {
            all.push(Some("nobody holds it"));
            continue;
        };
        if number >= LETTERS {
            all.push(Some("at most 200 letters are sent at once; do it again for the rest"));
            continue;
        }
        let letter = letter((&person, &name), version, &console.app.public_url);
        if let Err(error) = mailer.send_to(&email, letter).await {
            tracing::warn!(device = id, %error, "a letter about the agent could not be sent");
            all.push(Some("the letter could not be sent; the collector’s log says why"));
            continue;
        }
        let act = who.act("agent_mailed", Object::new("device", &id).called(&name));
        let act = act.with(format!("release {version}"));
        console.records(move |records| Ok(records.note(&act).map(drop)?)).await?;
        all.push(None);
    }
    Ok(all)
}

/// Subject and text.
fn letter((person, mac): (&str, &str), version: &str, url: &str) -> (String, String) {
    let text = format!(
        "Hello {person},\n\n\
         there is a new version of the Muster agent, {version}, for {mac}.\n\
         Open this page on the Mac, download the package, open it and follow the\n\
         installer; it asks for your password:\n\n{url}/agent\n\n\
         The Mac stays enrolled, and nothing else changes. If your IT team installs\n\
         software for you, you can leave it to them.\n"
    );
    ("Update the Muster agent on your Mac".to_owned(), text)
}

#[cfg(test)]
mod tests {
    use super::letter;

    #[test]
    fn the_letter_names_mac_version_and_page() {
        let (_, text) = letter(("Sam", "Sam’s MacBook Air (…4F2K)"), "1.2.3", "https://m.example");
        assert!(text.lines().any(|line| line == "https://m.example/agent"), "{text}");
        assert!(text.contains("1.2.3, for Sam’s MacBook Air (…4F2K)"));
    }
}
