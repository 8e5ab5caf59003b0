//! `muster-packaging pkg`: the package that is installed on a Mac.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use shared::agent_release::{AgentRelease, Executable, FORMAT, Package};
use shared::keys::sha256_hex;

use super::verify::told;
use super::{print, say};
use crate::cross::{self, Profile, inspect};
use crate::exit::{Exit, Failure};
use crate::pkg;
use crate::pkg::signing::{Signing, Tools};
use crate::pkg::source::Source;
use crate::place::Places;
use crate::target::{Target, oldest_macos};
use crate::verify::{Verdict, verify};

/// Version of agent, package and everything in it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Build the package that is installed on a Mac.
///
/// Builds the agent for both kinds of Mac, joins the two, makes and signs the
/// bundle, packs, and reads the package back as `verify` does. Beside it lies
/// `Muster-VERSION.json`, which says what was released. Two builds of the same
/// sources give the same bytes, unless a certificate signs with the time of
/// day.
///
/// Without certificates the program is signed ad hoc and the package is not
/// signed: good for tests, and for nobody else's Mac. On Linux `rcodesign`
/// signs. On a Mac the same command builds with Apple's own compiler and signs
/// with Apple's own tools; that way has not been run on a Mac yet.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to build: `agent` is what is shipped, `dev` is fast.
    #[arg(long, value_enum, default_value = "agent")]
    profile: Profile,
    /// The package; Muster-VERSION.pkg in the folder `package` of
    /// `CARGO_TARGET_DIR`, or else of ~/.cache/muster-target.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// An executable that is built already, one for each kind of Mac; nothing
    /// is built then.
    #[arg(long, value_name = "FILE")]
    slice: Vec<PathBuf>,
    /// Developer ID Application: certificate and key in a PEM file; on a Mac
    /// its name in the keychain.
    #[arg(long, value_name = "PEM", requires = "sign_installer")]
    sign_app: Option<OsString>,
    /// Developer ID Installer: likewise.
    #[arg(long, value_name = "PEM", requires = "sign_app")]
    sign_installer: Option<OsString>,
    /// Ask nobody for the time of signing; for test certificates, since Apple's
    /// notary wants a time that Apple vouches for.
    #[arg(long, conflicts_with = "notarize")]
    without_timestamp: bool,
    /// Sign the program as if it were this time, such as 2026-01-01T00:00:00Z,
    /// so that it can be built again. The signature of the package itself
    /// carries the time of day.
    #[arg(long, value_name = "TIME", requires = "without_timestamp")]
    signing_time: Option<OsString>,
    /// Have Apple's notary look at it and staple its ticket: the key file of
    /// `rcodesign encode-app-store-connect-api-key`; on a Mac the name of a
    /// profile of `xcrun notarytool store-credentials`.
    #[arg(long, value_name = "KEY.json", requires = "sign_app")]
    notarize: Option<OsString>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let places = Places::of_this_user()?;
    let source = Source::new(&places.checkout, VERSION)?;
    let out = match &args.out {
        Some(path) => path.clone(),
        None => places.target.join("package").join(format!("Muster-{VERSION}.pkg")),
    };
    let slices = slices(args, &places)?;
    let signing = Signing {
        app: args.sign_app.clone(),
        installer: args.sign_installer.clone(),
        notary: args.notarize.clone(),
        without_timestamp: args.without_timestamp,
        time: args.signing_time.clone(),
    };
    let tools = Tools::of_this_computer(&places, &signing)?;
    pkg::build(&source, &slices, (&tools, &signing), &out, &say)?;
    say("reading the package back");
    let file = fs::read(&out).map_err(|error| cannot("read", &out, &error))?;
    let verdict = verify(&file);
    print(&format!("{}\n", out.display()))?;
    told(&out.display().to_string(), &verdict)?;
    let manifest = manifest(&out, &file, verdict)?;
    print(&format!("manifest: {}\n", manifest.display()))
}

/// The executables, in the order of the kinds of Mac.
fn slices(args: &Args, places: &Places) -> Result<Vec<Vec<u8>>, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| cannot("read", path, &error));
    if !args.slice.is_empty() {
        return args.slice.iter().map(|path| read(path)).collect();
    }
    let built = Target::ALL.iter().map(|&target| {
        say(&format!("building for {}; the first time takes some minutes", target.triple()));
        let path = cross::executable(places, target, args.profile)?;
        say(&inspect(&path, target)?);
        read(&path)
    });
    built.collect()
}

/// Writes what was released beside the package.
fn manifest(out: &Path, file: &[u8], verdict: Verdict) -> Result<PathBuf, Failure> {
    let release = AgentRelease {
        format: FORMAT.to_owned(),
        version: verdict.version.unwrap_or_default(),
        package: Package {
            file: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            size: file.len() as u64,
            sha256: sha256_hex(file),
        },
        executable: Executable {
            sha256: verdict.program_sha256.unwrap_or_default(),
            architectures: verdict.architectures,
        },
        oldest_macos: oldest_macos(),
    };
    let text = release.to_text();
    AgentRelease::read(text.as_bytes()).map_err(|error| {
        let message = format!("no manifest can be written for {}: {error}", out.display());
        Failure::new(Exit::BadInput, format!("{message}; name the package Muster-{VERSION}.pkg"))
    })?;
    let path = out.with_file_name(format!("Muster-{VERSION}.json"));
    fs::write(&path, text).map_err(|error| cannot("written", &path, &error))?;
    Ok(path)
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    let exit = if what == "read" { Exit::Io } else { Exit::CannotCreate };
    let message = format!("{}: cannot be {what}: {error}; check the path", path.display());
    Failure::new(exit, message)
}
