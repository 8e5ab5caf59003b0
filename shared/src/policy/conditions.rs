//! A rule's expressions and sentences, ready to be asked.

use std::collections::HashMap;
use std::sync::LazyLock;

use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelMapKey, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, Value};
use jiff::{SignedDuration, Timestamp};

use super::derived::{DERIVED, Derived, Origin};
use super::expression::Expression;
use super::rule::{Param, Params};
use super::sentence::{Sentence, Values};
use super::status::FindingStatus;
use super::vocabulary::Name;
use crate::reading::{FieldValue, Fields};

/// All that is asked about one rule.
#[derive(Debug)]
pub(super) struct Conditions {
    pub(super) pass: Expression,
    pub(super) fail: Option<Expression>,
    pub(super) reasons: Vec<Reason>,
    /// The default thresholds, as expressions see them.
    pub(super) params: CelMap<'static>,
    /// Derived facts by which the verdict or its sentence may change.
    derived: Vec<&'static str>,
}

/// A sentence, and when it is said.
#[derive(Debug)]
pub(super) struct Reason {
    pub(super) code: String,
    pub(super) status: Option<FindingStatus>,
    pub(super) when: Option<Expression>,
    pub(super) says: Sentence,
    pub(super) grace: Option<SignedDuration>,
}

impl Conditions {
    pub(super) fn new(
        pass: Expression,
        fail: Option<Expression>,
        reasons: Vec<Reason>,
        params: &Params,
    ) -> Self {
        let whens = reasons.iter().filter_map(|reason| reason.when.as_ref());
        let asked = std::iter::once(&pass).chain(&fail).chain(whens).flat_map(|one| &one.names);
        let said = reasons.iter().flat_map(|reason| reason.says.names());
        let mut derived: Vec<&'static str> = asked
            .chain(said)
            .filter_map(|name| if let Name::Derived(fact) = name { Some(*fact) } else { None })
            .collect();
        derived.sort_unstable();
        derived.dedup();
        Self { params: params_map(params), pass, fail, reasons, derived }
    }

    /// The facts that only the collector knows and the verdict rests on.
    pub(super) fn collector_facts(&self) -> impl Iterator<Item = &'static str> {
        self.verdict_names().filter_map(|name| match name {
            Name::Derived(fact) => DERIVED
                .iter()
                .find(|known| known.name == *fact && known.origin == Origin::Collector)
                .map(|known| known.name),
            _ => None,
        })
    }

    /// Every fact that the verdict rests on.
    pub(super) fn verdict_names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.pass).chain(&self.fail).flat_map(|one| &one.names)
    }

    /// When a derived fact next changes by itself.
    pub(super) fn next_change(&self, derived: &Derived) -> Option<Timestamp> {
        self.derived.iter().filter_map(|name| derived.changes_at(name)).min()
    }
}

/// What one rule is judged by.
pub(super) struct Facts<'a> {
    check: &'a str,
    fields: Option<(&'a Fields, CelMap<'a>)>,
    derived: &'a Fields,
    derived_map: &'a CelMap<'a>,
    params: &'a Params,
    params_map: &'a CelMap<'a>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        fields: Option<(&'a str, &'a Fields)>,
        (derived, derived_map): (&'a Fields, &'a CelMap<'a>),
        (params, params_map): (&'a Params, &'a CelMap<'a>),
    ) -> Self {
        let check = fields.map_or("", |(check, _)| check);
        let fields = fields.map(|(_, fields)| (fields, fields_map(fields)));
        Self { check, fields, derived, derived_map, params, params_map }
    }

    /// Whether `expression` is proven true.
    ///
    /// It is asked only when all that it needs is known. While the check could
    /// not be read, only what rests on a derived fact is asked: a silent Mac
    /// must not pass by what it lacks.
    pub(super) fn prove(&self, expression: &Expression) -> Option<bool> {
        if self.fields.is_none() && !expression.rests_on_derived() {
            return None;
        }
        if !expression.needs.iter().all(|name| self.knows(name)) {
            return None;
        }
        let mut scope = root().new_inner_scope();
        scope.set_variable_resolver(self);
        let answer = Value::resolve_val(&expression.tree, &scope).ok()?;
        answer.downcast_ref::<CelBool>().map(|flag| *flag.inner())
    }

    /// Whether `name` has a value.
    pub(super) fn knows(&self, name: &Name) -> bool {
        match name {
            Name::Field(field) => {
                self.fields.as_ref().is_some_and(|(fields, _)| fields.contains_key(field))
            }
            Name::Derived(fact) => self.derived.contains_key(*fact),
            Name::Param(_) => true,
        }
    }

    /// The values for a sentence.
    pub(super) fn values(&self) -> Values<'_> {
        let fields = self.fields.as_ref().map(|(fields, _)| *fields);
        Values { fields, params: self.params, derived: self.derived }
    }
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let map: &CelMap<'b> = match variable {
            "params" => self.params_map,
            "derived" => self.derived_map,
            check if check == self.check => &self.fields.as_ref()?.1,
            _ => return None,
        };
        Some(CowVal::Borrowed(map))
    }
}

/// The one context with the language's functions; building it costs more than
/// judging a device.
fn root<'a>() -> &'a Context<'a, 'a> {
    static ROOT: LazyLock<Context<'static, 'static>> = LazyLock::new(Context::default);
    &ROOT
}

/// Fields as expressions see them.
pub(super) fn fields_map(fields: &Fields) -> CelMap<'_> {
    let entries = fields.iter().map(|(name, value)| {
        let value: Box<dyn Val + '_> = match value {
            FieldValue::Flag(flag) => Box::new(CelBool::from(*flag)),
            FieldValue::Integer(number) => Box::new(CelInt::from(*number)),
            FieldValue::Text(text) => Box::new(CelString::from(text.as_str())),
        };
        (CelMapKey::String(name.as_str().into()), value)
    });
    CelMap::from(entries.collect::<HashMap<_, _>>())
}

/// Thresholds as expressions see them.
pub(super) fn params_map(params: &Params) -> CelMap<'static> {
    let text = |text: &str| CelString::from(text.to_owned());
    let entries = params.iter().map(|(name, value)| {
        let value: Box<dyn Val> = match value {
            Param::Flag(flag) => Box::new(CelBool::from(*flag)),
            Param::Integer(number) => Box::new(CelInt::from(*number)),
            Param::Text(value) => Box::new(text(value)),
            Param::List(items) => Box::new(CelList::from(
                items.iter().map(|item| Box::new(text(item)) as Box<dyn Val>).collect::<Vec<_>>(),
            )),
        };
        (CelMapKey::String(text(name)), value)
    });
    CelMap::from(entries.collect::<HashMap<_, _>>())
}
