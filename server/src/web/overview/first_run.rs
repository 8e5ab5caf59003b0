//! What a new collector still needs, each line read from what runs and from
//! the database; nobody ticks anything.

use axum::extract::State;
use axum::response::Redirect;
use jiff::Timestamp;

use crate::app::App;
use crate::audit::Object;
use crate::auth::who::Who;
use crate::os_releases::shown::{Age, age_days, age_words};
use crate::store::access::first_run::FirstRunSeen;
use crate::web::Console;
use crate::web::errors::PageError;

/// How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is there.
    Done,
    /// Somebody has to do something.
    Open,
    /// The collector cannot see it.
    Unseen,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) standing: Standing,
    /// What is, or what to do.
    pub(super) says: String,
    /// Where to do it, in the console.
    pub(super) href: &'static str,
}

impl Line {
    /// Its state as shape, colour and word.
    pub(super) fn mark(&self) -> (&'static str, &'static str) {
        match self.standing {
            Standing::Done => ("pass", "Done"),
            Standing::Open => ("waiting", "To do"),
            Standing::Unseen => ("unknown", "Not seen"),
        }
    }
}

/// What is looked at, beside the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Running {
    pub(super) url: String,
    /// The collector's own certificate authority is pinned by tokens.
    pub(super) pins_ca: bool,
    pub(super) providers: usize,
    pub(super) mails: bool,
    pub(super) feed: Option<String>,
    pub(super) catalogue_days: i64,
}

impl Running {
    /// The collector as it runs.
    pub(super) fn of(app: &App, now: Timestamp) -> Self {
        let catalogue = app.rulebook.current().catalogue;
        Self {
            url: app.public_url.to_string(),
            pins_ca: app.pinned_ca.is_some(),
            providers: app.openid.settings().count(),
            mails: app.mailer.is_some(),
            feed: app.feed.as_ref().map(|feed| feed.url.clone()),
            catalogue_days: age_days(&catalogue, now),
        }
    }
}

/// The lines; none when all that the collector can see is done, or somebody
/// put the list away.
pub(super) fn lines(running: &Running, seen: FirstRunSeen) -> Vec<Line> {
    let lines = vec![
        address(running),
        sign_in(running, seen),
        mail(running),
        feed(running),
        backup(),
        expected(seen),
        first_mac(seen),
    ];
    let open = lines.iter().any(|line| line.standing == Standing::Open);
    if seen.is_dismissed || !open { Vec::new() } else { lines }
}

fn line(name: &'static str, done: bool, says: impl Into<String>, href: &'static str) -> Line {
    let standing = if done { Standing::Done } else { Standing::Open };
    Line { name, standing, says: says.into(), href }
}

fn address(running: &Running) -> Line {
    let host = running.url.split("//").nth(1).unwrap_or_default();
    let local = ["localhost", "127.", "[::1]"].iter().any(|start| host.starts_with(start));
    let is_tls = running.url.starts_with("https://");
    let url = &running.url;
    let says = match (is_tls, local) {
        (_, true) => format!(
            "Macs are told {url}, which is this machine alone. Set public_url in muster.toml to the address that they reach."
        ),
        (false, _) => format!(
            "{url} is not encrypted. Set public_url to an address with https://, and [tls] if the company has a certificate."
        ),
        (true, _) if running.pins_ca => {
            format!("{url}, with the collector’s own certificate, which agents pin.")
        }
        (true, _) => format!("{url}, with the company’s certificate."),
    };
    line("Address and TLS", is_tls && !local, says, "")
}

fn sign_in(running: &Running, seen: FirstRunSeen) -> Line {
    let done = running.providers > 0 || seen.has_passkey;
    let says = match (running.providers, seen.has_passkey) {
        (0, false) => {
            "People come in by links from the command line alone. Add a passkey, or the company’s sign-in under [[sign_in.openid]] in muster.toml."
        }
        (0, true) => "With passkeys.",
        _ => "With the company’s sign-in.",
    };
    line("Sign-in", done, says, if done { "" } else { "/account" })
}

fn mail(running: &Running) -> Line {
    let says = if running.mails {
        "A mail server is configured."
    } else {
        "No mail server is configured, so invitations have to be handed over. Add [mail] to muster.toml."
    };
    line("Mail", running.mails, says, "")
}

