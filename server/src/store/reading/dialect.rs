//! Where the two databases want other words for the same thing.

/// Which database is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// What a looked-up value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookedUp {
    Text,
    Number,
}

impl Dialect {
    /// `what` is one of the list of texts called `list`.
    pub(in crate::store) fn among(self, what: &str, list: &str) -> String {
        match self {
            Self::Sqlite => format!("{what} IN (SELECT value FROM json_each({list}))"),
            Self::Postgres => format!("{what} = ANY({list})"),
        }
    }

    /// A text ordered by its bytes, whatever language the database speaks.
    pub(in crate::store) fn by_bytes(self, text: &str) -> String {
        match self {
            Self::Sqlite => text.to_owned(),
            Self::Postgres => format!("{text} COLLATE \"C\""),
        }
    }

    /// A text with A to Z as a to z and every other letter as it is, ordered
    /// by its bytes.
    pub(in crate::store) fn folded(self, text: &str) -> String {
        match self {
            Self::Sqlite => format!("lower({text})"),
            Self::Postgres => format!("lower(({text}) COLLATE \"C\")"),
        }
    }

    /// `text` holds what the pattern called `pattern` says, whose letters A to
    /// Z are small.
    pub(in crate::store) fn like(self, text: &str, pattern: &str) -> String {
        match self {
            // Takes A to Z for a to z by itself.
            Self::Sqlite => format!("{text} LIKE {pattern} ESCAPE '\\'"),
            Self::Postgres => {
                format!("lower({text} COLLATE \"C\") LIKE {pattern} ESCAPE '\\'")
            }
        }
    }

    /// The table `named(name, key)`, made of two lists of equal length.
    pub(super) fn named(self, names: &str, keys: &str, kind: LookedUp) -> String {
        let select = match (self, kind) {
            (Self::Sqlite, _) => format!(
                "SELECT n.value, k.value FROM json_each({names}) n
                   JOIN json_each({keys}) k ON k.key = n.key"
            ),
            (Self::Postgres, LookedUp::Text) => {
                format!("SELECT * FROM unnest({names}::text[], {keys}::text[])")
            }
            (Self::Postgres, LookedUp::Number) => {
                format!("SELECT * FROM unnest({names}::text[], {keys}::bigint[])")
            }
        };
        format!("WITH named (name, key) AS MATERIALIZED ({select}) ")
    }

    /// No report of `device d` came yet. SQLite would rather read every row than
    /// ask the small index by itself; PostgreSQL keeps a column for it.
    pub(super) fn never_reported(self) -> &'static str {
        match self {
            Self::Sqlite => "d.id IN (SELECT id FROM device WHERE received_ms IS NULL)",
            Self::Postgres => "d.never_reported",
        }
    }

    /// A column that no index shall be used for: SQLite, which has no
    /// statistics, would look up every device for each rule.
    pub(super) fn not_by_index(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("+{column}"),
            Self::Postgres => column.to_owned(),
        }
    }
}
