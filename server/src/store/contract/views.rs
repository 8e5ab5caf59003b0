//! Lists, counts and the overview over a made-up fleet, in both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};

use crate::store::copy::copy;
use crate::store::postgres::server::PostgresServer;
use crate::store::sqlite::open_writer;
use crate::store::views::fleet::OverviewAsk;
use crate::store::views::history::Counts;
use crate::store::views::list::{Column, Filter, Order, Page, PageAsk, PageStart, SearchWord};
use crate::store::views::{Standing, Views};
use crate::store::{postgres, sqlite};
use crate::web::seed;

mod equality;
mod waived;

const DEVICES: usize = 137;
const COLUMNS: [Column; 14] = [
    Column::Status,
    Column::Device,
    Column::Owner,
    Column::Model,
    Column::System,
    Column::Failing,
    Column::Received,
    Column::Key,
    Column::Serial,
    Column::Build,
    Column::Agent,
    Column::Enrolled,
    Column::Due,
    Column::Department,
];

fn now() -> Timestamp {
    "2026-08-23T09:00:00Z".parse().unwrap()
}

/// The same fleet in both databases.
struct Fleet {
    sqlite: sqlite::Readers,
    postgres: postgres::Readers,
    _folder: tempfile::TempDir,
}

impl Fleet {
    /// A made-up fleet, with what `change` makes of it, copied as
    /// `muster-server migrate` does.
    fn changed_by(change: impl FnOnce(&rusqlite::Connection)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("muster.db");
        let mut writer = open_writer(&path).unwrap();
        seed::fill(&mut writer, DEVICES, now().as_millisecond());
        change(&writer);
        drop(writer);
        let target = postgres::Target::parse(&german_database()).unwrap();
        copy(&path, &target, &mut |_| ()).unwrap();
        Self {
            sqlite: sqlite::Readers::new(&path),
            postgres: postgres::Readers::new(&target),
            _folder: folder,
        }
    }

    fn new() -> Self {
        Self::changed_by(|_| ())
    }

    /// SQLite, then PostgreSQL.
    fn both(&self) -> [&dyn Views; 2] {
        [&self.sqlite, &self.postgres]
    }
}

/// An empty database that orders texts as Germans do and knows that Ä is a
/// large ä, neither of which may be seen in an answer.
fn german_database() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let name = format!("views_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = PostgresServer::shared();
    let locale = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE'";
    server.sql("postgres", &format!("CREATE DATABASE {name} {locale}"));
    server.url(&name)
}

fn ask(filter: Filter, column: Column, descending: bool) -> PageAsk {
    PageAsk {
        newest_agent: None,
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
fn walk(views: &dyn Views, mut ask: PageAsk) -> (Vec<String>, Vec<String>) {
    let (mut forth, mut back) = (Vec::new(), Vec::new());
    let mut page = views.devices(&ask).unwrap();
    loop {
        forth.extend(ids(&page));
        let Some(place) = page.after.clone() else { break };
        ask.from = PageStart::After(place);
        page = views.devices(&ask).unwrap();
    }
    loop {
        back.splice(0..0, ids(&page));
        let Some(place) = page.before.clone() else { break };
        ask.from = PageStart::Before(place);
        page = views.devices(&ask).unwrap();
    }
    (forth, back)
}

#[test]
fn pages_show_every_device_once_in_every_order() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        for column in COLUMNS {
            let (up, back) = walk(views, ask(Filter::default(), column, false));
            assert_eq!(up.len(), DEVICES, "{column:?}");
            assert_eq!(up.iter().collect::<BTreeSet<_>>().len(), DEVICES, "{column:?}");
            assert_eq!(up, back, "{column:?}");
            let (mut down, _) = walk(views, ask(Filter::default(), column, true));
            down.reverse();
            assert_eq!(up, down, "{column:?}");
        }
    }
}

