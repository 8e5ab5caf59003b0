//! Small executables, put together by tests from what they should say.

use aws_lc_rs::digest::{SHA256, digest};

/// What an executable should say.
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
    pub(crate) hardened: bool,
    pub(crate) identifier: &'static str,
    pub(crate) version: &'static str,
    /// SHA-256 of `Info.plist` and of `CodeResources`, where it is in a bundle.
    pub(crate) bundle: Option<[Vec<u8>; 2]>,
}

/// Bytes that are neither header nor signature.
pub(crate) const CODE: usize = 10_000;
/// First four bytes of what is signed.
pub(crate) const CODE_DIRECTORY_MAGIC: u32 = 0xfade_0c02;
/// Room for one more load command, which a signer needs.
const ROOM: usize = 64;
/// Bytes of the last segment before the signature.
const LAST: usize = 16;

impl Made {
    /// What the agent for Apple silicon should be like.
    pub(crate) fn right() -> Self {
        let security = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
        Self {
            processor: 0x0100_000c,
            kind: 2,
            flags: 0x0020_0001,
            platform: 1,
            oldest: 0x000c_0000,
            libraries: vec![security, "/usr/lib/libSystem.B.dylib"],
            search_path: None,
            signed: true,
            hardened: false,
            identifier: "a.out",
            version: "1.2.3",
            bundle: None,
        }
    }

    pub(crate) fn file(&self) -> Vec<u8> {
        // The commands have the same length whatever the places in them are.
        let length = self.commands(0, 0, 0).0.concat().len();
        let code_at = 32 + length + ROOM;
        let last_at = code_at + CODE;
        let end = last_at + LAST;
        let signed = if self.signed { self.signature(&vec![0; end]).len() } else { 0 };
        let (commands, count) = self.commands(code_at, last_at, signed);
        let commands = commands.concat();
        let header =
            [0xfeed_facf, self.processor, 0, self.kind, count, number(length), self.flags, 0];
        let mut code = format!("\0muster-agent/{}\0", self.version).into_bytes();
        code.resize(CODE, 0xc0);
        let mut file = [words(&header), commands, vec![0; ROOM], code, vec![0; LAST]].concat();
        assert_eq!(file.len(), end);
        if self.signed {
            file.extend(self.signature(&file));
        }
        file
    }

    fn commands(&self, code_at: usize, last_at: usize, signed: usize) -> (Vec<Vec<u8>>, u32) {
        let version = [self.platform, self.oldest, 0x001b_0000, 0];
        let mut commands = vec![
            // `LC_UUID`, which is not looked at.
            command(0x1b, &[1, 2, 3, 4], ""),
            command(0x32, &version, ""),
            segment("__TEXT", 0, last_at, Some(code_at)),
            segment("__LINKEDIT", last_at, LAST + signed, None),
        ];
        for path in &self.libraries {
            commands.push(command(0xc, &[24, 2, 0x1_0000, 0x1_0000], path));
        }
        if let Some(path) = self.search_path {
            commands.push(command(0x8000_001c, &[12], path));
        }
        if self.signed {
            commands.push(command(0x1d, &[number(last_at + LAST), number(signed)], ""));
        }
        let count = number(commands.len());
        (commands, count)
    }

    fn signature(&self, signed: &[u8]) -> Vec<u8> {
        let hardened = if self.hardened { 0x1_0000 } else { 0 };
        signature(signed, self.identifier, 0x2_0002 | hardened, self.bundle.as_ref())
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn command(kind: u32, rest: &[u32], text: &str) -> Vec<u8> {
    let mut text = text.as_bytes().to_vec();
    if !text.is_empty() {
        text.resize(text.len() / 8 * 8 + 8, 0);
    }
    let length = number(8 + rest.len() * 4 + text.len());
    [words(&[kind, length]), words(rest), text].concat()
}

/// `LC_SEGMENT_64`, with a section of code where it has one.
fn segment(name: &str, from: usize, length: usize, code_at: Option<usize>) -> Vec<u8> {
    let named = |name: &str| {
        let mut bytes = name.as_bytes().to_vec();
        bytes.resize(16, 0);
        bytes
    };
    let wide = |place: usize| [number(place), 0];
    let base = [0, 1];
    let address = [number(from), base[1]];
    let mut body =
        [named(name), words(&address), words(&wide(length.next_multiple_of(0x4000)))].concat();
    body.extend(words(&[wide(from), wide(length)].concat()));
    let sections = u32::from(code_at.is_some());
    body.extend(words(&[5, 5, sections, 0]));
    if let Some(at) = code_at {
        body.extend([named("__text"), named(name)].concat());
        body.extend(words(&[number(at), 1, number(CODE), 0]));
        body.extend(words(&[number(at), 2, 0, 0, 0x8000_0400, 0, 0, 0]));
    }
    [words(&[0x19, number(8 + body.len())]), body].concat()
}

/// What is signed, with pages of 4096 bytes and digests of a bundle's files.
pub(crate) fn signature(
    signed: &[u8],
    identifier: &str,
    flags: u32,
    bundle: Option<&[Vec<u8>; 2]>,
) -> Vec<u8> {
    let digests: Vec<u8> =
        signed.chunks(4096).flat_map(|page| digest(&SHA256, page).as_ref().to_vec()).collect();
    let count = number(signed.len().div_ceil(4096));
    // Slots three, two and one, counted backwards.
    let special = bundle
        .map_or(Vec::new(), |[information, seal]| [&seal[..], &[0; 32], information].concat());
    let name = [identifier.as_bytes(), &[0]].concat();
    let hashes_at = number(44 + name.len() + special.len());
    let length = hashes_at + number(digests.len());
    let limit = number(signed.len());
    let specials = number(special.len() / 32);
    let directory =
        [CODE_DIRECTORY_MAGIC, length, 0x2_0000, flags, hashes_at, 44, specials, count, limit];
    let big = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let blob = big(&[0xfade_0cc0, 20 + length, 1, 0, 20]);
    let rest = [vec![32, 2, 0, 12], big(&[0]), name, special, digests].concat();
    [blob, big(&directory), rest].concat()
}
