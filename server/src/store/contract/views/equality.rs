//! Both databases give the very same answers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use shared::policy::{FindingStatus, Mode};

use super::{COLUMNS, DEVICES, Fleet, now};
use crate::fleet::finding::Finding;
use crate::store::views::device::DeviceAsk;
use crate::store::views::fleet::OverviewAsk;
use crate::store::views::list::{
    Column, Filter, Key, ListViews as _, Order, PageAsk, PageStart, Place, SearchWord,
};
use crate::store::views::{Standing, Views};

/// Names that databases like to order and to compare differently.
const NAMES: &[&str] = &[
    "ärger 50%",
    "Ärger 50_",
    "ARGER",
    "zoë O'Neil",
    "Zoë \"Z\" O'neil",
    "_under\\score",
    "Ζωή",
    "ÅSA",
    "åsa",
    "  blank",
    "日本 太郎",
    "a-b",
    "a b",
    "ab",
    "😀",
];

/// Makes the fleet odd: names, models, systems, states.
fn odd(db: &Connection) {
    let rename = "UPDATE person SET name = ?2 WHERE id = ?1";
    for (number, name) in (20..).zip(NAMES) {
        db.execute(rename, params![format!("p{number}"), name]).unwrap();
    }
    for (number, change) in (40..).zip([
        "os_version = 'a beta', os_build = NULL",
        "os_version = '26.10', os_extra = '(a)'",
        "os_version = '26.6.10'",
        "serial = 'abc%_é\\D', person_id = NULL",
        "serial = 'ABC%_É\\d', model = NULL",
        "serial = NULL, person_id = NULL, model = 'mac15,12'",
        "lifecycle = 'archived'",
        "status = 'archived'",
        "lifecycle = 'pending', person_id = NULL",
        "lifecycle = 'revoked'",
        "status = 'a word of tomorrow', was = 'another one'",
        "received_ms = NULL",
        "due_ms = NULL, status = 'at_risk'",
    ]) {
        let sql = format!("UPDATE device SET {change} WHERE id LIKE ?1");
        assert_eq!(db.execute(&sql, [format!("%-{number:012x}")]).unwrap(), 1, "{change}");
    }
    super::labelled(db);
    db.execute("UPDATE finding SET due_ms = NULL WHERE rule = 'firewall'", []).unwrap();
    db.execute(
        "INSERT INTO os_feed (id, url, etag, dates_itself, failures, outcome)
         VALUES (1, 'https://feed.example/ä', '\"x\"', 0, 3, 'failed')",
        [],
    )
    .unwrap();
    db.execute(
        "INSERT INTO os_releases (sha256, as_of, source, active_ms, origin)
         VALUES ('0a', '2026-08-20T00:00:00Z', 'text', 7, 'file.json')",
        [],
    )
    .unwrap();
    db.execute(
        "INSERT INTO issued_policy VALUES (5, 's', 'p', '0a', 9, 'd'), (3, 's', 'p', '0a', 9, 'd')",
        [],
    )
    .unwrap();
    let present = Finding {
        rule: "firewall".to_owned(),
        status: FindingStatus::Pass,
        code: String::new(),
        reason: "ä".to_owned(),
        observed: shared::reading::Fields::default(),
        mode: Mode::Required,
        since: now(),
        episode: None,
        due_at: None,
        reading_at: Some(now()),
    };
    let present = serde_json::to_string(&BTreeMap::from([("firewall", present)])).unwrap();
    db.execute("INSERT INTO posture SELECT id, '{}', ?1 FROM device", [present]).unwrap();
}

/// What people type that databases take for something else.
const TYPED: &[&str] = &[
    "ärger",
    "ÄRGER",
    "arger",
    "50%",
    "50_",
    "%",
    "_",
    "\\",
    "O'NEIL",
    "\"z\"",
    "ζωή",
    "ΖΩΉ",
    "åsa",
    "é\\d",
    "É\\D",
    "abc%",
    "太郎",
    "😀",
    "a b",
    "",
    "'; DROP TABLE device; --",
    "a\0b",
    "EXAMPLE.com",
    "Mac15",
];

