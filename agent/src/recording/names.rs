//! Names of people in the answers of a Mac.

use std::collections::BTreeSet;

use crate::host::{Answer, Asked};

/// Accounts that every Mac has, and words that answers need: replacing them
/// would change what an answer says, and they identify nobody.
const NOT_PEOPLE: &[&str] = &[
    "root",
    "admin",
    "administrator",
    "daemon",
    "nobody",
    "guest",
    "shared",
    "user",
    "users",
    "loginwindow",
    "system",
    "local",
    "test",
    "mac",
    "apple",
    "off",
    "enabled",
    "disabled",
    "yes",
    "none",
    "true",
    "false",
    "unknown",
    "immediate",
    "version",
    "library",
    "name",
];

/// Everybody who is named: at the console, in groups, by FileVault, in `/Users`.
pub(super) fn of_people(asked: &[Asked]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for one in asked {
        match one {
            Asked::Folder(path, folders) if path == "/Users" => {
                names.extend(folders.iter().filter(|name| !name.starts_with('.')).cloned());
            }
            Asked::Command(argv, Answer::Done { exit: 0, stdout, .. }) => {
                let answer = String::from_utf8_lossy(stdout);
                let program = argv.first().map(String::as_str).unwrap_or_default();
                let last = argv.last().map(String::as_str).unwrap_or_default();
                match (program, last) {
                    ("/usr/bin/stat", _) => names.extend(first_word(&answer)),
                    ("/usr/bin/dscl", _) => {
                        let members = answer.split_once(':').map_or("", |(_, members)| members);
                        names.extend(members.split_whitespace().map(str::to_owned));
                    }
                    ("/usr/bin/fdesetup", "list") => {
                        let lines = answer.lines().filter_map(|line| line.rsplit_once(','));
                        names.extend(lines.map(|(name, _)| name.trim().to_owned()));
                    }
                    ("/usr/bin/fdesetup", "status") => names.extend(quoted(&answer)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    names.retain(|name| is_person(name));
    names
}

fn is_person(name: &str) -> bool {
    let lower = name.to_lowercase();
    name.len() > 2 && !name.starts_with('_') && !NOT_PEOPLE.contains(&lower.as_str())
}

fn first_word(answer: &str) -> Option<String> {
    answer.split_whitespace().next().map(str::to_owned)
}

/// `active for user 'jdoe'.`
fn quoted(answer: &str) -> Option<String> {
    let (_, rest) = answer.split_once("user '")?;
    rest.split('\'').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(argv: &[&str], stdout: &str) -> Asked {
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        Asked::Command(argv, Answer::Done { exit: 0, stdout: stdout.into(), stderr: Vec::new() })
    }

    #[test]
    fn everybody_who_is_named_is_found() {
        let asked = [
            said(&["/usr/bin/stat", "-f", "%Su %u", "/dev/console"], "sam 501\n"),
            said(&["/usr/bin/dscl", ".", "-read"], "GroupMembership: root _mbsetupuser itadmin\n"),
            said(
                &["/usr/bin/fdesetup", "list"],
                "jo,11111111-2222-3333-4444-555555555555\nlee doe,X\n",
            ),
            said(&["/usr/bin/fdesetup", "status"], "Deferred ... for user 'jdoe'.\n"),
            Asked::Folder("/Users".to_owned(), vec!["Shared".into(), "pat".into(), ".x".into()]),
            Asked::Folder("/Applications".to_owned(), vec!["Slack.app".into()]),
        ];
        let names: Vec<String> = of_people(&asked).into_iter().collect();
        assert_eq!(names, ["itadmin", "jdoe", "lee doe", "pat", "sam"]);
    }
}
