//! A person as SCIM writes one.

use serde_json::{Map, Value, json};

use crate::store::access::people::Person;

/// The core of a user.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// What companies say beside it.
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// First and last day. Entra takes no extension of another form.
pub(super) const DAYS: &str = "urn:ietf:params:scim:schemas:extension:muster:2.0:User";

/// Given and family name, as far as one name tells: the last word is the
/// family's.
pub(super) fn parts(name: &str) -> (&str, &str) {
    name.rsplit_once(' ').unwrap_or((name, ""))
}

/// The person, at a collector of this address.
pub(super) fn user(person: &Person, url: &str) -> Value {
    let (given, family) = parts(&person.name);
    let mut user = json!({
        "schemas": [USER, ENTERPRISE, DAYS],
        "id": person.id,
        "userName": person.user_name.as_ref().unwrap_or(&person.email),
        "displayName": person.name,
        "name": { "formatted": person.name, "givenName": given, "familyName": family },
        "active": person.ended.is_none(),
        "emails": [{ "value": person.email, "type": "work", "primary": true }],
        "meta": {
            "resourceType": "User",
            "created": person.created,
            "lastModified": person.changed,
            "location": format!("{url}/scim/v2/Users/{}", person.id),
        },
    });
    let Some(fields) = user.as_object_mut() else { return user };
    if let Some(id) = &person.external_id {
        fields.insert("externalId".to_owned(), id.clone().into());
    }
    let department = Some(person.department.clone()).filter(|it| !it.is_empty());
    let enterprise = object([("department", department)]);
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string());
    let days = object([("firstDay", day(person.first_day)), ("lastDay", day(person.last_day))]);
    for (urn, extension) in [(ENTERPRISE, enterprise), (DAYS, days)] {
        if !extension.is_empty() {
            fields.insert(urn.to_owned(), extension.into());
        }
    }
    if family.is_empty()
        && let Some(name) = fields.get_mut("name").and_then(Value::as_object_mut)
    {
        name.remove("familyName");
    }
    user
}

fn object<const N: usize>(fields: [(&str, Option<String>); N]) -> Map<String, Value> {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    known.map(|(name, value)| (name, Value::from(value))).collect()
}

/// Leaves the attributes that a query wants.
pub(super) fn select(user: &mut Value, attributes: Option<&str>, excluded: Option<&str>) {
    let Some(fields) = user.as_object_mut() else { return };
    let names = |list: &str| -> Vec<String> {
        list.split(',').map(|name| top(name.trim()).to_ascii_lowercase()).collect()
    };
    let always = |name: &str| name == "id" || name == "schemas";
    if let Some(wanted) = attributes.filter(|list| !list.trim().is_empty()).map(names) {
        fields.retain(|name, _| always(name) || wanted.contains(&name.to_ascii_lowercase()));
    } else if let Some(unwanted) = excluded.map(names) {
        fields.retain(|name, _| always(name) || !unwanted.contains(&name.to_ascii_lowercase()));
    }
}

/// The attribute at the top in which `name` stands.
fn top(name: &str) -> &str {
    for urn in [ENTERPRISE, DAYS] {
        if starts_with(name, urn) {
            return urn;
        }
    }
    let name = if starts_with(name, USER) {
        name.get(USER.len()..).unwrap_or_default().trim_start_matches(':')
    } else {
        name
    };
    name.split(['.', '[']).next().unwrap_or(name)
}

/// Whether `text` begins with `urn`, in any case of letters.
pub(super) fn starts_with(text: &str, urn: &str) -> bool {
    text.get(..urn.len()).is_some_and(|start| start.eq_ignore_ascii_case(urn))
}
