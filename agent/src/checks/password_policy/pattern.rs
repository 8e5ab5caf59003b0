//! A regular expression: how short can a text be that it matches as a whole?
//!
//! Nothing is matched here; the shortest length is added up from the parts.
//! So no known form has to be listed, and none can be mistaken for another:
//! `^$|.{8,}` lets the empty password pass, whatever number stands in it.

use super::Length;

/// The shortest length that `pattern` lets pass.
pub(super) fn length(pattern: &str) -> Length {
    let characters: Vec<char> = pattern.chars().collect();
    let mut parser = Parser { rest: &characters, is_whole: true, depth: 0 };
    match parser.alternatives() {
        Some(size) if parser.rest.is_empty() => {
            Length { at_least: size.reach, is_whole: parser.is_whole }
        }
        _ => Length::UNKNOWN,
    }
}

/// How much text a part needs.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    /// What it takes up at least.
    taken: i64,
    /// How far the text must go on: a look ahead takes nothing up.
    reach: i64,
}

impl Size {
    const NOTHING: Self = Self { taken: 0, reach: 0 };
    const ONE: Self = Self { taken: 1, reach: 1 };

    fn then(self, next: Self) -> Self {
        Self {
            taken: self.taken.saturating_add(next.taken),
            reach: self.reach.max(self.taken.saturating_add(next.reach)),
        }
    }

    fn or(self, other: Self) -> Self {
        Self { taken: self.taken.min(other.taken), reach: self.reach.min(other.reach) }
    }

    fn times(self, count: i64) -> Self {
        let taken = self.taken.saturating_mul(count);
        Self { taken, reach: if count == 0 { 0 } else { self.reach.max(taken) } }
    }
}

