//! Every known answer about account policies, and many that are not.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{self, Mac, evidence, mutated, unknown};
use crate::host::Answer;

const COMMAND: &str = "/usr/bin/pwpolicy -getaccountpolicies";
const HEADER: &str = "Getting global account policies\n";

/// Macs whose observations carry every field.
pub(super) fn full() -> Vec<Mac> {
    let stock = says(&answer(&[rule("com.apple.defaultpasswordpolicy.fde", ".{4,}+")]));
    vec![stock, demands::tests::full()]
}

/// What is observed of the length.
#[track_caller]
fn observed(check: &Check, mac: &Mac) -> String {
    let fields = fixture::observed(check, mac);
    let is_length = |field: &&str| field.starts_with("min_length") || field.starts_with("rules_");
    fields.split(' ').filter(is_length).collect::<Vec<_>>().join(" ")
}

fn says(answer: &str) -> Mac {
    Mac::new().says(COMMAND, answer)
}

/// A rule that a password matches a pattern.
fn rule(identifier: &str, pattern: &str) -> String {
    raw_rule(identifier, &format!("policyAttributePassword matches '{pattern}'"), "")
}

fn raw_rule(identifier: &str, content: &str, parameters: &str) -> String {
    let content = content.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<dict><key>policyContent</key><string>{content}</string>\
         <key>policyContentDescription</key><dict><key>en</key><string>At least .{{99,}} signs</string></dict>\
         <key>policyIdentifier</key><string>{identifier}</string>{parameters}</dict>\n"
    )
}

fn parameter(value: &str) -> String {
    format!("<key>policyParameters</key><dict><key>minimumLength</key>{value}</dict>")
}

fn plist(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n{body}</plist>\n"
    )
}

fn content(rules: &[String]) -> String {
    plist(&format!(
        "<dict>\n<key>policyCategoryPasswordContent</key>\n<array>\n{}</array>\n</dict>\n",
        rules.concat()
    ))
}

fn answer(rules: &[String]) -> String {
    format!("{HEADER}{}", content(rules))
}

#[track_caller]
fn assert_length(rules: &[String], length: i64) {
    assert_eq!(
        observed(&CHECK, &says(&answer(rules))),
        format!("min_length={length} min_length_at_least={length} rules_not_understood=0")
    );
}

const STOCK: &str = "com.apple.defaultpasswordpolicy.fde";
const PROFILE: &str = "ProfilePayload:00000000-0000-4000-8000-000000000001:minLength";

/// A rule is there on every Mac; that alone says nothing.
#[test]
fn the_stock_rule_asks_for_four_characters() {
    assert_length(&[rule(STOCK, ".{4,}+")], 4);
}

/// The stock rule of a Mac without FileVault lets the empty password pass.
#[test]
fn an_alternation_with_the_empty_password_asks_for_nothing() {
    assert_length(&[rule("com.apple.defaultpasswordpolicy", "^$|.{4,}+")], 0);
    assert_length(&[rule("x", "^$|.{12,}+")], 0);
}

/// Equality with one number, or with one spelling, would fail stricter Macs.
#[test]
fn the_strictest_of_several_rules_counts() {
    assert_length(&[rule(STOCK, ".{4,}+"), rule(PROFILE, ".{8,}")], 8);
    assert_length(&[rule(PROFILE, ".{15,}"), rule("Has at least 8 characters", ".{8,}+")], 15);
    assert_length(&[rule("x", "^$|.{4,}+"), rule("y", "^.{10,}$")], 10);
    assert_length(&[rule(PROFILE, ".{8,64}"), rule(PROFILE, ".{8,}")], 8);
}

#[test]
fn rules_about_classes_sequences_and_history_do_not_count_as_length() {
    assert_length(
        &[
            rule("Has a number", "(.*[0-9].*){1,}+"),
            rule("x:minComplexChars", "(.*[^a-zA-Z0-9].*){1,}"),
            rule("x:requireAlphanumeric", "^(?=.*[0-9])(?=.*[a-zA-Z]).+"),
            raw_rule(
                "x:allowSimple",
                "(policyAttributeSequentialCharacters < policyAttributeMaximumSequentialCharacters) and \
                 (policyAttributeConsecutiveCharacters < policyAttributeMaximumConsecutiveCharacters)",
                "",
            ),
            raw_rule(
                "x:pinHistory",
                "none policyAttributePasswordHashes in policyAttributePasswordHistory",
                "",
            ),
        ],
        1,
    );
}

#[test]
fn a_parameter_counts_only_where_the_rule_refers_to_it() {
    for value in ["<integer>12</integer>", "<string>12</string>", "<real>12.0</real>"] {
        let refers = raw_rule(
            "x",
            "policyAttributePassword matches '.{minimumLength,}+'",
            &parameter(value),
        );
        assert_length(&[refers], 12);
        let does_not = raw_rule("x", "policyAttributePassword matches '.{4,}+'", &parameter(value));
        assert_length(&[does_not], 4);
    }
}

#[test]
fn no_content_policy_at_all_is_zero() {
    let zero = "min_length=0 min_length_at_least=0 rules_not_understood=0";
    for answer in [
        format!("{HEADER}{}", plist("<dict/>\n")),
        format!("{HEADER}<dict/>\n"),
        "No global account policies have been set.\n".to_owned(),
        format!("{HEADER}No global account policies have been set.\r\n"),
        answer(&[]),
        plist("<dict><key>policyCategoryAuthentication</key><array/></dict>"),
    ] {
        assert_eq!(observed(&CHECK, &says(&answer)), zero, "{answer}");
    }
}

