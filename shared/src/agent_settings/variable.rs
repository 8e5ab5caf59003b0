//! Values that an MDM should have put in, and did not.

/// Why a value is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfilled {
    /// Nothing was put in: the MDM knows no such thing of this Mac.
    Empty,
    /// The name of the variable still stands there: the MDM does not know it.
    Variable,
}

/// Whether `value` is what an MDM left where a variable stood.
///
/// Variables look like `$SERIALNUMBER` (Jamf, Kandji), `${user.mail}`,
/// `{{serialnumber}}` (Intune), `{SerialNumber}` (Workspace ONE) or
/// `%HardwareUUID%` (Apple, Mosyle). A part that was left in a longer text
/// spoils the whole value.
pub fn unfilled(value: &str) -> Option<Unfilled> {
    let value = value.trim();
    if value.is_empty() {
        return Some(Unfilled::Empty);
    }
    let is_variable = after(value, "$", is_start_of_name)
        || after(value, "{", |letter| letter != '}')
        || between_percents(value);
    is_variable.then_some(Unfilled::Variable)
}

/// Whether `mark` stands somewhere before a letter that `follows` takes.
fn after(value: &str, mark: &str, follows: impl Fn(char) -> bool) -> bool {
    value.match_indices(mark).any(|(at, _)| {
        let rest = value.get(at + mark.len()..).unwrap_or_default();
        rest.starts_with(&follows)
    })
}

fn is_start_of_name(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '{' || letter == '_'
}

/// `%Name%`, alone or within a longer text.
fn between_percents(value: &str) -> bool {
    let parts: Vec<&str> = value.split('%').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let is_name = |part: &&str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.chars().all(|any| any.is_ascii_alphanumeric() || any == '_')
    };
    inner.iter().any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_every_mdm_are_known() {
        for left in [
            "$SERIALNUMBER",
            "$EMAIL",
            "$SERIAL_NUMBER",
            "${user.mail}",
            "$USERNAME@company.example",
            "$FLEET_VAR_HOST_HARDWARE_SERIAL",
            "{{serialnumber}}",
            "{{ mail }}",
            "{SerialNumber}",
            "%HardwareUUID%",
            "%Email%",
            " %SerialNumber%\n",
            "%Username%@company.example",
        ] {
            assert_eq!(unfilled(left), Some(Unfilled::Variable), "{left}");
        }
        for empty in ["", "  ", "\n"] {
            assert_eq!(unfilled(empty), Some(Unfilled::Empty), "{empty:?}");
        }
    }

    #[test]
    fn a_value_is_no_variable() {
        for value in [
            "sam.doe@company.example",
            "sam+x@company.example",
            "ZZDEV00001",
            "mst1.AAkJCQkJ-_",
            "100%",
            "50% of 100%",
            "5$",
            "sam%20doe@company.example",
        ] {
            assert_eq!(unfilled(value), None, "{value}");
        }
    }
}
