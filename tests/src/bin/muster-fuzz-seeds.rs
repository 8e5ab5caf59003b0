//! The program `muster-fuzz-seeds`, which `tests/fuzz/run --keep` starts.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

fn main() -> Result<()> {
    let into = env::args_os().nth(1).map(PathBuf::from);
    tests::fuzzing::write_seeds(&into.context("name the folder to write seeds to")?)
}
