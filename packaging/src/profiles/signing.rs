//! Signing a profile, so that a Mac shows from whom it is.

use std::ffi::OsStr;
use std::path::Path;

use crate::exit::{Exit, Failure};
use crate::program::{answer, last_words, program};

/// Signs `text` with a certificate and its key, both PEM.
///
/// # Errors
///
/// When openssl is missing, or refuses them.
pub fn sign(text: &str, certificate: &Path, key: &Path) -> Result<Vec<u8>, Failure> {
    for path in [certificate, key] {
        std::fs::File::open(path).map_err(|error| {
            let message = format!("{}: cannot be read: {error}; check the path", path.display());
            Failure::new(Exit::Io, message)
        })?;
    }
    let file = tempfile::NamedTempFile::new().and_then(|file| {
        std::fs::write(file.path(), text)?;
        Ok(file)
    });
    let file = file.map_err(|error| {
        Failure::new(Exit::CannotCreate, format!("a temporary file cannot be written: {error}"))
    })?;
    let mut openssl = program("openssl");
    openssl.args(["smime", "-sign", "-nodetach", "-outform", "der", "-binary"]);
    openssl.args([OsStr::new("-signer"), certificate.as_os_str()]);
    openssl.args([OsStr::new("-inkey"), key.as_os_str()]);
    openssl.args([OsStr::new("-in"), file.path().as_os_str()]);
    let output = answer(&mut openssl, "install the Debian package openssl")?;
    if output.status.success() && !output.stdout.is_empty() {
        return Ok(output.stdout);
    }
    let message = format!(
        "openssl does not sign with {} and {}: {}; give a certificate and its own key, both PEM",
        certificate.display(),
        key.display(),
        last_words(&output)
    );
    Err(Failure::new(Exit::BadInput, message))
}
