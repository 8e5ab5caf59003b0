//! Who and what can unlock the disk: counted, and never opened.

use shared::reading::FieldValue;

use super::State;
use crate::checks::inquiry::Inquiry;
use crate::checks::managed::Managed;

const USERS: &[&str] = &["/usr/bin/fdesetup", "list"];
const PERSONAL_KEY: &[&str] = &["/usr/bin/fdesetup", "haspersonalrecoverykey"];
/// Written when FileVault was turned on with a profile that asks for the key.
const KEY_FILE: &str = "/var/db/FileVaultPRK.dat";
const ESCROW: [&str; 2] = [
    "/Library/Managed Preferences/com.apple.security.FDERecoveryKeyEscrow.plist",
    "/var/db/ConfigurationProfiles/Settings/com.apple.security.FDERecoveryKeyEscrow.plist",
];
const DOMAIN: &str = "com.apple.MCX";

/// What is known beside the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    users: Option<i64>,
    personal: Option<bool>,
    file: bool,
    escrow: bool,
    enforced: Option<bool>,
}

impl Keys {
    /// Asks; `fdesetup` only when it has told the state.
    pub(super) fn ask(inquiry: &mut Inquiry<'_>, told: Option<State>) -> Self {
        let (users, personal) = match told {
            Some(state) => (ask_users(inquiry), ask_personal(inquiry, state)),
            None => (None, None),
        };
        let file = inquiry.exists(KEY_FILE);
        let escrow = ESCROW.map(|path| inquiry.exists(path)).contains(&true);
        Self { users, personal, file, escrow, enforced: ask_enforced(inquiry) }
    }

