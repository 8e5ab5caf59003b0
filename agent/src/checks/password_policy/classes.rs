//! A regular expression: which kinds of characters does it demand?
//!
//! Only forms on a list are known: profiles, `pwpolicy` and the macOS Security
//! Compliance Project write the same few. Whatever else a company wrote is
//! counted as its own and not guessed at.

/// How many characters of each kind a password needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Classes {
    pub(super) letters: i64,
    pub(super) upper: i64,
    pub(super) lower: i64,
    pub(super) digits: i64,
    /// Neither letter nor digit.
    pub(super) special: i64,
}

impl Classes {
    /// What both demand together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            letters: self.letters.max(other.letters),
            upper: self.upper.max(other.upper),
            lower: self.lower.max(other.lower),
            digits: self.digits.max(other.digits),
            special: self.special.max(other.special),
        }
    }

    fn of(set: &str, count: i64) -> Option<Self> {
        let none = Self::default();
        Some(match set {
            "[0-9]" | "\\d" => Self { digits: count, ..none },
            "[A-Z]" => Self { upper: count, ..none },
            "[a-z]" => Self { lower: count, ..none },
            "[a-zA-Z]" | "[A-Za-z]" => Self { letters: count, ..none },
            "[^a-zA-Z0-9]" | "[^A-Za-z0-9]" => Self { special: count, ..none },
            _ => return None,
        })
    }
}

/// What `pattern` demands; `None` when its form is not on the list.
pub(super) fn classes(pattern: &str) -> Option<Classes> {
    if is_about_length(pattern) {
        return Some(Classes::default());
    }
    counted(pattern).or_else(|| looked_ahead(pattern))
}

/// `.{8,}`, `^.{8,64}$`, `^$|.{4,}+`.
fn is_about_length(pattern: &str) -> bool {
    pattern.chars().all(|any| any.is_ascii_digit() || "^$|.{},+*".contains(any))
}

/// `(.*[A-Z].*){1,}+`.
fn counted(pattern: &str) -> Option<Classes> {
    let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
    let rest = pattern.strip_prefix("(.*")?;
    let (set, count) = rest.rsplit_once(".*){")?;
    let count = count.trim_end_matches(['+', '$']).strip_suffix(",}")?;
    Classes::of(set, number(count)?)
}

/// `^(?=.*[0-9])(?=.*[a-zA-Z]).+`.
fn looked_ahead(pattern: &str) -> Option<Classes> {
    let mut rest = pattern.strip_prefix('^').unwrap_or(pattern);
    let mut all = Classes::default();
    while let Some(ahead) = rest.strip_prefix("(?=") {
        // `(?=(.*[0-9]){2,})` or `(?=.*[0-9])`
        let (one, after) = if let Some(ahead) = ahead.strip_prefix("(.*") {
            let (set, ahead) = ahead.split_once("){")?;
            let (count, after) = ahead.split_once(",})")?;
            (Classes::of(set.strip_suffix(".*").unwrap_or(set), number(count)?)?, after)
        } else {
            let (set, after) = ahead.strip_prefix(".*")?.split_once(')')?;
            (Classes::of(set, 1)?, after)
        };
        all = all.and(one);
        rest = after;
    }
    (all != Classes::default() && is_about_length(rest) && !rest.contains('|')).then_some(all)
}

fn number(text: &str) -> Option<i64> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|any| any.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Classes = Classes { letters: 0, upper: 0, lower: 0, digits: 0, special: 0 };

    #[test]
    fn every_known_form() {
        for (pattern, demanded) in [
            (".{4,}+", NONE),
            ("^$|.{4,}+", NONE),
            ("^.{8,64}$", NONE),
            ("(.*[A-Z].*){1,}+", Classes { upper: 1, ..NONE }),
            ("(.*[a-z].*){2,}", Classes { lower: 2, ..NONE }),
            ("(.*[0-9].*){1,}+", Classes { digits: 1, ..NONE }),
            ("(.*[^a-zA-Z0-9].*){3,}", Classes { special: 3, ..NONE }),
            ("^(?=.*[0-9])(?=.*[a-zA-Z]).+", Classes { letters: 1, digits: 1, ..NONE }),
            (
                "^(?=.*[A-Z])(?=.*[a-z])(?=.*[0-9]).*$",
                Classes { upper: 1, lower: 1, digits: 1, ..NONE },
            ),
            (
                "^(?=(.*\\d){2,})(?=.*[^A-Za-z0-9]).{12,}$",
                Classes { digits: 2, special: 1, ..NONE },
            ),
        ] {
            assert_eq!(classes(pattern), Some(demanded), "{pattern}");
        }
    }

    #[test]
    fn other_forms_are_a_companys_own() {
        for pattern in [
            "^(?!.*password).{12,}$",
            "^$|(.*[A-Z].*){1,}+",
            "(.*[A-Z].*){0,1}",
            "(.*[A-Z].*){1}",
            "(.*[A-Z]?.*){1,}",
            "(.*[B-Z].*){1,}",
            "(.*[A-Z].*){1,}|.*",
            "(.*[A-Z].*){9999,}",
            "^(?=.*[0-9])|(?=.*[a-z]).+",
            "^(?=.*[0-9])(?=.*[a-z]).+|",
            "^(?=.*[0-9",
            // A blank satisfies it, too.
            "(.*[ 0-9].*){1,}+",
            "[A-Z].*",
            "(?=)",
        ] {
            assert_eq!(classes(pattern), None, "{pattern}");
        }
    }
}
