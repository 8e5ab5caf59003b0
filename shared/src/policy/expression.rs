//! A condition: read once, checked against what exists, asked many times.

use std::collections::BTreeSet;
use std::fmt;

use cel::parser::{Expression as Tree, ParseErrors, Parser};

use super::typing::Checker;
use super::vocabulary::{Kind, Name, Vocabulary};

/// Longest expression, in characters; also bounds how deep one can nest.
const LONGEST: usize = 1_000;

/// A condition in the Common Expression Language.
pub(super) struct Expression {
    pub(super) source: String,
    pub(super) tree: Tree,
    /// Every fact that it names.
    pub(super) names: BTreeSet<Name>,
    /// Those that must be known: all that stand in no `has()`.
    pub(super) needs: Vec<Name>,
}

/// What is wrong with an expression, and at which character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) index: usize,
    pub(super) message: String,
}

impl Expression {
    /// Reads `source`, which must be a condition over `vocabulary`.
    pub(super) fn compile(source: &str, vocabulary: Vocabulary<'_>) -> Result<Self, Fault> {
        if source.trim().is_empty() {
            return Err(Fault { index: 0, message: "the expression is empty".into() });
        }
        if source.chars().count() > LONGEST {
            let message = format!("the expression is longer than {LONGEST} characters; split it");
            return Err(Fault { index: LONGEST, message });
        }
        let (tree, places) = Parser::default()
            .parse_with_source_info(source)
            .map_err(|errors| syntax_fault(source, &errors))?;
        let mut checker = Checker::new(vocabulary, &places);
        let kind = checker.kind_of(&tree)?;
        if !matches!(kind, Kind::Flag | Kind::Any) {
            let message = format!("the expression gives {}, must give true or false", kind.words());
            return Err(Fault { index: 0, message });
        }
        let Checker { names, guarded, .. } = checker;
        let needs = names.difference(&guarded).cloned().collect();
        Ok(Self { source: source.to_owned(), tree, names, needs })
    }

    /// Whether it needs a derived fact, and no field of the rule's check.
    pub(super) fn rests_on_derived(&self) -> bool {
        !self.names.iter().any(|name| matches!(name, Name::Field(_)))
            && self.needs.iter().any(|name| matches!(name, Name::Derived(_)))
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.source)
    }
}

fn syntax_fault(source: &str, errors: &ParseErrors) -> Fault {
    let Some(first) = errors.errors.first() else {
        return Fault { index: 0, message: "the expression cannot be read".into() };
    };
    let (line, column) = first.pos;
    let before: usize = source
        .split_inclusive('\n')
        .take(usize::try_from(line - 1).unwrap_or(0))
        .map(|line| line.chars().count())
        .sum();
    let index = before + usize::try_from(column - 1).unwrap_or(0);
    // The list of every token that could follow helps nobody.
    let said = first.msg.split(" expecting ").next().unwrap_or_default();
    let said = said.strip_prefix("Syntax error: ").unwrap_or(said);
    Fault { index, message: format!("the expression cannot be read: {said}") }
}

#[cfg(test)]
mod tests;
