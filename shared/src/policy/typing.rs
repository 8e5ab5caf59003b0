//! Whether an expression can ever make sense, told before it is evaluated.

use std::collections::BTreeSet;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr, SourceInfo};
use cel::common::ast::{IdedExpr, operators};

use super::expression::Fault;
use super::vocabulary::{Kind, Name, Vocabulary, list};

/// How deep an expression may nest. Asking one takes a lot of stack a level,
/// and a policy that comes from outside must not end the collector.
const DEEPEST: usize = 32;

/// Walks an expression, collects what it names and finds what cannot be.
pub(super) struct Checker<'a> {
    vocabulary: Vocabulary<'a>,
    places: &'a SourceInfo,
    bound: Vec<String>,
    depth: usize,
    /// Every fact named.
    pub(super) names: BTreeSet<Name>,
    /// Those named in a `has()`.
    pub(super) guarded: BTreeSet<Name>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(vocabulary: Vocabulary<'a>, places: &'a SourceInfo) -> Self {
        let (names, guarded) = (BTreeSet::new(), BTreeSet::new());
        Self { vocabulary, places, bound: Vec::new(), depth: 0, names, guarded }
    }

    /// The type of `expr`, or the first thing in it that is wrong.
    pub(super) fn kind_of(&mut self, expr: &IdedExpr) -> Result<Kind, Fault> {
        if self.depth == DEEPEST {
            let message = format!("the expression nests deeper than {DEEPEST}; make it simpler");
            return Err(self.fault(expr, message));
        }
        self.depth += 1;
        let kind = self.node(expr);
        self.depth -= 1;
        kind
    }

    fn node(&mut self, expr: &IdedExpr) -> Result<Kind, Fault> {
        match &expr.expr {
            Expr::Literal(LiteralValue::Null) => {
                Err(self.fault(expr, "nothing is ever null; ask with has()".into()))
            }
            Expr::Literal(literal) => Ok(literal_kind(literal)),
            Expr::Ident(name) if self.bound.contains(name) => Ok(Kind::Any),
            Expr::Ident(name) => Err(self.fault(expr, self.bare(name))),
            Expr::Select(select) => self.select(expr, select),
            Expr::Call(call) => self.call(expr, call),
            Expr::List(items) => {
                for item in &items.elements {
                    self.kind_of(item)?;
                }
                Ok(Kind::Any)
            }
            Expr::Comprehension(_) if !self.bound.is_empty() => {
                Err(self.fault(expr, "walks a list within another; once is enough".into()))
            }
            Expr::Comprehension(over) => self.comprehension(over),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(self.fault(expr, "maps and messages have no use in a condition".into()))
            }
        }
    }

    fn select(&mut self, expr: &IdedExpr, select: &SelectExpr) -> Result<Kind, Fault> {
        let Expr::Ident(root) = &select.operand.expr else {
            let message = format!("`.{}`: a fact has no fields of its own", select.field);
            return Err(self.fault(expr, message));
        };
        let (name, kind) = self
            .vocabulary
            .lookup(root, &select.field)
            .map_err(|message| self.fault(&select.operand, message))?;
        if select.test {
            self.guarded.insert(name.clone());
        }
        self.names.insert(name);
        Ok(if select.test { Kind::Flag } else { kind })
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Result<Kind, Fault> {
        let target = call.target.as_deref();
        let mut kinds = Vec::new();
        for operand in target.into_iter().chain(&call.args) {
            kinds.push(self.kind_of(operand)?);
        }
        let name = call.func_name.as_str();
        match (name, kinds.as_slice()) {
            (operators::EQUALS | operators::NOT_EQUALS, &[left, right]) => {
                self.comparable(expr, call, (left, right))
            }
            (
                operators::LESS
                | operators::LESS_EQUALS
                | operators::GREATER
                | operators::GREATER_EQUALS,
                &[left, right],
            ) => {
                if let Some(kind) = [left, right].into_iter().find(|kind| !is_ordered(*kind)) {
                    let message = format!("{} has no order; compare with == or !=", kind.words());
                    return Err(self.fault(expr, message));
                }
                self.comparable(expr, call, (left, right))
            }
            (operators::IN, &[left, _]) => self.member(expr, call, left),
            (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT, all) => {
                self.all_are(expr, all, Kind::Flag)
            }
            // With one text in it, + joins texts.
            (operators::ADD, all) if all.iter().any(|kind| is_text(*kind)) => {
                self.all_are(expr, all, Kind::Text)
            }
            (
                operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::NEGATE,
                all,
            ) => self.all_are(expr, all, Kind::Integer),
            (operators::CONDITIONAL, &[when, yes, _]) => {
                self.all_are(expr, &[when], Kind::Flag).map(|_| yes)
            }
            ("size", &[of]) if !matches!(of, Kind::Flag | Kind::Integer) => Ok(Kind::Integer),
            ("startsWith" | "endsWith" | "contains", &[of, part]) if target.is_some() => {
                self.all_are(expr, &[of, part], Kind::Text).map(|_| Kind::Flag)
            }
            (operators::NOT_STRICTLY_FALSE, _) => Ok(Kind::Flag),
            _ => Err(self.fault(expr, unknown_function(name))),
        }
    }

    /// Comprehensions come from `exists`, `all` and `exists_one` over a list.
    fn comprehension(&mut self, over: &ComprehensionExpr) -> Result<Kind, Fault> {
        self.kind_of(&over.iter_range)?;
        let before = self.bound.len();
        self.bound.extend([over.iter_var.clone(), over.accu_var.clone()]);
        self.bound.extend(over.iter_var2.clone());
        let parts = [&over.accu_init, &over.loop_cond, &over.loop_step, &over.result];
        let result = parts.into_iter().try_for_each(|part| self.kind_of(part).map(|_| ()));
        self.bound.truncate(before);
        result.map(|()| Kind::Any)
    }

    /// `left == right` can be true for some values.
    fn comparable(
        &self,
        expr: &IdedExpr,
        call: &CallExpr,
        (left, right): (Kind, Kind),
    ) -> Result<Kind, Fault> {
        if !may_be_equal(left, right) {
            let message =
                format!("compares {} with {}; that is never true", left.words(), right.words());
            return Err(self.fault(expr, message));
        }
        if let [one, other] = call.args.as_slice() {
            self.word(left, other)?;
            self.word(right, one)?;
        }
        Ok(Kind::Flag)
    }

    /// `left in list` can be true for some values.
    fn member(&self, expr: &IdedExpr, call: &CallExpr, left: Kind) -> Result<Kind, Fault> {
        match call.args.get(1).map(|list| &list.expr) {
            Some(Expr::List(items)) => {
                for item in &items.elements {
                    if let Expr::Literal(literal) = &item.expr {
                        let kind = literal_kind(literal);
                        if !may_be_equal(left, kind) {
                            let message = format!(
                                "looks for {} in a list with {}; that is never true",
                                left.words(),
                                kind.words()
                            );
                            return Err(self.fault(item, message));
                        }
                    }
                    self.word(left, item)?;
                }
                Ok(Kind::Flag)
            }
            // A list of texts, or what is only known when it is evaluated.
            Some(_) if may_be_equal(left, Kind::Text) => Ok(Kind::Flag),
            _ => Err(self.fault(expr, "looks for something that is no text in a list".into())),
        }
    }

    /// A literal that is compared with a closed list of words is one of them.
    fn word(&self, kind: Kind, other: &IdedExpr) -> Result<(), Fault> {
        let (Kind::Choice(words), Expr::Literal(LiteralValue::String(text))) = (kind, &other.expr)
        else {
            return Ok(());
        };
        if words.contains(&text.inner()) {
            return Ok(());
        }
        let message = format!(
            "`{}` is not a value that can be observed; there are {}",
            text.inner(),
            list(words.iter().copied())
        );
        Err(self.fault(other, message))
    }

    fn all_are(&self, expr: &IdedExpr, kinds: &[Kind], wanted: Kind) -> Result<Kind, Fault> {
        match kinds.iter().find(|kind| !may_be_equal(**kind, wanted)) {
            None => Ok(wanted),
            Some(kind) => {
                let message = format!("takes {}, not {}", wanted.words(), kind.words());
                Err(self.fault(expr, message))
            }
        }
    }

    fn bare(&self, name: &str) -> String {
        let is_root = matches!(name, "params" | "derived")
            || self.vocabulary.check.is_some_and(|check| check.id == name);
        if is_root {
            format!("`{name}` alone says nothing; write `{name}.` and a name")
        } else {
            self.vocabulary.unknown_root(name)
        }
    }

    fn fault(&self, expr: &IdedExpr, message: String) -> Fault {
        let index = self.places.offset_for(expr.id).map_or(0, |(start, _)| start as usize);
        Fault { index, message }
    }
}

fn literal_kind(literal: &LiteralValue) -> Kind {
    match literal {
        LiteralValue::Boolean(_) => Kind::Flag,
        LiteralValue::Int(_) | LiteralValue::UInt(_) => Kind::Integer,
        LiteralValue::String(_) => Kind::Text,
        LiteralValue::Bytes(_) | LiteralValue::Double(_) | LiteralValue::Null => Kind::Any,
    }
}

fn is_text(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Choice(_))
}

fn is_ordered(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Any)
}

fn may_be_equal(one: Kind, other: Kind) -> bool {
    match (one, other) {
        (Kind::Any, _)
        | (_, Kind::Any)
        | (Kind::Text | Kind::Choice(_), Kind::Text | Kind::Choice(_)) => true,
        _ => one == other,
    }
}

fn unknown_function(name: &str) -> String {
    format!(
        "`{}` cannot be used here; there are ==, !=, <, <=, >, >=, in, &&, ||, !, +, -, *, ?:, \
         has(), size(), startsWith(), endsWith(), contains(), exists() and all()",
        name.trim_matches('_')
    )
}
