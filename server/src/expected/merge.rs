//! What an import changes in the list.

use super::{Facts, Said, Source, State};

/// What becomes of a Mac.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is not on the list yet.
    Add(Facts),
    /// Something else is said of it now.
    Change(Facts),
    /// It stays as it is.
    Keep,
}

/// What an import of `source` makes of a Mac, of which the list knows `now`
/// by another import.
///
/// The export that brought a Mac speaks for it: another one fills what is
/// empty and changes the owner, but empties nothing and leaves the model's
/// words alone, which differ between any two programs.
pub fn decide(now: Option<(&Facts, Source)>, said: &Said, source: Source) -> Decision {
    let Some((facts, from)) = now else { return Decision::Add(added(said)) };
    let speaks = from == source || matches!(source, Source::Csv | Source::Api);
    let text = |now: &String, said: &Option<String>| match said {
        Some(said) if speaks || !said.is_empty() => said.clone(),
        _ => now.clone(),
    };
    let model = match &said.model {
        Some(_) if !speaks && !facts.model.is_empty() => facts.model.clone(),
        model => text(&facts.model, model),
    };
    let wanted = Facts {
        state: said.state.unwrap_or(facts.state),
        reason: text(&facts.reason, &said.reason),
        owner_name: text(&facts.owner_name, &said.owner_name),
        owner_email: text(&facts.owner_email, &said.owner_email),
        model,
        asset_tag: text(&facts.asset_tag, &said.asset_tag),
    };
    if wanted == *facts { Decision::Keep } else { Decision::Change(wanted) }
}

fn added(said: &Said) -> Facts {
    let text = |said: &Option<String>| said.clone().unwrap_or_default();
    Facts {
        state: said.state.unwrap_or(State::InUse),
        reason: text(&said.reason),
        owner_name: text(&said.owner_name),
        owner_email: text(&said.owner_email),
        model: text(&said.model),
        asset_tag: text(&said.asset_tag),
    }
}

/// Whether a Mac of the list that an import of the same source no longer names
/// is told of: it is expected to be in the company.
pub fn is_missed(facts: &Facts, from: Source, source: Source) -> bool {
    from == source && matches!(facts.state, State::InUse | State::Spare)
}

#[cfg(test)]
mod tests {
    use super::{Decision, decide};
    use crate::expected::{Facts, Said, Source, State};

    fn said() -> Said {
        Said {
            serial: "C02XY1ZT4F2K".to_owned(),
            owner_name: Some("Sam".to_owned()),
            model: Some("Air".to_owned()),
            ..Said::default()
        }
    }

    #[test]
    fn the_same_import_again_changes_nothing() {
        let Decision::Add(facts) = decide(None, &said(), Source::Jamf) else { panic!() };
        assert_eq!((facts.state, facts.owner_name.as_str()), (State::InUse, "Sam"));
        assert_eq!(decide(Some((&facts, Source::Jamf)), &said(), Source::Jamf), Decision::Keep);
    }

    #[test]
    fn what_an_import_does_not_know_stays() {
        let facts = Facts { state: State::Spare, asset_tag: "7".to_owned(), ..Facts::default() };
        let decision = decide(Some((&facts, Source::Jamf)), &said(), Source::Jamf);
        let Decision::Change(wanted) = decision else { panic!("{decision:?}") };
        assert_eq!((wanted.state, wanted.asset_tag.as_str()), (State::Spare, "7"));
        let empty = Said { owner_name: Some(String::new()), ..said() };
        let facts =
            Facts { owner_name: "Sam".to_owned(), model: "Air 13".to_owned(), ..Facts::default() };
        assert_eq!(decide(Some((&facts, Source::Apple)), &empty, Source::Jamf), Decision::Keep);
        let own = decide(Some((&facts, Source::Apple)), &empty, Source::Csv);
        let Decision::Change(wanted) = own else { panic!("{own:?}") };
        assert_eq!((wanted.owner_name.as_str(), wanted.model.as_str()), ("", "Air"));
    }
}
