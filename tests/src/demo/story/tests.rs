//! The story holds together, and comes out the same each time.

use std::collections::{BTreeMap, BTreeSet};

use shared::os_releases::Catalogue;

use super::{Mac, Story, What};
use crate::demo::answers::answers;
use crate::demo::calendar::calendar;
use crate::demo::look::{Passwords, look};
use crate::demo::play::play;
use crate::demo::progress::Progress;
use crate::demo::stage::Folders;

fn of<'a>(story: &'a Story, owner: &str) -> &'a Mac {
    story.mac.iter().find(|mac| mac.owner.starts_with(owner)).unwrap()
}

#[test]
fn serials_and_owners_are_all_different_and_say_that_they_are_made_up() {
    let story = Story::embedded().unwrap();
    let ends: BTreeSet<&str> = story.mac.iter().filter_map(|mac| mac.serial.get(6..)).collect();
    let owners: BTreeSet<String> = story.mac.iter().map(Mac::email).collect();
    assert_eq!((ends.len(), owners.len()), (story.mac.len(), story.mac.len()));
    assert!(story.mac.iter().all(|mac| mac.serial.starts_with("ZZDEMO")));
    assert!(owners.iter().all(|email| !email.contains("..") && email.ends_with(".example")));
}

#[test]
fn every_mac_is_a_model_that_can_run_its_macos() {
    let (story, catalogue) = (Story::embedded().unwrap(), Catalogue::embedded());
    for mac in &story.mac {
        assert!(catalogue.model_name(&mac.model).is_some(), "{} of {}", mac.model, mac.owner);
        let (version, build) = look(mac, &catalogue, mac.enrolled.0).macos;
        assert!(version.starts_with(&mac.macos.to_string()), "{} has {version}", mac.owner);
        assert_ne!(build, "20A100", "the build of {version} is not known");
    }
}

#[test]
fn every_look_in_the_story_can_be_played() {
    let (story, catalogue) = (Story::embedded().unwrap(), Catalogue::embedded());
    for mac in &story.mac {
        for episode in &mac.episodes {
            answers(mac, &look(mac, &catalogue, episode.from.0)).unwrap();
        }
        answers(mac, &look(mac, &catalogue, story.ends.0)).unwrap();
    }
    let short = of(&story, "Hana");
    let at = "2026-07-10T09:00:00Z".parse().unwrap();
    assert_eq!(look(short, &catalogue, at).passwords, Passwords::Short);
}

#[test]
fn the_catalogue_is_fresh_at_the_end_of_the_story() {
    let story = Story::embedded().unwrap();
    let ends = story.ends.0.to_zoned(jiff::tz::TimeZone::UTC).date();
    assert!(Catalogue::embedded().as_of() >= ends.yesterday().unwrap());
}

#[test]
fn a_laptop_in_a_drawer_reports_nothing_and_installs_nothing() {
    let (story, catalogue) = (Story::embedded().unwrap(), Catalogue::embedded());
    let helga = of(&story, "Helga");
    let episode = helga.episodes.iter().find(|it| it.what == What::Away).unwrap();
    let (from, until) = (episode.from.0, episode.until.unwrap().0);
    let before = look(helga, &catalogue, from).macos;
    assert_eq!(look(helga, &catalogue, until).macos, before);
    let index = story.mac.iter().position(|mac| mac.owner == helga.owner).unwrap();
    let calendar = calendar(&story);
    let mut away = calendar.range(from..until).flat_map(|(_, events)| events);
    assert!(!away.any(|event| *event == super::super::calendar::Event::Report(index)));
}

#[test]
fn each_mac_reports_four_times_a_day() {
    let story = Story::embedded().unwrap();
    let index = story.mac.iter().position(|mac| mac.owner.starts_with("Ilse")).unwrap();
    let calendar = calendar(&story);
    let events = calendar.values().flatten();
    let report = super::super::calendar::Event::Report(index);
    let reports = events.filter(|event| **event == report).count();
    assert!((356..=362).contains(&reports), "{reports} reports in 90 days");
}

/// Plays ten days with some Macs and says how they stand, by owner.
async fn short_version() -> BTreeMap<String, (String, String)> {
    let few = ["Ilse", "Nils", "Chiara", "Zofia", "Farid", "Marta", "Leon", "Sanna"];
    let story = Story::embedded().unwrap();
    let story = story.shortened(10, |mac| few.iter().any(|name| mac.owner.starts_with(name)));
    let folders = Folders::make().unwrap();
    let played = play(&story, &folders, &mut Progress::quiet()).await.unwrap();
    let standing = played.standing().await.unwrap();
    played.stage.strike().await;
    standing
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_days_end_as_the_story_says_and_the_same_each_time() {
    let first = short_version().await;
    let stands = |owner: &str| {
        let (_, it) = first.iter().find(|(name, _)| name.starts_with(owner)).unwrap();
        (it.0.as_str(), it.1.as_str())
    };
    assert_eq!(stands("Ilse"), ("active", "compliant"));
    assert_eq!(stands("Nils"), ("active", "compliant"));
    assert_eq!(stands("Chiara"), ("active", "non_compliant"));
    assert_eq!(stands("Zofia"), ("active", "at_risk"));
    assert_eq!(stands("Farid"), ("active", "unknown"));
    assert_eq!(stands("Marta"), ("active", "stale"));
    assert_eq!(stands("Leon").0, "suspended");
    assert_eq!(stands("Sanna").0, "pending");
    assert_eq!(short_version().await, first);
}
