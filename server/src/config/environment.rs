//! Keys of `muster.toml` from the environment: `MUSTER_PUBLIC_URL`,
//! `MUSTER_TLS__CERTIFICATE`, `MUSTER_SIGN_IN__OPENID__0__NAME`.

use std::ffi::OsString;

use super::keys::{KEYS, Key};

/// What the names of all our variables begin with.
const PREFIX: &str = "MUSTER_";
/// The variable that names the configuration file.
pub const CONFIG: &str = "MUSTER_CONFIG";
/// Variables of ours that are no keys of the file.
const OTHERS: &[&str] = &[CONFIG, "MUSTER_LOG"];

/// A key that a variable gives.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The whole name.
    pub name: String,
    /// What it says; never shown, since it may hold a password.
    pub value: String,
    /// Which key it gives.
    pub key: &'static Key,
    /// The path of the key, with the number of an entry.
    pub path: Vec<String>,
}

/// The keys that variables give, sorted by name, and what is wrong with others.
pub fn variables(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Vec<Variable>, Vec<String>) {
    let mut ours: Vec<(OsString, OsString)> = environment
        .into_iter()
        .filter(|(name, _)| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()))
        .collect();
    ours.sort();
    let (mut known, mut wrong) = (Vec::new(), Vec::new());
    for (name, value) in ours {
        let name = name.to_string_lossy().into_owned();
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        match (find(&name), value.into_string()) {
            (Some((key, path)), Ok(value)) => known.push(Variable { name, value, key, path }),
            (Some(_), Err(_)) => wrong.push(format!("{name}: its value is not UTF-8")),
            (None, _) => wrong.push(unknown(&name)),
        }
    }
    (known, wrong)
}

/// The variable of a key; an entry is counted from 0.
pub fn name_of(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}

fn find(name: &str) -> Option<(&'static Key, Vec<String>)> {
    let path: Vec<String> = name.strip_prefix(PREFIX)?.split("__").map(str::to_lowercase).collect();
    // `MUSTER_listen` is another variable.
    if name.chars().any(|letter| letter.is_ascii_lowercase()) {
        return None;
    }
    let fits = |key: &&Key| {
        let parts: Vec<&str> = key.path.split('.').collect();
        parts.len() == path.len()
            && parts.iter().zip(&path).all(|(part, given)| match *part {
                "#" => given.len() <= 2 && given.parse::<u8>().is_ok(),
                part => part == given,
            })
    };
    KEYS.iter().find(fits).map(|key| (key, path.clone()))
}

fn unknown(name: &str) -> String {
    let known = KEYS.iter().map(|key| name_of(&key.path.replace('#', "0")));
    let known = known.chain(OTHERS.iter().map(|&name| name.to_owned()));
    let nearest = known.min_by_key(|known| distance(name, known)).unwrap_or_default();
    format!(
        "{name}: no key has this variable; the nearest is {nearest}. Take it out of the environment, or correct it"
    )
}

/// Letters that have to be put in, taken out or replaced.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.chars().enumerate() {
        let mut here = vec![row + 1];
        for (&there, pair) in other.iter().zip(above.windows(2)) {
            let &[diagonal, up] = pair else { continue };
            let left = here.last().copied().unwrap_or_default();
            here.push((diagonal + usize::from(letter != there)).min(up + 1).min(left + 1));
        }
        above = here;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{KEYS, distance, name_of, variables};

    fn read(list: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let list = list.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let (known, wrong) = variables(list);
        (known.iter().map(|it| it.path.join(".")).collect(), wrong)
    }

    #[test]
    fn every_key_has_a_variable_and_each_variable_one_key() {
        for key in KEYS {
            let path = key.path.replace('#', "0");
            assert_eq!(read(&[(&name_of(&path), "x")]), (vec![path], Vec::new()));
        }
        assert_eq!(name_of("sign_in.openid.0.client_id"), "MUSTER_SIGN_IN__OPENID__0__CLIENT_ID");
    }

    #[test]
    fn an_unknown_variable_is_refused_with_the_nearest_known_name() {
        let foreign = [("PATH", "/bin"), ("MUSTER_LOG", "debug"), ("MUSTER_CONFIG", "/c")];
        assert_eq!(read(&foreign), (Vec::new(), Vec::new()));
        for (name, nearest) in [
            ("MUSTER_PUBLIC_ULR", "MUSTER_PUBLIC_URL"),
            ("MUSTER_TLS_KEY", "MUSTER_TLS__KEY"),
            ("MUSTER_listen", "MUSTER_LISTEN"),
            ("MUSTER_LISTEN__X", "MUSTER_LISTEN"),
            ("MUSTER_SIGN_IN__OPENID__X__NAME", "MUSTER_SIGN_IN__OPENID__0__NAME"),
        ] {
            let (known, wrong) = read(&[(name, "s3cret")]);
            assert!(known.is_empty(), "{name}");
            let start = format!("{name}: no key has this variable; the nearest is {nearest}.");
            assert!(wrong[0].starts_with(&start), "{wrong:?}");
            assert!(!wrong[0].contains("s3cret"));
        }
    }

    #[test]
    fn distance_counts_letters() {
        assert_eq!(distance("abc", "abc"), 0);
        assert_eq!(distance("abc", "axc"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "bc"), 1);
    }
}