fn feed(running: &Running) -> Line {
    let age = age_words(running.catalogue_days);
    let fresh = Age::of(running.catalogue_days) == Age::Fresh;
    let says = match &running.feed {
        Some(url) => format!("From {url}; the catalogue in force is {age}."),
        None => format!(
            "Nothing is fetched; the catalogue in force is {age}. Import a file at least every two weeks, or set [os_releases] in muster.toml."
        ),
    };
    line("Catalogue of macOS releases", fresh, says, "/os-releases")
}

/// Nothing of a backup can be seen from here, so nothing is claimed.
fn backup() -> Line {
    Line {
        name: "Backup",
        standing: Standing::Unseen,
        says: "The collector cannot see whether its database and its state folder are copied elsewhere. Without the state folder no enrolled Mac can report again.".to_owned(),
        href: "",
    }
}

fn expected(seen: FirstRunSeen) -> Line {
    let says = if seen.has_expected {
        "There is a list of the Macs that the company has."
    } else {
        "Import the list of the Macs that the company has. Until then a Mac that never enrolled is missing from every number."
    };
    let href = if seen.has_expected { "/expected" } else { "/expected/import" };
    line("Expected devices", seen.has_expected, says, href)
}

fn first_mac(seen: FirstRunSeen) -> Line {
    let says =
        if seen.has_reported { "The first Mac has reported." } else { "Invite the first person." };
    let href = if seen.has_reported { "" } else { "/devices/invite" };
    line("First Mac", seen.has_reported, says, href)
}

/// Puts the list away for everybody.
pub(in crate::web) async fn dismiss(
    State(console): State<Console>,
    who: Who,
) -> Result<Redirect, PageError> {
    let act = who.act("first_run_dismissed", Object::default());
    console.records(move |records| Ok(records.dismiss_first_run(&act)?)).await?;
    Ok(Redirect::to("/"))
}

#[cfg(test)]
mod tests {
    use super::{FirstRunSeen, Running, Standing, lines};

    fn ready() -> (Running, FirstRunSeen) {
        let running = Running {
            url: "https://muster.company.example".to_owned(),
            pins_ca: true,
            providers: 1,
            mails: true,
            feed: Some("https://feed.example/x.json".to_owned()),
            catalogue_days: 1,
        };
        let seen = FirstRunSeen {
            is_dismissed: false,
            has_expected: true,
            has_passkey: false,
            has_reported: true,
        };
        (running, seen)
    }

    fn open(running: &Running, seen: FirstRunSeen) -> Vec<&'static str> {
        let lines = lines(running, seen).into_iter();
        lines.filter(|line| line.standing == Standing::Open).map(|line| line.name).collect()
    }

    #[test]
    fn each_line_says_what_is_missing_and_nothing_else() {
        let (running, seen) = ready();
        assert!(lines(&running, seen).is_empty());
        let one = |change: fn(&mut Running)| {
            let mut running = running.clone();
            change(&mut running);
            open(&running, seen)
        };
        assert_eq!(one(|it| it.url = "https://localhost:8443".to_owned()), ["Address and TLS"]);
        assert_eq!(one(|it| it.url = "http://muster.example".to_owned()), ["Address and TLS"]);
        assert_eq!(one(|it| it.mails = false), ["Mail"]);
        assert_eq!(one(|it| it.catalogue_days = 7), ["Catalogue of macOS releases"]);
        assert_eq!(one(|it| it.providers = 0), ["Sign-in"]);
        let passkey = FirstRunSeen { has_passkey: true, ..seen };
        assert!(open(&Running { providers: 0, ..running.clone() }, passkey).is_empty());
        assert_eq!(
            open(&running, FirstRunSeen { has_expected: false, ..seen }),
            ["Expected devices"]
        );
        assert_eq!(open(&running, FirstRunSeen { has_reported: false, ..seen }), ["First Mac"]);
    }

    #[test]
    fn what_cannot_be_seen_is_never_called_done() {
        let (running, seen) = ready();
        let all = lines(&Running { mails: false, ..running }, seen);
        let backup = all.iter().find(|line| line.name == "Backup").unwrap();
        assert_eq!((backup.standing, backup.mark().1), (Standing::Unseen, "Not seen"));
    }

    #[test]
    fn a_list_that_was_put_away_stays_away() {
        let seen = FirstRunSeen { is_dismissed: true, ..FirstRunSeen::default() };
        assert!(lines(&Running::default(), seen).is_empty());
    }
}
