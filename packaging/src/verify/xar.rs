//! Reads the archive around a package, and accounts for every byte of it.

use std::io::Read as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use flate2::read::ZlibDecoder;
use shared::keys::hex;

use super::xml::{self, Element};
use super::{BUILD_AGAIN, Fault};
use crate::pkg::xar::{DIGEST, HEADER};

mod tail;

/// Longest table of contents and longest file, in bytes.
const LONGEST: u64 = 512 << 20;

/// What is within the archive.
#[derive(Debug)]
pub struct Archive {
    /// Files and folders, in the order of the table.
    pub members: Vec<Member>,
    /// SHA-1 of the table: what signatures sign.
    pub table_digest: Vec<u8>,
    /// The signatures.
    pub signatures: Vec<Signature>,
    /// Length of the ticket of Apple's notary.
    pub ticket: Option<usize>,
}

/// A file or folder.
#[derive(Debug)]
pub struct Member {
    /// Path within the archive.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The bytes of a file, when they could be read.
    pub bytes: Option<Vec<u8>>,
}

/// A signature, as it stands in the archive.
#[derive(Debug)]
pub struct Signature {
    /// `RSA` or `CMS`.
    pub style: String,
    /// The signature.
    pub bytes: Vec<u8>,
    /// The certificates, base64; the first is the signer's.
    pub certificates: Vec<String>,
}

/// Part of the heap that something is said to lie in.
struct Extent {
    from: u64,
    length: u64,
    what: String,
}

struct Reader<'f> {
    heap: &'f [u8],
    extents: Vec<Extent>,
    members: Vec<Member>,
    signatures: Vec<Signature>,
    faults: &'f mut Vec<Fault>,
}

/// Reads a whole file. What is wrong within it goes to `faults`.
///
/// # Errors
///
/// When there is no table of contents to read.
pub fn read(file: &[u8], faults: &mut Vec<Fault>) -> Result<Archive, Fault> {
    let fault = |what: &str| Fault::new("the archive", what, BUILD_AGAIN);
    let number = |from: usize, length: usize| {
        let bytes = file.get(from..from + length)?;
        Some(bytes.iter().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte)))
    };
    if file.get(..4) != Some(b"xar!") {
        return Err(fault("it is no flat package"));
    }
    let header = [number(4, 2), number(6, 2), number(24, 4)];
    if header != [Some(u64::from(HEADER)), Some(1), Some(1)] {
        return Err(fault("its header is none of this kind (28 bytes, version 1, SHA-1)"));
    }
    let length = |at| number(at, 8).and_then(|it| usize::try_from(it).ok());
    let (packed, plain) = length(8).zip(length(16)).ok_or_else(|| fault("its header is cut"))?;
    let start = usize::from(HEADER);
    let end = start.checked_add(packed).ok_or_else(|| fault("its table cannot be so long"))?;
    let packed = file.get(start..end).ok_or_else(|| fault("it ends within its table"))?;
    let heap = file.get(end..).unwrap_or_default();
    let table_digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, packed).as_ref().to_vec();
    if heap.get(..DIGEST) != Some(&table_digest) {
        faults.push(fault("its table of contents is not the one whose digest follows it"));
    }
    let table = inflate(packed).ok_or_else(|| fault("its table of contents cannot be unpacked"))?;
    if table.len() != plain {
        faults.push(fault("its table of contents has another length than the header says"));
    }
    let root = xml::read(&table)
        .map_err(|what| fault(&format!("its table of contents cannot be read: {what}")))?;
    let table = root.child("toc").filter(|_| root.name == "xar" && root.children.len() == 1);
    let table = table.ok_or_else(|| fault("its table of contents holds no `toc`"))?;
    let mut reader =
        Reader { heap, extents: Vec::new(), members: Vec::new(), signatures: Vec::new(), faults };
    reader.table(table);
    let ticket = reader.tail();
    let Reader { members, signatures, .. } = reader;
    Ok(Archive { members, table_digest, signatures, ticket })
}

