//! The file with a token for the first start, which somebody dropped there.

use std::path::Path;

use shared::agent_settings::ENROLLMENT_TOKEN;
use shared::token::Token;

use super::fault::Fault;
use super::private_file::{self, Private};
use super::{Layer, Source, Value};
use crate::config::settings_files;

/// Reads the file, if there is one.
pub(super) fn read(path: &Path) -> Layer {
    let mut layer = Layer::default();
    match private_file::read(path) {
        Private::Missing => {}
        Private::Refused(fault) => layer.faults.push(fault),
        Private::Text(text) if text.trim().lines().count() > 1 => {
            let says = format!("{} has more than one line", path.display());
            layer.faults.push(Fault::of_place(says, "write the token alone into it"));
        }
        Private::Text(text) => {
            layer.values.push((&ENROLLMENT_TOKEN, Value { text, source: Source::TokenFile }));
        }
    }
    layer
}

/// Removes the file once its token was traded for a key. One with another
/// token stays: somebody meant something by it.
pub(crate) fn forget(state_dir: &Path, traded: &Token) {
    let path = settings_files(state_dir).token;
    let Private::Text(text) = private_file::read(&path) else { return };
    let is_same = text.parse::<Token>().is_ok_and(|token| token == *traded);
    if is_same && let Err(error) = std::fs::remove_file(&path) {
        tracing::warn!(%error, path = %path.display(), "the token file cannot be removed");
    }
}
