//! Fields that people fill in, checked by the very form that the document
//! states.

use serde::{Deserialize, Deserializer};
use serde_json::Number;

use super::problem::ApiProblem;

/// A whole number as JSON Schema means it: `30.0` is one.
pub(super) fn whole<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(from)? else { return Ok(None) };
    let text = number.to_string();
    let digits = text.strip_suffix(".0").unwrap_or(&text);
    digits.parse().map(Some).map_err(|_| {
        serde::de::Error::custom(format!("`{number}` is no whole number of a usual size"))
    })
}

/// A line of text: something beside blanks, and nothing that controls.
pub(super) fn line(name: &str, text: &str, longest: usize) -> Result<String, ApiProblem> {
    let fits = !text.trim().is_empty()
        && text.chars().count() <= longest
        && !text.chars().any(char::is_control);
    if fits {
        return Ok(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let detail =
        format!("it must have 1 to {longest} characters, not blanks alone, and none of control.");
    Err(ApiProblem::field(name, detail))
}

/// A mail address in ASCII, as it was typed.
pub(super) fn mail(name: &str, text: &str) -> Result<String, ApiProblem> {
    let fits = text.len() <= 254
        && text.split_once('@').is_some_and(|(local, host)| {
            let labels: Vec<&str> = host.split('.').collect();
            is_made_of(local, 64, b"._%+-")
                && (2..=9).contains(&labels.len())
                && labels.iter().all(|label| is_made_of(label, 63, b"-"))
        });
    if fits {
        return Ok(text.to_owned());
    }
    Err(ApiProblem::field(name, "it must be a mail address such as ada@company.example."))
}

/// Whether `text` is an address of the web: `https`, a name, perhaps a port and
/// a path, in ASCII. No label may hold two hyphens in a row, where names in other alphabets begin to be written.
pub(super) fn is_web_address(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let Some((labels, top)) = host.rsplit_once('.') else { return false };
    let alphanumeric =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    labels.split('.').flat_map(|label| label.split('-')).all(alphanumeric)
        && (2..=24).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (1..=4).contains(&port.len())
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~/?=&%+-".contains(&byte))
}

/// Letters, digits and some signs, as many as there may be.
fn is_made_of(text: &str, longest: usize, signs: &[u8]) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{is_web_address, line, mail};

    #[test]
    fn addresses_of_the_web_have_their_form() {
        for fine in ["https://siem.company.example/muster?a=b%20", "https://a-1.b.CO:8443"] {
            assert!(is_web_address(fine), "{fine}");
        }
        for odd in [
            "",
            "https://",
            "http://a.example",
            "https://a",
            "https://a..example",
            "https://xn--0.example",
            "https://-a.example",
            "https://a.example:",
            "https://a.example:88888",
            "https://a.e",
            "https://10.0.0.1/",
            "https://a@b.example",
            "https://a.example/ä",
            "https://a.example?x",
        ] {
            assert!(!is_web_address(odd), "{odd}");
        }
    }

    #[test]
    fn lines_have_something_in_them() {
        assert_eq!(line("name", " Ada  Poe ", 20).unwrap(), "Ada Poe");
        for odd in ["", " ", "\u{a0}", "a\nb", "a\u{85}", "123456"] {
            assert!(line("name", odd, 5).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn addresses_have_their_form() {
        for fine in ["ada@company.example", "a.b+c%d_e-f@x-1.co.uk"] {
            assert_eq!(mail("email", fine).unwrap(), fine);
        }
        let long = format!("a@{}.example", "b".repeat(64));
        for odd in ["", "ada", "@a.b", "a@b", "a@b.", "a@.b", "a@b.c*", "a b@c.d", "a@b@c.d", &long]
        {
            assert!(mail("email", odd).is_err(), "{odd}");
        }
    }
}