impl Reader<'_> {
    fn fault(&mut self, place: &str, what: impl Into<String>) {
        self.faults.push(Fault::new(place, what, BUILD_AGAIN));
    }

    fn table(&mut self, table: &Element) {
        for element in &table.children {
            match element.name.as_str() {
                "creation-time" | "signature-creation-time" => {}
                "checksum" => {
                    let is_right = element.attribute("style") == Some("sha1")
                        && element.text_of("offset") == Some("0")
                        && element.text_of("size") == Some("20");
                    if !is_right {
                        self.fault("the archive", "its own digest is not SHA-1 at its start");
                    }
                    let length = DIGEST as u64;
                    self.extents.push(Extent { from: 0, length, what: "the digest".to_owned() });
                }
                "signature" | "x-signature" => self.signature(element),
                "file" => self.file("", element),
                other => {
                    self.fault(
                        "the archive",
                        format!("its table holds `{other}`, which is strange"),
                    );
                }
            }
        }
    }

    fn signature(&mut self, element: &Element) {
        let style = element.attribute("style").unwrap_or("unnamed").to_owned();
        let what = format!("the signature {style}");
        let Some(bytes) = self.take(element, "size", &what).map(<[u8]>::to_vec) else { return };
        let data = element.at(&["KeyInfo", "X509Data"]);
        let certificates = data.map(|data| {
            let all = data.all("X509Certificate");
            all.map(|it| it.text.split_whitespace().collect()).collect()
        });
        let certificates = certificates.unwrap_or_default();
        self.signatures.push(Signature { style, bytes, certificates });
    }

    /// The bytes of the heap that an element points at.
    fn take(&mut self, element: &Element, length: &str, what: &str) -> Option<&[u8]> {
        let number = |name| element.text_of(name).and_then(|it| it.parse::<u64>().ok());
        let Some((from, length)) = number("offset").zip(number(length)) else {
            self.fault(what, "its place is not said");
            return None;
        };
        let end = from.checked_add(length);
        let range = usize::try_from(from).ok().zip(end.and_then(|it| usize::try_from(it).ok()));
        if range.and_then(|(from, end)| self.heap.get(from..end)).is_none() {
            self.fault(what, "it lies beyond the end of the file");
            return None;
        }
        self.extents.push(Extent { from, length, what: what.to_owned() });
        range.and_then(|(from, end)| self.heap.get(from..end))
    }

    fn file(&mut self, folder: &str, element: &Element) {
        let name = element.text_of("name").unwrap_or_default();
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        if name.is_empty() || name.contains('/') || [".", ".."].contains(&name) {
            self.fault(&path, "its name is none of a file");
            return;
        }
        if self.members.iter().any(|member| member.path == path) {
            self.fault(&path, "it is there twice");
        }
        let is_folder = match element.text_of("type") {
            Some("directory") => true,
            Some("file") => false,
            other => {
                let kind = other.unwrap_or("not said").to_owned();
                self.fault(&path, format!("its kind is {kind}, neither file nor directory"));
                return;
            }
        };
        let bytes = if is_folder { None } else { self.bytes(&path, element) };
        self.members.push(Member { path: path.clone(), is_folder, bytes });
        element.all("file").for_each(|child| self.file(&path, child));
    }

    fn bytes(&mut self, path: &str, element: &Element) -> Option<Vec<u8>> {
        let Some(data) = element.child("data") else {
            self.fault(path, "it has no bytes");
            return None;
        };
        let stored = self.take(data, "length", path)?.to_vec();
        let style = data.child("encoding").and_then(|it| it.attribute("style"));
        let plain = match style {
            Some("application/octet-stream") => Some(stored.clone()),
            Some("application/x-gzip") => inflate(&stored),
            _ => None,
        };
        self.compare(path, data, "archived-checksum", &stored);
        let Some(plain) = plain else {
            self.fault(path, "its bytes cannot be unpacked");
            return None;
        };
        self.compare(path, data, "extracted-checksum", &plain);
        if data.text_of("size") != Some(plain.len().to_string().as_str()) {
            self.fault(path, "its length is not the one that the table says");
        }
        Some(plain)
    }

    fn compare(&mut self, path: &str, data: &Element, name: &str, bytes: &[u8]) {
        let known = data.child(name).filter(|it| it.attribute("style") == Some("sha1"));
        let found = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
        if known.map(|it| it.text.trim()) != Some(found.as_str()) {
            self.fault(path, format!("its bytes are not those of the table's {name}"));
        }
    }
}

/// Unpacks zlib to its end; nothing may follow.
fn inflate(packed: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut zlib = ZlibDecoder::new(packed);
    zlib.by_ref().take(LONGEST).read_to_end(&mut plain).ok()?;
    let whole = usize::try_from(zlib.total_in()).ok()? == packed.len();
    (whole && (plain.len() as u64) < LONGEST).then_some(plain)
}
