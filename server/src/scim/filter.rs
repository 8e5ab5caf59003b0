//! Whom a directory looks for. Directories ask for one person by what names
//! the person, and for nothing else; that is what can be asked here.

use serde_json::Value;

use super::refusal::Refusal;
use crate::store::access::people::Lookup;

/// Reads a filter such as `userName eq "ada@company.example"`.
pub(super) fn lookup(filter: &str) -> Result<Lookup, Refusal> {
    let odd = || {
        Refusal::wrong(
            "invalidFilter",
            "The filter can be `userName`, `externalId`, `emails.value` or `id`, then `eq` and a text in quotes.",
        )
    };
    let filter = filter.trim();
    let at = attribute_end(filter).ok_or_else(odd)?;
    let (attribute, rest) = filter.split_at_checked(at).ok_or_else(odd)?;
    let (operator, value) = rest.trim_start().split_once(char::is_whitespace).ok_or_else(odd)?;
    if !operator.eq_ignore_ascii_case("eq") {
        return Err(odd());
    }
    let Ok(Value::String(value)) = serde_json::from_str(value.trim()) else { return Err(odd()) };
    let attribute = attribute.to_ascii_lowercase();
    let attribute =
        attribute.strip_prefix("urn:ietf:params:scim:schemas:core:2.0:user:").unwrap_or(&attribute);
    match attribute {
        "username" => Ok(Lookup::UserName(value)),
        "externalid" => Ok(Lookup::ExternalId(value)),
        "id" => Ok(Lookup::Id(value)),
        "emails" | "emails.value" => Ok(Lookup::Email(value)),
        other => {
            let plain: String = other.chars().filter(|letter| !letter.is_whitespace()).collect();
            let is_mail =
                plain == "emails[typeeq\"work\"].value" || plain == "emails[primaryeqtrue].value";
            if is_mail { Ok(Lookup::Email(value)) } else { Err(odd()) }
        }
    }
}

/// Where the attribute of a filter ends: at the first blank that stands in no
/// brackets.
fn attribute_end(filter: &str) -> Option<usize> {
    let mut depth = 0_usize;
    filter.char_indices().find_map(|(at, letter)| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && letter.is_whitespace()).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::lookup;
    use crate::store::access::people::Lookup;

    #[test]
    fn what_directories_ask_is_understood() {
        let ada = "ada@company.example".to_owned();
        for (filter, wanted) in [
            (r#"userName eq "ada@company.example""#, Lookup::UserName(ada.clone())),
            (r#"username EQ  "ada@company.example" "#, Lookup::UserName(ada.clone())),
            (
                r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a\"b""#,
                Lookup::UserName("a\"b".to_owned()),
            ),
            (r#"externalId eq "00u1""#, Lookup::ExternalId("00u1".to_owned())),
            (r#"emails.value eq "ada@company.example""#, Lookup::Email(ada.clone())),
            (r#"emails[type eq "work"].value eq "ada@company.example""#, Lookup::Email(ada)),
            (r#"id eq "1""#, Lookup::Id("1".to_owned())),
        ] {
            assert_eq!(lookup(filter), Ok(wanted), "{filter}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_refused_as_a_filter() {
        for filter in [
            "",
            "userName",
            "userName eq",
            "userName eq ada",
            "userName eq true",
            r#"userName sw "a""#,
            r#"userName eq "a" and active eq true"#,
            r#"nickName eq "a""#,
            r#"emails[type eq "home"].value eq "a""#,
            r#"userName eq "a"#,
            r#"[[[[ eq "a""#,
        ] {
            assert_eq!(lookup(filter).unwrap_err().kind, Some("invalidFilter"), "{filter}");
        }
    }
}
