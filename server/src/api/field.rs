//! Fields that people fill in, checked by the very form that the document
//! states.

use super::problem::ApiProblem;

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

/// Letters, digits and some signs, as many as there may be.
fn is_made_of(text: &str, longest: usize, signs: &[u8]) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{line, mail};

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