#[test]
fn the_most_urgent_devices_come_first() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let all = PageAsk { limit: None, ..ask(Filter::default(), Column::Status, false) };
        let standings: Vec<Standing> =
            views.devices(&all).unwrap().rows.iter().map(|row| row.standing).collect();
        let place = |one: &Standing| Standing::ALL.iter().position(|other| other == one);
        assert!(standings.is_sorted_by_key(place));
        assert_eq!(standings.first(), Some(&Standing::NonCompliant));
        assert!(standings.contains(&Standing::NeverReported));
    }
}

#[test]
fn versions_are_ordered_as_numbers() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let all = PageAsk { limit: None, ..ask(Filter::default(), Column::System, true) };
        let versions: Vec<String> = views
            .devices(&all)
            .unwrap()
            .rows
            .into_iter()
            .filter_map(|row| row.system.map(|system| system.version))
            .collect();
        assert_eq!(versions.first().map(String::as_str), Some("26.6.2"));
        assert_eq!(versions.last().map(String::as_str), Some("13.7.8"));
    }
}

/// Gives some devices labels, and lets some people leave.
fn labelled(db: &rusqlite::Connection) {
    for (label, every) in [("Berlin", 3), ("berlin", 7), ("Ärzte %", 11)] {
        let sql = "INSERT INTO device_label
            SELECT id, ?1 FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM device)
            WHERE n % ?2 = 0";
        db.execute(sql, rusqlite::params![label, every]).unwrap();
    }
    db.execute("UPDATE person SET ended_ms = 1, department = 'Ü' WHERE id LIKE '%5'", []).unwrap();
    db.execute("UPDATE person SET department = 'sales' WHERE id LIKE '%7'", []).unwrap();
}

#[test]
fn silence_and_failures_are_found_by_their_length() {
    let fleet = Fleet::new();
    let before = |days: i64| Some(now() - SignedDuration::from_hours(24 * days));
    for views in fleet.both() {
        let rows = |filter: Filter| {
            let all = PageAsk { limit: None, ..ask(filter, Column::Status, false) };
            let rows = views.devices(&all).unwrap().rows;
            assert_eq!(views.facets(&all).unwrap().total, rows.len() as u64);
            rows
        };
        let silent = rows(Filter { silent_since: before(8), ..Filter::default() });
        assert!(!silent.is_empty());
        for row in silent {
            assert!(row.received.unwrap_or(row.enrolled) <= before(8).unwrap());
        }
        let failing = rows(Filter { failing_since: before(7), ..Filter::default() });
        assert!(!failing.is_empty());
        for row in &failing {
            let long = |one: &&crate::store::views::Problem| {
                one.since <= before(7).unwrap() && one.mode == shared::policy::Mode::Required
            };
            assert!(row.failing().any(|one| long(&one)), "{row:?}");
        }
        let rule = || vec!["firewall".to_owned()];
        let both = rows(Filter { failing_since: before(1), rules: rule(), ..Filter::default() });
        let any = rows(Filter { rules: rule(), ..Filter::default() });
        assert!(both.len() <= any.len() && !any.is_empty());
        for row in both {
            let it = row.problems.iter().find(|one| one.rule == "firewall").unwrap();
            assert!(it.since <= before(1).unwrap());
        }
    }
}

#[test]
fn words_that_were_looked_up_find_the_same() {
    let fleet = Fleet::changed_by(labelled);
    for views in fleet.both() {
        for texts in [
            vec!["sam"],
            vec!["sam", "carter"],
            vec!["zzz"],
            vec!["26."],
            vec!["example"],
            vec!["a", "example", "sam"],
        ] {
            let words = texts
                .iter()
                .map(|text| SearchWord { text: (*text).to_owned(), models: Vec::new() });
            let filter = Filter { words: words.collect(), ..Filter::default() };
            let looked_up = views.look_up(filter.clone()).unwrap();
            let [plain, quick] = [filter, looked_up].map(|filter| {
                let one = PageAsk { limit: None, ..ask(filter, Column::Owner, false) };
                (views.devices(&one).unwrap(), views.facets(&one).unwrap())
            });
            assert_eq!(plain, quick, "{texts:?}");
        }
    }
}

