//! What MDMs are given, read by programs that know their formats.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::outside::{files, packaging, property_list, python, run};

/// The examples in the tree, which a unit test holds against the program.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mdm/examples")
}

fn example(path: &str) -> PathBuf {
    examples().join(path)
}

fn of_kind(ending: &str) -> Vec<PathBuf> {
    let all = files(&examples());
    let found: Vec<_> =
        all.into_iter().filter(|path| path.extension().is_some_and(|it| it == ending)).collect();
    assert!(!found.is_empty(), "no example ends with .{ending}");
    found
}

#[test]
fn property_lists_are_read_by_python_and_xmllint() {
    for path in of_kind("plist") {
        property_list(&path);
        let checked =
            run("xmllint", "libxml2-utils", &["--noout", "--nonet", path.to_str().unwrap()], b"");
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
    let pkginfo = property_list(&example("munki/pkginfo.plist"));
    assert_eq!(pkginfo["installer_item_location"], "Muster-1.2.3.pkg");
    assert_eq!(pkginfo["supported_architectures"], json!(["arm64", "x86_64"]));
    let manifest = property_list(&example("ddm/manifest.plist"));
    let asset = &manifest["items"][0]["assets"][0];
    assert_eq!(asset["sha256s"][0], pkginfo["installer_item_hash"]);
    assert_eq!(asset["sha256-size"], 10 * 1024 * 1024);
}

#[test]
fn every_script_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let pkginfo = property_list(&example("munki/pkginfo.plist"));
    let mut scripts = of_kind("sh");
    for key in ["installcheck_script", "uninstall_script"] {
        let path = folder.path().join(key);
        std::fs::write(&path, pkginfo[key].as_str().unwrap()).unwrap();
        scripts.push(path);
    }
    for path in scripts {
        let name = path.to_str().unwrap();
        for (program, arguments) in [("sh", &["-n", name][..]), ("shellcheck", &["-s", "sh", name])]
        {
            let output = run(program, program, arguments, b"");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{program} {name}: {said}");
        }
    }
}

#[test]
fn a_script_asks_for_an_installation_where_nothing_is_installed() {
    let audit = example("kandji/audit.sh");
    let output = run("sh", "dash", &[audit.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "Muster 1.2.3 is wanted, none is installed\n"
    );
    let attribute = example("jamf/extension-attribute.sh");
    let output = run("sh", "dash", &[attribute.to_str().unwrap()], b"");
    assert_eq!(output.stdout, b"<result>none</result>\n");
}

#[test]
fn the_jamf_schema_is_a_schema_and_takes_the_settings_alone() {
    let program = r"
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
check = jsonschema.Draft7Validator(schema)
good = {'EnrollmentToken': 'mst1.x', 'Owner': '$EMAIL', 'SerialNumber': '$SERIALNUMBER'}
print(check.is_valid(good), check.is_valid({}), check.is_valid({'Token': 'x'}), check.is_valid({'Owner': 1}))
";
    let said =
        python("jsonschema", "python3-jsonschema", program, &example("jamf/org.muster.agent.json"));
    assert_eq!(said.trim(), "True True False False");
}

#[test]
fn yaml_is_read_by_python() {
    let program = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let read = |path: &str| -> Value {
        let text = python("yaml", "python3-yaml", program, &example(path));
        serde_json::from_str(&text).unwrap()
    };
    let package = read("fleet/muster.package.yml");
    assert_eq!(package["url"], "https://downloads.company.example/muster/Muster-1.2.3.pkg");
    assert_eq!(package["hash_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(package["uninstall_script"]["path"], "uninstall.sh");
    let recipe = read("autopkg/Muster.download.recipe.yaml");
    let steps = recipe["Process"].as_array().unwrap();
    let verifier = steps.iter().find(|step| step["Processor"] == "CodeSignatureVerifier").unwrap();
    let names = &verifier["Arguments"]["expected_authority_names"];
    assert_eq!(
        *names,
        json!([
            "Developer ID Installer: Company (ABCDE12345)",
            "Developer ID Certification Authority",
            "Apple Root CA"
        ])
    );
    // What the recipe looks for is what latest.json says.
    let latest = std::fs::read_to_string(example("latest.json")).unwrap();
    assert!(latest.contains("\"version\": \"1.2.3\""), "{latest}");
    assert!(latest.contains("\"url\": \"https://downloads.company.example/"), "{latest}");
    assert_eq!(read("autopkg/Muster.munki.recipe.yaml")["ParentRecipe"], recipe["Identifier"]);
}

#[test]
fn wrong_input_is_refused_in_one_line_for_every_option() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.pkg");
    std::fs::write(&file, "no package").unwrap();
    let (file, out) = (file.to_str().unwrap(), folder.path().to_str().unwrap());
    let url = "https://downloads.company.example/Muster-1.2.3.pkg";
    let good = ["--pkg", file, "--url", url, "--out", out];
    for (arguments, exit, says) in [
        (&["--pkg", "/none", "--url", url, "--out", out][..], 74, "/none: cannot be read"),
        (&good, 65, "it is no package; give the file that `muster-packaging pkg` wrote"),
        (&["--url", url, "--out", out], 64, "--pkg"),
        (&[&good[..], &["--signer", "Company"]].concat(), 64, "--team-id"),
        (&[&good[..], &["--signer", "Company", "--team-id", "x"]].concat(), 64, "ten capitals"),
        (&[&good[..], &["--signer", "a$b", "--team-id", "ABCDE12345"]].concat(), 64, "`--signer`"),
    ] {
        let (code, _, said) = packaging(&[&["mdm"][..], arguments].concat(), b"");
        assert_eq!((code, said.lines().count()), (exit, 1), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}
