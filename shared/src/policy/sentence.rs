//! Sentences with the values that were seen.
//!
//! `{check.field}`, `{params.x}` and `{derived.x}` stand for values. With a
//! noun after a colon a number counts it: `{derived.patch_missed:release}`
//! becomes `1 release` or `3 releases`.

use std::fmt::Write as _;

use super::expression::Fault;
use super::rule::{Param, Params};
use super::vocabulary::{Name, Vocabulary};
use crate::reading::{FieldValue, Fields};

/// A sentence with gaps.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Words(String),
    Gap { name: Name, noun: Option<String> },
}

/// Where the values come from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    pub(super) fields: Option<&'a Fields>,
    pub(super) params: &'a Params,
    pub(super) derived: &'a Fields,
}

impl Sentence {
    /// Reads a sentence; a gap must name something in `vocabulary`.
    pub(super) fn parse(text: &str, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        let fault = |index, message: &str| Err(Fault { index, message: message.to_owned() });
        if !text.ends_with('.') {
            return fault(0, "write a full sentence that ends with a full stop");
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((words, gap)) = rest.split_once('{') {
            let index = text.chars().count() - gap.chars().count() - 1;
            let Some((gap, after)) = gap.split_once('}') else {
                return fault(index, "`{` without `}`");
            };
            let (path, noun) = match gap.split_once(':') {
                Some((path, noun)) => (path, Some(noun.to_owned())),
                None => (gap, None),
            };
            let Some((root, field)) = path.split_once('.') else {
                return fault(index, "write the check and the field, such as `{os.version}`");
            };
            let (name, _) = vocabulary
                .lookup(root, field)
                .map_err(|message| Fault { index: index + 1, message })?;
            pieces.push(Piece::Words(words.to_owned()));
            pieces.push(Piece::Gap { name, noun });
            rest = after;
        }
        pieces.push(Piece::Words(rest.to_owned()));
        Ok(Self { pieces })
    }

    /// Every fact that it says.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Gap { name, .. } => Some(name),
            Piece::Words(_) => None,
        })
    }

    /// The sentence, or nothing when a value that it says is not known.
    pub(super) fn say(&self, values: Values<'_>) -> Option<String> {
        let mut said = String::with_capacity(96);
        for piece in &self.pieces {
            match piece {
                Piece::Words(words) => said.push_str(words),
                Piece::Gap { name, noun } => values.write(&mut said, name, noun.as_deref())?,
            }
        }
        Some(said)
    }
}

impl Values<'_> {
    fn write(self, said: &mut String, name: &Name, noun: Option<&str>) -> Option<()> {
        match name {
            Name::Field(field) => write_value(said, self.fields?.get(field)?, noun),
            Name::Derived(fact) => write_value(said, self.derived.get(*fact)?, noun),
            Name::Param(param) => match self.params.get(param)? {
                Param::Integer(number) => write_number(said, *number, noun),
                Param::Flag(flag) => said.push_str(yes_or_no(*flag)),
                Param::Text(text) => said.push_str(text),
                Param::List(items) => said.push_str(&items.join(", ")),
            },
        }
        Some(())
    }
}

fn write_value(said: &mut String, value: &FieldValue, noun: Option<&str>) {
    match value {
        FieldValue::Integer(number) => write_number(said, *number, noun),
        FieldValue::Flag(flag) => said.push_str(yes_or_no(*flag)),
        FieldValue::Text(text) => said.push_str(text),
    }
}

fn write_number(said: &mut String, number: i64, noun: Option<&str>) {
    // Writing to a string cannot fail.
    let _ = match noun {
        Some(noun) if number == 1 => write!(said, "1 {noun}"),
        Some(noun) => write!(said, "{number} {noun}s"),
        None => write!(said, "{number}"),
    };
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::{Sentence, Values};
    use crate::policy::rule::{Param, Params};
    use crate::policy::vocabulary::Vocabulary;
    use crate::posture;
    use crate::reading::{FieldValue, Fields};

    fn params() -> Params {
        Params::from([
            ("least".into(), Param::Integer(1)),
            ("names".into(), Param::List(vec!["a".into(), "b".into()])),
        ])
    }

    fn say(text: &str, fields: &Fields) -> Option<String> {
        let params = params();
        let vocabulary = Vocabulary { check: posture::check("filevault"), params: &params };
        let derived = Fields::from([("patch_missed".into(), FieldValue::Integer(3))]);
        let sentence = Sentence::parse(text, vocabulary).unwrap();
        sentence.say(Values { fields: Some(fields), params: &params, derived: &derived })
    }

    #[test]
    fn gaps_are_filled_with_what_was_seen() {
        let fields = Fields::from([
            ("percent".into(), FieldValue::Integer(35)),
            ("stalled".into(), FieldValue::Flag(true)),
        ]);
        let said = say("{filevault.percent} % done, stalled: {filevault.stalled}.", &fields);
        assert_eq!(said.unwrap(), "35 % done, stalled: yes.");
        let said =
            say("{derived.patch_missed:release}, {params.least:day}, {params.names}.", &fields);
        assert_eq!(said.unwrap(), "3 releases, 1 day, a, b.");
    }

    #[test]
    fn a_sentence_about_something_unknown_is_not_said() {
        assert_eq!(say("{filevault.percent} % done.", &Fields::new()), None);
    }

    #[test]
    fn a_wrong_sentence_is_refused_where_it_is_wrong() {
        let params = params();
        let vocabulary = Vocabulary { check: posture::check("filevault"), params: &params };
        let fault = |text| Sentence::parse(text, vocabulary).unwrap_err();
        assert_eq!(fault("no stop").index, 0);
        assert_eq!(fault("an open {filevault.percent gap.").index, 8);
        assert_eq!(fault("é {filevault.percents}.").index, 3);
        assert!(fault("{os.version}.").message.contains("does not read the check `os`"));
        assert!(fault("{percent}.").message.contains("write the check and the field"));
    }
}
