//! How much of a device's past a request may see.
//!
//! Who holds a device sees it from the day on which it was handed over; what
//! was before belongs to whoever held it then, and to IT.

use jiff::Timestamp;

/// From when on somebody may see a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight(Option<Timestamp>);

impl Sight {
    /// Everything.
    pub const WHOLE: Self = Self(None);
    /// Nothing: for a route that forgot to say.
    pub const NONE: Self = Self(Some(Timestamp::MAX));

    /// What has been since `at`.
    pub fn since(at: Timestamp) -> Self {
        Self(Some(at))
    }

    /// Whether it is everything.
    pub fn is_whole(self) -> bool {
        self.0.is_none()
    }

    /// Whether what was at `at` may be seen.
    pub fn sees(self, at: Timestamp) -> bool {
        self.0.is_none_or(|from| at >= from)
    }

    /// `at`, or where the sight begins when that is later.
    pub fn clip(self, at: Timestamp) -> Timestamp {
        self.0.map_or(at, |from| at.max(from))
    }

    /// Where it begins, if anywhere.
    pub fn begin(self) -> Option<Timestamp> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::Sight;

    #[test]
    fn it_begins_at_the_instant_and_forgetting_shows_nothing() {
        let at: Timestamp = "2026-08-23T09:00:00Z".parse().unwrap();
        let before: Timestamp = "2026-08-23T08:59:59.999Z".parse().unwrap();
        assert!(Sight::since(at).sees(at) && !Sight::since(at).sees(before));
        assert_eq!(Sight::since(at).clip(before), at);
        assert!(Sight::WHOLE.sees(Timestamp::MIN) && !Sight::NONE.sees(at));
    }
}
