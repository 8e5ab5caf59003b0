//! The minutes after the story: reports go on while the visitor watches.

use std::time::Duration;

use super::calendar::reporting;
use super::play::Played;
use super::story::What;

/// Time between two reports of the restless Mac.
const EVERY: Duration = Duration::from_mins(1);

impl Played {
    /// Lets the restless Mac break and heal, and the others report in turn, for
    /// as long as it is awaited.
    pub async fn go_on(&mut self) {
        self.stage.clock.run();
        let mut minutes = tokio::time::interval(EVERY);
        minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The first tick is at once; the visitor sees the morning as it was.
        minutes.tick().await;
        let mut turn = 0;
        loop {
            minutes.tick().await;
            self.stir().await;
            self.next_in_turn(&mut turn).await;
        }
    }

    async fn stir(&mut self) {
        let courier = self.stage.courier.clone();
        for player in self.players.iter_mut().flatten() {
            if player.mac.ever(What::Restless) {
                player.firewall_off = !player.firewall_off;
                tell(player.report(&courier).await);
            }
        }
    }

    async fn next_in_turn(&mut self, turn: &mut usize) {
        let (courier, now) = (self.stage.courier.clone(), self.stage.clock.now());
        for _ in 0..self.players.len() {
            *turn = (*turn + 1) % self.players.len().max(1);
            let Some(Some(player)) = self.players.get_mut(*turn) else { continue };
            let quiet = [What::Restless, What::Copied].into_iter().any(|it| player.mac.ever(it));
            if !quiet && reporting(&player.mac, now) {
                tell(player.report(&courier).await);
                return;
            }
        }
    }
}

/// A report that fails is no reason to end the demo.
fn tell(done: anyhow::Result<()>) {
    if let Err(error) = done {
        tracing::warn!(%error, "a Mac of the demo could not report");
    }
}
