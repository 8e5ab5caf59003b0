//! What expressions may say, and how they end.

use super::Expression;
use crate::policy::conditions::{Facts, fields_map, params_map};
use crate::policy::rule::{Param, Params};
use crate::policy::vocabulary::Vocabulary;
use crate::posture;
use crate::reading::{FieldValue, Fields};

fn params() -> Params {
    Params::from([
        ("least".into(), Param::Integer(8)),
        ("allowed".into(), Param::List(vec!["on".into(), "encrypting".into()])),
        ("word".into(), Param::Text("on".into())),
    ])
}

/// What `source` says of `fields` of FileVault; `None` for what is not known.
fn ask(source: &str, fields: Option<&Fields>) -> Option<bool> {
    let params = params();
    let vocabulary = Vocabulary { check: posture::check("filevault"), params: &params };
    let expression = Expression::compile(source, vocabulary).unwrap();
    let derived = Fields::from([("patch_missed".into(), FieldValue::Integer(2))]);
    let (derived_map, map) = (fields_map(&derived), params_map(&params));
    let check = fields.map(|fields| ("filevault", fields));
    Facts::new(check, (&derived, &derived_map), (&params, &map)).prove(&expression)
}

fn encrypting() -> Fields {
    Fields::from([
        ("state".into(), FieldValue::Text("encrypting".into())),
        ("percent".into(), FieldValue::Integer(35)),
    ])
}

#[test]
fn conditions_over_known_facts_are_answered() {
    let rows = [
        ("filevault.state == 'encrypting'", true),
        ("filevault.state != 'on' && filevault.percent < 50", true),
        ("filevault.state in params.allowed", true),
        ("filevault.state in ['on', params.word]", false),
        ("params.allowed.exists(word, word == filevault.state)", true),
        ("params.allowed.all(word, word == 'on')", false),
        ("size(params.allowed) == 2", true),
        ("filevault.percent + 1 > params.least * 4", true),
        ("filevault.state.startsWith('en')", true),
        ("has(filevault.stalled) ? filevault.stalled : filevault.percent > 30", true),
        ("has(filevault.percent) && !has(filevault.stalled)", true),
        ("derived.patch_missed == 2", true),
    ];
    for (source, answer) in rows {
        assert_eq!(ask(source, Some(&encrypting())), Some(answer), "{source}");
    }
}

#[test]
fn a_fact_that_is_not_known_leaves_the_answer_open() {
    for source in [
        "filevault.stalled",
        "filevault.state == 'encrypting' || filevault.stalled",
        "derived.patch_listed",
        "has(filevault.percent) || filevault.stalled",
    ] {
        assert_eq!(ask(source, Some(&encrypting())), None, "{source}");
    }
}

#[test]
fn a_reading_that_failed_proves_nothing_by_what_it_lacks() {
    assert_eq!(ask("!has(filevault.stalled)", Some(&Fields::new())), Some(true));
    assert_eq!(ask("!has(filevault.stalled)", None), None);
    assert_eq!(ask("derived.patch_missed == 2 || has(filevault.stalled)", None), None);
    assert_eq!(ask("derived.patch_missed == 2", None), Some(true));
    for source in ["true", "params.least == 8", "!has(derived.patch_exposed_days)"] {
        assert_eq!(ask(source, Some(&Fields::new())), Some(true), "{source}");
        assert_eq!(ask(source, None), None, "{source}");
    }
}

#[test]
fn an_error_while_it_is_asked_leaves_the_answer_open() {
    assert_eq!(ask("filevault.percent * 9223372036854775807 > 0", Some(&encrypting())), None);
}

#[test]
fn a_value_of_another_type_than_promised_leaves_the_answer_open() {
    let odd = Fields::from([("percent".into(), FieldValue::Text("35".into()))]);
    assert_eq!(ask("filevault.percent > 30", Some(&odd)), None);
}

#[test]
fn an_expression_cannot_nest_so_deep_that_asking_it_would_overflow() {
    let params = params();
    let vocabulary = Vocabulary { check: posture::check("filevault"), params: &params };
    let compile = |source: &str| Expression::compile(source, vocabulary).map_err(|it| it.message);
    let chain = |terms: usize| format!("{}1==1", "1+".repeat(terms));
    assert_eq!(ask(&chain(20), Some(&encrypting())), Some(false));
    assert!(compile(&chain(40)).unwrap_err().contains("nests deeper than"));
    assert!(compile(&chain(490)).unwrap_err().contains("nests deeper than"));
    assert!(compile(&"1+".repeat(600)).unwrap_err().contains("longer than 1000 characters"));
    // Conditions in a row are no nesting.
    let row = format!("{}true", "filevault.percent > 1 && ".repeat(38));
    assert_eq!(ask(&row, Some(&encrypting())), Some(true));
    for (part, end) in
        [("!", "true"), ("(", "1"), ("[", "1"), ("-", "1==1"), ("a.", "a"), ("1?", "1")]
    {
        let _ = compile(&format!("{}{end}", part.repeat(990 / part.len())));
    }
}

#[test]
fn lists_are_not_walked_within_lists() {
    let params = params();
    let vocabulary = Vocabulary { check: posture::check("filevault"), params: &params };
    let twice = "params.allowed.all(a, params.allowed.all(b, a == b))";
    let fault = Expression::compile(twice, vocabulary).unwrap_err();
    assert!(fault.message.contains("within another"), "{}", fault.message);
}
