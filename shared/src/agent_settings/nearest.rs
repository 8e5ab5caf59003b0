//! Which name somebody meant who wrote another one.

/// Most letters that may differ, as a share of the longer name: one in this
/// many.
const ONE_IN: usize = 2;
/// Letters of which a word needs more to be known again in a longer name.
const SHORTEST: usize = 3;

/// The name among `known` that is nearest to `written`; none when it could be
/// anything.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = plain(written);
    let known: Vec<(Vec<char>, &str)> = known.into_iter().map(|it| (plain(it), it)).collect();
    // Whoever leaves out a word means the name that holds the other one.
    let holds = |name: &[char]| {
        written.len() > SHORTEST && name.windows(written.len()).any(|it| it == written)
    };
    if let Some((_, name)) = known.iter().find(|(name, _)| holds(name)) {
        return Some(name);
    }
    let (distance, longest, name) = known
        .iter()
        .map(|(name, it)| (distance(&written, name), name.len().max(written.len()), *it))
        .min_by_key(|(distance, ..)| *distance)?;
    (distance * ONE_IN <= longest).then_some(name)
}

/// Letters alone, in lower case: `enrollment_token` is `EnrollmentToken`.
fn plain(name: &str) -> Vec<char> {
    // A key of a thousand letters is not compared letter by letter.
    let letters = name.chars().take(100).filter(|any| any.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// How many letters have to be put in, taken out or changed.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (number, letter) in from.iter().enumerate() {
        let mut corner = number;
        let mut left = number + 1;
        let mut next = vec![left];
        for (above, other) in row.iter().skip(1).zip(to) {
            left = (corner + usize::from(letter != other)).min(above + 1).min(left + 1);
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["EnrollmentToken", "Owner", "SerialNumber"];

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        for (written, expected) in [
            ("EnrolmentToken", "EnrollmentToken"),
            ("enrollmentToken", "EnrollmentToken"),
            ("enrollment_token", "EnrollmentToken"),
            ("Token", "EnrollmentToken"),
            ("Serial", "SerialNumber"),
            ("SerialNumbr", "SerialNumber"),
            ("owners", "Owner"),
        ] {
            assert_eq!(nearest(written, KNOWN), Some(expected), "{written}");
        }
        for strange in ["ServerURL", "IntervalSeconds", "x", "", "\u{1b}[31m"] {
            assert_eq!(nearest(strange, KNOWN), None, "{strange}");
        }
    }

    #[test]
    fn the_distance_counts_letters() {
        let count = |from: &str, to: &str| distance(&plain(from), &plain(to));
        assert_eq!(count("", ""), 0);
        assert_eq!(count("owner", "owner"), 0);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("saturday", "sunday"), 3);
    }
}
