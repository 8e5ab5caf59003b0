//! How many devices had which status at given instants, by one sweep over the
//! intervals in any order.

use super::Standing;

/// Devices by status at one instant; archived ones are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Every required rule passed.
    pub compliant: u64,
    /// A required rule failed within its grace.
    pub at_risk: u64,
    /// A required rule failed, its grace over.
    pub non_compliant: u64,
    /// A required rule was unknown, none failed.
    pub unknown: u64,
    /// No report for too long.
    pub stale: u64,
}

impl Counts {
    /// All devices that were watched.
    pub fn total(&self) -> u64 {
        self.compliant + self.at_risk + self.non_compliant + self.unknown + self.stale
    }
}

/// Order of the counters in a sweep.
const KINDS: [Standing; 5] = [
    Standing::Compliant,
    Standing::AtRisk,
    Standing::NonCompliant,
    Standing::Unknown,
    Standing::Stale,
];

/// Adds up intervals at a fixed list of instants.
#[derive(Debug)]
pub struct Sweep {
    instants: Vec<i64>,
    /// Per instant and kind: how many more hold here than one instant before.
    deltas: Vec<[i64; KINDS.len()]>,
}

impl Sweep {
    /// A sweep over `instants`, which must be ascending.
    pub fn new(instants: Vec<i64>) -> Self {
        let deltas = vec![[0; KINDS.len()]; instants.len() + 1];
        Self { instants, deltas }
    }

    /// Adds an interval that begins at `from` and holds until just before
    /// `until`, or still.
    pub fn add(&mut self, standing: Standing, from: i64, until: Option<i64>) {
        let first = self.instants.partition_point(|instant| *instant < from);
        let end = until.map_or(self.instants.len(), |until| {
            self.instants.partition_point(|instant| *instant < until)
        });
        if first < end {
            self.change(standing, first, 1);
            self.change(standing, end, -1);
        }
    }

    /// Adds `by` devices from the instant that has `before` instants before it.
    pub fn change(&mut self, standing: Standing, before: usize, by: i64) {
        let Some(kind) = KINDS.iter().position(|one| *one == standing) else { return };
        if let Some(count) = self.deltas.get_mut(before).and_then(|deltas| deltas.get_mut(kind)) {
            *count += by;
        }
    }

    /// The counts at each instant.
    pub fn counts(self) -> Vec<Counts> {
        let mut now = [0_i64; KINDS.len()];
        let instants = self.instants.len();
        self.deltas
            .into_iter()
            .take(instants)
            .map(|deltas| {
                for (count, delta) in now.iter_mut().zip(deltas) {
                    *count += delta;
                }
                let [compliant, at_risk, non_compliant, unknown, stale] =
                    now.map(|count| u64::try_from(count).unwrap_or(0));
                Counts { compliant, at_risk, non_compliant, unknown, stale }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Counts, Standing, Sweep};

    #[test]
    fn an_interval_holds_from_its_begin_until_just_before_its_end() {
        let mut sweep = Sweep::new(vec![10, 20, 30]);
        sweep.add(Standing::Compliant, 10, Some(20));
        sweep.add(Standing::Stale, 20, None);
        let counts = sweep.counts();
        let compliant = Counts { compliant: 1, ..Counts::default() };
        let stale = Counts { stale: 1, ..Counts::default() };
        assert_eq!(counts, [compliant, stale, stale]);
    }

    #[test]
    fn intervals_between_two_instants_and_archived_ones_do_not_count() {
        let mut sweep = Sweep::new(vec![10, 20]);
        sweep.add(Standing::Unknown, 11, Some(20));
        sweep.add(Standing::Unknown, 12, Some(12));
        sweep.add(Standing::Unknown, 21, None);
        sweep.add(Standing::Archived, 0, None);
        assert_eq!(sweep.counts(), [Counts::default(); 2]);
    }

    #[test]
    fn a_sweep_agrees_with_counting_one_by_one() {
        let instants = [0, 5, 9, 14];
        let intervals: Vec<(i64, Option<i64>)> =
            (-3..16).flat_map(|from| [(from, None), (from, Some(from + 4))]).collect();
        let mut sweep = Sweep::new(instants.to_vec());
        for (from, until) in &intervals {
            sweep.add(Standing::AtRisk, *from, *until);
        }
        for (counts, instant) in sweep.counts().iter().zip(instants) {
            let holds = |(from, until): &&(i64, Option<i64>)| {
                *from <= instant && until.is_none_or(|until| instant < until)
            };
            assert_eq!(counts.at_risk, intervals.iter().filter(holds).count() as u64);
            assert_eq!(counts.total(), counts.at_risk);
        }
    }
}
