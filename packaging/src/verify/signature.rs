//! Holds the signatures of a package and of its program against openssl.
//!
//! Whether the bytes were signed by the key of the certificate that stands
//! beside them is decided here. Whether that certificate is one of Apple's is
//! not: only a Mac knows that (`pkgutil --check-signature`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::xar::Archive;
use super::{BUILD_AGAIN, Fault};
use crate::exit::{Exit, Failure};
use crate::program::{answer, program};

/// Who signed, by what openssl calls the subject of the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `RSA` or `CMS`.
    pub style: String,
    /// The subject of the certificate; nothing where it does not fit.
    pub by: Option<String>,
}

const SIGN_AGAIN: &str = "sign the package again";

/// Every signature of an archive, and a fault for each that does not fit.
pub fn look(archive: &Archive, faults: &mut Vec<Fault>) -> Vec<Signed> {
    let mut signed = Vec::new();
    for signature in &archive.signatures {
        let place = format!("the signature {}", signature.style);
        let checked = check(
            &signature.style,
            &signature.bytes,
            signature.certificates.first().map(String::as_str),
            &archive.table_digest,
        );
        let by = match checked {
            Ok(Some(by)) => Some(by),
            Ok(None) => {
                let what = "it is none of the table of contents by the certificate beside it";
                faults.push(Fault::new(&place, what, SIGN_AGAIN));
                None
            }
            Err(failure) => {
                faults.push(Fault::new(&place, failure.to_string(), "then verify again"));
                None
            }
        };
        signed.push(Signed { style: signature.style.clone(), by });
    }
    let mut styles: Vec<&str> = signed.iter().map(|it| it.style.as_str()).collect();
    styles.sort_unstable();
    // Stapling needs the second, the oldest Macs the first.
    if !styles.is_empty() && styles != ["CMS", "RSA"] {
        let what = format!("its signatures are {}, not RSA and CMS", styles.join(" and "));
        faults.push(Fault::new("the archive", what, SIGN_AGAIN));
    }
    signed
}

/// Who made the signature of a program, over its code directory.
pub fn of_program(directory: &[u8], cms: &[u8]) -> Result<Option<String>, Fault> {
    let checked = Work::new().and_then(|work| {
        let cms = work.put("cms", cms)?;
        let content = work.put("content", directory)?;
        let signer = work.path("signer");
        let words = [OsStr::new("-signer"), signer.as_os_str()];
        if !work.cms(&cms, &content, &words)? {
            return Ok(None);
        }
        Work::subject(&signer)
    });
    checked.map_err(|failure| Fault::new("the program", failure.to_string(), BUILD_AGAIN))
}

fn check(
    style: &str,
    signature: &[u8],
    certificate: Option<&str>,
    digest: &[u8],
) -> Result<Option<String>, Failure> {
    let Some(certificate) = certificate else { return Ok(None) };
    let work = Work::new()?;
    let lines: Vec<&str> =
        certificate.as_bytes().chunks(64).filter_map(|it| std::str::from_utf8(it).ok()).collect();
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    let pem = work.put("certificate", pem.as_bytes())?;
    let digest = work.put("digest", digest)?;
    let fits = match style {
        "RSA" => work.rsa(&pem, &work.put("signature", signature)?, &digest)?,
        "CMS" => {
            // Only the certificate that the table names may have signed.
            let words = [OsStr::new("-nointern"), OsStr::new("-certfile"), pem.as_os_str()];
            let path = work.put("signature", signature)?;
            // It holds that certificate too, and is filled up with zeros.
            let der = Work::der(&pem)?;
            signature.windows(der.len().max(1)).any(|it| it == der)
                && behind(signature).is_none_or(|rest| rest.iter().all(|&byte| byte == 0))
                && work.cms(&path, &digest, &words)?
        }
        _ => false,
    };
    if fits { Work::subject(&pem) } else { Ok(None) }
}

/// What stands behind a DER sequence whose length has two or three bytes, as a
/// signature's has; nothing where its length is written otherwise.
fn behind(der: &[u8]) -> Option<&[u8]> {
    let length = match der {
        [0x30, 0x82, a, b, ..] => 4 + (usize::from(*a) << 8) + usize::from(*b),
        [0x30, 0x83, a, b, c, ..] => {
            5 + (usize::from(*a) << 16) + (usize::from(*b) << 8) + usize::from(*c)
        }
        _ => return None,
    };
    der.get(length..)
}

/// A folder for the files that openssl is given.
struct Work(tempfile::TempDir);

impl Work {
    fn new() -> Result<Self, Failure> {
        tempfile::tempdir().map(Self).map_err(|error| {
            let message = format!("no temporary folder can be made: {error}; check TMPDIR");
            Failure::new(Exit::CannotCreate, message)
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.path(name);
        fs::write(&path, bytes).map_err(|error| {
            let message = format!("{}: cannot be written: {error}; check TMPDIR", path.display());
            Failure::new(Exit::CannotCreate, message)
        })?;
        Ok(path)
    }

    /// The two forms that are in use: `rcodesign` signs the SHA-256 of the
    /// table's digest, Apple's tools sign the digest itself as a SHA-1.
    fn rsa(&self, pem: &Path, signature: &Path, digest: &Path) -> Result<bool, Failure> {
        let mut words = ["x509", "-noout", "-pubkey", "-in"].map(OsStr::new).to_vec();
        words.push(pem.as_os_str());
        let key = self.put("key", &openssl(&words)?.stdout)?;
        let [key, signature, digest] = [&key, signature, digest].map(Path::as_os_str);
        let mut first = ["dgst", "-sha256", "-verify"].map(OsStr::new).to_vec();
        first.extend([key, OsStr::new("-signature"), signature, digest]);
        let mut second = ["pkeyutl", "-verify", "-pkeyopt", "digest:sha1", "-pubin", "-inkey"]
            .map(OsStr::new)
            .to_vec();
        second.extend([key, OsStr::new("-sigfile"), signature, OsStr::new("-in"), digest]);
        Ok(openssl(&first)?.status.success() || openssl(&second)?.status.success())
    }

    fn cms(&self, cms: &Path, content: &Path, more: &[&OsStr]) -> Result<bool, Failure> {
        let nothing = self.path("out");
        let mut words = ["cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in"]
            .map(OsStr::new)
            .to_vec();
        words.extend([cms.as_os_str(), OsStr::new("-content"), content.as_os_str()]);
        words.extend([OsStr::new("-out"), nothing.as_os_str()]);
        words.extend(more);
        Ok(openssl(&words)?.status.success())
    }

    fn der(pem: &Path) -> Result<Vec<u8>, Failure> {
        let mut words = ["x509", "-outform", "DER", "-in"].map(OsStr::new).to_vec();
        words.push(pem.as_os_str());
        Ok(openssl(&words)?.stdout)
    }

    fn subject(pem: &Path) -> Result<Option<String>, Failure> {
        let mut words =
            ["x509", "-noout", "-subject", "-nameopt", "RFC2253", "-in"].map(OsStr::new).to_vec();
        words.push(pem.as_os_str());
        let output = openssl(&words)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let subject = said.trim().strip_prefix("subject=").map(|it| it.trim().to_owned());
        Ok(subject.filter(|_| output.status.success()))
    }
}

fn openssl(words: &[&OsStr]) -> Result<Output, Failure> {
    answer(program("openssl").args(words), "install openssl (on Debian: apt-get install openssl)")
}
