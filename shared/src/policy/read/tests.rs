//! Policies that are taken, and the words for those that are not.

use proptest::prelude::*;

use super::policy;
use crate::policy::{Mode, Param, Policy};

/// One rule over `filevault` with these lines in it.
fn with(lines: &str) -> String {
    format!(
        "id = \"mine\"\nversion = 1\n[[rule]]\nid = \"r\"\ntitle = \"t\"\nmode = \"required\"\n\
         why = \"w\"\nfixed_by = \"it\"\n{lines}\n"
    )
}

fn refused(lines: &str) -> String {
    policy(&with(lines)).unwrap_err().to_string()
}

#[test]
fn the_baseline_holds_the_fixed_ids_in_order() {
    let baseline = Policy::baseline();
    let ids: Vec<(&str, Mode)> =
        baseline.rules.iter().map(|rule| (rule.id.as_str(), rule.mode)).collect();
    let fixed = [
        ("disk-encryption", Mode::Required),
        ("password-policy", Mode::Required),
        ("firewall", Mode::Required),
        ("os-patch-level", Mode::Required),
        ("screen-lock", Mode::Required),
        ("system-integrity-protection", Mode::Required),
        ("gatekeeper", Mode::Required),
        ("auto-login", Mode::Required),
        ("reporting", Mode::Required),
        ("automatic-updates", Mode::Recommended),
        ("malware-protection", Mode::Recommended),
        ("remote-access", Mode::Recommended),
        ("guest-account", Mode::Recommended),
        ("password-manager", Mode::Info),
        ("mdm-enrollment", Mode::Info),
        ("sealed-system-volume", Mode::Info),
        ("local-admins", Mode::Info),
        ("endpoint-protection", Mode::Info),
        ("vpn-client", Mode::Info),
        ("activation-lock", Mode::Info),
        ("disk-space", Mode::Info),
    ];
    assert_eq!(ids, fixed);
    assert_eq!((baseline.id.as_str(), baseline.version), ("baseline", 1));
    for rule in &baseline.rules {
        assert_eq!(rule.is_server_only(), rule.id == "reporting", "{}", rule.id);
        assert!(!rule.controls.soc2.is_empty(), "{}", rule.id);
        for version in ["12.7.6", "13.0", "26.6.2"] {
            assert!(!rule.fix_for(version.parse().ok()).is_empty(), "{} {version}", rule.id);
        }
        assert!(!rule.fix_for(None).is_empty());
    }
}

#[test]
fn steps_differ_between_system_settings_and_system_preferences() {
    let baseline = Policy::baseline();
    let firewall = baseline.rule("firewall").unwrap();
    let first = |version: &str| firewall.fix_for(version.parse().ok())[0].clone();
    assert!(first("13.0").contains("System Settings"));
    assert!(first("12.7.6").contains("System Preferences"));
}

#[test]
fn an_unknown_field_is_refused_with_its_place() {
    let error = refused("check = \"filevault\"\npas = 'true'");
    assert!(error.starts_with("policy.toml:10:1: unknown field `pas`, expected one of"), "{error}");
}

#[test]
fn an_error_can_carry_the_name_of_its_file() {
    let error = policy("id = 1").unwrap_err().in_file("strict.toml").to_string();
    assert!(error.starts_with("strict.toml:1:6: "), "{error}");
}

#[test]
fn expressions_are_held_against_what_can_be_observed() {
    let rows = [
        ("'filevault.stat == \"on\"'", "10:9: unknown field `filevault.stat`"),
        ("'true && filevault.state == \"onn\"'", "10:36: `onn` is not a value"),
        ("'filevault.state in [\"on\", \"of\"]'", "10:35: `of` is not a value"),
        ("'firewall.state == \"on\"'", "10:9: the rule does not read the check `firewall`"),
        ("'fv.state == \"on\"'", "10:9: unknown name `fv`"),
        ("'filevault.percent > params.least'", "10:29: unknown parameter `params.least`"),
        ("'derived.silent_day < 7'", "10:9: unknown derived fact `derived.silent_day`"),
        ("'filevault == 1'", "10:9: `filevault` alone says nothing"),
        ("'filevault.percent == \"35\"'", "compares a whole number with a text"),
        ("'filevault.stalled > true'", "true or false has no order"),
        ("'filevault.stalled && filevault.percent'", "takes true or false, not a whole number"),
        ("'filevault.percent'", "10:9: the expression gives a whole number"),
        ("'filevault.state == null'", "nothing is ever null"),
        ("'matches(filevault.state, \"o.\")'", "`matches` cannot be used here"),
        ("'has(filevault.state.x)'", "a fact has no fields of its own"),
        ("'filevault.state == \"on\" &&'", "the expression cannot be read"),
        ("''", "the expression is empty"),
    ];
    for (pass, said) in rows {
        let error = refused(&format!("check = \"filevault\"\npass = {pass}"));
        assert!(error.contains(said), "{pass} -> {error}");
    }
}

