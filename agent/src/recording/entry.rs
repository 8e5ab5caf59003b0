//! The entries of a recording, with stand-ins.

use std::collections::BTreeMap;

use plist::Value;
use serde_json::json;

use super::reduction;
use super::stand_ins::StandIns;
use crate::host::{Answer, Asked, FileAnswer};
use crate::property_list;

/// By what they answer, so that the order of a file never changes.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) commands: BTreeMap<String, serde_json::Value>,
    pub(super) files: BTreeMap<String, serde_json::Value>,
}

/// What stands for other things in a folder.
const OTHER: &str = "(others)";

/// What was asked, as it goes into the file.
pub(super) fn entries(asked: &[Asked], stand_ins: &mut StandIns) -> Entries {
    let mut entries = Entries::default();
    for one in asked {
        match one {
            Asked::Command(argv, answer) => entries.command(argv, answer, stand_ins),
            Asked::File(path, answer) => entries.file(path, answer, stand_ins),
            // A content that was read says more than that something is there.
            Asked::Presence(path, true) => {
                let path = stand_ins.path(path);
                entries.files.entry(path.clone()).or_insert_with(|| present(&path));
            }
            // The names in a folder tell what a person uses; that it holds
            // something has to remain true.
            Asked::Folder(path, names) if !names.is_empty() && path != "/Users" => {
                let path = format!("{}/{OTHER}", stand_ins.path(path));
                entries.files.insert(path.clone(), present(&path));
            }
            Asked::Presence(..) | Asked::Folder(..) => {}
        }
    }
    entries.without_folders();
    entries
}

fn present(path: &str) -> serde_json::Value {
    json!({"path": path, "present": true})
}

impl Entries {
    fn command(&mut self, argv: &[String], answer: &Answer, stand_ins: &mut StandIns) {
        let mut text = |bytes: &[u8]| {
            let text = reduction::answer(&argv.join(" "), &String::from_utf8_lossy(bytes));
            stand_ins.text(&text)
        };
        let entry = match answer {
            Answer::Done { exit, stdout, stderr } => {
                json!({"exit": exit, "stdout": text(stdout), "stderr": text(stderr)})
            }
            Answer::TimedOut => json!({"exit": null, "timed_out": true}),
            // Leaving it out says that it is missing; an endless answer
            // belongs in no file.
            Answer::Missing | Answer::Overlong => return,
        };
        let argv = stand_ins.argv(argv);
        let key = argv.join(" ");
        let mut entry = entry;
        if let Some(object) = entry.as_object_mut() {
            object.insert("argv".to_owned(), json!(argv));
        }
        self.commands.insert(key, entry);
    }

    fn file(&mut self, path: &str, answer: &FileAnswer, stand_ins: &mut StandIns) {
        let shown = stand_ins.path(path);
        let entry = match answer {
            FileAnswer::Missing => return,
            FileAnswer::Refused => present(&shown),
            FileAnswer::Bytes(bytes) => {
                if let Some(value) = property_list::parse(bytes) {
                    let value = concealed(reduction::file(path, value), stand_ins);
                    match reduction::xml(&value) {
                        Some(text) => json!({"path": shown, "text": text}),
                        None => present(&shown),
                    }
                } else {
                    let text = stand_ins.text(&String::from_utf8_lossy(bytes));
                    json!({"path": shown, "text": text})
                }
            }
        };
        self.files.insert(shown, entry);
    }

    /// A folder that was only looked for is implied by what is in it.
    fn without_folders(&mut self) {
        let paths: Vec<String> = self.files.keys().cloned().collect();
        self.files.retain(|path, entry| {
            let start = format!("{path}/");
            entry.get("present").is_none() || !paths.iter().any(|other| other.starts_with(&start))
        });
    }
}

/// A property list with names replaced, also those of keys.
fn concealed(value: Value, stand_ins: &mut StandIns) -> Value {
    match value {
        Value::String(text) => Value::String(stand_ins.text(&text)),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| concealed(item, stand_ins)).collect())
        }
        Value::Dictionary(keys) => {
            let keys = keys.into_iter();
            let keys = keys.map(|(key, value)| (stand_ins.text(&key), concealed(value, stand_ins)));
            Value::Dictionary(keys.collect())
        }
        // Nobody can tell what bytes say; no check reads any but a model.
        Value::Data(bytes) if !is_plain(&bytes) => Value::Data(Vec::new()),
        Value::Data(bytes) => {
            let text = stand_ins.text(&String::from_utf8_lossy(&bytes));
            Value::Data(text.into_bytes())
        }
        other => other,
    }
}

fn is_plain(bytes: &[u8]) -> bool {
    bytes.len() <= 64 && bytes.iter().all(|byte| matches!(byte, 0 | b' '..=b'~'))
}
