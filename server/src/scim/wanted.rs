//! What a directory wants a person to be.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::resource::{DAYS, ENTERPRISE, parts};
use crate::people;
use crate::store::access::people::{Person, PersonFacts};

/// Longest user name and external id.
const LONGEST: usize = 254;

/// What a person is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) facts: PersonFacts,
    pub(super) is_active: bool,
}

/// What is said of an attribute.
enum Said {
    /// Nothing: it stays.
    Absent,
    /// That it is nothing.
    Nothing,
    Text(String),
}

/// An attribute by its name, in any case of letters.
pub(super) fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn said(map: &Map<String, Value>, name: &str) -> Result<Said, Refusal> {
    match member(map, name) {
        None => Ok(Said::Absent),
        Some(Value::Null) => Ok(Said::Nothing),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Said::Nothing),
        Some(Value::String(text)) => Ok(Said::Text(text.trim().to_owned())),
        Some(_) => Err(Refusal::value(format!("`{name}` must be a text."))),
    }
}

fn key(name: &str, text: String) -> Result<String, Refusal> {
    let fits = text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    let detail = format!("`{name}` must have at most {LONGEST} characters, and none of control.");
    if fits { Ok(text) } else { Err(Refusal::value(detail)) }
}

/// What `said` makes of a person who was `before`, or of a new one. Attributes
/// that are not named stay.
pub(super) fn wanted(
    user: &Map<String, Value>,
    before: Option<&Person>,
) -> Result<Wanted, Refusal> {
    let mut facts = before.map(Person::facts).unwrap_or_default();
    let named = match said(user, "userName")? {
        Said::Text(name) => Some(key("userName", name)?),
        Said::Nothing => return Err(Refusal::value("`userName` must not be empty.")),
        Said::Absent if before.is_none() => {
            return Err(Refusal::value("`userName` is missing."));
        }
        Said::Absent => None,
    };
    // From now on it is the directory's, whatever becomes of the address.
    facts.user_name = named.or(facts.user_name).or_else(|| Some(facts.email.clone()));
    match said(user, "externalId")? {
        Said::Text(id) => facts.external_id = Some(key("externalId", id)?),
        Said::Nothing => facts.external_id = None,
        Said::Absent => {}
    }
    if let Some(address) = address(user, &facts)? {
        facts.email = address;
    }
    facts.name = full_name(user, &facts)?;
    extensions(user, &mut facts)?;
    if let Some(odd) = people::odd_days(&facts) {
        return Err(Refusal::value(odd));
    }
    let known = before.is_none_or(|person| person.ended.is_none());
    Ok(Wanted { facts, is_active: active(user)?.unwrap_or(known) })
}

/// Entra says `"False"`.
fn active(user: &Map<String, Value>) -> Result<Option<bool>, Refusal> {
    match member(user, "active") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(active)) => Ok(Some(*active)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
        Some(_) => Err(Refusal::value("`active` must be true or false.")),
    }
}

/// The mail address: the primary one, or the one for work, or the first; else
/// a user name that is one.
fn address(user: &Map<String, Value>, facts: &PersonFacts) -> Result<Option<String>, Refusal> {
    let is = |email: &Value, name: &str, wanted: &Value| {
        email.as_object().and_then(|email| member(email, name)) == Some(wanted)
    };
    let said = match member(user, "emails") {
        Some(Value::Array(all)) => all
            .iter()
            .find(|one| is(one, "primary", &Value::Bool(true)))
            .or_else(|| all.iter().find(|one| is(one, "type", &Value::from("work"))))
            .or_else(|| all.first()),
        Some(Value::Null) | None => None,
        Some(one) => Some(one),
    };
    let text = match said {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(Value::Object(email)) => member(email, "value").and_then(Value::as_str),
        _ => None,
    };
    let missing = || {
        let detail = "A person needs a mail address: send `emails`, or a `userName` that is one.";
        Refusal::value(detail)
    };
    match (text, &facts.user_name) {
        (Some(text), _) => people::email(text).map(Some).ok_or_else(missing),
        (None, _) if !facts.email.is_empty() => Ok(None),
        (None, Some(name)) => people::email(name).map(Some).ok_or_else(missing),
        (None, None) => Err(missing()),
    }
}