struct Parser<'p> {
    rest: &'p [char],
    /// Every part so far is understood.
    is_whole: bool,
    depth: u32,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<Size> {
        let mut size = self.sequence()?;
        while self.takes('|') {
            size = size.or(self.sequence()?);
        }
        Some(size)
    }

    fn sequence(&mut self) -> Option<Size> {
        let mut size = Size::NOTHING;
        while !matches!(self.rest.first(), None | Some('|' | ')')) {
            let part = self.part()?;
            let count = self.repeats()?;
            size = size.then(part.times(count));
        }
        Some(size)
    }

    /// One part, before what says how often it repeats.
    fn part(&mut self) -> Option<Size> {
        match self.next()? {
            '^' | '$' => Some(Size::NOTHING),
            '[' => self.set(),
            '(' => self.group(),
            '\\' => self.escaped(),
            '*' | '+' | '?' | '{' | '}' | ']' => None,
            // A character, or the dot that stands for any.
            _ => Some(Size::ONE),
        }
    }

    /// `[a-z]`; sets within sets are left to those who write them.
    fn set(&mut self) -> Option<Size> {
        self.takes('^');
        let mut is_empty = true;
        loop {
            match self.next()? {
                ']' if is_empty => return None,
                ']' => return Some(Size::ONE),
                '[' => return None,
                '&' if self.rest.first() == Some(&'&') => return None,
                '\\' => drop(self.next()?),
                _ => {}
            }
            is_empty = false;
        }
    }

    fn group(&mut self) -> Option<Size> {
        // Deep nesting is nobody's password rule.
        self.depth += 1;
        if self.depth > 32 {
            return None;
        }
        let kind = if self.takes('?') { Some(self.next()?) } else { None };
        let size = self.alternatives()?;
        self.depth -= 1;
        self.takes(')').then_some(())?;
        match kind {
            None | Some(':' | '>') => Some(size),
            Some('=') => Some(Size { taken: 0, reach: size.reach }),
            Some('!') => {
                // What it forbids may be all short texts.
                self.is_whole = false;
                Some(Size::NOTHING)
            }
            Some(_) => None,
        }
    }

    fn escaped(&mut self) -> Option<Size> {
        match self.next()? {
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'h' | 'H' | 'n' | 'r' | 't' => Some(Size::ONE),
            'b' | 'B' | 'A' | 'Z' | 'z' => Some(Size::NOTHING),
            'p' | 'P' => {
                self.takes('{').then_some(())?;
                while self.next()? != '}' {}
                Some(Size::ONE)
            }
            sign if sign.is_ascii_punctuation() => Some(Size::ONE),
            _ => None,
        }
    }

    /// The least number of repetitions that follow a part; one if none does.
    fn repeats(&mut self) -> Option<i64> {
        let count = match self.rest.first() {
            Some('*' | '?') => 0,
            Some('+') => 1,
            Some('{') => return self.counted(),
            _ => return Some(1),
        };
        self.next();
        self.takes_mode();
        Some(count)
    }

    /// `{8}`, `{8,}` or `{8,64}`.
    fn counted(&mut self) -> Option<i64> {
        self.next();
        let least = self.number()?;
        if self.takes(',') && self.rest.first() != Some(&'}') {
            (self.number()? >= least).then_some(())?;
        }
        self.takes('}').then_some(())?;
        self.takes_mode();
        Some(least)
    }

    fn number(&mut self) -> Option<i64> {
        let digits = self.rest.iter().take_while(|any| any.is_ascii_digit()).count();
        let number: String = self.rest.get(..digits)?.iter().collect();
        self.rest = self.rest.get(digits..)?;
        number.parse().ok()
    }

    /// A sign after the count changes how it is tried, not how short it gets.
    fn takes_mode(&mut self) {
        let _ = self.takes('+') || self.takes('?');
    }

    fn takes(&mut self, sign: char) -> bool {
        let takes = self.rest.first() == Some(&sign);
        if takes {
            self.next();
        }
        takes
    }

    fn next(&mut self) -> Option<char> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_match_is_added_up() {
        for (pattern, least) in [
            (".{4,}+", 4),
            (".{8,}", 8),
            ("^.{8,}$", 8),
            (".{8,64}", 8),
            (".{12}", 12),
            ("^(?=.*[0-9])(?=.*[a-zA-Z]).+", 1),
            ("(.*[A-Z].*){1,}+", 1),
            ("(.*[^a-zA-Z0-9].*){1,}", 1),
            ("(.*[^a-zA-Z0-9].*){9,}", 9),
            ("^(?=.*[A-Z])(?=.*[a-z]).*$", 1),
            ("^(?=.*[A-Z])(?=.*\\d)[A-Za-z\\d@$!%*?&]{10,}$", 10),
            ("^(?=.{14,}$).*$", 14),
            ("^(?:.{3}){4,}$", 12),
            ("..........+", 10),
            ("(?=.*\\p{Lu}).{15,}", 15),
            ("a{3}(?=.{6})b*", 9),
        ] {
            assert_eq!(length(pattern), Length::whole(least), "{pattern}");
        }
    }

    #[test]
    fn a_way_around_counts_whatever_number_stands_beside_it() {
        for pattern in [
            "^$|.{8,}",
            "^$|.{4,}+",
            ".{8,}|",
            "^(|.{8,})$",
            "^(.{8,})?$",
            "(.{8,})*",
            ".{0,8}",
            ".{8,}|^$",
            "(.{8,}){0,}",
        ] {
            assert_eq!(length(pattern), Length::whole(0), "{pattern}");
        }
        assert_eq!(length(".{12,}|.{6,}"), Length::whole(6));
        assert_eq!(length("\\.{8,}|[.{9,}]"), Length::whole(1));
    }

    #[test]
    fn what_is_forbidden_is_not_the_whole_truth() {
        assert_eq!(length("^(?!.*password).{12,}$"), Length { at_least: 12, is_whole: false });
        assert_eq!(length("^(?!.{0,11}$).*$"), Length { at_least: 0, is_whole: false });
    }

    #[test]
    fn broken_and_rare_patterns_are_not_understood() {
        for pattern in [
            ".{8,",
            ".{,8}",
            ".{8,4}",
            "{8,}",
            "(.{8,}",
            ".{8,})",
            "[a-z",
            "[[:alpha:]]{8,}",
            "(.)\\1{8,}",
            "\\Q.{8,}\\E",
            "(?i).{8,}",
            "(?<=x).{8,}",
            "a**{8,}",
            "[]{8,}",
            "[a-z&&[^b]]{8,}",
            ".{99999999999999999999,}",
            "\\",
        ] {
            assert_eq!(length(pattern), Length::UNKNOWN, "{pattern}");
        }
        assert_eq!(length(&"(".repeat(1000)), Length::UNKNOWN);
    }

    #[test]
    fn huge_numbers_do_not_overflow() {
        assert_eq!(length("((.{999999999}){999999999}){999999999}").at_least, i64::MAX);
    }
}
