//! The address of the list: what is shown, and where the page begins.

use jiff::civil::Date;
use serde::Deserialize;

use crate::checklists::{ChecklistKind, ChecklistState};
use crate::store::access::checklists::ListAsk;
use crate::web::devices::encoded;

/// What the address says; what is empty does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(in crate::web) struct ChecklistQuery {
    #[serde(default)]
    pub(super) q: String,
    #[serde(default)]
    pub(super) kind: String,
    /// `open` unless another is named; `all` for every one.
    #[serde(default)]
    pub(super) state: String,
    /// `mine`, `it` or `person`.
    #[serde(default)]
    pub(super) owner: String,
    /// `yes` for those with something overdue.
    #[serde(default)]
    pub(super) overdue: String,
    #[serde(default)]
    pub(super) after: String,
}

impl ChecklistQuery {
    /// What the store is asked; `account` is who asks.
    pub(super) fn ask(&self, account: &str, limit: u32) -> Result<ListAsk, String> {
        let unknown = |what: &str, word: &str| format!("“{word}” is no {what} of checklists.");
        let kind = match self.kind.as_str() {
            "" => None,
            word => Some(ChecklistKind::named(word).ok_or_else(|| unknown("kind", word))?),
        };
        let state = match self.state.as_str() {
            "" => Some(ChecklistState::Open),
            "all" => None,
            word => Some(ChecklistState::named(word).ok_or_else(|| unknown("state", word))?),
        };
        let owners = match self.owner.as_str() {
            "" => None,
            "mine" => Some(vec![account.to_owned()]),
            word @ ("it" | "person") => Some(vec![word.to_owned()]),
            word => return Err(unknown("owner", word)),
        };
        let after = match self.after.split_once('.') {
            None if self.after.is_empty() => None,
            Some((day, id)) if day.parse::<Date>().is_ok() => {
                day.parse().ok().map(|day| (day, id.to_owned()))
            }
            _ => {
                return Err("The place in the list cannot be read. Begin at the first page.".into());
            }
        };
        let text = Some(self.q.trim().to_owned()).filter(|text| !text.is_empty());
        let only_overdue = self.overdue == "yes";
        Ok(ListAsk { kind, state, owners, only_overdue, text, after, limit })
    }

    /// The address of this view under `path`.
    pub(super) fn address(&self, path: &str) -> String {
        let pairs: Vec<String> = [
            ("q", &self.q),
            ("kind", &self.kind),
            ("state", &self.state),
            ("owner", &self.owner),
            ("overdue", &self.overdue),
            ("after", &self.after),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }

    /// The same from its first page on.
    pub(super) fn first(&self) -> Self {
        Self { after: String::new(), ..self.clone() }
    }

    /// The same after a row.
    pub(super) fn after(&self, day: Date, id: &str) -> Self {
        Self { after: format!("{day}.{id}"), ..self.clone() }
    }

    /// Whether anything but the open ones is asked for.
    pub(super) fn is_filtered(&self) -> bool {
        self.first() != Self::default()
    }

    /// Whether this is not the first page.
    pub(super) fn is_later(&self) -> bool {
        !self.after.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::ChecklistQuery;
    use crate::checklists::{ChecklistKind, ChecklistState};

    #[test]
    fn open_ones_are_shown_unless_the_address_says_otherwise() {
        let ask = ChecklistQuery::default().ask("a1", 5).unwrap();
        assert_eq!((ask.state, ask.kind, ask.limit), (Some(ChecklistState::Open), None, 5));
        let query = ChecklistQuery {
            kind: "offboarding".to_owned(),
            state: "all".to_owned(),
            owner: "mine".to_owned(),
            ..ChecklistQuery::default()
        };
        let next = query.after("2026-08-24".parse().unwrap(), "c1");
        let ask = next.ask("a1", 5).unwrap();
        assert_eq!((ask.state, ask.kind), (None, Some(ChecklistKind::Offboarding)));
        assert_eq!(ask.owners, Some(vec!["a1".to_owned()]));
        assert_eq!(ask.after, Some(("2026-08-24".parse().unwrap(), "c1".to_owned())));
        assert_eq!(
            next.address("/checklists"),
            "/checklists?kind=offboarding&state=all&owner=mine&after=2026-08-24.c1"
        );
        for odd in [("kind", "x"), ("state", "x"), ("owner", "x"), ("after", "x")] {
            let mut query = ChecklistQuery::default();
            match odd.0 {
                "kind" => query.kind = odd.1.to_owned(),
                "state" => query.state = odd.1.to_owned(),
                "owner" => query.owner = odd.1.to_owned(),
                _ => query.after = odd.1.to_owned(),
            }
            assert!(query.ask("a1", 5).is_err(), "{odd:?}");
        }
    }
}
