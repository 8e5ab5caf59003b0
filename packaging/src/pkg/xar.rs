//! Writes the archive around a package ("xar").
//!
//! A header of 28 bytes, a table of contents as zlib of XML, then the heap. The
//! heap begins with the SHA-1 of the compressed table; every offset counts from
//! there. SHA-1 is what the format and Installer know; what vouches for a
//! package is its signature.

use std::fmt::Write as _;
use std::io::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use shared::keys::hex;

use super::xml::escaped;

/// Length of the header.
pub(crate) const HEADER: u16 = 28;
/// Length of a SHA-1.
pub(crate) const DIGEST: usize = 20;

/// A file or folder within the archive.
#[derive(Clone, Debug)]
pub struct Member {
    name: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Folder(Vec<Member>),
    File { stored: Vec<u8>, plain: Digested, encoding: &'static str },
}

#[derive(Clone, Debug)]
struct Digested {
    length: usize,
    sha1: String,
}

impl Digested {
    fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), sha1: sha1(bytes) }
    }
}

impl Member {
    /// A folder.
    pub fn folder(name: &str, members: Vec<Self>) -> Self {
        Self { name: name.to_owned(), content: Content::Folder(members) }
    }

    /// A file as it is.
    pub fn stored(name: &str, bytes: &[u8]) -> Self {
        Self::file(name, bytes, bytes.to_vec(), "application/octet-stream")
    }

    /// A file as zlib, which the format calls gzip.
    pub fn compressed(name: &str, bytes: &[u8]) -> Self {
        Self::file(name, bytes, zlib(bytes), "application/x-gzip")
    }

    fn file(name: &str, plain: &[u8], stored: Vec<u8>, encoding: &'static str) -> Self {
        let content = Content::File { plain: Digested::of(plain), stored, encoding };
        Self { name: name.to_owned(), content }
    }
}

/// Puts the archive together.
pub fn write(members: &[Member]) -> Vec<u8> {
    let mut table = Table { xml: String::new(), heap: Vec::new(), files: 0 };
    for member in members {
        table.add(member, 2);
    }
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xar>\n <toc>\n  \
         <creation-time>2000-01-01T00:00:00</creation-time>\n  \
         <checksum style=\"sha1\">\n   <offset>0</offset>\n   <size>{DIGEST}</size>\n  </checksum>\n\
         {} </toc>\n</xar>\n",
        table.xml
    );
    let packed = zlib(xml.as_bytes());
    let mut archive = b"xar!".to_vec();
    archive.extend(HEADER.to_be_bytes());
    archive.extend(1_u16.to_be_bytes());
    archive.extend((packed.len() as u64).to_be_bytes());
    archive.extend((xml.len() as u64).to_be_bytes());
    archive.extend(1_u32.to_be_bytes());
    archive.extend(&packed);
    archive.extend(digest(&SHA1_FOR_LEGACY_USE_ONLY, &packed).as_ref());
    archive.extend(table.heap);
    archive
}

struct Table {
    xml: String,
    /// What follows the digest.
    heap: Vec<u8>,
    files: usize,
}

impl Table {
    fn add(&mut self, member: &Member, depth: usize) {
        self.files += 1;
        let indent = " ".repeat(depth);
        let id = self.files;
        self.line(&format!("{indent}<file id=\"{id}\">"));
        let (kind, mode) = match &member.content {
            Content::Folder(_) => ("directory", "0755"),
            Content::File { stored, plain, encoding } => {
                self.data(&indent, stored, plain, encoding);
                ("file", "0644")
            }
        };
        self.line(&format!("{indent} <type>{kind}</type>"));
        self.line(&format!("{indent} <mode>{mode}</mode>"));
        self.line(&format!("{indent} <uid>0</uid>"));
        self.line(&format!("{indent} <gid>0</gid>"));
        self.line(&format!("{indent} <name>{}</name>", escaped(&member.name)));
        if let Content::Folder(members) = &member.content {
            for member in members {
                self.add(member, depth + 1);
            }
        }
        self.line(&format!("{indent}</file>"));
    }

    fn data(&mut self, indent: &str, stored: &[u8], plain: &Digested, encoding: &str) {
        let offset = DIGEST + self.heap.len();
        self.heap.extend(stored);
        let archived = sha1(stored);
        let Digested { length, sha1 } = plain;
        self.line(&format!("{indent} <data>"));
        for line in [
            format!("<length>{}</length>", stored.len()),
            format!("<offset>{offset}</offset>"),
            format!("<size>{length}</size>"),
            format!("<encoding style=\"{encoding}\"/>"),
            format!("<extracted-checksum style=\"sha1\">{sha1}</extracted-checksum>"),
            format!("<archived-checksum style=\"sha1\">{archived}</archived-checksum>"),
        ] {
            self.line(&format!("{indent}  {line}"));
        }
        self.line(&format!("{indent} </data>"));
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.xml, "{line}");
    }
}

fn sha1(bytes: &[u8]) -> String {
    hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref())
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    let _ = zlib.write_all(bytes);
    zlib.finish().unwrap_or_default()
}
