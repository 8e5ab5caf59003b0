//! The whole command, with executables that are there already and certificates
//! that nobody trusts.

use std::fs;
use std::path::{Path, PathBuf};

use shared::agent_release::AgentRelease;
use shared::keys::sha256_hex;

use crate::fixture::{faults, made};
use crate::made::Made;
use crate::programs::{muster_packaging, rcodesign};

/// Version of this program, and so of what it packs.
const VERSION: &str = env!("CARGO_PKG_VERSION");

struct Desk(tempfile::TempDir);

impl Desk {
    /// A folder with an executable for each kind of Mac.
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        for (number, made) in made().into_iter().enumerate() {
            // As a linker leaves it: Intel's without a signature.
            let linked = Made {
                version: VERSION,
                signed: number == 0,
                hardened: false,
                identifier: "muster_agent-0123",
                bundle: None,
                ..made
            };
            fs::write(desk.path(&format!("slice-{number}")), linked.file()).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `muster-packaging pkg`: what it prints, or what it says against it.
    fn pack(&self, out: &str, more: &[&str]) -> Result<String, String> {
        let mut command = muster_packaging();
        command.arg("pkg").arg("--out").arg(self.path(out));
        for slice in ["slice-0", "slice-1"] {
            command.arg("--slice").arg(self.path(slice));
        }
        let output = command.args(more).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }

    /// Certificate and key of the kind that Apple gives, made here.
    fn certificate(&self, profile: &str) -> String {
        let path = self.path(&format!("{profile}.pem"));
        let mut command = rcodesign();
        command.args(["generate-self-signed-certificate", "--person-name", "Test of Muster"]);
        command.args(["--team-id", "ABCDE12345", "--profile", profile]);
        let output = command.arg("--pem-unified-file").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path.to_str().unwrap().to_owned()
    }
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn a_package_without_certificates_says_so_and_is_the_same_when_built_again() {
    let desk = Desk::new();
    let listing = desk.pack("a/Muster.pkg", &[]).unwrap();
    for line in [
        "\nsignature: unsigned package\n",
        "\nnotarization: no ticket\n",
        "arm64, macOS 12.0 or later, SDK 27.0, 2 system libraries, signed ad hoc, hardened runtime\n",
        "x86_64, macOS 12.0 or later, SDK 27.0, 2 system libraries, signed ad hoc, hardened runtime\n",
        "  -rwxr-xr-x 0:0",
        "  drwxr-xr-x 0:80             /Library/Application Support\n",
        "\nevery gate passed\n",
    ] {
        assert!(listing.contains(line), "{line}\n{listing}");
    }
    desk.pack("b/Muster.pkg", &[]).unwrap();
    let package = read(&desk.path("a/Muster.pkg"));
    assert_eq!(package, read(&desk.path("b/Muster.pkg")));
    assert!(listing.contains(&format!("\nSHA-256: {}\n", sha256_hex(&package))), "{listing}");
    assert_eq!(faults(&package), [""; 0]);

    let manifest = read(&desk.path(&format!("a/Muster-{VERSION}.json")));
    let release = AgentRelease::read(&manifest).unwrap();
    assert_eq!(release.package.file, "Muster.pkg");
    assert_eq!(release.package.sha256, sha256_hex(&package));
    assert_eq!(release.package.size, package.len() as u64);
    assert_eq!(release.executable.architectures, ["arm64", "x86_64"]);
    let program = packaging::verify::verify(&package).program_sha256;
    assert_eq!(Some(release.executable.sha256), program);
    // Nothing else is left in the folder.
    assert_eq!(fs::read_dir(desk.path("a")).unwrap().count(), 2);
}

#[test]
fn a_signed_package_is_believed_by_openssl_and_a_changed_one_is_not() {
    let desk = Desk::new();
    let app = desk.certificate("developer-id-application");
    let installer = desk.certificate("developer-id-installer");
    let time = ["--without-timestamp", "--signing-time", "2026-01-01T00:00:00Z"];
    let sign = [&["--sign-app", &app, "--sign-installer", &installer][..], &time].concat();
    let listing = desk.pack("a/Muster.pkg", &sign).unwrap();
    for part in [
        "signature: RSA by ",
        ", CMS by ",
        "CN=Developer ID Installer: Test of Muster (ABCDE12345)",
        "signed by ",
        "CN=Developer ID Application: Test of Muster (ABCDE12345)",
        "every gate passed",
    ] {
        assert!(listing.contains(part), "{part}\n{listing}");
    }
    let package = read(&desk.path("a/Muster.pkg"));
    let info = rcodesign().arg("print-signature-info").arg(desk.path("a/Muster.pkg")).output();
    let info = String::from_utf8(info.unwrap().stdout).unwrap();
    assert!(info.contains("Developer ID Installer: Test of Muster"), "{info}");

    let heap = heap(&package);
    let cms = heap + 20 + 256;
    for (at, style) in
        [(heap + 29, "RSA"), (cms + 900, "CMS"), (cms + 1500, "CMS"), (cms + 2000, "CMS")]
    {
        let mut changed = package.clone();
        changed[at] ^= 1;
        let found = faults(&changed);
        let expected = format!(
            "the signature {style}: it is none of the table of contents by the certificate beside it"
        );
        assert!(found[0].starts_with(&expected), "{found:?}");
    }
}

/// Where the heap begins: the digest, the RSA signature, the CMS signature.
fn heap(package: &[u8]) -> usize {
    28 + usize::try_from(u64::from_be_bytes(package[8..16].try_into().unwrap())).unwrap()
}

#[test]
fn signed_twice_as_if_at_one_time_only_the_package_s_own_time_differs() {
    let desk = Desk::new();
    let app = desk.certificate("developer-id-application");
    let installer = desk.certificate("developer-id-installer");
    let time = ["--without-timestamp", "--signing-time", "2026-01-01T00:00:00Z"];
    let sign = [&["--sign-app", &app, "--sign-installer", &installer][..], &time].concat();
    let [one, other] = ["a/Muster.pkg", "b/Muster.pkg"].map(|name| {
        desk.pack(name, &sign).unwrap();
        read(&desk.path(name))
    });
    // rcodesign gives the time to the program's signature. Into the CMS block
    // of a package it writes the time of day, whatever it is told.
    let cms = heap(&one) + 20 + 256;
    let padding = |package: &[u8]| package[cms..].windows(256).position(|it| it == [0; 256]);
    let end = cms + padding(&one).unwrap();
    assert_eq!(padding(&one), padding(&other));
    assert!(one[..cms] == other[..cms] && one[end..] == other[end..]);
    let program = |file: &[u8]| packaging::verify::verify(file).program_sha256.unwrap();
    assert_eq!(program(&one), program(&other));
}

#[test]
fn a_fault_of_an_executable_is_an_exit_code_and_a_line() {
    let desk = Desk::new();
    let [_, intel] = made();
    let other = Made { version: "9.9.9", signed: false, ..intel };
    fs::write(desk.path("slice-1"), other.file()).unwrap();
    let said = desk.pack("a/Muster.pkg", &[]).unwrap_err();
    let fault = format!("FAULT the program: its part number 2 is version `9.9.9`, not `{VERSION}`");
    assert!(said.contains(&fault), "{said}");
    assert!(said.contains(": 1 fault, printed above; do not hand this package out\n"), "{said}");
    // Only what passed gets a manifest.
    assert!(!desk.path(&format!("a/Muster-{VERSION}.json")).exists());
    fs::write(desk.path("slice-1"), b"\x7fELF is not for macOS").unwrap();
    let said = desk.pack("a/Muster.pkg", &[]).unwrap_err();
    assert!(said.contains("an executable is no 64-bit executable for macOS; build it"), "{said}");
}

#[test]
fn verify_ends_with_its_verdict() {
    let desk = Desk::new();
    desk.pack("Muster.pkg", &[]).unwrap();
    let verify = |name: &str| {
        let output = muster_packaging().arg("verify").arg(desk.path(name)).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text, errors)
    };
    let (code, text, _) = verify("Muster.pkg");
    assert_eq!(code, Some(0));
    assert!(text.ends_with("every gate passed\n"), "{text}");
    let mut file = read(&desk.path("Muster.pkg"));
    let last = file.len() - 1;
    file[last] ^= 1;
    fs::write(desk.path("changed.pkg"), file).unwrap();
    let (code, text, errors) = verify("changed.pkg");
    assert_eq!(code, Some(65));
    assert!(text.contains("\nFAULT Distribution: "), "{text}");
    assert!(!text.contains("every gate passed"), "{text}");
    assert!(errors.ends_with("printed above; do not hand this package out\n"), "{errors}");
    // Of what cannot be read nothing is claimed, not even that it is unsigned.
    fs::write(desk.path("text.pkg"), "no package").unwrap();
    let (code, text, _) = verify("text.pkg");
    assert_eq!(code, Some(65));
    assert!(text.starts_with("nothing in it can be read\nSHA-256: "), "{text}");
    let (code, _, errors) = verify("absent.pkg");
    assert_eq!((code, errors.lines().count()), (Some(74), 1));
}
