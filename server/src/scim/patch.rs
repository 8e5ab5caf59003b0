//! What a PATCH says, as the attributes that it touches.
//!
//! Directories write the same change in many ways: Entra names paths, with
//! filters and whole addresses of extensions, and says `Replace`; Okta names
//! none and sends an object. What is removed becomes null. Attributes of users
//! that are not kept here are left aside; names of nothing are refused.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::resource::{DAYS, ENTERPRISE, USER, starts_with};
use super::wanted::member;

/// Most operations of one request.
const MOST: usize = 200;

/// Attributes of users that directories send and nobody needs here.
const LEFT_ASIDE: &[&str] = &[
    "addresses",
    "entitlements",
    "groups",
    "ims",
    "locale",
    "nickname",
    "password",
    "phonenumbers",
    "photos",
    "preferredlanguage",
    "profileurl",
    "roles",
    "timezone",
    "title",
    "usertype",
    "x509certificates",
];

/// The attributes that the operations of `body` touch.
pub(super) fn touched(body: &Value) -> Result<Map<String, Value>, Refusal> {
    let syntax = |detail: &str| Refusal::wrong("invalidSyntax", detail);
    let operations = body.as_object().and_then(|body| member(body, "Operations"));
    let operations = operations
        .and_then(Value::as_array)
        .filter(|all| (1..=MOST).contains(&all.len()))
        .ok_or_else(|| syntax("`Operations` must be a list of 1 to 200 operations."))?;
    let mut touched = Map::new();
    for operation in operations {
        let operation =
            operation.as_object().ok_or_else(|| syntax("An operation is an object."))?;
        let text = |name| member(operation, name).and_then(Value::as_str).unwrap_or_default();
        let removes = match text("op").to_ascii_lowercase().as_str() {
            "add" | "replace" => false,
            "remove" => true,
            _ => return Err(syntax("`op` must be `add`, `replace` or `remove`.")),
        };
        let value = member(operation, "value").cloned().unwrap_or(Value::Null);
        let path = text("path").trim();
        if path.is_empty() {
            let Value::Object(fields) = value else {
                let detail = "Without a path, `value` must be an object of attributes.";
                let kind = if removes { "noTarget" } else { "invalidValue" };
                return Err(Refusal::wrong(kind, detail));
            };
            for (path, value) in fields {
                // What every whole user has beside attributes.
                if !["schemas", "id", "meta"].contains(&path.to_ascii_lowercase().as_str()) {
                    touch(&mut touched, &path, if removes { Value::Null } else { value })?;
                }
            }
        } else {
            touch(&mut touched, path, if removes { Value::Null } else { value })?;
        }
    }
    Ok(touched)
}

fn touch(touched: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), Refusal> {
    for urn in [ENTERPRISE, DAYS] {
        if starts_with(path, urn) {
            let rest = path.get(urn.len()..).unwrap_or_default();
            let attribute = rest.trim_start_matches([':', '.']).split('.').next();
            touch_extension(touched, (urn, attribute.unwrap_or_default()), &value);
            return Ok(());
        }
    }
    if starts_with(path, USER) {
        let rest = path.get(USER.len()..).unwrap_or_default().trim_start_matches(':');
        return touch(touched, rest, value);
    }
    let (attribute, rest) = path.find(['.', '[']).map_or((path, ""), |at| path.split_at(at));
    let name = match attribute.to_ascii_lowercase().as_str() {
        "username" => "userName",
        "displayname" => "displayName",
        "externalid" => "externalId",
        "active" => "active",
        "name" => {
            touch_name(touched, rest.trim_start_matches('.'), value);
            return Ok(());
        }
        "emails" => {
            touch_email(touched, rest, value);
            return Ok(());
        }
        "id" | "meta" | "schemas" => {
            let detail = format!("`{attribute}` is given by the collector and stays as it is.");
            return Err(Refusal::wrong("mutability", detail));
        }
        other if LEFT_ASIDE.contains(&other) => return Ok(()),
        _ => {
            let shown: String = path.chars().take(80).collect();
            let detail = format!("`{shown}` is no attribute of a user; see /Schemas.");
            return Err(Refusal::wrong("invalidPath", detail));
        }
    };
    touched.insert(name.to_owned(), value);
    Ok(())
}

/// An object within `touched`, empty when it was not there.
fn within<'a>(
    touched: &'a mut Map<String, Value>,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    let entry = touched.entry(name.to_owned()).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    entry.as_object_mut()
}

