//! Lets the story happen, event by event.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use jiff::Timestamp;
use server::audit::{Act, Object};
use server::fleet::state::Lifecycle;
use tokio::task::JoinSet;

use super::calendar::{Calendar, Event, calendar};
use super::company::has_just_joined;
use super::player::Player;
use super::progress::Progress;
use super::stage::{Folders, Stage};
use super::story::Story;

/// A day, in seconds.
const DAY_S: i64 = 86_400;

/// A stage on which the whole story has happened.
pub struct Played {
    /// The collector.
    pub stage: Stage,
    /// The Macs, as in the story.
    pub players: Vec<Option<Player>>,
    /// Serial numbers of the Macs of people who join during the story.
    joiners: BTreeSet<String>,
}

/// Plays `story` from its beginning to its end.
pub async fn play(
    story: &Story,
    folders: &Folders,
    progress: &mut Progress,
) -> anyhow::Result<Played> {
    let stage = Stage::set(folders, story.begins.0).await?;
    let players = story.mac.iter().map(|mac| {
        let state_dir = stage.state_dir(&mac.serial);
        Some(Player::new(mac.clone(), stage.clock.clone(), state_dir))
    });
    let joiners = story.mac.iter().filter(|mac| has_just_joined(story, mac.enrolled.0));
    let joiners = joiners.map(|mac| mac.serial.clone()).collect();
    let mut played = Played { players: players.collect(), stage, joiners };
    let calendar = calendar(story);
    played.go_through(&calendar, progress).await?;
    played.stage.clock.set(story.ends.0);
    played.stage.settle(story)?;
    played.stage.running.jobs.round().await?;
    Ok(played)
}

impl Played {
    async fn go_through(
        &mut self,
        calendar: &Calendar,
        progress: &mut Progress,
    ) -> anyhow::Result<()> {
        let mut day = i64::MIN;
        let (mut done, all) = (0, calendar.values().map(Vec::len).sum());
        for (at, events) in calendar {
            if day != at.as_second().div_euclid(DAY_S) {
                day = at.as_second().div_euclid(DAY_S);
                self.pass_midnight(day).await?;
                progress.show(done, all, *at);
            }
            self.stage.clock.set(*at);
            self.happen(events, *at).await?;
            done += events.len();
        }
        Ok(())
    }

    /// Lets the collector see the day change, as it does every second.
    async fn pass_midnight(&self, day: i64) -> anyhow::Result<()> {
        let midnight = Timestamp::from_second(day * DAY_S)?;
        if midnight > self.stage.clock.now() {
            self.stage.clock.set(midnight);
            self.stage.running.jobs.round().await?;
        }
        Ok(())
    }

    /// What happens at one instant; the Macs do it at the same time.
    async fn happen(&mut self, events: &[Event], at: Timestamp) -> anyhow::Result<()> {
        let mut busy = JoinSet::new();
        for event in events {
            match event {
                Event::Invite(person) => {
                    self.stage.invite(person, None).await?;
                }
                Event::Enroll(index) => {
                    let mut player = self.take(*index)?;
                    if self.joiners.contains(&player.mac.serial) {
                        self.stage.hire(&player.mac.owner, at)?;
                    }
                    let serial = player.mac.invited_for.as_deref();
                    let token = self.stage.invite(&player.mac.owner, serial).await?;
                    let index = *index;
                    busy.spawn(async move {
                        let done = player.enroll(&token).await;
                        (index, player, done)
                    });
                }
                Event::Report(index) | Event::Copy(index) => {
                    let is_copy = matches!(event, Event::Copy(_));
                    let mut player = self.take(*index)?;
                    let (index, courier) = (*index, self.stage.courier.clone());
                    busy.spawn(async move {
                        let done = if is_copy {
                            player.report_copied(&courier).await
                        } else {
                            player.report(&courier).await
                        };
                        (index, player, done)
                    });
                }
                Event::Archive(index) => self.archive(*index).await?,
            }
        }
        while let Some(done) = busy.join_next().await {
            let (index, player, done) = done?;
            done.with_context(|| format!("at {at}"))?;
            if let Some(place) = self.players.get_mut(index) {
                *place = Some(player);
            }
        }
        Ok(())
    }

    fn take(&mut self, index: usize) -> anyhow::Result<Player> {
        let place = self.players.get_mut(index);
        place.and_then(Option::take).context("a Mac cannot do two things at one instant")
    }

    /// Where each device is in its life and how it stands, by its owner.
    pub async fn standing(&self) -> anyhow::Result<BTreeMap<String, (String, String)>> {
        let queue = &self.stage.running.jobs.queue;
        let lines = queue.run(|writer| writer.list()).await?;
        let owner = |owner: Option<String>| owner.unwrap_or_default();
        let lines = lines.into_iter();
        Ok(lines
            .map(|it| (owner(it.owner), (it.lifecycle.as_str().to_owned(), it.status)))
            .collect())
    }

    /// IT archives a Mac whose owner has left.
    async fn archive(&self, index: usize) -> anyhow::Result<()> {
        let player = self.players.get(index).and_then(Option::as_ref);
        let player = player.context("no such Mac")?;
        let id = player.device_id()?;
        let now = self.stage.clock.now();
        self.stage.let_go(&player.mac.owner, now)?;
        let act = Act::of_command("device_archived", Object::new("device", &id), now);
        let queue = &self.stage.running.jobs.queue;
        queue.run(move |writer| writer.set_lifecycle(&id, Lifecycle::Archived, &act)).await?;
        self.stage.running.jobs.round().await?;
        Ok(())
    }
}
