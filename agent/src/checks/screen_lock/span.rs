//! A time that may not be known exactly: from the soonest to the latest.

/// Seconds, of which the largest number stands for never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Surely not before.
    pub(super) least: i64,
    /// Surely by then.
    pub(super) most: i64,
}

impl Span {
    /// Nothing is known.
    pub(super) const UNKNOWN: Self = Self { least: 0, most: i64::MAX };
    /// It never comes.
    pub(super) const NEVER: Self = Self { least: i64::MAX, most: i64::MAX };

    /// A time that is known.
    pub(super) fn exactly(seconds: i64) -> Self {
        if seconds < 0 { Self::UNKNOWN } else { Self { least: seconds, most: seconds } }
    }

    /// A clock as macOS sets it, where 0 stands for never.
    pub(super) fn timer(seconds: i64) -> Self {
        if seconds == 0 { Self::NEVER } else { Self::exactly(seconds) }
    }

    /// Whichever of two comes first.
    pub(super) fn sooner(self, other: Self) -> Self {
        Self { least: self.least.min(other.least), most: self.most.min(other.most) }
    }

    /// Whichever of two comes last.
    pub(super) fn later(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.max(other.most) }
    }

    /// One after the other.
    pub(super) fn then(self, next: Self) -> Self {
        Self {
            least: self.least.saturating_add(next.least),
            most: self.most.saturating_add(next.most),
        }
    }

    /// The time, if it is known and comes.
    pub(super) fn exact(self) -> Option<i64> {
        (self.least == self.most && self != Self::NEVER).then_some(self.most)
    }

    /// The setting of a clock, if it is known: 0 stands for never.
    pub(super) fn exact_timer(self) -> Option<i64> {
        if self == Self::NEVER { Some(0) } else { self.exact() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_at_zero_never_comes() {
        assert_eq!(Span::timer(0), Span::NEVER);
        assert_eq!(Span::exactly(0), Span { least: 0, most: 0 });
        assert_eq!(Span::timer(-1), Span::UNKNOWN);
        assert_eq!(Span::timer(0).exact_timer(), Some(0));
        assert_eq!(Span::UNKNOWN.exact_timer(), None);
    }

    #[test]
    fn what_is_not_known_keeps_the_limits_that_are() {
        let ten = Span::timer(600);
        assert_eq!(Span::UNKNOWN.sooner(ten), Span { least: 0, most: 600 });
        assert_eq!(Span::UNKNOWN.later(ten), Span { least: 600, most: i64::MAX });
        assert_eq!(ten.then(Span::UNKNOWN), Span { least: 600, most: i64::MAX });
        assert_eq!(Span::NEVER.then(ten), Span::NEVER);
        assert_eq!(Span::NEVER.sooner(ten), ten);
    }
}