/// The full name. Directories send several forms of it; of those that are
/// there, always the same one counts, so that the same request means the same
/// each time.
fn full_name(user: &Map<String, Value>, facts: &PersonFacts) -> Result<String, Refusal> {
    let empty = Map::new();
    let name = member(user, "name").and_then(Value::as_object).unwrap_or(&empty);
    let text = |said: Said| match said {
        Said::Text(text) => Some(text),
        _ => None,
    };
    let given = text(said(name, "givenName")?);
    let family = text(said(name, "familyName")?);
    let known = parts(&facts.name);
    let joined = (given.is_some() || family.is_some()).then(|| {
        let given = given.unwrap_or_else(|| known.0.to_owned());
        let family = family.unwrap_or_else(|| known.1.to_owned());
        format!("{given} {family}").trim().to_owned()
    });
    let said = [text(said(user, "displayName")?), text(said(name, "formatted")?), joined];
    let found = match said.into_iter().flatten().next() {
        Some(said) => said,
        None if !facts.name.is_empty() => return Ok(facts.name.clone()),
        // Better than nobody.
        None => facts.user_name.clone().unwrap_or_default(),
    };
    people::name(&found)
        .ok_or_else(|| Refusal::value("A name must have at most 120 letters, and none of control."))
}

fn extensions(user: &Map<String, Value>, facts: &mut PersonFacts) -> Result<(), Refusal> {
    let extension = |urn| member(user, urn).and_then(Value::as_object);
    if let Some(enterprise) = extension(ENTERPRISE) {
        match said(enterprise, "department")? {
            Said::Text(text) => {
                facts.department = people::department(&text).ok_or_else(|| {
                    Refusal::value("`department` must have at most 120 characters.")
                })?;
            }
            Said::Nothing => facts.department.clear(),
            Said::Absent => {}
        }
    }
    let Some(days) = extension(DAYS) else { return Ok(()) };
    for (name, kept) in [("firstDay", &mut facts.first_day), ("lastDay", &mut facts.last_day)] {
        match said(days, name)? {
            // Directories send days as moments.
            Said::Text(text) => {
                let day = text.get(..10).and_then(people::day).ok_or_else(|| {
                    Refusal::value(format!("`{name}` must be a day such as 2026-08-23."))
                })?;
                *kept = Some(day);
            }
            Said::Nothing => *kept = None,
            Said::Absent => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Wanted, wanted};
    use crate::scim::resource::{DAYS, ENTERPRISE};

    fn of(user: &Value) -> Result<Wanted, String> {
        wanted(user.as_object().unwrap(), None).map_err(|refusal| refusal.detail)
    }

    #[test]
    fn a_new_user_is_read_whatever_form_the_name_has() {
        for (user, name) in [
            (json!({ "userName": "ada@b.co", "displayName": "Ada Poe" }), "Ada Poe"),
            (json!({ "userName": "ada@b.co", "name": { "formatted": "Ada Poe" } }), "Ada Poe"),
            (
                json!({ "userName": "ada@b.co", "name": { "givenName": "Ada", "familyName": "Poe" } }),
                "Ada Poe",
            ),
            (json!({ "USERNAME": "ada@b.co", "name": null, "displayName": " " }), "ada@b.co"),
        ] {
            let wanted = of(&user).unwrap();
            assert_eq!(wanted.facts.name, name, "{user}");
            assert_eq!((wanted.facts.email.as_str(), wanted.is_active), ("ada@b.co", true));
        }
    }

    #[test]
    fn the_address_is_the_one_for_work() {
        let with = |emails: Value| of(&json!({ "userName": "ada", "emails": emails }));
        let home = json!({ "value": "a@home.co", "type": "home" });
        let work = json!({ "value": "a@work.co", "type": "work" });
        assert_eq!(with(json!([home, work])).unwrap().facts.email, "a@work.co");
        let primary = json!({ "value": "a@home.co", "type": "home", "primary": true });
        assert_eq!(with(json!([work, primary])).unwrap().facts.email, "a@home.co");
        assert_eq!(with(home.clone()).unwrap().facts.email, "a@home.co");
        assert!(with(json!([])).unwrap_err().contains("needs a mail address"));
        assert!(with(json!([{ "value": "nobody" }])).is_err());
    }

    #[test]
    fn days_and_activity_come_in_the_forms_of_directories() {
        let user = json!({
            "userName": "ada@b.co", "active": "False",
            ENTERPRISE: { "department": "R&D", "employeeNumber": 7 },
            DAYS: { "firstDay": "2026-09-01T00:00:00Z" },
        });
        let wanted = of(&user).unwrap();
        assert!(!wanted.is_active);
        assert_eq!(wanted.facts.department, "R&D");
        assert_eq!(wanted.facts.first_day, Some(jiff::civil::date(2026, 9, 1)));
        for odd in [
            json!({ "userName": "ada@b.co", "active": "maybe" }),
            json!({ "userName": 1 }),
            json!({ "userName": "" }),
            json!({ "userName": "ada@b.co", DAYS: { "firstDay": "soon" } }),
            json!({ "userName": "ada@b.co", "displayName": "x".repeat(121) }),
        ] {
            assert!(of(&odd).is_err(), "{odd}");
        }
    }
}
