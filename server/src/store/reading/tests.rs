//! Lists, counts and the overview over a made-up fleet.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::store::sqlite::{Readers, open_writer};
use crate::store::views::Standing;
use crate::store::views::fleet::{FleetViews as _, OverviewAsk};
use crate::store::views::history::Counts;
use crate::store::views::list::{
    Column, Filter, ListViews as _, Order, Page, PageAsk, PageStart, SearchWord,
};
use crate::web::seed;

const DEVICES: usize = 137;

fn now() -> Timestamp {
    "2026-08-23T09:00:00Z".parse().unwrap()
}

fn fleet() -> (tempfile::TempDir, Readers) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("muster.db");
    seed::fill(&mut open_writer(&path).unwrap(), DEVICES, now().as_millisecond());
    (folder, Readers::new(&path))
}

fn ask(filter: Filter, column: Column, descending: bool) -> PageAsk {
    PageAsk {
        filter,
        order: Order { column, descending },
        from: PageStart::Start,
        limit: Some(10),
        models: BTreeMap::from([("Mac15,12".to_owned(), "MacBook Air".to_owned())]),
        rules: ["disk-encryption", "firewall", "automatic-updates"].map(str::to_owned).to_vec(),
    }
}

fn ids(page: &Page) -> Vec<String> {
    page.rows.iter().map(|row| row.id.clone()).collect()
}

/// Every page from the first to the last, then back again.
fn walk(readers: &Readers, mut ask: PageAsk) -> (Vec<String>, Vec<String>) {
    let (mut forth, mut back) = (Vec::new(), Vec::new());
    let mut page = readers.devices(&ask).unwrap();
    loop {
        forth.extend(ids(&page));
        let Some(place) = page.after.clone() else { break };
        ask.from = PageStart::After(place);
        page = readers.devices(&ask).unwrap();
    }
    loop {
        back.splice(0..0, ids(&page));
        let Some(place) = page.before.clone() else { break };
        ask.from = PageStart::Before(place);
        page = readers.devices(&ask).unwrap();
    }
    (forth, back)
}

#[test]
fn pages_show_every_device_once_in_every_order() {
    let (_folder, readers) = fleet();
    for column in [
        Column::Status,
        Column::Device,
        Column::Owner,
        Column::Model,
        Column::System,
        Column::Failing,
        Column::Received,
        Column::Key,
    ] {
        let (up, back) = walk(&readers, ask(Filter::default(), column, false));
        assert_eq!(up.len(), DEVICES, "{column:?}");
        assert_eq!(up.iter().collect::<BTreeSet<_>>().len(), DEVICES, "{column:?}");
        assert_eq!(up, back, "{column:?}");
        let (mut down, _) = walk(&readers, ask(Filter::default(), column, true));
        down.reverse();
        assert_eq!(up, down, "{column:?}");
    }
}

#[test]
fn the_most_urgent_devices_come_first() {
    let (_folder, readers) = fleet();
    let all = PageAsk { limit: None, ..ask(Filter::default(), Column::Status, false) };
    let standings: Vec<Standing> =
        readers.devices(&all).unwrap().rows.iter().map(|row| row.standing).collect();
    let place = |one: &Standing| Standing::ALL.iter().position(|other| other == one);
    assert!(standings.is_sorted_by_key(place));
    assert_eq!(standings.first(), Some(&Standing::NonCompliant));
    assert!(standings.contains(&Standing::NeverReported));
}

#[test]
fn versions_are_ordered_as_numbers() {
    let (_folder, readers) = fleet();
    let all = PageAsk { limit: None, ..ask(Filter::default(), Column::System, true) };
    let versions: Vec<String> = readers
        .devices(&all)
        .unwrap()
        .rows
        .into_iter()
        .filter_map(|row| row.system.map(|system| system.version))
        .collect();
    assert_eq!(versions.first().map(String::as_str), Some("26.6.2"));
    assert_eq!(versions.last().map(String::as_str), Some("13.7.8"));
}

