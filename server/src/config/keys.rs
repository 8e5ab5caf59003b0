//! Every key of `muster.toml`, for those who give it by another way: the
//! environment and the credentials directory.

/// What is written after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words, an address or a path.
    Text,
    /// A number.
    Number,
    /// `true` or `false`.
    Switch,
    /// Several words; a variable separates them by commas.
    List,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path, such as `tls.key`; `#` stands for the number of an entry.
    pub path: &'static str,
    /// What is written after it.
    pub kind: Kind,
    /// What holds when nobody says anything.
    pub default: &'static str,
}

const fn key(path: &'static str, kind: Kind, default: &'static str) -> Key {
    Key { path, kind, default }
}

/// All keys, in the order of the documentation.
pub const KEYS: &[Key] = &[
    key("listen", Kind::Text, "127.0.0.1:8443"),
    key("public_url", Kind::Text, "https:// and the address it listens on"),
    key("database", Kind::Text, "muster.db in the state folder"),
    key("state_dir", Kind::Text, shared::names::SERVER_STATE),
    key("tls.certificate", Kind::Text, "from the collector's own CA"),
    key("tls.key", Kind::Text, "from the collector's own CA"),
    key("trusted_proxies", Kind::List, "none"),
    key("connections_per_address", Kind::Number, "1000"),
    key("policy", Kind::Text, "the built-in baseline"),
    key("agents.report_every", Kind::Text, "60m"),
    key("agents.failing_report_every", Kind::Text, "10m"),
    key("agents.packages", Kind::Text, "packages in the state folder"),
    key("os_releases.url", Kind::Text, crate::os_releases::source::PUBLIC_FEED),
    key("os_releases.fetch", Kind::Switch, "true"),
    key("os_releases.every", Kind::Text, "6h"),
    key("os_releases.corrections", Kind::Text, "the built-in ones"),
    key("os_releases.ca", Kind::Text, "none"),
    key("sign_in.passkeys", Kind::Switch, "true"),
    key("sign_in.mail", Kind::Text, "off"),
    key("sign_in.openid.#.name", Kind::Text, ""),
    key("sign_in.openid.#.title", Kind::Text, ""),
    key("sign_in.openid.#.issuer", Kind::Text, ""),
    key("sign_in.openid.#.client_id", Kind::Text, ""),
    key("sign_in.openid.#.client_secret_file", Kind::Text, "none"),
    key("sign_in.openid.#.ca", Kind::Text, "none"),
    key("sign_in.openid.#.hosted_domain", Kind::Text, "none"),
    key("sign_in.openid.#.tenant", Kind::Text, "none"),
    key("sign_in.openid.#.encrypted", Kind::Switch, "false"),
    key("sign_in.openid.#.employees", Kind::Switch, "false"),
    key("sign_in.openid.#.acr", Kind::List, "none"),
    key("sign_in.openid.#.amr", Kind::List, "none"),
    key("mail.server", Kind::Text, "no mail"),
    key("mail.from", Kind::Text, "no mail"),
    key("mail.user", Kind::Text, "none"),
    key("mail.password_file", Kind::Text, "none"),
    key("mail.ca", Kind::Text, "none"),
    key("metrics.listen", Kind::Text, "no metrics"),
    key("telemetry.otlp", Kind::Text, "no traces"),
    key("telemetry.service_name", Kind::Text, "muster-server"),
    key("telemetry.sample", Kind::Number, "1"),
    key("webhooks.allowed_networks", Kind::List, "public addresses alone"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::KEYS;
    use crate::config::parse;

    /// The keys that a table of the file takes, from what it says of a wrong one.
    fn taken(text: &str) -> BTreeSet<String> {
        let error = parse(text, "f").unwrap_err();
        let (_, list) = error.split_once("expected ").unwrap_or_else(|| panic!("{error}"));
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_file_of_the_package_explains_every_key_and_sets_none() {
        let text = include_str!("../../../packaging/linux/muster.toml");
        assert!(text.parse::<toml::Table>().unwrap().is_empty());
        let is_key = |line: &&str| {
            let key = line.split(" = ").next().unwrap_or_default();
            line.starts_with('[') || (line.contains(" = ") && !key.contains([' ', '`']))
        };
        let lines: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_key).collect();
        let read = crate::config::sources::read(&crate::config::sources::Given {
            file: Some(("muster.toml", &lines.join("\n"))),
            ..Default::default()
        });
        assert_eq!(read.problems, Vec::<String>::new());
        for key in KEYS {
            let path = key.path.replace('#', "0");
            assert!(read.sources.get(&path).is_some(), "{path} is not explained");
        }
    }

    #[test]
    fn the_list_holds_every_key_that_the_file_takes_and_no_other() {
        let mut tables: BTreeSet<&str> = BTreeSet::from([""]);
        tables.extend(KEYS.iter().filter_map(|key| key.path.rsplit_once('.')).map(|it| it.0));
        for table in tables {
            let start = if table.is_empty() { String::new() } else { format!("{table}.") };
            let listed: BTreeSet<String> = KEYS
                .iter()
                .filter_map(|key| key.path.strip_prefix(start.as_str()))
                .filter_map(|rest| rest.split('.').next())
                .map(str::to_owned)
                .collect();
            let header = match table {
                "" => String::new(),
                "sign_in.openid.#" => "[[sign_in.openid]]\n".to_owned(),
                "sign_in.openid" => continue,
                other => format!("[{other}]\n"),
            };
            assert_eq!(taken(&format!("{header}zzz = 1\n")), listed, "[{table}]");
        }
    }
}
