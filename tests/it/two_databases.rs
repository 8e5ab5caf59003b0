//! A collector that was moved to PostgreSQL shows and does what it did before.

use std::collections::{BTreeMap, VecDeque};

use jiff::SignedDuration;
use tests::laptop::Laptop;
use tests::postgres_server::PostgresServer;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;
use tests::visitor::{Visitor, text_of};

/// Pages that are looked at.
const MOST: usize = 500;

/// Three Macs that report for a few days, and one that stops.
async fn fleet() -> (TestServer, Vec<Laptop>) {
    let server = TestServer::start().await;
    let healthy = Recording::named(HEALTHY);
    let mut laptops = Vec::new();
    for (person, recording) in [
        ("Änne O'Neil", healthy.clone().of_another_mac(1)),
        ("kim ROE 50%", healthy.clone().of_another_mac(2).with_filevault_off()),
        ("Ada Poe", Recording::named(MUTE)),
        ("Zoë Doe", healthy.of_another_mac(3)),
    ] {
        let laptop = Laptop::enrolled(&server, person, &recording).await;
        laptop.report().await;
        laptops.push(laptop);
    }
    for _ in 0..9 {
        server.forward(SignedDuration::from_hours(25)).await;
        for laptop in &laptops[..3] {
            laptop.report().await;
        }
    }
    (server, laptops)
}

/// Whatever links lead to from the overview, by its address.
async fn everything(visitor: &mut Visitor) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let first = ["/", "/devices?q=%C3%84nne", "/devices?q=50%25", "/devices?q=ROE&q=o%27neil"];
    let mut waiting: VecDeque<String> = first.map(str::to_owned).into();
    while let Some(path) = waiting.pop_front() {
        if found.contains_key(&path) || found.len() == MOST {
            continue;
        }
        let answer = visitor.ask(&path).await;
        let text = answer.text();
        for link in text.split("href=\"").skip(1) {
            let link = link.split(['"', '#']).next().unwrap_or_default();
            let link = text_of_link(link);
            // Looking at pages is an act itself, so the audit log is never twice
            // the same, nor is the checkpoint on what is printed.
            let other = ["/static/", "/audit", "/checklists/report"];
            let other = other.iter().any(|start| link.starts_with(start));
            if link.starts_with('/') && !other {
                // Every page comes before the many views of the lists.
                if link.contains('?') {
                    waiting.push_back(link);
                } else {
                    waiting.push_front(link);
                }
            }
        }
        found.insert(path, format!("{} {text}", answer.status));
    }
    found
}

fn text_of_link(link: &str) -> String {
    link.replace("&amp;", "&").replace("&#38;", "&").replace("&#39;", "'")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_the_same_after_a_move_to_postgresql() {
    let (mut server, laptops) = fleet().await;
    let mut visitor = Visitor::signed_in(&server).await;
    let before = everything(&mut visitor).await;
    let session = visitor.leave();
    for start in
        ["/devices?", "/devices/", "/devices.csv", "/devices.json", "/os-releases", "/log/"]
    {
        assert!(before.keys().any(|path| path.starts_with(start)), "{start}: {:?}", before.keys());
    }
    assert!(before.values().all(|page| page.starts_with("200 ")), "{before:#?}");

    server.move_to_postgres(&PostgresServer::shared().database()).await;
    // The session has moved as well; another one would be an entry in the log.
    let after = everything(&mut Visitor::returning(&server, session).await).await;
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>(),
        "the same links"
    );
    assert!(before.len() > 60, "{} pages", before.len());
    for (path, page) in &before {
        // Of a log that has grown by the looks.
        if path == "/log/checkpoint" || path.starts_with("/log/proof/") {
            assert!(after[path].starts_with("200 "), "{path}");
            continue;
        }
        assert_eq!(text_of(page), text_of(&after[path]), "{path}");
        assert_eq!(page, &after[path], "{path}");
    }

    // It goes on: the agents find that the log continues the one they know.
    server.forward(SignedDuration::from_hours(1)).await;
    for laptop in &laptops {
        let run = laptop.report().await;
        assert_eq!((run.receipts.len(), run.stop.is_none()), (1, true));
    }
}
