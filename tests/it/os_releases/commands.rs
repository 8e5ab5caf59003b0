//! `muster-server os-releases` and what the agent's commands say of the rules.

use tests::feed_server::{Answer, Feed, FeedServer};
use tests::program::{self, Collector, Ending};

/// A collector that fetches nothing by itself, and a configuration by which
/// the command does.
struct Bench {
    collector: Collector,
    config: String,
    _folder: tempfile::TempDir,
}

fn bench(url: &str) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start(folder.path());
    let config = folder.path().join("fetching.toml");
    std::fs::write(&config, format!("[os_releases]\nurl = '{url}'\n")).unwrap();
    let config = config.to_str().unwrap().to_owned();
    Bench { collector, config, _folder: folder }
}

impl Bench {
    async fn run(&self, command: &'static str) -> Ending {
        let state = self.collector.folder.to_str().unwrap().to_owned();
        let config = self.config.clone();
        // The feed's server runs on this very thread.
        let run = move || {
            let arguments = ["os-releases", command, "--config", &config, "--state-dir", &state];
            program::run("muster-server", &arguments)
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }
}

fn said(stdout: &str, stderr: &str, exit: i32) -> Ending {
    Ending { exit: Some(exit), stdout: stdout.to_owned(), stderr: stderr.to_owned() }
}

#[tokio::test]
async fn fetch_takes_recognises_and_refuses() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let url = feed.url.clone();
    let bench = bench(&url);
    let taken = format!(
        "Fetched 126 releases as of 2026-08-25 from {url}. A running collector judges by it within a second.\n"
    );
    assert_eq!(bench.run("fetch").await, said(&taken, "", 0));
    let same = format!("There is nothing newer than 2026-08-25 at {url}.\n");
    assert_eq!(bench.run("fetch").await, said(&same, "", 0));
    feed.set(Answer::ok("<html>"));
    let refused = format!(
        "muster-server: {url}: the answer is a web page instead of JSON, it starts with `<html>`; check the address; the catalogue of 2026-08-25 stays in force\n"
    );
    assert_eq!(bench.run("fetch").await, said("", &refused, 65));
    drop(feed);
    let gone = bench.run("fetch").await;
    assert_eq!((gone.exit, gone.stdout.as_str()), (Some(69), ""));
    assert!(gone.stderr.contains("the address cannot be reached"), "{}", gone.stderr);
}

#[tokio::test]
async fn fetch_says_when_it_is_switched_off() {
    let bench = bench("");
    let off = "muster-server: fetching is switched off by `os_releases.url` or `os_releases.fetch` in the configuration file; use `muster-server os-releases import FILE`\n";
    assert_eq!(bench.run("fetch").await, said("", off, 78));
    let shown = bench.run("show").await;
    assert!(shown.stdout.contains("Fetching:     switched off\n"), "{}", shown.stdout);
}

#[tokio::test]
async fn show_tells_age_source_attempt_and_corrections() {
    let feed = FeedServer::start(&Feed::of("2026-08-25", "1")).await;
    let url = feed.url.clone();
    let bench = bench(&url);
    let fresh = bench.run("show").await;
    assert_eq!((fresh.exit, fresh.stderr.as_str()), (Some(0), ""));
    for line in [
        "In force:     126 macOS releases as of 2026-08-22, ",
        "              too old to call a Mac up to date\n",
        "From:         built into this program\n",
        "Newest:       26.6.2 of 2026-08-17\n              15.7.9 of 2026-08-06\n",
        &format!("Fetching:     every 6 h from {url}\n"),
    ] {
        assert!(fresh.stdout.contains(line), "{line}: {}", fresh.stdout);
    }
    assert!(!fresh.stdout.contains("Correction:"), "the built-in catalogue is as it was made");
    bench.run("fetch").await;
    feed.set(Answer::ok("<html>"));
    bench.run("fetch").await;
    let shown = bench.run("show").await.stdout;
    for line in [
        "as of 2026-08-25, ",
        &format!("From:         {url}\n"),
        ". Failed: the answer is a web page instead of JSON",
        "Correction:   26.3.2, device_specific: yes (the source says no). It was made for one model",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

#[test]
fn the_catalogue_cannot_be_shown_or_fetched_without_a_collector() {
    let folder = tempfile::tempdir().unwrap();
    let config = program::quiet_config(folder.path());
    let state = folder.path().join("none");
    let state = state.to_str().unwrap();
    for command in ["show", "fetch"] {
        let arguments = ["os-releases", command, "--config", &config, "--state-dir", state];
        let ending = program::run("muster-server", &arguments);
        let expected = if command == "show" { 74 } else { 78 };
        assert_eq!((ending.exit, ending.stdout.as_str()), (Some(expected), ""), "{command}");
        assert_eq!(ending.stderr.lines().count(), 1, "{}", ending.stderr);
    }
}
