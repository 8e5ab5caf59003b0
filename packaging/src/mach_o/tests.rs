//! The reader, over files that are put together here.

use aws_lc_rs::digest::{SHA256, digest};

use super::*;

/// A small executable, put together from what it should say.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) processor: u32,
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) platform: u32,
    pub(crate) oldest: u32,
    pub(crate) libraries: Vec<&'static str>,
    pub(crate) search_path: Option<&'static str>,
    pub(crate) signed: bool,
}

/// Bytes that are neither header nor signature.
const CODE: usize = 10_000;

impl Made {
    /// What the agent for Apple silicon should be like.
    pub(crate) fn right() -> Self {
        let security = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
        Self {
            processor: 0x0100_000c,
            kind: KIND_EXECUTABLE,
            flags: FLAG_ANYWHERE | 1,
            platform: PLATFORM_MACOS,
            oldest: 0x000c_0000,
            libraries: vec![security, "/usr/lib/libSystem.B.dylib"],
            search_path: None,
            signed: true,
        }
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        let version = [self.platform, self.oldest, 0x001b_0000, 0];
        // `LC_UUID`, which is not looked at.
        let mut commands =
            vec![command(0x1b, &[1, 2, 3, 4], ""), command(BUILD_VERSION, &version, "")];
        for path in &self.libraries {
            commands.push(command(LOAD_LIBRARY[0], &[24, 2, 0x1_0000, 0x1_0000], path));
        }
        if let Some(path) = self.search_path {
            commands.push(command(SEARCH_PATH, &[12], path));
        }
        let length: usize = commands.iter().map(Vec::len).sum();
        let end = HEADER + length + if self.signed { 16 } else { 0 } + CODE;
        if self.signed {
            let signature =
                [end, signature(&vec![0; end]).len()].map(|it| u32::try_from(it).unwrap());
            commands.push(command(CODE_SIGNATURE, &signature, ""));
        }
        let count = u32::try_from(commands.len()).unwrap();
        let commands = commands.concat();
        let length = u32::try_from(commands.len()).unwrap();
        let header = [MAGIC_64, self.processor, 0, self.kind, count, length, self.flags, 0];
        let mut file = [words(&header), commands, vec![0xc0; CODE]].concat();
        assert_eq!(file.len(), end);
        if self.signed {
            file.extend(signature(&file));
        }
        file
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn command(kind: u32, rest: &[u32], text: &str) -> Vec<u8> {
    let mut text = text.as_bytes().to_vec();
    if !text.is_empty() {
        text.resize(text.len() / 8 * 8 + 8, 0);
    }
    let length = u32::try_from(8 + rest.len() * 4 + text.len()).unwrap();
    [words(&[kind, length]), words(rest), text].concat()
}

/// What a linker signs, with pages of 4096 bytes.
fn signature(signed: &[u8]) -> Vec<u8> {
    let digests: Vec<u8> =
        signed.chunks(4096).flat_map(|page| digest(&SHA256, page).as_ref().to_vec()).collect();
    let count = u32::try_from(signed.len().div_ceil(4096)).unwrap();
    let limit = u32::try_from(signed.len()).unwrap();
    let length = u32::try_from(44 + digests.len()).unwrap();
    let directory = [CODE_DIRECTORY_MAGIC, length, 0x2_0400, 0x2_0002, 44, 40, 0, count, limit];
    let big = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let blob = big(&[0xfade_0cc0, 20 + length, 1, 0, 20]);
    [blob, big(&directory), vec![32, 2, 0, 12], big(&[0]), digests].concat()
}

const CODE_DIRECTORY_MAGIC: u32 = 0xfade_0c02;

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
    let signature = Signature { is_ad_hoc: true, is_hardened: false, wrong_pages: 0 };
    assert_eq!(found.signature, Some(signature));
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
    let before_code = file.len() - signature(&vec![0; file.len()]).len() - CODE;
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
