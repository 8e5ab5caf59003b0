//! Token buckets, one number each: when the bucket will be full again.
//!
//! A full bucket is the same as none, so only those that are not full are
//! remembered, and forgetting the others changes nothing.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

/// How much one may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// At once.
    pub burst: i64,
    /// Milliseconds until one more.
    pub refill_ms: i64,
}

/// A bucket for each key, full at first.
#[derive(Debug)]
pub struct Buckets<K> {
    allowance: Allowance,
    most: usize,
    /// When each bucket will be full again, in milliseconds since 1970.
    full_at: HashMap<K, i64>,
    /// Number of buckets at which full ones are looked for.
    look_at: usize,
}

/// Fewer are not worth looking through.
const FEW: usize = 1024;

impl<K: Hash + Eq> Buckets<K> {
    /// No more than `most` buckets are remembered.
    pub fn new(allowance: Allowance, most: usize) -> Self {
        Self { allowance, most, full_at: HashMap::new(), look_at: FEW.min(most) }
    }

    /// Takes one from the bucket of `key`; false when there is none.
    pub fn take<Q>(&mut self, key: &Q, now: Timestamp) -> bool
    where
        K: Borrow<Q> + for<'a> From<&'a Q>,
        Q: Hash + Eq + ?Sized,
    {
        if self.is_spent(key, now) {
            return false;
        }
        let now = now.as_millisecond();
        let Allowance { burst, refill_ms } = self.allowance;
        if let Some(full_at) = self.full_at.get_mut(key) {
            let is_possible = full_at.saturating_sub(now) <= burst.saturating_mul(refill_ms);
            let from = if is_possible { (*full_at).max(now) } else { now };
            *full_at = from.saturating_add(refill_ms);
            return true;
        }
        self.make_room(now);
        self.full_at.insert(K::from(key), now + refill_ms);
        true
    }

    /// Whether there is nothing to take.
    pub fn is_spent<Q>(&self, key: &Q, now: Timestamp) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Allowance { burst, refill_ms } = self.allowance;
        let owed = self.full_at.get(key).map_or(0, |at| at.saturating_sub(now.as_millisecond()));
        let most = burst.saturating_mul(refill_ms);
        // More is owed than anybody can take: the clock was set back, and what
        // it said before means nothing.
        owed <= most && owed > most.saturating_sub(refill_ms)
    }

    /// How many can be taken from the bucket of `key` now.
    pub fn left<Q>(&self, key: &Q, now: Timestamp) -> i64
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let Allowance { burst, refill_ms } = self.allowance;
        let owed = self.full_at.get(key).map_or(0, |at| at.saturating_sub(now.as_millisecond()));
        // What is owed in part is owed.
        let taken = owed.max(0).saturating_add(refill_ms - 1) / refill_ms.max(1);
        if taken > burst { burst } else { burst - taken }
    }

    /// Forgets buckets that are full, and when all are in use, the half that
    /// owes least.
    fn make_room(&mut self, now: i64) {
        if self.full_at.len() < self.look_at {
            return;
        }
        self.full_at.retain(|_, full_at| *full_at > now);
        if self.full_at.len() >= self.most {
            let mut times: Vec<i64> = self.full_at.values().copied().collect();
            let middle = times.len() / 2;
            let (_, median, _) = times.select_nth_unstable(middle);
            let median = *median;
            self.full_at.retain(|_, full_at| *full_at > median);
        }
        self.look_at = (self.full_at.len() * 2).clamp(FEW.min(self.most), self.most);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Allowance, Buckets};

    const ALLOWANCE: Allowance = Allowance { burst: 3, refill_ms: 100 };

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn buckets(most: usize) -> Buckets<Box<str>> {
        Buckets::new(ALLOWANCE, most)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_what_was_refilled() {
        let mut buckets = buckets(10);
        let mut given = |ms| buckets.take("a", at(ms));
        assert_eq!([given(0), given(0), given(0), given(0)], [true, true, true, false]);
        assert_eq!([given(99), given(100), given(100)], [false, true, false]);
        assert_eq!([given(350), given(350), given(350)], [true, true, false]);
        assert_eq!([given(9999), given(9999), given(9999), given(9999)], [true, true, true, false]);
    }

    #[test]
    fn looking_takes_nothing() {
        let mut buckets = buckets(10);
        assert!(!buckets.is_spent("a", at(0)));
        (0..3).for_each(|_| assert!(buckets.take("a", at(0))));
        assert!(buckets.is_spent("a", at(0)) && buckets.is_spent("a", at(99)));
        assert_eq!([0, 99, 100, 150, 300].map(|ms| buckets.left("a", at(ms))), [0, 0, 1, 1, 3]);
        assert_eq!(buckets.left("b", at(0)), 3);
        assert!(!buckets.is_spent("a", at(100)));
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let mut buckets = buckets(10);
        (0..3).for_each(|_| assert!(buckets.take("a", at(3_600_000))));
        (0..3).for_each(|_| assert!(buckets.take("a", at(0))));
        assert!(!buckets.take("a", at(0)));
    }

    #[test]
    fn full_buckets_are_forgotten_and_the_number_is_bounded() {
        let mut buckets = Buckets::<Box<str>>::new(ALLOWANCE, 5000);
        for number in 0..100_000_i64 {
            assert!(buckets.take(number.to_string().as_str(), at(number)));
        }
        // One a millisecond, each full again after 100: the others are gone.
        assert!(buckets.full_at.len() <= 1024 + 100, "{}", buckets.full_at.len());
        let mut crowd = Buckets::<Box<str>>::new(ALLOWANCE, 5000);
        assert!(crowd.take("worst", at(0)) && crowd.take("worst", at(0)));
        assert!(crowd.take("worst", at(0)));
        for number in 0..100_000 {
            assert!(crowd.take(number.to_string().as_str(), at(0)));
            assert!(crowd.full_at.len() <= 5000);
        }
        assert!(crowd.is_spent("worst", at(0)), "who owes most is remembered longest");
    }
}