fn filters() -> Vec<Filter> {
    let word = |text: &str, models: &[&str]| SearchWord {
        text: text.to_owned(),
        models: models.iter().map(|model| (*model).to_owned()).collect(),
    };
    let mut filters = vec![
        Filter::default(),
        Filter { without_owner: true, ..Filter::default() },
        Filter { rules: vec!["firewall".to_owned()], ..Filter::default() },
        Filter {
            rules: vec!["disk-encryption".to_owned(), "automatic-updates".to_owned()],
            standings: vec![Standing::NonCompliant, Standing::Compliant],
            words: vec![word("a", &[]), word("e", &["Mac15,12"])],
            ..Filter::default()
        },
        Filter { standings: Standing::ALL.to_vec(), ..Filter::default() },
    ];
    let text = |text: &str| vec![text.to_owned()];
    let hours = |hours| Some(now() - SignedDuration::from_hours(hours));
    filters.extend([
        Filter { owner_left: true, ..Filter::default() },
        Filter {
            owner_left: true,
            without_owner: true,
            keys: text("software-file"),
            ..Filter::default()
        },
        Filter { labels: text("Berlin"), systems: text("26.6.2"), ..Filter::default() },
        Filter { labels: text("Ärzte %"), models: text("Mac15,12"), ..Filter::default() },
        Filter { silent_since: hours(24), labels: text("berlin"), ..Filter::default() },
        Filter { failing_since: hours(48), ..Filter::default() },
        Filter {
            failing_since: hours(48),
            rules: text("firewall"),
            without_owner: true,
            ..Filter::default()
        },
        Filter { found: Some(Vec::new()), ..Filter::default() },
    ]);
    let one = |standing: &Standing| Filter { standings: vec![*standing], ..Filter::default() };
    filters.extend(Standing::ALL.iter().map(one));
    for text in TYPED {
        let words = vec![word(text, &[])];
        filters.push(Filter { words, ..Filter::default() });
        let words = vec![word(text, &["Mac16,1", "mac15,12"])];
        filters.push(Filter { words, standings: vec![Standing::Compliant], ..Filter::default() });
    }
    filters
}

fn ask(filter: &Filter, order: Order, limit: Option<u32>) -> PageAsk {
    let models = [("Mac15,12", "MacBook Air"), ("Mac16,1", "macbook Ämilie"), ("Mac14,2", "")];
    PageAsk {
        newest_agent: None,
        filter: filter.clone(),
        order,
        from: PageStart::Start,
        limit,
        models: models.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
        rules: ["disk-encryption", "firewall", "automatic-updates", "none"]
            .map(str::to_owned)
            .into(),
    }
}

/// Every page, forth and back, as one text.
fn pages(views: &dyn Views, mut ask: PageAsk) -> String {
    let mut seen = Vec::new();
    let mut page = views.devices(&ask).unwrap();
    while let Some(place) = page.after.clone() {
        seen.push(std::mem::take(&mut page));
        ask.from = PageStart::After(place);
        page = views.devices(&ask).unwrap();
    }
    while let Some(place) = page.before.clone() {
        seen.push(std::mem::take(&mut page));
        ask.from = PageStart::Before(place);
        page = views.devices(&ask).unwrap();
    }
    seen.push(page);
    format!("{seen:#?}")
}

#[test]
fn every_list_in_every_order_is_the_same() {
    let fleet = Fleet::changed_by(odd);
    let (mut lists, mut lengths) = (0, BTreeMap::new());
    for filter in filters() {
        for column in COLUMNS {
            for descending in [false, true] {
                let order = Order { column, descending };
                let one = ask(&filter, order, None);
                let [here, there] = fleet.both().map(|views| views.devices(&one).unwrap());
                assert_eq!(here, there, "{filter:?}, {order:?}");
                lists += 1;
                *lengths.entry(here.rows.len()).or_insert(0) += 1;
            }
        }
        let one = ask(&filter, Order { column: Column::Status, descending: false }, None);
        let [here, there] = fleet.both().map(|views| views.facets(&one).unwrap());
        assert_eq!(here, there, "{filter:?}");
        let [here, there] = fleet.both().map(|views| views.groups(&one).unwrap());
        assert_eq!(here, there, "{filter:?}");
        let [here, there] = fleet.both().map(|views| views.look_up(filter.clone()).unwrap());
        assert_eq!(here, there, "{filter:?}");
    }
    assert!(lists > 900 && lengths.len() > 10, "{lists} lists, {lengths:?}");
}

