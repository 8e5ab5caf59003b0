//! What is written for a package, held against examples and bad input.

use std::path::{Path, PathBuf};

use super::*;
use crate::pkg::xar;
use crate::profiles::password::{self, MinimumLength};
use crate::profiles::{Company, access, settings};

/// A package that holds nothing but what it says of itself.
pub(crate) fn package(info: &str) -> Vec<u8> {
    let info = xar::Member::compressed("PackageInfo", info.as_bytes());
    xar::write(&[xar::Member::folder(COMPONENT, vec![info])])
}

const INFO: &str = "<pkg-info identifier=\"org.muster.agent\" version=\"1.2.3\">\
    <payload numberOfFiles=\"18\" installKBytes=\"9000\"/></pkg-info>";
const URL: &str = "https://downloads.company.example/muster/Muster-1.2.3.pkg";

fn release() -> Release {
    Release::new("x.pkg", package(INFO), URL).unwrap()
}

fn team() -> Team {
    Team::new("ABCDE12345").unwrap()
}

/// Holds `bytes` against an example of the tree, or writes it anew when
/// `MUSTER_RENEW` is set.
fn hold(path: &Path, bytes: &[u8], wrong: &mut Vec<String>) {
    if std::env::var_os("MUSTER_RENEW").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    if std::fs::read(path).ok().as_deref() != Some(bytes) {
        wrong.push(path.display().to_string());
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[test]
fn the_examples_in_the_tree_are_what_is_written() {
    let mut wrong = Vec::new();
    let signer = Signer::new("Company", team()).unwrap();
    for (path, bytes) in files(&release(), Some(&signer)).unwrap() {
        hold(&folder("mdm/examples").join(path), &bytes, &mut wrong);
    }
    let company = Company::new("Company").unwrap();
    let given: Vec<_> = shared::agent_settings::SETTINGS
        .iter()
        .map(|setting| (setting, setting.example.to_owned()))
        .collect();
    let length = MinimumLength::of_the_baseline();
    for (name, text) in [
        ("muster-access.mobileconfig", access::write(&company, &team())),
        ("muster-settings.mobileconfig", settings(&company, &given)),
        ("muster-password-policy.mobileconfig", password::profile(&company, length)),
        ("muster-password-policy.plist", password::account_policies(length)),
    ] {
        hold(&folder("profiles").join(name), text.unwrap().as_bytes(), &mut wrong);
    }
    assert!(
        wrong.is_empty(),
        "not as written; run `MUSTER_RENEW=1 cargo test --workspace --lib the_examples`:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_page_about_settings_holds_the_table() {
    let page = std::fs::read_to_string(folder("mdm/README.md")).unwrap();
    assert!(page.contains(&shared::agent_settings::document()), "{page}");
}

#[test]
fn a_file_that_is_no_package_of_the_agent_is_refused() {
    let refused = |file: Vec<u8>| {
        let failure = Release::new("x.pkg", file, URL).unwrap_err();
        assert_eq!(failure.exit, Exit::BadInput);
        failure.to_string()
    };
    let advice = "; give the file that `muster-packaging pkg` wrote";
    assert_eq!(refused(b"MZ".to_vec()), format!("x.pkg: it is no package{advice}"));
    let of = |from: &str, to: &str| refused(package(&INFO.replace(from, to)));
    assert!(
        of("org.muster.agent", "org.other").starts_with("x.pkg: it is the package of something")
    );
    assert!(of("1.2.3", "1.2.3-rc1").starts_with("x.pkg: it does not say its version and size"));
    assert!(of("9000", "many").contains("version and size"));
    let mut damaged = package(INFO);
    *damaged.last_mut().unwrap() ^= 1;
    assert!(refused(damaged).starts_with("x.pkg: it is damaged ("));
    let other = xar::write(&[xar::Member::stored("other", b"x")]);
    assert!(refused(other).contains("no package of the agent"));
}

#[test]
fn an_address_that_would_not_work_or_would_say_more_is_refused() {
    for wrong in [
        "",
        "http://downloads.company.example/Muster.pkg",
        "https://downloads.company.example",
        "https:///Muster.pkg",
        "https://downloads.company.example/Muster.dmg",
        "https://downloads.company.example/.pkg/",
        "https://downloads.company.example/a\"; rm -rf /.pkg",
        "https://downloads.company.example/$(id).pkg",
        "https://downloads.company.example/a b.pkg",
        "https://downloads.company.example/a\n.pkg",
        "https://downloads.company.example/#{x}.pkg",
    ] {
        let failure = Release::new("x.pkg", package(INFO), wrong).unwrap_err();
        assert_eq!(failure.exit, Exit::Usage, "{wrong}");
        assert!(failure.to_string().contains("must be the https address"), "{failure}");
    }
}

#[test]
fn a_signer_has_a_name_that_no_recipe_misreads() {
    for wrong in ["", " ", "a\nb", "a\"b", "a$b", "`id`"] {
        assert_eq!(Signer::new(wrong, team()).unwrap_err().exit, Exit::Usage, "{wrong}");
    }
    let paths = |signer: Option<&Signer>| -> Vec<String> {
        files(&release(), signer).unwrap().into_iter().map(|(path, _)| path).collect()
    };
    assert!(!paths(None).iter().any(|path| path.starts_with("autopkg/")));
}

#[test]
fn a_large_package_is_pinned_in_pieces() {
    let mut release = release();
    release.file = vec![7; 10 * 1024 * 1024 + 1];
    let manifest = apple::manifest(&release).unwrap();
    let digests = manifest.matches("<string>").count();
    assert!(manifest.contains(&sha256_hex(&[7])), "the last piece is one byte");
    assert_eq!(digests, 8, "{manifest}");
    let changed = Release { file: vec![8; 3], ..release.clone() };
    let token = |release: &Release| apple::declaration(release).unwrap();
    assert_ne!(token(&release), token(&changed), "a Mac looks at a changed package again");
}
