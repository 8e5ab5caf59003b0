//! From executables to a package: joins, signs, packs, signs again.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Layers;
use super::signing::{Signing, Tools};
use super::source::{Bundle, SEAL, Source};
use crate::exit::{Exit, Failure};
use crate::mach_o::{MachO, universal, uuid};

/// Makes the package at `out` of executables for different processors.
///
/// # Errors
///
/// When an executable is none, a tool fails, or a file cannot be read or
/// written.
pub(crate) fn build(
    source: &Source,
    slices: &[Vec<u8>],
    (tools, signing): (&Tools, &Signing),
    out: &Path,
    say: &dyn Fn(&str),
) -> Result<(), Failure> {
    let foreign = |error| Failure::new(Exit::BadInput, format!("an executable {error}; build it"));
    let read = |slice: &Vec<u8>| MachO::read(slice).map(|found| found.architecture);
    let architectures = slices.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(foreign)?;
    let slices = slices.iter().map(|slice| uuid::of_content(slice));
    let slices = slices.collect::<Result<Vec<_>, _>>().map_err(foreign)?;
    let parts: Vec<&[u8]> = slices.iter().map(Vec::as_slice).collect();
    let program = universal::join(&parts).map_err(foreign)?;

    let folder = out.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = |path: &Path| {
        let path = path.to_owned();
        move |error: io::Error| {
            let message =
                format!("{}: cannot be written: {error}; check the folder", path.display());
            Failure::new(Exit::CannotCreate, message)
        }
    };
    fs::create_dir_all(folder).map_err(cannot(folder))?;
    // Beside the result, so that it can be moved there whole.
    let work =
        tempfile::Builder::new().prefix("pkg-").tempdir_in(folder).map_err(cannot(folder))?;

    say("signing the program");
    let app = work.path().join("Muster.app");
    lay_down(&source.bundle(program)?, &app).map_err(cannot(&app))?;
    let entitlements = work.path().join("entitlements.plist");
    fs::write(&entitlements, source.text("entitlements.plist")?).map_err(cannot(&entitlements))?;
    tools.sign_bundle(signing, &entitlements, &app).run("signing the program")?;
    let bundle = read_back(&app, source)?;

    say("packing");
    let layers = Layers::of(&source.parts(bundle, &architectures)?)?;
    let unsigned = work.path().join("unsigned.pkg");
    fs::write(&unsigned, layers.archive()).map_err(cannot(&unsigned))?;
    let signed = work.path().join("signed.pkg");
    let ready = match tools.sign_package(signing, &unsigned, &signed) {
        None => unsigned,
        Some(line) => {
            say("signing the package");
            line.run("signing the package")?;
            signed
        }
    };
    for line in tools.notarize(signing, &ready) {
        say("waiting for Apple's notary, up to half an hour");
        line.run("notarizing the package")?;
    }
    fs::rename(&ready, out).map_err(cannot(out))
}

fn lay_down(bundle: &Bundle, folder: &Path) -> io::Result<()> {
    for (path, bytes) in bundle {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, bytes)?;
    }
    Ok(())
}

/// The files of a signed bundle: what was laid down, and its seal. Whatever
/// else a tool leaves there is read as well, so that it is noticed.
fn read_back(app: &Path, source: &Source) -> Result<Bundle, Failure> {
    let mut files = Vec::new();
    walk(app, &mut files).map_err(|error| cannot_read(app, &error))?;
    let mut bundle = Bundle::new();
    for path in files {
        let bytes = fs::read(&path).map_err(|error| cannot_read(&path, &error))?;
        let within = path.strip_prefix(app).unwrap_or(&path);
        bundle.insert(within.to_string_lossy().into_owned(), bytes);
    }
    let known = source.bundle(Vec::new())?;
    let missing =
        known.keys().map(String::as_str).chain([SEAL]).find(|it| !bundle.contains_key(*it));
    match missing {
        None => Ok(bundle),
        Some(path) => {
            let message = format!("the signed bundle lacks {path}; look at the tool that signs");
            Err(Failure::new(Exit::BuildFails, message))
        }
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let message = format!("{}: cannot be read: {error}; check the folder", path.display());
    Failure::new(Exit::Io, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pkg::source::program_in_bundle;

    #[test]
    fn what_was_laid_down_is_read_back_and_what_is_missing_is_named() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let source = Source::new(&checkout, "1.2.3").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut bundle = source.bundle(b"program".to_vec()).unwrap();
        lay_down(&bundle, folder.path()).unwrap();
        let said = read_back(folder.path(), &source).unwrap_err().to_string();
        let expected = "the signed bundle lacks Contents/_CodeSignature/CodeResources; look at \
                        the tool that signs";
        assert_eq!(said, expected);
        bundle.insert(SEAL.to_owned(), b"seal".to_vec());
        lay_down(&bundle, folder.path()).unwrap();
        assert_eq!(read_back(folder.path(), &source).unwrap(), bundle);
        assert!(bundle.contains_key(program_in_bundle()));
    }
}
