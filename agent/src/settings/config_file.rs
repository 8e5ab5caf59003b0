//! The file `config.toml`, for Macs without a profile.

use std::path::Path;

use shared::agent_settings::of_toml;

use super::fault::Fault;
use super::private_file::{self, Private};
use super::{Layer, Source, Value};

/// Reads the file, if there is one.
pub(super) fn read(path: &Path) -> Layer {
    let mut layer = Layer::default();
    match private_file::read(path) {
        Private::Missing => {}
        Private::Refused(fault) => layer.faults.push(fault),
        Private::Text(text) => match toml::from_str::<toml::Table>(&text) {
            Ok(table) => fill(&mut layer, table),
            Err(error) => layer.faults.push(no_toml(path, &text, &error)),
        },
    }
    layer
}

fn fill(layer: &mut Layer, table: toml::Table) {
    for (name, value) in table {
        match (of_toml(&name), value) {
            (Some(setting), toml::Value::String(text)) => {
                layer.values.push((setting, Value { text, source: Source::ConfigFile }));
            }
            (Some(setting), _) => layer.faults.push(Fault::no_text(setting, Source::ConfigFile)),
            (None, _) => layer.faults.push(Fault::unknown(&name, Source::ConfigFile)),
        }
    }
}

/// Where it is wrong, but not with which words: the line may hold a token.
fn no_toml(path: &Path, text: &str, error: &toml::de::Error) -> Fault {
    let at = error.span().map_or(0, |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let says = format!("line {line} of {} is no valid TOML", path.display());
    Fault::of_place(says, "write each setting as name = \"value\", once")
}
