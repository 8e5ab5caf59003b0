//! What is packed, held against the names of the product.

use plist::Value;
use shared::names::{
    AGENT_COMMAND, AGENT_CONFIG_MACOS, AGENT_DAEMON, AGENT_LABEL, AGENT_LOGS, AGENT_STATE_MACOS,
    AGENT_TOKEN_FILE_MACOS, TOKEN_PREFIX,
};

use super::*;

fn source() -> Source {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    Source::new(&checkout, "1.2.3").unwrap()
}

fn signed() -> Bundle {
    let mut bundle = source().bundle(b"program".to_vec()).unwrap();
    bundle.insert(SEAL.to_owned(), b"seal".to_vec());
    bundle
}

fn plist(name: &str) -> plist::Dictionary {
    let value = Value::from_reader_xml(source().text(name).unwrap().as_bytes()).unwrap();
    value.into_dictionary().unwrap()
}

fn strings(value: Option<&Value>) -> Vec<&str> {
    value.unwrap().as_array().unwrap().iter().map(|it| it.as_string().unwrap()).collect()
}

#[test]
fn every_name_of_the_product_stands_at_its_place() {
    let parts = source().parts(signed(), &[Architecture::Arm64]).unwrap();
    let bytes = |path: &str| parts.payload.find(path).map(Entry::bytes);
    assert_eq!(bytes(AGENT_EXECUTABLE), Some(&b"program"[..]));
    assert!(bytes(AGENT_DAEMON).is_some() && bytes(&format!("{AGENT_BUNDLE}/{SEAL}")).is_some());
    let rule = bytes(&format!("/private/etc/newsyslog.d/{AGENT_LABEL}.conf")).unwrap();
    let rule = String::from_utf8(rule.to_vec()).unwrap();
    assert!(rule.contains(&format!("\n{AGENT_LOGS}/launchd.log root:wheel ")), "{rule}");
    // State, settings and commands are nothing that Installer may remove.
    for path in [AGENT_STATE_MACOS, AGENT_CONFIG_MACOS, AGENT_TOKEN_FILE_MACOS, AGENT_COMMAND] {
        assert_eq!(bytes(path), None, "{path}");
    }
}

#[test]
fn launchd_is_told_the_label_the_program_and_where_it_prints() {
    let daemon = plist("org.muster.agent.plist");
    let text = |key: &str| daemon.get(key).and_then(Value::as_string);
    assert_eq!(text("Label"), Some(AGENT_LABEL));
    assert_eq!(strings(daemon.get("ProgramArguments")), [AGENT_EXECUTABLE, "run"]);
    assert_eq!(strings(daemon.get("AssociatedBundleIdentifiers")), [AGENT_LABEL]);
    for key in ["StandardOutPath", "StandardErrorPath"] {
        assert_eq!(text(key), Some(format!("{AGENT_LOGS}/launchd.log").as_str()));
    }
    assert_eq!(daemon.get("Umask").and_then(Value::as_signed_integer), Some(0o077));
    assert_eq!(daemon.get("KeepAlive").and_then(Value::as_boolean), Some(true));
}

#[test]
fn the_bundle_says_who_it_is_and_for_which_macos() {
    let info = plist("Info.plist");
    let text = |key: &str| info.get(key).and_then(Value::as_string).unwrap_or_default();
    assert_eq!(text("CFBundleIdentifier"), AGENT_LABEL);
    assert_eq!(Some(text("CFBundleExecutable")), AGENT_EXECUTABLE.rsplit('/').next());
    assert_eq!(text("LSMinimumSystemVersion"), oldest_macos());
    assert_eq!([text("CFBundleVersion"), text("CFBundleShortVersionString")], ["1.2.3"; 2]);
    assert!(plist("entitlements.plist").is_empty());
}

/// Values of `NAME=value` lines of a script.
fn assigned(script: &str) -> BTreeMap<String, String> {
    let text = source().text(script).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once('='));
    let names = lines.filter(|(name, _)| name.bytes().all(|it| matches!(it, b'A'..=b'Z' | b'_')));
    names.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect()
}

#[test]
fn scripts_repeat_the_names_of_the_product_without_a_slip() {
    let known = BTreeMap::from([
        ("LC_ALL", "C".to_owned()),
        ("LABEL", AGENT_LABEL.to_owned()),
        ("FOLDER", AGENT_BUNDLE.rsplit_once('/').unwrap().0.to_owned()),
        ("BUNDLE", AGENT_BUNDLE.to_owned()),
        ("EXECUTABLE", AGENT_EXECUTABLE.to_owned()),
        ("DAEMON", AGENT_DAEMON.to_owned()),
        ("LOG_RULE", format!("/private/etc/newsyslog.d/{AGENT_LABEL}.conf")),
        ("STATE", AGENT_STATE_MACOS.to_owned()),
        ("CONFIG", AGENT_CONFIG_MACOS.to_owned()),
        ("TOKEN_FILE", AGENT_TOKEN_FILE_MACOS.to_owned()),
        ("LOGS", AGENT_LOGS.to_owned()),
        ("COMMANDS", AGENT_COMMAND.rsplit_once('/').unwrap().0.to_owned()),
        ("COMMAND", AGENT_COMMAND.to_owned()),
    ]);
    for script in ["scripts/preinstall", "scripts/postinstall", "uninstall.sh", "verify-on-mac.sh"]
    {
        let assigned = assigned(script);
        assert!(assigned.contains_key("LABEL"), "{script}");
        for (name, value) in assigned {
            assert_eq!(known.get(name.as_str()), Some(&value), "{script}: {name}");
        }
    }
    assert!(source().text("scripts/postinstall").unwrap().contains(TOKEN_PREFIX));
}

#[test]
fn a_file_that_nobody_packs_or_nobody_has_is_named() {
    let mut more = signed();
    more.insert("Contents/Resources/notes.txt".to_owned(), Vec::new());
    let said = source().parts(more, &[]).unwrap_err().to_string();
    let expected = "the bundle holds Contents/Resources/notes.txt, which \
                    packaging/macos/payload.toml does not name; add it";
    assert_eq!(said, expected);
    let mut less = signed();
    less.remove(SEAL);
    let said = source().parts(less, &[]).unwrap_err().to_string();
    assert!(said.contains(&format!("there is no `bundle:{SEAL}`")), "{said}");
}

#[test]
fn a_version_that_macos_cannot_compare_is_refused() {
    let said = Source::new(Path::new("/"), "1.2.3-rc1").unwrap_err().to_string();
    assert!(said.starts_with("the version 1.2.3-rc1 is not of numbers and dots alone"), "{said}");
}

#[test]
fn the_licence_page_holds_both_licences() {
    let parts = source().parts(signed(), &[]).unwrap();
    let (_, licence) = parts.pages.iter().find(|(name, _)| name == "license.txt").unwrap();
    let licence = String::from_utf8_lossy(licence);
    assert!(licence.contains("MIT License") && licence.contains("Apache License"), "{licence}");
}
