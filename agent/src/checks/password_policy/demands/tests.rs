//! Every form of a rule beside those about length.

use proptest::prelude::*;

use crate::checks::fixture::{Mac, mutated, observed};
use crate::checks::password_policy::CHECK;
use crate::host::FileAnswer;

const COMMAND: &str = "/usr/bin/pwpolicy -getaccountpolicies";
const PROFILE: &str = "ProfilePayload:00000000-0000-4000-8000-000000000001:";
const FAILS: &str =
    "policyAttributeFailedAuthentications &lt; policyAttributeMaximumFailedAuthentications";
const LOCKS: &str = "(policyAttributeFailedAuthentications &lt; policyAttributeMaximumFailedAuthentications) OR \
    (policyAttributeCurrentTime &gt; (policyAttributeLastFailedAuthenticationTime + autoEnableInSeconds))";
const HISTORY: &str = "none policyAttributePasswordHashes in policyAttributePasswordHistory";
const AGE: &str = "policyAttributeCurrentTime &gt; policyAttributeLastPasswordChangeTime + \
    (policyAttributeExpiresEveryNDays * 24 * 60 * 60)";
const IDLE: &str = "policyAttributeLastAuthenticationTime &gt; policyAttributeCurrentTime - \
    (policyAttributeInactiveDays * 24 * 60 * 60)";
const LIFETIME: &str = "policyAttributeLastPasswordChangeTime &lt; policyAttributeCurrentTime - \
    (policyAttributeMinimumLifetimeHours * 60 * 60)";
const SIMPLE: &str = "(policyAttributeSequentialCharacters &lt; policyAttributeMaximumSequentialCharacters) and \
    (policyAttributeConsecutiveCharacters &lt; policyAttributeMaximumConsecutiveCharacters)";

fn rule(identifier: &str, content: &str, parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<String> =
        parameters.iter().map(|(key, value)| format!("<key>{key}</key>{value}")).collect();
    format!(
        "<dict><key>policyIdentifier</key><string>{identifier}</string>\
         <key>policyContent</key><string>{content}</string>\
         <key>policyParameters</key><dict>{}</dict></dict>",
        parameters.concat()
    )
}

fn matches(identifier: &str, pattern: &str) -> String {
    rule(identifier, &format!("policyAttributePassword matches '{pattern}'"), &[])
}

fn answer(authentication: &[String], change: &[String], content: &[String]) -> String {
    let category = |name: &str, rules: &[String]| {
        format!("<key>policyCategory{name}</key><array>{}</array>", rules.concat())
    };
    format!(
        "Getting global account policies\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <plist version=\"1.0\"><dict>{}{}{}</dict></plist>\n",
        category("Authentication", authentication),
        category("PasswordChange", change),
        category("PasswordContent", content),
    )
}

pub(in crate::checks::password_policy) fn full() -> Mac {
    let (attempts, seconds) = ("<integer>5</integer>", "<integer>900</integer>");
    let lockout = rule(
        "x",
        LOCKS,
        &[
            ("policyAttributeMaximumFailedAuthentications", attempts),
            ("autoEnableInSeconds", seconds),
        ],
    );
    let idle = rule("x", IDLE, &[("policyAttributeInactiveDays", attempts)]);
    let age = rule("x", AGE, &[("policyAttributeExpiresEveryNDays", attempts)]);
    let lifetime = rule("x", LIFETIME, &[("policyAttributeMinimumLifetimeHours", attempts)]);
    Mac::new().says(COMMAND, &answer(&[lockout, idle], &[age], &[lifetime, matches("x", ".{4,}+")]))
}

/// The fields that do not speak of length, without those that say no.
#[track_caller]
fn demanded(answer: &str) -> String {
    let fields = observed(&CHECK, &Mac::new().says(COMMAND, answer));
    let says_something = |field: &&str| {
        !field.ends_with("=false") && !field.ends_with("=0") && !field.starts_with("min_length")
    };
    fields.split(' ').filter(says_something).collect::<Vec<_>>().join(" ")
}

const FIVE: (&str, &str) = ("policyAttributeMaximumFailedAuthentications", "<integer>5</integer>");
const TEN: (&str, &str) = ("policyAttributeMaximumFailedAuthentications", "<integer>10</integer>");

#[test]
fn of_several_lockouts_the_strictest_counts() {
    let lock = |attempts, seconds| {
        rule(
            &format!("{PROFILE}minutesUntilFailedLoginReset"),
            LOCKS,
            &[attempts, ("autoEnableInSeconds", seconds)],
        )
    };
    let forever = rule(&format!("{PROFILE}maxFailedAttempts"), FAILS, &[TEN]);
    assert_eq!(
        demanded(&answer(
            &[lock(FIVE, "<integer>900</integer>"), lock(FIVE, "<real>60</real>")],
            &[],
            &[]
        )),
        "lockout_attempts=5 lockout_seconds=900 profile_rules=2"
    );
    // A profile writes one rule for the attempts, another for the time.
    assert_eq!(
        demanded(&answer(&[forever.clone(), lock(TEN, "<string>900</string>")], &[], &[])),
        "lockout_attempts=10 lockout_seconds=900 profile_rules=2"
    );
    assert_eq!(
        demanded(&answer(&[forever], &[], &[])),
        "lockout_attempts=10 lockout_until_reset=true profile_rules=1"
    );
}