fn touch_extension(
    touched: &mut Map<String, Value>,
    (urn, attribute): (&str, &str),
    value: &Value,
) {
    let known: &[&str] = if urn == DAYS { &["firstDay", "lastDay"] } else { &["department"] };
    let Some(extension) = within(touched, urn) else { return };
    for name in known {
        if attribute.eq_ignore_ascii_case(name) {
            extension.insert((*name).to_owned(), value.clone());
        } else if attribute.is_empty() {
            match value {
                Value::Object(fields) => {
                    if let Some(value) = member(fields, name) {
                        extension.insert((*name).to_owned(), value.clone());
                    }
                }
                _ => {
                    extension.insert((*name).to_owned(), Value::Null);
                }
            }
        }
    }
}

fn touch_name(touched: &mut Map<String, Value>, part: &str, value: Value) {
    let Some(name) = within(touched, "name") else { return };
    match value {
        Value::Object(fields) if part.is_empty() => name.extend(fields),
        value if !part.is_empty() => {
            name.insert(part.to_owned(), value);
        }
        _ => {}
    }
}

/// There is one address here, the one for work.
fn touch_email(touched: &mut Map<String, Value>, rest: &str, value: Value) {
    let plain: String = rest.chars().filter(|it| !it.is_whitespace()).collect();
    let plain = plain.to_ascii_lowercase();
    let (filter, part) = match plain.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        Some((filter, part)) => (filter.to_owned(), part.trim_start_matches('.').to_owned()),
        None => (String::new(), plain.trim_start_matches('.').to_owned()),
    };
    let is_work = filter.is_empty() || filter.contains("\"work\"") || filter == "primaryeqtrue";
    if !is_work || !(part.is_empty() || part == "value") {
        return;
    }
    let value = match value {
        Value::String(address) => json!([{ "value": address, "type": "work", "primary": true }]),
        other => other,
    };
    touched.insert("emails".to_owned(), value);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::touched;
    use crate::scim::resource::{DAYS, ENTERPRISE};

    fn of(operations: &Value) -> Value {
        let body = json!({ "schemas": [], "Operations": operations });
        match touched(&body) {
            Ok(touched) => touched.into(),
            Err(refusal) => refusal.kind.into(),
        }
    }

    #[test]
    fn the_habits_of_directories_mean_the_same() {
        let inactive = json!({ "active": "False" });
        assert_eq!(of(&json!([{ "op": "Replace", "path": "active", "value": "False" }])), inactive);
        assert_eq!(
            of(&json!([{ "op": "replace", "value": { "active": false } }])),
            json!({ "active": false })
        );
        let work = json!({ "emails": [{ "value": "a@b.co", "type": "work", "primary": true }] });
        for path in [r#"emails[type eq "work"].value"#, "emails[primary eq true]", "emails.value"] {
            let said = of(&json!([{ "op": "Add", "path": path, "value": "a@b.co" }]));
            assert_eq!(said, work, "{path}");
        }
        let home = r#"emails[type eq "home"].value"#;
        assert_eq!(of(&json!([{ "op": "Add", "path": home, "value": "a@b.co" }])), json!({}));
        let department = json!({ ENTERPRISE: { "department": "R&D" } });
        for operation in [
            json!({ "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "R&D" }),
            json!({ "op": "add", "value": { ENTERPRISE: { "department": "R&D", "x": 1 } } }),
            json!({ "op": "add", "value": { format!("{ENTERPRISE}:department"): "R&D" } }),
        ] {
            assert_eq!(of(&json!([operation])), department);
        }
        assert_eq!(
            of(&json!([
                { "op": "Replace", "path": "name.givenName", "value": "Ada" },
                { "op": "Replace", "value": { "name.familyName": "Poe", "title": "Dr" } },
                { "op": "Remove", "path": format!("{DAYS}:lastDay") },
            ])),
            json!({ "name": { "givenName": "Ada", "familyName": "Poe" }, DAYS: { "lastDay": null } })
        );
    }

    #[test]
    fn what_means_nothing_is_refused_with_its_word() {
        for (operations, word) in [
            (json!([]), "invalidSyntax"),
            (json!({}), "invalidSyntax"),
            (json!([{ "op": "move", "path": "active" }]), "invalidSyntax"),
            (json!([{ "op": "remove" }]), "noTarget"),
            (json!([{ "op": "add", "value": 1 }]), "invalidValue"),
            (json!([{ "op": "add", "path": "shoeSize", "value": 1 }]), "invalidPath"),
            (json!([{ "op": "replace", "path": "id", "value": "x" }]), "mutability"),
        ] {
            assert_eq!(of(&operations), json!(word), "{operations}");
        }
    }
}