#[test]
fn the_header_may_vary() {
    let body = content(&[rule(PROFILE, ".{8,}")]);
    for header in
        ["", "\n", "Getting account policies for user <jdoe>\n\n", "A warning\nAnother one\r\n"]
    {
        assert!(observed(&CHECK, &says(&format!("{header}{body}"))).contains("min_length=8"));
    }
}

#[test]
fn a_rule_nobody_understands_keeps_the_minimum_and_marks_it() {
    let odd = || raw_rule("x", "policyAttributePasswordStrength >= 8", "");
    assert_eq!(
        observed(&CHECK, &says(&answer(&[rule(STOCK, ".{4,}+"), odd()]))),
        "min_length_at_least=4 rules_not_understood=1"
    );
    assert_eq!(
        observed(&CHECK, &says(&answer(&[odd(), rule(PROFILE, ".{8,}"), odd()]))),
        "min_length_at_least=8 rules_not_understood=2"
    );
    let without_content = "<dict><key>policyIdentifier</key><string>x</string></dict>".to_owned();
    assert_eq!(
        observed(&CHECK, &says(&answer(&[without_content, "<true/>".to_owned()]))),
        "min_length_at_least=0 rules_not_understood=2"
    );
}

#[test]
fn what_is_no_policy_is_unknown() {
    let whole = answer(&[rule(PROFILE, ".{8,}")]);
    for answer in [
        "",
        "\n",
        HEADER,
        "Error: no such node.\n",
        "No global account policies",
        whole.strip_suffix("</plist>\n").unwrap(),
        &whole[..whole.len() / 2],
        &plist("<array/>"),
        &plist("<dict><key>policyCategoryPasswordContent</key><string>.{8,}</string></dict>"),
        &plist("<dict><key>minChars</key><integer>12</integer></dict>"),
    ] {
        assert_eq!(unknown(&CHECK, &says(answer)), "not-understood", "{answer:?}");
    }
    assert_eq!(unknown(&CHECK, &Mac::new().ends(COMMAND, 1, &whole)), "exit-status");
    assert_eq!(unknown(&CHECK, &Mac::new().answers(COMMAND, Answer::TimedOut)), "timed-out");
}

#[test]
fn several_lists_count_only_when_they_agree() {
    let eight = content(&[rule(PROFILE, ".{8,}")]);
    let same = content(&[rule("x", "^.{8,}$")]);
    let four = content(&[rule(STOCK, ".{4,}+")]);
    assert!(
        observed(&CHECK, &says(&format!("{HEADER}{eight}{HEADER}{same}"))).contains("min_length=8")
    );
    assert_eq!(unknown(&CHECK, &says(&format!("{eight}{four}"))), "not-understood");
    assert_eq!(unknown(&CHECK, &says(&format!("{eight}<?xml "))), "not-understood");
}

#[test]
fn evidence_holds_the_rules_and_no_descriptions() {
    let history =
        raw_rule("y", "none policyAttributePasswordHashes in policyAttributePasswordHistory", "");
    let reading = CHECK.run(&says(&answer(&[history, rule(PROFILE, ".{8,}")])));
    assert_eq!(
        evidence(&reading)[0],
        "policyAttributePassword matches '.{8,}'\n\
         none policyAttributePasswordHashes in policyAttributePasswordHistory"
    );
}

/// A known good answer, a short one and one that lets nothing through.
static KNOWN: &[&str] = &[
    "Getting global account policies\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n<key>policyCategoryPasswordContent</key>\n<array>\n<dict>\n<key>policyContent</key>\n<string>policyAttributePassword matches '.{8,}'</string>\n</dict>\n</array>\n</dict>\n</plist>\n",
    "Getting global account policies\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n<key>policyCategoryPasswordContent</key>\n<array>\n<dict>\n<key>policyContent</key>\n<string>policyAttributePassword matches '^$|.{4,}+'</string>\n</dict>\n</array>\n</dict>\n</plist>\n",
    "No global account policies have been set.\n",
];

/// A digit that is put beside the eight makes a longer demand: `.{80,}`.
fn a_number_of_eight_or_more_begins_a_range(answer: &str) -> bool {
    answer.split(',').any(|before| {
        let digits = before.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
        before[digits..].parse::<u64>().is_ok_and(|number| number >= 8)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever happens to an answer, eight characters are demanded only where
    /// the whole rule that demands them still stands in a list.
    #[test]
    fn only_the_whole_rule_demands_eight(answer in mutated(KNOWN)) {
        if let Some(read) = parse(&answer) && read.policy.min_length_at_least >= 8 {
            // Blanks may be missing between words, and stand in tags and ranges.
            let squeezed: String = answer.split_whitespace().collect();
            let is_whole = squeezed.contains("<key>policyCategoryPasswordContent</key>")
                && squeezed.contains("</plist>")
                && squeezed.contains("policyAttributePasswordmatches'")
                && a_number_of_eight_or_more_begins_a_range(&squeezed);
            prop_assert!(is_whole, "{:?}", answer);
        }
    }
}
