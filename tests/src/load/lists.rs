//! How long the device list takes for a large fleet: many views, each asked
//! many times by somebody who is signed in.
//!
//! The collector runs in this process over a database that was filled for it;
//! HTTP, sessions, statements and pages are real. The time of a request is that
//! from its first byte to the last one of its answer, on loopback, so it is at
//! least what the collector took.

mod fleet;
mod views;

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use server::auth::role::Role;
use server::fleet::advance::judged_by;

pub use self::fleet::fill_fleet;
use self::views::{View, views};
use crate::postgres_server::PostgresServer;
use crate::test_server::TestServer;
use crate::visitor::Visitor;

/// What the slowest of twenty requests may take.
const LIMIT: Duration = Duration::from_millis(50);

/// What to do.
#[derive(Clone, Debug)]
pub struct Lists {
    /// Macs in the fleet.
    pub devices: usize,
    /// How often each view is asked for.
    pub times: usize,
    /// Whether the collector runs on PostgreSQL.
    pub postgres: bool,
}

/// One view with the times of its requests, sorted.
#[derive(Clone, Debug)]
struct Timed {
    name: String,
    found: String,
    times: Vec<Duration>,
}

/// What it came to.
#[derive(Clone, Debug)]
pub struct Listed {
    devices: usize,
    views: Vec<Timed>,
    all: Vec<Duration>,
}

/// Fills a database, asks, and gives the times; `say` hears what is being done.
pub fn lists(lists: &Lists, say: &mut dyn FnMut(&str)) -> anyhow::Result<Listed> {
    ensure!(lists.devices >= 100, "`--devices` is {}; give at least 100", lists.devices);
    ensure!(lists.times >= 5, "`--times` is {}; give at least 5", lists.times);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measured(lists, say))
}

async fn measured(lists: &Lists, say: &mut dyn FnMut(&str)) -> anyhow::Result<Listed> {
    let url = "http://127.0.0.1:0".to_owned();
    let mut server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    say(&format!("writing {} Macs", lists.devices));
    let rules = server.running().app.rulebook.current();
    let now = server.clock.now();
    server.stop().await;
    let mut db = rusqlite::Connection::open(server.database())?;
    fill_fleet(&mut db, lists.devices, now, &judged_by(&rules))?;
    drop(db);
    if lists.postgres {
        say("moving them to PostgreSQL");
        server.move_to_postgres(&PostgresServer::shared().database()).await;
    } else {
        server.resume().await;
    }
    let mut visitor = Visitor::signed_in_as(&server, Role::It).await;
    let views = views(now);
    say(&format!("asking for {} views {} times each", views.len(), lists.times));
    let mut timed = Vec::new();
    for view in &views {
        // Once without counting, as the first of a morning.
        let (found, _) = ask(&mut visitor, view).await?;
        timed.push(Timed { name: view.name.to_owned(), found, times: Vec::new() });
    }
    for _ in 0..lists.times {
        for (view, timed) in views.iter().zip(&mut timed) {
            timed.times.push(ask(&mut visitor, view).await?.1);
        }
    }
    drop(visitor);
    server.stop().await;
    Ok(Listed::of(lists.devices, timed))
}

/// Asks once: how many Macs the page counts, and how long it took.
async fn ask(visitor: &mut Visitor, view: &View) -> anyhow::Result<(String, Duration)> {
    let began = Instant::now();
    let answer = visitor.ask(&view.address).await;
    let took = began.elapsed();
    ensure!(answer.status == 200, "{}: {} {}", view.address, answer.status, answer.text());
    let text = answer.text();
    let (_, count) = text.split_once("class=\"count\">").context("a page without a count")?;
    Ok((count.split('<').next().unwrap_or_default().to_owned(), took))
}

/// The time that so many of a hundred stay under; `times` are sorted.
fn share(times: &[Duration], percent: usize) -> Duration {
    let at = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(at).copied().unwrap_or_default()
}

impl Listed {
    fn of(devices: usize, mut views: Vec<Timed>) -> Self {
        let mut all = Vec::new();
        for view in &mut views {
            view.times.sort_unstable();
            all.extend_from_slice(&view.times);
        }
        all.sort_unstable();
        Self { devices, views, all }
    }

    /// Whether nineteen of twenty requests stay under the limit.
    pub fn is_quick(&self) -> bool {
        share(&self.all, 95) < LIMIT
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |time: Duration| time.as_secs_f64() * 1000.0;
        writeln!(
            out,
            "{:<52} {:>12} {:>8} {:>8} {:>8}",
            "view", "found", "p50 ms", "p95 ms", "max ms"
        )?;
        let all = Timed {
            name: format!("all, of {} Macs", self.devices),
            found: format!("{} requests", self.all.len()),
            times: self.all.clone(),
        };
        for view in self.views.iter().chain([&all]) {
            writeln!(
                out,
                "{:<52} {:>12} {:>8.1} {:>8.1} {:>8.1}",
                view.name,
                view.found,
                ms(share(&view.times, 50)),
                ms(share(&view.times, 95)),
                ms(share(&view.times, 100)),
            )?;
        }
        let verdict = if self.is_quick() { "under" } else { "NOT UNDER" };
        writeln!(out, "p95 {:.1} ms: {verdict} {} ms", ms(share(&self.all, 95)), LIMIT.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Listed, Timed, share};

    fn timed(ms: impl Iterator<Item = u64>) -> Timed {
        let times = ms.map(Duration::from_millis).collect();
        Timed { name: String::new(), found: String::new(), times }
    }

    #[test]
    fn one_slow_request_of_twenty_is_forgiven_and_two_are_not() {
        let one = Listed::of(1, vec![timed((1..20).chain([900]))]);
        assert_eq!(share(&one.all, 95), Duration::from_millis(19));
        assert!(one.is_quick());
        assert!(!Listed::of(1, vec![timed((1..19).chain([900, 900]))]).is_quick());
        assert_eq!(share(&[], 95), Duration::ZERO);
    }
}