#[test]
fn groups_count_what_the_list_would_show() {
    let fleet = Fleet::changed_by(labelled);
    for views in fleet.both() {
        let groups = views.groups(&ask(Filter::default(), Column::Status, false)).unwrap();
        let length = |filter: Filter| {
            let all = PageAsk { limit: None, ..ask(filter, Column::Status, false) };
            views.devices(&all).unwrap().rows.len() as u64
        };
        let names: Vec<&str> = groups.labels.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(names, ["Berlin", "berlin", "Ärzte %"]);
        for (label, standings) in &groups.labels {
            let filter = Filter { labels: vec![label.clone()], ..Filter::default() };
            let all: u64 = standings.iter().map(|(_, count)| count).sum();
            assert_eq!(length(filter), all, "{label}");
        }
        assert!(!groups.cells.is_empty());
        for (label, rule, count) in &groups.cells {
            let labels = vec![label.clone()];
            let filter = Filter { labels, rules: vec![rule.clone()], ..Filter::default() };
            assert_eq!(length(filter), *count, "{label} {rule}");
        }
    }
}

/// The values that a filter asks of one column.
type Wanted = fn(&mut Filter) -> &mut Vec<String>;

#[test]
fn each_count_is_what_choosing_it_brings() {
    let fleet = Fleet::changed_by(labelled);
    for views in fleet.both() {
        let plain = ask(Filter::default(), Column::Status, false);
        let facets = views.facets(&plain).unwrap();
        let length = |filter: Filter| {
            let all = PageAsk { limit: None, ..ask(filter, Column::Status, false) };
            let rows = views.devices(&all).unwrap().rows.len() as u64;
            assert_eq!(views.facets(&all).unwrap().total, rows);
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
        let filter = Filter { owner_left: true, ..Filter::default() };
        assert_eq!(length(filter), facets.owner_left);
        assert!(facets.owner_left > 1);
        let values: [(Vec<(String, u64)>, Wanted); 4] = [
            (facets.labels, |it| &mut it.labels),
            (facets.systems, |it| &mut it.systems),
            (facets.models, |it| &mut it.models),
            (facets.keys, |it| &mut it.keys),
        ];
        for (counts, of) in values {
            assert!(counts.len() > 1, "{counts:?}");
            for (value, count) in counts {
                let mut filter = Filter::default();
                of(&mut filter).push(value.clone());
                assert_eq!(length(filter), count, "{value}");
            }
        }
    }
}

#[test]
fn filters_narrow_each_other() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let word = |text: &str, models: &[&str]| SearchWord {
            text: text.to_owned(),
            models: models.iter().map(|model| (*model).to_owned()).collect(),
        };
        let found = |words: Vec<SearchWord>| {
            let filter =
                Filter { standings: vec![Standing::Compliant], words, ..Filter::default() };
            views.devices(&ask(filter, Column::Owner, false)).unwrap().rows
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
}

#[test]
fn a_serial_is_found_by_its_ending() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let all = PageAsk { limit: None, ..ask(Filter::default(), Column::Status, false) };
        let serial = views.devices(&all).unwrap().rows.into_iter().find_map(|row| row.serial);
        let ending = serial.unwrap().split_off(5).to_lowercase();
        let words = vec![SearchWord { text: ending, models: Vec::new() }];
        let found =
            views.devices(&ask(Filter { words, ..Filter::default() }, Column::Status, false));
        assert_eq!(found.unwrap().rows.len(), 1);
    }
}

#[test]
fn the_overview_counts_everybody_once() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let overview = views
            .overview(OverviewAsk {
                changed_after: now() - SignedDuration::from_hours(24),
                today: jiff::civil::date(2026, 8, 20),
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
}

#[test]
fn counts_at_an_instant_add_up_to_the_devices_of_that_time() {
    let fleet = Fleet::new();
    for views in fleet.both() {
        let instants = [now() - SignedDuration::from_hours(24 * 365), now()];
        let counts = views.counts_at(&instants).unwrap();
        assert_eq!(counts.iter().map(Counts::total).collect::<Vec<_>>(), [0, DEVICES as u64]);
    }
}
