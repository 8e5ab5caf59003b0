//! Columns of the device list: which there are, which are shown, and by which
//! a list can be ordered.

use crate::store::views::list::Column;

/// A column that can be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Status,
    Device,
    Owner,
    Model,
    System,
    Failing,
    Received,
    Key,
    Serial,
    Labels,
    Department,
    Build,
    Agent,
    Enrolled,
    Due,
}

/// What a column is called, and what it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnInfo {
    pub(crate) shown: Shown,
    /// In addresses, and as a class.
    pub(crate) word: &'static str,
    pub(crate) label: &'static str,
    /// By what the list is then ordered; none when it cannot be.
    pub(crate) order: Option<Column>,
    /// Its fields in exports.
    pub(crate) fields: &'static [&'static str],
}

const fn column(
    shown: Shown,
    (word, label): (&'static str, &'static str),
    order: Option<Column>,
    fields: &'static [&'static str],
) -> ColumnInfo {
    ColumnInfo { shown, word, label, order, fields }
}

/// How many of [`ALL`] are shown unless somebody chooses.
const DEFAULT: usize = 8;

/// Every column, in the order of the table.
pub(crate) const ALL: &[ColumnInfo] = &[
    column(
        Shown::Status,
        ("status", "Status"),
        Some(Column::Status),
        &["status", "status_since", "status_before_silence"],
    ),
    column(Shown::Device, ("device", "Device"), Some(Column::Device), &["device"]),
    column(Shown::Owner, ("owner", "Owner"), Some(Column::Owner), &["owner", "owner_email"]),
    column(Shown::Model, ("model", "Model"), Some(Column::Model), &["model", "model_name"]),
    column(
        Shown::System,
        ("macos", "macOS"),
        Some(Column::System),
        &["macos", "macos_releases_missed"],
    ),
    column(
        Shown::Failing,
        ("failing", "Failing rules"),
        Some(Column::Failing),
        &["failing", "unknown", "failing_recommended"],
    ),
    column(Shown::Received, ("reported", "Last report"), Some(Column::Received), &["last_report"]),
    column(Shown::Key, ("key", "Key"), Some(Column::Key), &["key_protection", "from_recording"]),
    column(Shown::Serial, ("serial", "Serial"), Some(Column::Serial), &["serial"]),
    column(Shown::Labels, ("labels", "Labels"), None, &["labels"]),
    column(
        Shown::Department,
        ("department", "Department"),
        Some(Column::Department),
        &["owner_department"],
    ),
    column(Shown::Build, ("build", "Build"), Some(Column::Build), &["macos_build"]),
    column(
        Shown::Agent,
        ("agent", "Agent"),
        Some(Column::Agent),
        &["agent_version", "agent_outdated", "agent_build"],
    ),
    column(Shown::Enrolled, ("enrolled", "Enrolled"), Some(Column::Enrolled), &["enrolled"]),
    column(Shown::Due, ("due", "First due"), Some(Column::Due), &["first_due"]),
];

/// Every order that can be asked for.
pub(crate) fn sort_words() -> [&'static str; 28] {
    [
        "status",
        "-status",
        "device",
        "-device",
        "owner",
        "-owner",
        "model",
        "-model",
        "macos",
        "-macos",
        "failing",
        "-failing",
        "reported",
        "-reported",
        "key",
        "-key",
        "serial",
        "-serial",
        "department",
        "-department",
        "build",
        "-build",
        "agent",
        "-agent",
        "enrolled",
        "-enrolled",
        "due",
        "-due",
    ]
}

/// Columns that somebody chose; none of them for the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Columns(Vec<Shown>);

impl Columns {
    /// Adds what an address names: words with commas between.
    pub(crate) fn add(&mut self, value: &str) -> Result<(), String> {
        for word in value.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            let known = ALL.iter().find(|info| info.word == word).ok_or_else(|| {
                let known: Vec<&str> = ALL.iter().map(|info| info.word).collect();
                format!("There is no such column. Use some of {}.", known.join(", "))
            })?;
            if !self.0.contains(&known.shown) {
                self.0.push(known.shown);
            }
        }
        Ok(())
    }

    /// The same in the order of the table; empty when they are the usual ones.
    #[must_use]
    pub(crate) fn settled(self) -> Self {
        let usual: Vec<Shown> = ALL.iter().take(DEFAULT).map(|info| info.shown).collect();
        let infos = ALL.iter().filter(|info| self.0.contains(&info.shown));
        // A row opens its device, so that column is always there.
        let chosen: Vec<Shown> = ALL
            .iter()
            .filter(|info| info.shown == Shown::Device || self.0.contains(&info.shown))
            .map(|info| info.shown)
            .collect();
        if infos.count() == 0 || chosen == usual { Self::default() } else { Self(chosen) }
    }

    /// What is shown, in the order of the table.
    pub(crate) fn shown(&self) -> Vec<ColumnInfo> {
        if self.0.is_empty() {
            return ALL.iter().take(DEFAULT).copied().collect();
        }
        ALL.iter().filter(|info| self.0.contains(&info.shown)).copied().collect()
    }

    /// As addresses name them; none for the usual ones.
    pub(crate) fn word(&self) -> Option<String> {
        let words: Vec<&str> = self.shown().iter().map(|info| info.word).collect();
        (!self.0.is_empty()).then(|| words.join(","))
    }

    /// Whether somebody chose.
    pub(crate) fn are_chosen(&self) -> bool {
        !self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{ALL, Columns, DEFAULT, Shown, sort_words};

    fn chosen(words: &[&str]) -> Columns {
        let mut columns = Columns::default();
        for word in words {
            columns.add(word).unwrap();
        }
        columns.settled()
    }

    #[test]
    fn chosen_columns_keep_the_order_of_the_table_and_the_device() {
        let columns = chosen(&["serial,labels", "status", "serial"]);
        assert_eq!(columns.word().as_deref(), Some("status,device,serial,labels"));
        assert!(Columns::default().add("colour").unwrap_err().contains("Use some of status"));
    }

    #[test]
    fn the_usual_columns_need_no_words() {
        let usual: Vec<&str> = ALL.iter().take(DEFAULT).map(|info| info.word).collect();
        assert_eq!(chosen(&[&usual.join(",")]), Columns::default());
        assert_eq!(chosen(&[",", ""]), Columns::default());
        assert_eq!(Columns::default().shown().last().map(|info| info.shown), Some(Shown::Key));
    }

    #[test]
    fn every_order_is_that_of_a_column() {
        let both = ALL.iter().filter(|info| info.order.is_some());
        let words: Vec<String> =
            both.flat_map(|info| [info.word.to_owned(), format!("-{}", info.word)]).collect();
        assert_eq!(words, sort_words());
    }
}