#[test]
fn every_page_forth_and_back_is_the_same() {
    let fleet = Fleet::changed_by(odd);
    for column in COLUMNS {
        for (descending, limit) in [(false, 7), (true, 50)] {
            let order = Order { column, descending };
            let one = ask(&Filter::default(), order, Some(limit));
            let [here, there] = fleet.both().map(|views| pages(views, one.clone()));
            assert_eq!(here, there, "{order:?}");
        }
    }
}

#[test]
fn a_place_that_somebody_made_up_is_no_failure_of_either() {
    let fleet = Fleet::changed_by(odd);
    let keys = [Key::Number(i64::MIN), Key::Number(i64::MAX), Key::Text("ä\0".to_owned())];
    for (key, column) in keys.iter().flat_map(|key| COLUMNS.map(|column| (key, column))) {
        for id in ["", "\0", "zzz"] {
            let place = Place { key: key.clone(), id: id.to_owned() };
            for from in [PageStart::After(place.clone()), PageStart::Before(place)] {
                let order = Order { column, descending: false };
                let one = PageAsk { from, ..ask(&Filter::default(), order, Some(5)) };
                let [here, there] = fleet.both().map(|views| views.devices(&one).unwrap());
                assert_eq!(here, there, "{one:?}");
            }
        }
    }
}

#[test]
fn the_whole_fleet_looks_the_same_at_any_time() {
    let fleet = Fleet::changed_by(odd);
    for (hours, limit) in [(0, 1), (24, 5), (24, 500), (24 * 40, 500), (24 * 400, 3)] {
        let overview = OverviewAsk {
            changed_after: now() - SignedDuration::from_hours(hours),
            today: jiff::civil::date(2026, 8, 20),
            unknown_before: now() - SignedDuration::from_hours(hours * 2),
            attention_limit: limit,
            changes_limit: limit,
        };
        let [here, there] = fleet.both().map(|views| views.overview(overview).unwrap());
        assert_eq!(here, there, "{overview:?}");
    }
    let hour = |hours| now() - SignedDuration::from_hours(hours);
    for instants in [
        vec![],
        vec![now()],
        (0..400).rev().map(|day| hour(day * 24)).collect::<Vec<Timestamp>>(),
        vec![hour(9), hour(9), hour(3)],
    ] {
        let [here, there] = fleet.both().map(|views| views.counts_at(&instants).unwrap());
        assert_eq!(here, there);
        assert_eq!(here.len(), instants.len());
    }
}

#[test]
fn every_device_and_report_is_the_same() {
    let fleet = Fleet::changed_by(odd);
    let order = Order { column: Column::Device, descending: false };
    let archived = Filter { standings: vec![Standing::Archived], ..Filter::default() };
    let list = |filter| fleet.sqlite.devices(&ask(&filter, order, None)).unwrap().rows;
    let devices = [list(Filter::default()), list(archived)].concat();
    assert_eq!(devices.len(), DEVICES);
    let ask = DeviceAsk { reports: 30, gap: SignedDuration::from_hours(48) };
    let (mut gaps, mut reports) = (0, 0);
    for id in devices.iter().map(|row| row.id.as_str()).chain(["", "none", "a\0b", "%"]) {
        let [here, there] = fleet.both().map(|views| views.device(id, ask).unwrap());
        assert_eq!(here, there);
        let [row, its] = fleet.both().map(|views| views.device_row(id).unwrap());
        assert_eq!(row, its);
        let [keys, its] = fleet.both().map(|views| views.keys(id).unwrap());
        assert_eq!(keys, its);
        for sequence in [0, 1, 38, 40, i64::MAX] {
            let [one, its] = fleet.both().map(|views| views.statement(id, 1, sequence).unwrap());
            assert_eq!(one, its);
            reports += usize::from(one.is_some());
        }
        gaps += here.map_or(0, |device| device.gaps.len());
    }
    assert!(gaps > 5 && reports > 100, "{gaps} gaps, {reports} reports");
}

#[test]
fn the_catalogue_is_kept_the_same() {
    let fleet = Fleet::changed_by(odd);
    for sha256 in ["0a", "0b", "\0"] {
        let [here, there] = fleet.both().map(|views| views.keeping(sha256).unwrap());
        assert_eq!(here, there);
        assert_eq!(here.feed.failures, 3);
        assert!(!here.feed.dates_itself);
        assert_eq!(here.issued_since.is_some(), sha256 == "0a");
    }
    for views in fleet.both() {
        views.ping().unwrap();
        assert!(views.any_device().unwrap());
    }
}
