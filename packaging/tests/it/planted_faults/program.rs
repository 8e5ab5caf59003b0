//! Faults of the program and of the bundle around it.

use super::*;

#[test]
fn a_part_that_is_missing_or_wrong_is_named() {
    let [arm, intel] = made();
    let both = |arm: Made, intel: Made| packed(&parts_of(&[arm, intel]));
    let program = AGENT_EXECUTABLE;
    assert_all_found(
        &packed(&parts_of(std::slice::from_ref(&arm))),
        &[
            &format!("{program}: it has no part for x86_64; build it with"),
            "Distribution: its list of processors is `arm64,x86_64`, not `arm64`",
        ],
    );
    assert_found(
        &both(arm.clone(), Made { oldest: 0x000d_0000, ..intel.clone() }),
        &format!("{program}: the part for x86_64: it wants macOS 13.0, not 12.0"),
    );
    assert_found(
        &both(Made { version: "9.9.9", ..arm.clone() }, intel.clone()),
        "the program: its part number 1 is version `9.9.9`, not `1.2.3`",
    );
    assert_found(
        &both(arm.clone(), Made { version: "", ..intel.clone() }),
        "the program: its part number 2 does not say its version",
    );
    assert_found(
        &both(Made { hardened: false, ..arm.clone() }, intel.clone()),
        &format!("{program} (arm64): it is signed without the hardened runtime"),
    );
    assert_found(
        &both(arm.clone(), Made { identifier: "a.out", ..intel.clone() }),
        &format!("{program} (x86_64): it is signed as `a.out`, not as org.muster.agent"),
    );
    assert_found(
        &both(arm, Made { signed: false, ..intel }),
        &format!("{program} (x86_64): it is not signed"),
    );
}

#[test]
fn a_bundle_that_was_changed_after_it_was_signed_is_named() {
    let information = format!("{AGENT_BUNDLE}/Contents/Info.plist");
    let with = |path: &str, from: &str, to: &str| {
        with_entry(path, |entry| {
            let text = String::from_utf8(entry.bytes().to_vec()).unwrap();
            assert!(text.contains(from), "{from}");
            entry.content = Content::File(text.replacen(from, to, 1).into_bytes());
        })
    };
    let not_of = |what: &str| {
        ["arm64", "x86_64"].map(|it| {
            format!("{AGENT_EXECUTABLE} ({it}): the signature is not of the bundle's {what}")
        })
    };
    let [arm, intel] = not_of("Contents/Info.plist");
    assert_all_found(
        &with(&information, "<string>1.2.3</string>", "<string>1.2.4</string>"),
        &[&arm, &intel, "Info.plist: its version is `1.2.4`, not `1.2.3`"],
    );
    let [arm, intel] = not_of(SEAL);
    assert_all_found(
        &with(&format!("{AGENT_BUNDLE}/{SEAL}"), "<dict>", "<dict>\n"),
        &[&arm, &intel],
    );
    let uninstall = format!("{AGENT_BUNDLE}/Contents/Resources/uninstall.sh");
    assert_found(
        &with(&uninstall, "set -u", "set +u"),
        &format!("{uninstall}: it is not the file that was signed with the bundle"),
    );
}

#[test]
fn a_changed_byte_of_the_program_is_no_longer_what_was_signed() {
    let file = with_entry(AGENT_EXECUTABLE, |entry| {
        let Content::File(bytes) = &mut entry.content else { panic!("a folder") };
        bytes[16_384 + 5000] ^= 1;
    });
    let expected = "the part for arm64: 1 of its pages are not those that were signed";
    assert_found(&file, &format!("{AGENT_EXECUTABLE}: {expected}"));
}
