//! Stand-ins for what identifies: the same for the same thing throughout.

use std::collections::{BTreeMap, BTreeSet};

/// What has been replaced so far.
#[derive(Debug, Default)]
pub(super) struct StandIns {
    people: BTreeMap<String, String>,
    serials: BTreeMap<String, String>,
    uuids: BTreeMap<String, String>,
    addresses: BTreeSet<String>,
}

/// Everybody's number. One that a directory gave would name its owner.
const UID: &str = "501";

impl StandIns {
    /// With a stand-in for each of `people`.
    pub(super) fn new(people: BTreeSet<String>) -> Self {
        let people = people.into_iter().zip(1..);
        let people = people.map(|(name, number)| (name, format!("user{number}"))).collect();
        Self { people, ..Self::default() }
    }

    pub(super) fn add_serial(&mut self, serial: Option<&str>) {
        if let Some(serial) = serial {
            let number = self.serials.len() + 1;
            self.serials.insert(serial.to_owned(), format!("ZZREC{number:05}"));
        }
    }

    /// What was replaced, by kind.
    pub(super) fn counts(&self) -> Vec<(&'static str, usize)> {
        let counts = [
            ("serial number", self.serials.len()),
            ("UUID", self.uuids.len()),
            ("user name", self.people.len()),
            ("address", self.addresses.len()),
        ];
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }

    /// The user's name, where it stands alone.
    pub(super) fn person(&self, name: &str) -> String {
        self.people.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// Words of a command: only a name or a number on its own is replaced,
    /// since `/Groups/admin` must stay a question that other Macs are asked.
    pub(super) fn argv(&mut self, argv: &[String]) -> Vec<String> {
        let mut in_session = false;
        let mut words: Vec<String> = Vec::new();
        for word in argv {
            let before = words.last().map(String::as_str);
            in_session |= before == Some("asuser");
            words.push(match before {
                Some("asuser") => UID.to_owned(),
                Some("-u") if in_session => self.person(word),
                _ => word.clone(),
            });
        }
        words
    }

    /// A path: parts of it that are a user's name or hold a UUID.
    pub(super) fn path(&mut self, path: &str) -> String {
        let parts: Vec<String> = path.split('/').map(|part| self.person(part)).collect();
        self.uuids(&parts.join("/"))
    }

    /// Free text.
    pub(super) fn text(&mut self, text: &str) -> String {
        let text = self.uuids(text);
        let text = self.addresses(&text);
        let pairs = self.people.iter().chain(&self.serials);
        pairs.fold(text, |text, (name, stand_in)| replace_word(&text, name, stand_in))
    }

    /// `8-4-4-4-12` hexadecimal digits, in any case.
    fn uuids(&mut self, text: &str) -> String {
        const LENGTH: usize = 36;
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let candidate = rest.get(..LENGTH).filter(|text| is_uuid(text));
            let taken = if let Some(uuid) = candidate {
                replaced.push_str(&self.uuid(uuid));
                LENGTH
            } else {
                replaced.push(letter);
                letter.len_utf8()
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        replaced
    }

    fn uuid(&mut self, uuid: &str) -> String {
        let number = self.uuids.len() + 1;
        let stand_in = self.uuids.entry(uuid.to_ascii_uppercase());
        stand_in.or_insert_with(|| format!("00000000-0000-4000-8000-{number:012}")).clone()
    }

    /// Addresses of servers and of people, each up to the next blank.
    fn addresses(&mut self, text: &str) -> String {
        let pieces =
            text.split_inclusive(|any: char| any.is_whitespace() || "\"'<>(),".contains(any));
        let pieces: Vec<String> = pieces.map(|piece| self.address(piece)).collect();
        pieces.concat()
    }

    fn address(&mut self, piece: &str) -> String {
        let word =
            piece.trim_end_matches(|any: char| any.is_whitespace() || "\"'<>(),".contains(any));
        let end = piece.get(word.len()..).unwrap_or_default();
        let stand_in = if let Some((scheme, _)) = word.split_once("://") {
            // Where Apple says what a property list is, nobody is named.
            if word.contains("://www.apple.com/") {
                return piece.to_owned();
            }
            format!("{scheme}://server.example")
        } else if is_mail(word) {
            "person@example.com".to_owned()
        } else if word.parse::<std::net::Ipv4Addr>().is_ok() {
            "192.0.2.1".to_owned()
        } else {
            return piece.to_owned();
        };
        self.addresses.insert(word.to_owned());
        stand_in + end
    }
}

fn is_uuid(text: &str) -> bool {
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.chars().all(|any| any.is_ascii_hexdigit() || any == '-')
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// `name` where no letter or digit touches it.
fn replace_word(text: &str, name: &str, stand_in: &str) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, found) = rest.split_at(at);
        let after = found.get(name.len()..).unwrap_or_default();
        let touches = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        replaced.push_str(before);
        let is_part = touches(replaced.chars().next_back()) || touches(after.chars().next());
        replaced.push_str(if is_part { name } else { stand_in });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand_ins() -> StandIns {
        let mut stand_ins = StandIns::new(BTreeSet::from(["sam".to_owned(), "jo".to_owned()]));
        stand_ins.add_serial(Some("C02ZZ0ZZMD6T"));
        stand_ins
    }

    #[test]
    fn the_same_thing_gets_the_same_stand_in() {
        let mut stand_ins = stand_ins();
        let text = "A1B2C3D4-0000-1111-2222-333344445555 x a1b2c3d4-0000-1111-2222-333344445555";
        let one = "00000000-0000-4000-8000-000000000001";
        assert_eq!(stand_ins.text(text), format!("{one} x {one}"));
        assert_eq!(
            stand_ins.path("/Users/sam/x.A1B2C3D4-0000-1111-2222-333344445555.plist"),
            format!("/Users/user2/x.{one}.plist")
        );
        assert_eq!(stand_ins.text("sam, jo's C02ZZ0ZZMD6T"), "user2, user1's ZZREC00001");
    }

    #[test]
    fn a_name_within_a_word_stays() {
        assert_eq!(stand_ins().text("same jojo Samba sam-1"), "same jojo Samba user2-1");
    }

    #[test]
    fn addresses_go_and_apples_own_stay() {
        let mut stand_ins = stand_ins();
        for (text, kept) in [
            ("MDM server: https://x.acme.org/a?token=b\n", "MDM server: https://server.example\n"),
            ("<string>lee@acme.org</string>", "<string>person@example.com</string>"),
            ("at 10.1.2.3\n", "at 192.0.2.1\n"),
            (
                "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">",
                "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">",
            ),
            ("Version: 5346", "Version: 5346"),
        ] {
            assert_eq!(stand_ins.text(text), kept);
        }
        assert!(stand_ins.counts().contains(&("address", 3)));
    }

    #[test]
    fn only_a_users_own_words_change_in_a_command() {
        let argv = "/bin/launchctl asuser 1234567 /usr/bin/sudo -u sam -n /bin/x sam";
        let argv: Vec<String> = argv.split(' ').map(str::to_owned).collect();
        assert_eq!(
            stand_ins().argv(&argv).join(" "),
            "/bin/launchctl asuser 501 /usr/bin/sudo -u user2 -n /bin/x sam"
        );
    }
}
