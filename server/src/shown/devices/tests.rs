//! The list's address, read and written.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::columns::Columns;
use super::{Column, ListQuery, Order, PageStart, Standing, encoded};
use crate::store::views::list::{Key, Place};

fn parse(pairs: &[(&str, &str)]) -> Result<ListQuery, String> {
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ListQuery::parse(&pairs)
}

fn columns(words: &str) -> Columns {
    let mut columns = Columns::default();
    columns.add(words).unwrap();
    columns.settled()
}

#[test]
fn an_address_leads_back_to_its_view() {
    let query = ListQuery {
        search: "Zoë & 50%".to_owned(),
        standings: vec![Standing::NonCompliant, Standing::Stale],
        rules: vec!["disk-encryption".to_owned()],
        failing_for: Some(7),
        silent: Some(14),
        without_owner: true,
        owner_left: true,
        labels: vec!["Berlin office".to_owned()],
        agents: vec![crate::store::views::list::AgentState::Outdated],
        systems: vec!["26.6.2".to_owned()],
        models: vec!["Mac15,12".to_owned()],
        keys: vec!["secure-enclave".to_owned()],
        columns: columns("device,serial"),
        order: Order { column: Column::Owner, descending: true },
        from: PageStart::After(Place { key: Key::Text("zoë.".to_owned()), id: "a-1".to_owned() }),
    };
    assert_eq!(
        query.address("/devices"),
        "/devices?q=Zo%C3%AB+%26+50%25&status=non_compliant&status=stale&failing=disk-encryption\
         &label=Berlin+office&macos=26.6.2&model=Mac15%2C12&key=secure-enclave&agent=outdated&failing_for=7&silent=14\
         &owner=none&owner=left&columns=device%2Cserial&sort=-owner&after=tem_Dqy4.a-1"
    );
    let pairs: Vec<(String, String)> =
        query.pairs().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(ListQuery::parse(&pairs), Ok(query));
    assert_eq!(ListQuery::default().address("/devices"), "/devices");
}

#[test]
fn a_place_with_a_number_is_read_back() {
    let place = Place { key: Key::Number(-7), id: "a".to_owned() };
    let query = ListQuery { from: PageStart::Before(place), ..ListQuery::default() };
    assert_eq!(query.address("/devices"), "/devices?before=n-7.a");
    assert_eq!(parse(&[("before", "n-7.a")]), Ok(query));
}

#[test]
fn what_cannot_be_understood_is_said_and_what_is_empty_is_not() {
    for (name, value, says) in [
        ("status", "broken", "Use one of non_compliant, suspended"),
        ("sort", "colour", "Use one of status, device"),
        ("owner", "sam", "can only be “none” or “left”"),
        ("silent", "soon", "from 1 to 3650"),
        ("failing_for", "0", "from 1 to 3650"),
        ("columns", "colour", "Use some of status"),
        ("sort", "labels", "Use one of status"),
        ("after", "x", "Begin at the first page"),
        ("after", "t!!.a", "Begin at the first page"),
    ] {
        let error = parse(&[(name, value)]).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(parse(&[("status", ""), ("q", ""), ("utm", "x")]), Ok(ListQuery::default()));
}

#[test]
fn a_search_takes_the_name_as_pages_write_it() {
    let models = BTreeMap::from([("Mac15,12".to_owned(), "MacBook Air (M3)".to_owned())]);
    let query = parse(&[("q", "air  (…4F2K)")]).unwrap();
    let words = query.filter(&models, Timestamp::UNIX_EPOCH).words;
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["air", "4F2K"]);
    assert_eq!(words.first().unwrap().models, ["Mac15,12"]);
}

#[test]
fn only_filters_make_a_view_filtered() {
    let pairs = [("sort", "-owner"), ("after", "n1.a"), ("columns", "serial")];
    assert!(!parse(&pairs).unwrap().is_filtered());
    assert!(parse(&[("owner", "none")]).unwrap().is_filtered());
}

#[test]
fn signs_of_addresses_are_encoded() {
    assert_eq!(encoded("a b&c=d#ä"), "a+b%26c%3Dd%23%C3%A4");
}
