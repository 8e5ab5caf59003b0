//! The rules that the fleet is judged by.

use serde::Serialize;
use serde_json::Value;
use shared::policy::{FixedBy, Rule};
use utoipa::ToSchema;

use super::call::Call;
use super::reply::Answered;

/// What is asked of a Mac.
#[derive(Serialize, ToSchema)]
pub(super) struct RuleItem {
    /// Its name, such as `disk-encryption`.
    id: String,
    /// What is asked, as a short claim.
    title: String,
    /// The check it reads; null when it is judged by what the collector knows.
    check: Option<String>,
    /// `required`, `recommended`, `info` or `off`.
    mode: &'static str,
    /// Why it is asked.
    why: String,
    /// `owner` or `it`.
    fixed_by: &'static str,
    /// Whether the person who holds the laptop is shown it.
    visible_to_owner: bool,
    /// Its thresholds, by name.
    #[schema(value_type = Object)]
    params: Value,
    /// Seconds that a failure may last, unless its reason says otherwise.
    grace_s: i64,
    /// Seconds that a reading stands in while nobody is logged in.
    reading_valid_for_s: Option<i64>,
    /// The condition for a pass, CEL.
    pass: String,
    /// The condition for a proven failure, CEL.
    fail: Option<String>,
    /// How to put it right, by version of macOS.
    fix: Vec<FixItem>,
    /// Which controls it is evidence for, by catalogue.
    #[schema(value_type = Object)]
    controls: Value,
}

/// Steps that a person can follow.
#[derive(Serialize, ToSchema)]
pub(super) struct FixItem {
    /// Versions of macOS; null means every one.
    macos: Option<String>,
    /// The steps, in order.
    steps: Vec<String>,
}

fn item(rule: &Rule) -> RuleItem {
    RuleItem {
        id: rule.id.clone(),
        title: rule.title.clone(),
        check: rule.check.clone(),
        mode: rule.mode.as_str(),
        why: rule.why.clone(),
        fixed_by: match rule.fixed_by {
            FixedBy::Owner => "owner",
            FixedBy::It => "it",
        },
        visible_to_owner: rule.visible_to_owner,
        params: serde_json::to_value(&rule.params).unwrap_or_default(),
        grace_s: rule.grace.as_secs(),
        reading_valid_for_s: rule.reading_valid_for.map(|time| time.as_secs()),
        pass: rule.pass().to_owned(),
        fail: rule.fail().map(str::to_owned),
        fix: rule
            .fix
            .iter()
            .map(|fix| FixItem { macos: fix.macos.clone(), steps: fix.steps.clone() })
            .collect(),
        controls: serde_json::to_value(&rule.controls).unwrap_or_default(),
    }
}

pub(super) async fn list(call: Call) -> Answered {
    let policy = call.api.app.rulebook.current().policy;
    let items: Vec<RuleItem> = policy.rules.iter().map(item).collect();
    call.part(items, |rule| rule.id.clone())
}
