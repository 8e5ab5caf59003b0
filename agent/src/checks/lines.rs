//! Answers that say one thing a line.

/// What the lines say after `name`, if they all say the same.
pub(super) fn value<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    Some(only(answer, name)?.strip_prefix(name)?.trim())
}

/// The line that begins with `start`; with several, they must be the same.
///
/// Two answers in one cannot both be right, so neither is taken.
pub(super) fn only<'a>(answer: &'a str, start: &str) -> Option<&'a str> {
    let mut lines = answer.lines().map(str::trim).filter(|line| line.starts_with(start));
    let first = lines.next()?;
    lines.all(|line| line == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{only, value};

    #[test]
    fn one_value_is_taken_and_two_are_not() {
        assert_eq!(value("a\r\nmood: good \r\n", "mood:"), Some("good"));
        assert_eq!(value("mood: good\nmood: good\n", "mood:"), Some("good"));
        assert_eq!(value("mood: good\nmood: bad\n", "mood:"), None);
        assert_eq!(value("the mood: good\nMood: bad", "mood:"), None);
        assert_eq!(value("mood:", "mood:"), Some(""));
        assert_eq!(value("", "mood:"), None);
        assert_eq!(only(" mood good\nodd", "mood"), Some("mood good"));
    }
}