#[test]
fn a_fault_in_a_long_text_is_found_on_its_line() {
    let error =
        refused("check = \"filevault\"\npass = \"\"\"\ntrue\n&& filevault.colour == 1\n\"\"\"");
    assert!(error.starts_with("policy.toml:12:4: unknown field `filevault.colour`"), "{error}");
    let error = refused("check = \"filevault\"\npass = \"\"\"\ntrue\n&& (true\n\"\"\"");
    assert!(error.starts_with("policy.toml:13:1: the expression cannot be read"), "{error}");
}

#[test]
fn wrong_words_around_the_expressions_are_refused() {
    let rows = [
        (
            "check = \"filevalt\"\npass = 'true'",
            "9:9: unknown check `filevalt`; there are `filevault`",
        ),
        ("grace = \"3 days\"\npass = 'true'", "9:9: `3 days` is no length of time"),
        ("pass = 'true'\n[rule.params]\nMin = 1", "11:1: `Min` is no name"),
        ("pass = 'true'\n[rule.params]\nmin = 1.5", "a parameter is a whole number"),
        ("pass = 'true'\n[[rule.reason]]\ncode = \"c\"\nsays = \"S.\"", "11:8: a reason needs"),
        (
            "pass = 'true'\n[[rule.reason]]\ncode = \"c\"\nstatus = \"pass\"\nsays = \"S\"",
            "13:9: `says`: write",
        ),
        ("pass = 'true'\n[[rule.fix]]\nmacos = \"13+\"\nsteps = []", "11:9: `13+` is no range"),
    ];
    for (lines, said) in rows {
        let error = refused(lines);
        assert!(error.contains(said), "{lines} -> {error}");
    }
}

#[test]
fn a_policy_asks_for_something() {
    let error = policy("id = \"mine\"\nversion = 1").unwrap_err().to_string();
    assert!(error.starts_with("policy.toml:2:11: the policy has no rules"), "{error}");
    let error = policy("id = \"mine\"\nversion = 0").unwrap_err().to_string();
    assert!(error.starts_with("policy.toml:2:11: `version` starts at 1"), "{error}");
    let error = refused("check = \"filevault\"");
    assert!(error.starts_with("policy.toml:3:1: missing field `pass`"), "{error}");
}

#[test]
fn a_rule_is_there_only_once() {
    let twice = format!(
        "{0}{1}",
        with("pass = 'true'"),
        &with("pass = 'true'")["id = \"mine\"\nversion = 1\n".len()..]
    );
    let error = policy(&twice).unwrap_err().to_string();
    assert!(error.contains("rule `r` is there twice"), "{error}");
}

#[test]
fn an_override_changes_what_exists() {
    let rule = with("pass = 'true'\nparams = { least = 8 }");
    let read = |text: &str| policy(&format!("{rule}[[override]]\ngroup = \"g\"\n{text}"));
    let taken = read("rule = \"r\"\nmode = \"off\"\nparams = { least = 12 }").unwrap();
    assert_eq!(taken.mode_in(&taken.rules[0], &["other"]), Mode::Required);
    assert_eq!(taken.mode_in(&taken.rules[0], &["other", "g"]), Mode::Off);
    let params = taken.params_in(&taken.rules[0], &["g"]);
    assert_eq!(params.get("least"), Some(&Param::Integer(12)));

    let error = |text: &str| read(text).unwrap_err().to_string();
    assert!(error("rule = \"x\"\nmode = \"off\"").contains("unknown rule `x`"));
    assert!(error("rule = \"r\"").contains("changes nothing"));
    assert!(error("rule = \"r\"\nparams = { most = 1 }").contains("has no parameter `most`"));
    assert!(error("rule = \"r\"\nparams = { least = \"8\" }").contains("must be a whole number"));
}

#[test]
fn the_hash_is_that_of_the_text() {
    let text = with("pass = 'true'");
    let read = policy(&text).unwrap();
    assert_eq!(read.source(), text);
    assert_eq!(read.sha256.len(), 64);
    assert_ne!(read.sha256, policy(&format!("{text}#")).unwrap().sha256);
}

proptest! {
    #[test]
    fn no_policy_is_too_strange_to_be_answered(text in "\\PC{0,200}") {
        let _ = policy(&text);
    }

    #[test]
    fn no_expression_is_too_strange_to_be_answered(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "filevault.state", "has(", ")", "(", "==", "&&", "||", "!", "'on'", "\"", "[", "]",
                "in", "params.x", ".", ",", "1", "-", "?", ":", "{", "}", "exists(x,", "\\", "é",
                "`", "b'", "r'", "0x", "1e999", "99999999999999999999", "@", "\n", "null", "true",
            ]),
            0..12,
        )
    ) {
        let pass = parts.join(" ").replace("'''", "");
        let _ = policy(&with(&format!("check = \"filevault\"\npass = '''{pass} '''")));
    }
}