    pub(super) fn fields(self) -> [(&'static str, Option<FieldValue>); 5] {
        [
            ("users", self.users.map(FieldValue::Integer)),
            ("personal_recovery_key", self.personal.map(FieldValue::Flag)),
            ("recovery_key_file", Some(FieldValue::Flag(self.file))),
            ("escrow_profile", Some(FieldValue::Flag(self.escrow))),
            ("enforced", self.enforced.map(FieldValue::Flag)),
        ]
    }
}

fn ask_users(inquiry: &mut Inquiry<'_>) -> Option<i64> {
    let said = inquiry.run_without_digest(USERS).ok()?;
    let users = users(said.success().ok()?)?;
    inquiry.matched(&format!("{users} lines"));
    Some(users)
}

/// One line a user, name and UUID; whoever has none of them is not known.
fn users(answer: &str) -> Option<i64> {
    let mut lines = answer.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    lines.peek()?;
    lines.try_fold(0, |count, line| {
        let (name, uuid) = line.rsplit_once(',')?;
        let is_uuid = uuid.split('-').map(str::len).eq([8, 4, 4, 4, 12])
            && uuid.chars().all(|any| any == '-' || any.is_ascii_hexdigit());
        (is_uuid && !name.is_empty()).then_some(count + 1)
    })
}

/// It says `false` on every error too, and until FileVault is fully on.
fn ask_personal(inquiry: &mut Inquiry<'_>, state: State) -> Option<bool> {
    let said = inquiry.run(PERSONAL_KEY).ok()?;
    inquiry.matched(&said.stdout);
    match said.success().ok()?.trim() {
        "true" => Some(true),
        "false" if state == State::On => Some(false),
        _ => None,
    }
}

/// Whether a profile keeps people from turning FileVault off.
fn ask_enforced(inquiry: &mut Inquiry<'_>) -> Option<bool> {
    let profile = Managed::read(inquiry, DOMAIN, None).ok()?;
    match profile.get("dontAllowFDEDisable") {
        Some(_) => profile.flag("dontAllowFDEDisable"),
        None => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::CHECK;
    use super::*;
    use crate::checks::fixture::{Mac, evidence, observed, plist};
    use crate::host::FileAnswer;

    const STATUS: &str = "/usr/bin/fdesetup status";
    const LIST: &str = "/usr/bin/fdesetup list";
    const HAS_KEY: &str = "/usr/bin/fdesetup haspersonalrecoverykey";
    const MCX: &str = "/Library/Managed Preferences/com.apple.MCX.plist";
    const SAM: &str = "sam,85632A00-1234-4000-8000-00000000A001";

    fn on() -> Mac {
        Mac::new().says(STATUS, "FileVault is On.\n")
    }

    #[track_caller]
    fn assert_has(mac: &Mac, field: &str) {
        let fields = observed(&CHECK, mac);
        assert!(fields.split(' ').any(|one| one == field), "{field}: {fields}");
    }

    #[track_caller]
    fn assert_lacks(mac: &Mac, field: &str) {
        let fields = observed(&CHECK, mac);
        assert!(!fields.contains(&format!("{field}=")), "{field}: {fields}");
    }

    #[test]
    fn users_are_counted_and_not_named() {
        let mac =
            on().says(LIST, &format!("{SAM}\njo, doe,85632A00-1234-4000-8000-00000000A002\r\n"));
        assert_has(&mac, "users=2");
        let reading = CHECK.run(&mac);
        assert!(!format!("{reading:?}").contains("sam"), "{reading:?}");
        // A digest of one name would be as good as the name.
        let list = reading.sources.iter().find(|source| source.method.ends_with("list")).unwrap();
        assert_eq!(list.sha256, None);
        assert!(evidence(&reading).contains(&"2 lines"));
    }

    #[test]
    fn an_answer_that_is_no_list_counts_nobody() {
        for answer in [
            "",
            "\n",
            "Error: odd.\n",
            "sam\n",
            ",85632A00-1234-4000-8000-00000000A001",
            &format!("{SAM}\nodd"),
        ] {
            assert_lacks(&on().says(LIST, answer), "users");
        }
        assert_lacks(&on().ends(LIST, 11, SAM), "users");
        assert_lacks(&on(), "users");
    }

    #[test]
    fn no_recovery_key_is_believed_only_when_filevault_is_fully_on() {
        assert_has(&on().says(HAS_KEY, "true\n"), "personal_recovery_key=true");
        assert_has(&on().says(HAS_KEY, "false\n"), "personal_recovery_key=false");
        for status in ["FileVault is Off.\n", "FileVault is On.\nEncryption in progress: Pending\n"]
        {
            let mac = |said| Mac::new().says(STATUS, status).says(HAS_KEY, said);
            assert_lacks(&mac("false\n"), "personal_recovery_key");
            assert_has(&mac("true\n"), "personal_recovery_key=true");
        }
        for odd in ["", "yes\n", "true false\n", "Error: true"] {
            assert_lacks(&on().says(HAS_KEY, odd), "personal_recovery_key");
        }
        assert_lacks(&on().ends(HAS_KEY, 1, "false\n"), "personal_recovery_key");
    }

    #[test]
    fn absent_files_of_keys_and_profiles_mean_no() {
        for no in ["recovery_key_file=false", "escrow_profile=false", "enforced=false"] {
            assert_has(&on(), no);
        }
    }

    #[test]
    fn an_absent_key_of_a_profile_enforces_nothing() {
        assert_has(&on().holds_plist(MCX, &plist("")), "enforced=false");
    }

    #[test]
    fn files_of_keys_are_noticed_and_not_read() {
        let mac = on().holds(KEY_FILE, FileAnswer::Bytes(b"secret".to_vec()));
        assert_has(&mac, "recovery_key_file=true");
        let reading = CHECK.run(&mac);
        let file =
            reading.sources.iter().find(|source| source.method.ends_with("PRK.dat")).unwrap();
        assert_eq!(
            (file.sha256.as_ref(), file.matched.as_deref()),
            (None, Some("(there, not read)"))
        );
        for path in ESCROW {
            assert_has(&on().holds(path, FileAnswer::Refused), "escrow_profile=true");
        }
    }

    #[test]
    fn a_profile_that_keeps_filevault_on_is_named_as_enforcing() {
        let mac = |keys: &str| on().holds_plist(MCX, &plist(keys));
        assert_has(&mac("<key>dontAllowFDEDisable</key><true/>"), "enforced=true");
        assert_has(&mac("<key>dontAllowFDEDisable</key><integer>0</integer>"), "enforced=false");
        assert_has(&mac("<key>DisableGuestAccount</key><true/>"), "enforced=false");
        assert_lacks(&mac("<key>dontAllowFDEDisable</key><string>maybe</string>"), "enforced");
        assert_lacks(&on().holds(MCX, FileAnswer::Refused), "enforced");
    }
}
