//! A rule's predicate: which length does it demand?
//!
//! Understood are comparisons joined by `and`, `or` and parentheses: a
//! password that `matches` a pattern, its length, and comparisons over other
//! attributes, which say nothing of length. Everything else is not.

use super::{Length, pattern};

/// Attributes and words of rules that do not look at the password's length.
const OTHER_WORDS: &[&str] = &[
    "none",
    "any",
    "all",
    "in",
    "true",
    "false",
    "policyAttributeSequentialCharacters",
    "policyAttributeMaximumSequentialCharacters",
    "policyAttributeConsecutiveCharacters",
    "policyAttributeMaximumConsecutiveCharacters",
    "policyAttributePasswordHashes",
    "policyAttributePasswordHistory",
    "policyAttributePasswordHistoryDepth",
];

/// The length that `predicate` demands; `parameter` is its `minimumLength`.
pub(super) fn length(predicate: &str, parameter: Option<i64>) -> Length {
    let Some(tokens) = tokens(predicate) else { return Length::UNKNOWN };
    let mut parser = Parser { tokens: &tokens, parameter, depth: 0 };
    match parser.either() {
        Some(length) if parser.tokens.is_empty() => length,
        _ => Length::UNKNOWN,
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Operator(String),
    Text(String),
}

fn tokens(predicate: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = predicate.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '(' => (Token::Open, rest.get(1..)?),
            ')' => (Token::Close, rest.get(1..)?),
            '\'' | '"' => quoted(rest.get(1..)?, first)?,
            _ if is_word(first) => {
                let (word, after) = split(rest, is_word);
                (Token::Word(word.to_owned()), after)
            }
            _ => {
                let (operator, after) = split(rest, |any| "<>=!&|+-*/".contains(any));
                (Token::Operator(Some(operator).filter(|text| !text.is_empty())?.to_owned()), after)
            }
        };
        tokens.push(token);
        rest = after.trim_start();
    }
    Some(tokens)
}

fn is_word(any: char) -> bool {
    any.is_ascii_alphanumeric() || "._@[]".contains(any)
}

fn split(text: &str, is_part: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|any| !is_part(any)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Text up to `quote`; a backslash before a backslash or a quote is dropped.
fn quoted(rest: &str, quote: char) -> Option<(Token, &str)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, any)) = characters.next() {
        if any == quote {
            return Some((Token::Text(text), rest.get(at + any.len_utf8()..)?));
        }
        let escaped = characters.next_if(|(_, next)| any == '\\' && "\\'\"".contains(*next));
        text.push(escaped.map_or(any, |(_, next)| next));
    }
    None
}

struct Parser<'t> {
    tokens: &'t [Token],
    parameter: Option<i64>,
    depth: u32,
}

impl Parser<'_> {
    /// `a or b`: the weaker of the two is enough.
    fn either(&mut self) -> Option<Length> {
        let mut length = self.both()?;
        while self.takes_word("or", "||") {
            let other = self.both()?;
            let at_least = length.at_least.min(other.at_least);
            let is_nothing = [length, other].contains(&Length::whole(0));
            let is_whole = is_nothing || (length.is_whole && other.is_whole);
            length = Length { at_least, is_whole };
        }
        Some(length)
    }

    /// `a and b`: the stronger of the two counts.
    fn both(&mut self) -> Option<Length> {
        let mut length = self.one()?;
        while self.takes_word("and", "&&") {
            let other = self.one()?;
            let at_least = length.at_least.max(other.at_least);
            length = Length { at_least, is_whole: length.is_whole && other.is_whole };
        }
        Some(length)
    }

    fn one(&mut self) -> Option<Length> {
        if self.tokens.first() != Some(&Token::Open) {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > 16 {
            return None;
        }
        self.skip(1);
        let length = self.either()?;
        self.depth -= 1;
        (self.tokens.first() == Some(&Token::Close)).then(|| self.skip(1))?;
        Some(length)
    }

    fn comparison(&mut self) -> Option<Length> {
        let end = self.tokens.iter().position(|token| {
            matches!(token, Token::Open | Token::Close)
                || is_join(token, "or", "||")
                || is_join(token, "and", "&&")
        });
        let tokens = self.tokens.get(..end.unwrap_or(self.tokens.len()))?;
        self.skip(tokens.len());
        match tokens {
            [Token::Word(subject), Token::Word(verb), Token::Text(text)]
                if subject == "policyAttributePassword" && is_matches(verb) =>
            {
                Some(self.pattern(text))
            }
            [Token::Word(subject), Token::Operator(operator), Token::Word(limit)]
                if subject == "policyAttributePassword.length" =>
            {
                let limit = if limit == PARAMETER { self.parameter } else { limit.parse().ok() };
                match operator.as_str() {
                    ">=" | "=>" => limit.map(Length::whole),
                    ">" => limit.map(|limit| Length::whole(limit.saturating_add(1))),
                    _ => None,
                }
            }
            [Token::Word(word)] if word.eq_ignore_ascii_case("TRUEPREDICATE") => {
                Some(Length::whole(0))
            }
            [] => None,
            tokens => tokens.iter().all(is_other).then_some(Length::whole(0)),
        }
    }

    fn pattern(&self, text: &str) -> Length {
        // No known form holds a blank that means one.
        let mut text: String = text.chars().filter(|any| !any.is_whitespace()).collect();
        if let Some(parameter) = self.parameter {
            text = text.replace(PARAMETER, &parameter.to_string());
        }
        pattern::length(&text)
    }

    fn takes_word(&mut self, word: &str, sign: &str) -> bool {
        let takes = self.tokens.first().is_some_and(|token| is_join(token, word, sign));
        if takes {
            self.skip(1);
        }
        takes
    }

    fn skip(&mut self, count: usize) {
        self.tokens = self.tokens.get(count..).unwrap_or_default();
    }
}

