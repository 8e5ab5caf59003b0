//! Who sits at the Mac? Asked to read what belongs to a user, and never sent.
//!
//! With fast user switching the owner of the console is the one in front.
//! At the login window the console belongs to root, during set-up to
//! `_mbsetupuser`: then nobody is there, and what belongs to a user is unknown.

use shared::reading::UnknownReason;

use super::inquiry::{Inquiry, Said};

const STAT: &[&str] = &["/usr/bin/stat", "-f", "%Su %u", "/dev/console"];
/// Owners of the console that are nobody.
const NOBODY: &[&str] = &["root", "loginwindow", "_mbsetupuser"];

/// The user in front of the Mac.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConsoleUser {
    name: String,
    uid: u32,
}

impl ConsoleUser {
    /// Asks who owns the console; from then on the inquiry hides the name.
    pub(super) fn of(inquiry: &mut Inquiry<'_>) -> Result<Self, UnknownReason> {
        let said = inquiry.run_without_digest(STAT)?;
        let user = parse(said.success()?)?;
        inquiry.conceal(&user.name, "NAME");
        inquiry.conceal(&user.uid.to_string(), "UID");
        Ok(user)
    }

    /// Runs a program as this user, within the user's session.
    ///
    /// `asuser` alone would keep root's account, `sudo` alone root's session.
    pub(super) fn run(
        &self,
        inquiry: &mut Inquiry<'_>,
        argv: &[&str],
    ) -> Result<Said, UnknownReason> {
        let uid = self.uid.to_string();
        let session = ["/bin/launchctl", "asuser", &uid, "/usr/bin/sudo", "-u", &self.name, "-n"];
        inquiry.run(&[&session, argv].concat())
    }

    /// The path of something in the user's home folder.
    pub(super) fn home(&self, path: &str) -> String {
        format!("/Users/{}/{path}", self.name)
    }

    /// Where a profile's settings for this user lie.
    pub(super) fn managed(&self, domain: &str) -> String {
        format!("/Library/Managed Preferences/{}/{domain}.plist", self.name)
    }
}

/// `sam 501`.
fn parse(answer: &str) -> Result<ConsoleUser, UnknownReason> {
    let (name, uid) = answer.trim().rsplit_once(' ').ok_or(UnknownReason::NotUnderstood)?;
    let name = name.trim();
    let uid: u32 = uid.parse().map_err(|_| UnknownReason::NotUnderstood)?;
    if NOBODY.contains(&name) || uid == 0 {
        return Err(UnknownReason::NoConsoleUser);
    }
    // It becomes part of a path and of a command.
    let is_name = !name.is_empty()
        && !name.starts_with(['-', '.', '#', '+'])
        && !name.contains(|any: char| any == '/' || any.is_control() || any.is_whitespace());
    if !is_name {
        return Err(UnknownReason::NotUnderstood);
    }
    Ok(ConsoleUser { name: name.to_owned(), uid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::fixture::Mac;

    const ASKED: &str = "/usr/bin/stat -f %Su %u /dev/console";

    #[test]
    fn the_owner_of_the_console_is_the_user() {
        for (answer, name, uid) in [("sam 501\n", "sam", 501), ("jo.doe-2 1024", "jo.doe-2", 1024)]
        {
            assert_eq!(parse(answer), Ok(ConsoleUser { name: name.to_owned(), uid }));
        }
    }

    #[test]
    fn at_the_login_window_nobody_is_there() {
        for answer in ["root 0\n", "loginwindow 92\n", "_mbsetupuser 248\n", "sam 0\n"] {
            assert_eq!(parse(answer), Err(UnknownReason::NoConsoleUser), "{answer}");
        }
    }

    #[test]
    fn an_odd_answer_names_nobody_to_run_as() {
        for answer in ["", "sam", " 501", "sam 501 x", "../x 501", "-u 501", "a b 501", "sam -1"] {
            assert_eq!(parse(answer), Err(UnknownReason::NotUnderstood), "{answer}");
        }
    }

    #[test]
    fn no_name_stands_in_the_evidence() {
        let user = "/bin/launchctl asuser 501 /usr/bin/sudo -u sam -n /bin/x sam";
        let mac = Mac::new().says(ASKED, "sam 501\n").says(user, "1\n");
        let mut inquiry = Inquiry::new(&mac);
        let sam = ConsoleUser::of(&mut inquiry).unwrap();
        sam.run(&mut inquiry, &["/bin/x", "sam"]).unwrap();
        let _ = inquiry.read_if_there(&sam.home("Library/x.plist"));
        let _ = inquiry.read_if_there(&sam.managed("x"));
        let found = inquiry.found(Err(UnknownReason::Missing));
        let methods: Vec<&str> = found.sources.iter().map(|one| one.method.as_str()).collect();
        assert_eq!(
            methods,
            [
                "exec:/usr/bin/stat -f %Su %u /dev/console",
                "exec:/bin/launchctl asuser UID /usr/bin/sudo -u NAME -n /bin/x NAME",
                "file:/Users/NAME/Library/x.plist",
                "file:/Library/Managed Preferences/NAME/x.plist",
            ]
        );
        // A digest of a short name is as good as the name.
        assert_eq!(found.sources[0].sha256, None);
        assert!(found.sources[1].sha256.is_some());
    }
}