#[test]
fn each_count_is_what_choosing_it_brings() {
    let (_folder, readers) = fleet();
    let plain = ask(Filter::default(), Column::Status, false);
    let facets = readers.facets(&plain).unwrap();
    let length = |filter: Filter| {
        let all = PageAsk { limit: None, ..ask(filter, Column::Status, false) };
        let rows = readers.devices(&all).unwrap().rows.len() as u64;
        assert_eq!(readers.facets(&all).unwrap().total, rows);
        rows
    };
    assert_eq!(facets.total, DEVICES as u64);
    for (standing, count) in facets.standings {
        let filter = Filter { standings: vec![standing], ..Filter::default() };
        assert_eq!(length(filter), count, "{standing:?}");
    }
    for (rule, count) in facets.rules {
        let filter = Filter { rules: vec![rule.clone()], ..Filter::default() };
        assert_eq!(length(filter), count, "{rule}");
    }
    let filter = Filter { without_owner: true, ..Filter::default() };
    assert_eq!(length(filter), facets.without_owner);
    assert!(facets.without_owner > 0);
}

#[test]
fn filters_narrow_each_other() {
    let (_folder, readers) = fleet();
    let word = |text: &str, models: &[&str]| SearchWord {
        text: text.to_owned(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
    };
    let found = |words: Vec<SearchWord>| {
        let filter = Filter { standings: vec![Standing::Compliant], words, ..Filter::default() };
        readers.devices(&ask(filter, Column::Owner, false)).unwrap().rows
    };
    let sams = found(vec![word("SAM", &[])]);
    let model = sams.iter().find_map(|row| row.model.as_deref()).unwrap();
    let both = found(vec![word("SAM", &[]), word("of that model", &[model])]);
    assert!(!both.is_empty() && both.len() < sams.len());
    for row in both {
        assert!(row.owner.unwrap().name.starts_with("Sam"));
        assert_eq!(row.model.as_deref(), Some(model));
        assert_eq!(row.standing, Standing::Compliant);
    }
}

#[test]
fn a_serial_is_found_by_its_ending() {
    let (_folder, readers) = fleet();
    let all = PageAsk { limit: None, ..ask(Filter::default(), Column::Status, false) };
    let serial = readers.devices(&all).unwrap().rows.into_iter().find_map(|row| row.serial);
    let ending = serial.unwrap().split_off(5).to_lowercase();
    let words = vec![SearchWord { text: ending, models: Vec::new() }];
    let found = readers.devices(&ask(Filter { words, ..Filter::default() }, Column::Status, false));
    assert_eq!(found.unwrap().rows.len(), 1);
}

#[test]
fn the_overview_counts_everybody_once() {
    let (_folder, readers) = fleet();
    let overview = readers
        .overview(OverviewAsk {
            changed_after: now() - SignedDuration::from_hours(24),
            unknown_before: now() - SignedDuration::from_hours(72),
            attention_limit: 500,
            changes_limit: 500,
        })
        .unwrap();
    assert_eq!(overview.standings.iter().map(|(_, count)| count).sum::<u64>(), DEVICES as u64);
    assert_eq!(overview.systems.iter().map(|(_, count)| count).sum::<u64>(), DEVICES as u64);
    assert_eq!(overview.attention.len() as u64, overview.attention_total);
    assert_eq!(overview.changes.len() as u64, overview.changes_total);
    assert!(overview.attention.iter().all(|row| row.standing != Standing::Compliant));
    let suspended = |row: &&crate::store::views::DeviceRow| row.standing == Standing::Suspended;
    assert_eq!(overview.attention.iter().filter(suspended).count(), 1);
    for change in &overview.changes {
        assert!(change.at > now() - SignedDuration::from_hours(24));
        assert_ne!(change.from, Some(change.to));
    }
}

#[test]
fn counts_at_an_instant_add_up_to_the_devices_of_that_time() {
    let (_folder, readers) = fleet();
    let instants = [now() - SignedDuration::from_hours(24 * 365), now()];
    let counts = readers.counts_at(&instants).unwrap();
    assert_eq!(counts.iter().map(Counts::total).collect::<Vec<_>>(), [0, DEVICES as u64]);
}