const PARAMETER: &str = "minimumLength";

fn is_join(token: &Token, word: &str, sign: &str) -> bool {
    match token {
        Token::Word(text) => text.eq_ignore_ascii_case(word),
        Token::Operator(text) => text == sign,
        _ => false,
    }
}

/// `matches`, in any case, also with options such as `[c]`.
fn is_matches(verb: &str) -> bool {
    let verb = verb.split('[').next().unwrap_or(verb);
    verb.eq_ignore_ascii_case("matches")
}

fn is_other(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            word.parse::<i64>().is_ok()
                || OTHER_WORDS.iter().any(|known| {
                    // Words of the language have no case, attributes do.
                    if known.starts_with("policy") {
                        word == known
                    } else {
                        word.eq_ignore_ascii_case(known)
                    }
                })
        }
        Token::Operator(_) => true,
        Token::Text(_) | Token::Open | Token::Close => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_length(predicate: &str, expected: Length) {
        assert_eq!(length(predicate, None), expected, "{predicate}");
    }

    #[test]
    fn a_pattern_gives_its_length() {
        for predicate in [
            "policyAttributePassword matches '.{8,}'",
            "policyAttributePassword matches '.{8,}+'",
            "policyAttributePassword  MATCHES  \"^.{8,}$\"",
            " policyAttributePassword matches[c] '.{ 8, }+' ",
            "(policyAttributePassword matches '.{8,64}')",
            "policyAttributePassword.length >= 8",
            "policyAttributePassword.length > 7",
        ] {
            assert_length(predicate, Length::whole(8));
        }
    }

    #[test]
    fn rules_about_other_things_demand_no_length() {
        for predicate in [
            "none policyAttributePasswordHashes in policyAttributePasswordHistory",
            "NONE policyAttributePasswordHashes IN policyAttributePasswordHistory",
            "(policyAttributeSequentialCharacters < policyAttributeMaximumSequentialCharacters) and \
             (policyAttributeConsecutiveCharacters < policyAttributeMaximumConsecutiveCharacters)",
            "TRUEPREDICATE",
        ] {
            assert_length(predicate, Length::whole(0));
        }
    }

    #[test]
    fn the_weaker_side_of_or_and_the_stronger_of_and_count() {
        let matches = |pattern| format!("policyAttributePassword matches '{pattern}'");
        let (empty, four, eight) = (matches("^$"), matches(".{4,}"), matches(".{8,}"));
        assert_length(&format!("{empty} OR {eight}"), Length::whole(0));
        assert_length(&format!("({four}) or ({eight})"), Length::whole(4));
        assert_length(&format!("{four} && ({eight})"), Length::whole(8));
        assert_length(&format!("{four} AND {eight} OR {empty}"), Length::whole(0));
        assert_length(&format!("{four} AND ({eight} OR {empty})"), Length::whole(4));
        assert_length(&format!("{four} OR odd(policyAttributePassword)"), Length::UNKNOWN);
    }

    #[test]
    fn a_parameter_counts_only_where_the_rule_refers_to_it() {
        let by = |predicate| length(predicate, Some(12));
        assert_eq!(by("policyAttributePassword matches '.{4,}+'"), Length::whole(4));
        assert_eq!(by("policyAttributePassword matches '.{minimumLength,}+'"), Length::whole(12));
        assert_eq!(by("policyAttributePassword.length >= minimumLength"), Length::whole(12));
        assert_length("policyAttributePassword.length >= minimumLength", Length::UNKNOWN);
    }

    #[test]
    fn what_nobody_understands_demands_nothing_and_says_so() {
        for predicate in [
            "",
            "policyAttributePassword",
            "policyAttributePassword matches .{8,}",
            "policyAttributePassword matches '.{8,}",
            "policyAttributePassword matches '.{8,}')",
            "not policyAttributePassword matches '.{8,}'",
            "!(policyAttributePassword matches '.{0,7}')",
            "policyAttributePassword != policyAttributeRecordName",
            "policyAttributePassword contains 'x'",
            "policyAttributePasswordStrength >= 8",
            "policyAttributePassword.length <= 8",
            "FUNCTION(policyAttributePassword, 'x') == 1",
            "policyattributepassword matches '.{8,}'",
        ] {
            assert_length(predicate, Length::UNKNOWN);
        }
        assert_length(&format!("{}1{}", "(".repeat(40), ")".repeat(40)), Length::UNKNOWN);
    }
}
