//! `muster-packaging mdm`: what MDMs want to know of a package.

use std::fs;
use std::path::PathBuf;

use super::print;
use super::profile::put;
use crate::exit::{Exit, Failure};
use crate::mdm::{Release, Signer, files};
use crate::profiles::Team;

/// Write what MDMs want to know of a package.
///
/// Jamf (schema and extension attribute), ProfileManifests, Intune, Kandji,
/// Fleet, Munki, Apple's declaration and manifest, AutoPkg, Homebrew, and
/// `latest.json`. Everything is read from the package; the same package gives
/// the same bytes. packaging/mdm says what to do with each file.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The package.
    #[arg(long, value_name = "FILE")]
    pkg: PathBuf,
    /// The https address at which this very file will be fetched. `latest.json`
    /// and `manifest.plist` are expected beside it.
    #[arg(long, value_name = "URL")]
    url: String,
    /// The folder to write to; it is made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The name in the certificate that signed the package, for AutoPkg.
    #[arg(long, value_name = "NAME", requires = "team_id")]
    signer: Option<String>,
    /// The team in that certificate, such as ABCDE12345.
    #[arg(long, value_name = "ID", requires = "signer")]
    team_id: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let signer = match (&args.signer, &args.team_id) {
        (Some(name), Some(team)) => Some(Signer::new(name, Team::new(team)?)?),
        _ => None,
    };
    let shown = args.pkg.display().to_string();
    let file = fs::read(&args.pkg).map_err(|error| {
        Failure::new(Exit::Io, format!("{shown}: cannot be read: {error}; check the path"))
    })?;
    let release = Release::new(&shown, file, &args.url)?;
    let mut told = String::new();
    for (path, bytes) in files(&release, signer.as_ref())? {
        let path = put(&args.out, &path, &bytes)?;
        told.push_str(&path.display().to_string());
        told.push('\n');
    }
    if signer.is_none() {
        told.push_str("No recipe for AutoPkg is written: give `--signer` and `--team-id`.\n");
    }
    print(&told)
}
