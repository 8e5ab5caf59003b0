//! `muster-packaging verify`: is a package what it should be?

use std::fs;
use std::path::PathBuf;

use super::print;
use crate::exit::{Exit, Failure};
use crate::verify::{Verdict, verify};

/// Read a package back and hold it against everything that must be true.
///
/// Prints what it holds, and then either `every gate passed` or each fault in a
/// line: where, what, and what to do.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The package.
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let shown = args.file.display();
    let file = fs::read(&args.file).map_err(|error| {
        Failure::new(Exit::Io, format!("{shown}: cannot be read: {error}; check the path"))
    })?;
    told(&shown.to_string(), &verify(&file))
}

/// Prints the listing and the verdict; fails when anything is wrong.
pub(super) fn told(shown: &str, verdict: &Verdict) -> Result<(), Failure> {
    print(&verdict.listing)?;
    if verdict.faults.is_empty() {
        return print("every gate passed\n");
    }
    for fault in &verdict.faults {
        print(&format!("FAULT {fault}\n"))?;
    }
    let many = match verdict.faults.len() {
        1 => "1 fault".to_owned(),
        count => format!("{count} faults"),
    };
    let message = format!("{shown}: {many}, printed above; do not hand this package out");
    Err(Failure::new(Exit::BadInput, message))
}
