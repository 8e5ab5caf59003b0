//! The reader, over files that are put together here.

use super::made::{CODE, CODE_DIRECTORY_MAGIC, Made, signature};
use super::*;

#[test]
fn everything_an_executable_says_is_read() {
    let made = Made { search_path: Some("@loader_path/lib"), ..Made::right() };
    let found = MachO::read(&made.file()).unwrap();
    assert_eq!(found.architecture, Architecture::Arm64);
    assert!(found.is_executable && found.is_position_independent);
    assert_eq!(found.oldest_macos, Some(Version(12, 0, 0)));
    assert_eq!(found.sdk, Some(Version(27, 0, 0)));
    assert_eq!(found.libraries, made.libraries);
    assert_eq!(found.search_paths, ["@loader_path/lib"]);
    let signature = found.signature.unwrap();
    assert!(signature.is_ad_hoc && !signature.is_hardened);
    assert_eq!((signature.wrong_pages, signature.identifier.as_str()), (0, "a.out"));
    assert_eq!((signature.cms, signature.information, signature.seal), (None, None, None));
}

#[test]
fn a_signature_names_the_files_of_its_bundle() {
    let bundle = [vec![1; 32], vec![3; 32]];
    let made = Made { bundle: Some(bundle.clone()), hardened: true, ..Made::right() };
    let signature = MachO::read(&made.file()).unwrap().signature.unwrap();
    assert_eq!([signature.information, signature.seal], bundle.map(Some));
    assert!(signature.is_hardened && signature.wrong_pages == 0);
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused_and_never_misread() {
    let file = Made::right().file();
    for end in 0..file.len() {
        assert!(MachO::read(&file[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn no_byte_of_the_commands_can_be_changed_into_a_panic() {
    let file = Made::right().file();
    let before_code = file.len() - signature(&vec![0; file.len()], "", 0, None).len() - CODE;
    for at in (0..before_code + 64).chain(file.len() - 200..file.len()) {
        for value in [0, 1, 7, 0x7f, 0x80, 0xff] {
            let mut changed = file.clone();
            changed[at] = value;
            let _ = MachO::read(&changed);
        }
    }
}

#[test]
fn other_files_are_called_foreign() {
    for other in [&b""[..], b"\x7fELF", &[0; 64], &0xcafe_babe_u32.to_be_bytes().repeat(16)] {
        assert_eq!(MachO::read(other), Err(MachOError::Foreign));
    }
}

#[test]
fn a_command_of_no_length_ends_the_reading() {
    let mut file = Made::right().file();
    file[HEADER + 4] = 0;
    assert_eq!(MachO::read(&file), Err(MachOError::Command(0)));
}

#[test]
fn a_signature_must_cover_all_that_lies_before_it() {
    let file = Made::right().file();
    let at = file.windows(4).position(|four| four == CODE_DIRECTORY_MAGIC.to_be_bytes()).unwrap();
    for (offset, value, what) in [
        (35, 0, "it does not cover all that lies before it"),
        (37, 1, "its digests are not SHA-256"),
        (31, 1, "it has not one digest for each page"),
        (0, 0, "it holds no code directory"),
    ] {
        let mut changed = file.clone();
        changed[at + offset] = value;
        assert_eq!(MachO::read(&changed), Err(MachOError::Signature(what)), "{offset}");
    }
}