#[test]
fn history_age_inactivity_lifetime_and_simple_rows_are_read() {
    let days = |key, value| [(key, value)];
    assert_eq!(
        demanded(&answer(
            &[rule(
                "Inactive Account",
                IDLE,
                &days("policyAttributeInactiveDays", "<integer>35</integer>")
            )],
            &[
                rule("a", AGE, &days("policyAttributeExpiresEveryNDays", "<integer>365</integer>")),
                rule(
                    "b",
                    &AGE.replace("ExpiresEveryNDays", "DaysUntilExpiration"),
                    &days("policyAttributeDaysUntilExpiration", "<integer>90</integer>"),
                ),
            ],
            &[
                rule("c", HISTORY, &days("policyAttributePasswordHistoryDepth", "<real>24</real>")),
                rule(
                    "d",
                    HISTORY,
                    &days("policyAttributePasswordHistoryDepth", "<string>5</string>")
                ),
                rule(
                    "e",
                    LIFETIME,
                    &days("policyAttributeMinimumLifetimeHours", "<integer>24</integer>")
                ),
                rule("f", SIMPLE, &[]),
            ],
        )),
        "history=24 inactive_days=35 max_age_days=90 min_lifetime_hours=24 refuses_simple=true"
    );
}

#[test]
fn kinds_of_characters_are_read() {
    assert_eq!(
        demanded(&answer(
            &[],
            &[],
            &[
                matches("Has an upper case letter", "(.*[A-Z].*){1,}+"),
                matches("x:minComplexChars", "(.*[^a-zA-Z0-9].*){2,}"),
                matches("x:requireAlphanumeric", "^(?=.*[0-9])(?=.*[a-zA-Z]).+"),
            ],
        )),
        "needs_digit=true needs_letter=true needs_upper_case=true special_characters=2"
    );
}

/// What nobody demands is told only when every rule is understood.
#[test]
fn a_companys_own_rule_leaves_the_rest_open() {
    let stock = matches("com.apple.defaultpasswordpolicy.fde", ".{4,}+");
    let fields =
        |rules: &[String]| observed(&CHECK, &Mac::new().says(COMMAND, &answer(&[], &[], rules)));
    let plain = fields(std::slice::from_ref(&stock));
    for no in [
        "needs_digit=false",
        "special_characters=0",
        "history=0",
        "custom_rules=0",
        "refuses_simple=false",
    ] {
        assert!(plain.contains(no), "{no}: {plain}");
    }
    assert!(!plain.contains("max_age_days") && !plain.contains("lockout"), "{plain}");
    for own in [
        matches("x", "^(?!.*password).{12,}$"),
        rule("x", "policyAttributePassword != policyAttributeRecordName", &[]),
        rule("x", HISTORY, &[]),
        rule("x", HISTORY, &[("policyAttributePasswordHistoryDepth", "<integer>-1</integer>")]),
        rule(
            "x",
            &format!("not ({HISTORY})"),
            &[("policyAttributePasswordHistoryDepth", "<integer>9</integer>")],
        ),
        "<string>odd</string>".to_owned(),
        "<dict/>".to_owned(),
    ] {
        let shown = fields(&[stock.clone(), own.clone()]);
        assert!(shown.contains("custom_rules=1"), "{own}: {shown}");
        for open in ["needs_digit", "special_characters", "history", "refuses_simple"] {
            assert!(!shown.contains(open), "{own}: {shown}");
        }
    }
}

/// A rule about another thing demands no length, and hides none.
#[test]
fn a_minimum_lifetime_does_not_hide_a_short_length() {
    let lifetime = rule("Minimum Password Lifetime", LIFETIME, &[]);
    let mac = Mac::new().says(COMMAND, &answer(&[], &[], &[lifetime, matches("x", ".{4,}+")]));
    let fields = observed(&CHECK, &mac);
    assert!(
        fields.contains("min_length=4 ") && fields.contains("rules_not_understood=0"),
        "{fields}"
    );
}

#[test]
fn an_absent_profile_is_told_from_one_that_is_there() {
    let stock = answer(&[], &[], &[matches("x", ".{4,}+")]);
    let mac = || Mac::new().says(COMMAND, &stock);
    assert!(observed(&CHECK, &mac()).contains("profile=false"));
    let path = "/Library/Managed Preferences/com.apple.mobiledevice.passwordpolicy.plist";
    let with = mac().holds(path, FileAnswer::Refused);
    assert!(observed(&CHECK, &with).contains("profile=true"));
}

#[test]
fn absent_categories_demand_nothing() {
    let none = "Getting global account policies\n<?xml version=\"1.0\"?>\n<plist version=\"1.0\"><dict/></plist>\n";
    assert_eq!(demanded(none), "");
}

static KNOWN: &[&str] = &[
    "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n<key>policyCategoryPasswordContent</key>\n<array>\n<dict>\n<key>policyContent</key>\n<string>policyAttributePassword matches '(.*[0-9].*){1,}+'</string>\n</dict>\n</array>\n</dict>\n</plist>\n",
    "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n<key>policyCategoryPasswordContent</key>\n<array>\n<dict>\n<key>policyContent</key>\n<string>policyAttributePassword matches '^$|.{4,}+'</string>\n</dict>\n</array>\n</dict>\n</plist>\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// A digit is demanded only where a rule that demands it still stands.
    #[test]
    fn only_a_whole_rule_demands_a_digit(said in mutated(KNOWN)) {
        let reading = CHECK.run(&Mac::new().says(COMMAND, &said));
        let digit = shared::reading::FieldValue::Flag(true);
        if reading.fields.get("needs_digit") == Some(&digit) {
            prop_assert!(said.contains("[0-9].*){") && said.contains("policyCategoryPasswordContent"), "{said:?}");
        }
    }
}
