//! Everything that happens in the story, in order of time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::story::{Mac, Story, What, dice};

/// Something that happens at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person without a Mac is invited.
    Invite(String),
    /// The Mac of this number enrols.
    Enroll(usize),
    /// It reports.
    Report(usize),
    /// Its disk is copied, and the copy reports.
    Copy(usize),
    /// IT archives it.
    Archive(usize),
}

/// Events by their time. What happens at one instant concerns different Macs.
pub type Calendar = BTreeMap<Timestamp, Vec<Event>>;

/// Hours of the day, UTC, in which each Mac reports once.
const WINDOWS: [i64; 4] = [6, 10, 14, 18];
/// Length of a window.
const WINDOW_MIN: i64 = 175;
/// How much of the story is told to the minute. Before, all Macs report at the
/// same instants of a day: their reports are written to the disk together.
const CLOSE: SignedDuration = SignedDuration::from_hours(27);
/// A change is reported this soon.
const NOTICED_AFTER: SignedDuration = SignedDuration::from_mins(4);

/// The calendar of `story`.
pub fn calendar(story: &Story) -> Calendar {
    let mut calendar = Calendar::new();
    for invited in &story.invited {
        add(&mut calendar, story, invited.at.0, Event::Invite(invited.person.clone()));
    }
    for (index, mac) in story.mac.iter().enumerate() {
        add(&mut calendar, story, mac.enrolled.0, Event::Enroll(index));
        for episode in &mac.episodes {
            let at = episode.from.0;
            match episode.what {
                What::Copied => add(&mut calendar, story, at, Event::Copy(index)),
                What::Left => add(&mut calendar, story, at, Event::Archive(index)),
                _ => {}
            }
        }
        for at in reports(story, mac) {
            if reporting(mac, at) {
                add(&mut calendar, story, at, Event::Report(index));
            }
        }
    }
    calendar
}

fn add(calendar: &mut Calendar, story: &Story, at: Timestamp, event: Event) {
    if story.begins.0 <= at && at < story.ends.0 {
        calendar.entry(at).or_default().push(event);
    }
}

/// Whether `mac` is open and in use at `at`.
pub fn reporting(mac: &Mac, at: Timestamp) -> bool {
    let is_off = [What::Away, What::Left].into_iter().any(|what| mac.during(what, at).is_some());
    at > mac.enrolled.0 && !is_off
}

/// When `mac` would report, if nothing were in the way.
fn reports(story: &Story, mac: &Mac) -> Vec<Timestamp> {
    let mut times = Vec::new();
    let mut midnight = story.begins.0.as_second().div_euclid(86_400) * 86_400;
    while midnight < story.ends.0.as_second() {
        let day = midnight.to_string();
        for window in WINDOWS {
            let begin = midnight + window * 3600;
            let close = story.ends.0.as_second() - begin <= CLOSE.as_secs();
            times.push(begin + 60 * minute(mac, &day, window, close));
        }
        midnight += 86_400;
    }
    let mut times: Vec<Timestamp> =
        times.into_iter().filter_map(|at| Timestamp::from_second(at).ok()).collect();
    // The first report follows the enrolment, as each change its cause.
    let changes = mac.episodes.iter().flat_map(|it| [Some(it.from), it.until]).flatten();
    for cause in changes.chain([mac.enrolled]) {
        times.extend(cause.0.checked_add(NOTICED_AFTER));
    }
    times.sort_unstable();
    times.dedup();
    times
}

/// The minute of a window at which `mac` reports on a day.
fn minute(mac: &Mac, day: &str, window: i64, close: bool) -> i64 {
    let below = |of: &[&str], below: i64| {
        let below = u64::try_from(below).unwrap_or(1);
        i64::try_from(dice(of, below)).unwrap_or(0)
    };
    let window = window.to_string();
    if close {
        below(&[&mac.serial, day, &window], WINDOW_MIN)
    } else {
        below(&[day, &window], WINDOW_MIN)
    }
}
