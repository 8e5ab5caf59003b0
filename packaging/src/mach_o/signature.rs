//! The signature inside an executable.
//!
//! A Mac with Apple silicon starts no program without one, and kills a program
//! whose pages are not those that were signed. The linker makes one without a
//! certificate ("ad hoc"); whether it still fits what was written is checked
//! here page by page, as the kernel would. The layout is that of Apple's
//! published `cs_blobs.h`; numbers are big endian.

use aws_lc_rs::digest::{SHA256, digest};

use super::MachOError;
use super::bytes::Big;

/// A blob that holds others.
const SUPER_BLOB: u32 = 0xfade_0cc0;
/// What is signed: a digest of each page.
const CODE_DIRECTORY: u32 = 0xfade_0c02;
/// A signature made with a certificate.
const WRAPPER: u32 = 0xfade_0b01;
/// Slot of the code directory in the super blob.
const SLOT_CODE_DIRECTORY: u32 = 0;
/// Slot of the signature made with a certificate.
const SLOT_CMS: u32 = 0x1_0000;
/// Slot, counted backwards, of the digest of `Info.plist`.
const SLOT_INFORMATION: usize = 1;
/// Slot, counted backwards, of the digest of `CodeResources`.
const SLOT_SEAL: usize = 3;
/// `CS_HASHTYPE_SHA256`.
const SHA_256: u8 = 2;
/// `CS_ADHOC`.
const AD_HOC: u32 = 0x2;
/// `CS_RUNTIME`.
const HARDENED: u32 = 0x1_0000;

/// A signature whose digests were compared with the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name that was signed.
    pub identifier: String,
    /// Whether it names no certificate.
    pub is_ad_hoc: bool,
    /// Whether it asks for the hardened runtime.
    pub is_hardened: bool,
    /// Number of pages that differ from what was signed.
    pub wrong_pages: usize,
    /// SHA-256 of the bundle's `Info.plist`, where it was signed.
    pub information: Option<Vec<u8>>,
    /// SHA-256 of the bundle's `CodeResources`, where it was signed.
    pub seal: Option<Vec<u8>>,
    /// The code directory: the bytes that a certificate signs.
    pub directory: Vec<u8>,
    /// The signature over it, as CMS, where there is a certificate.
    pub cms: Option<Vec<u8>>,
}

impl Signature {
    /// Reads the signature at `from` and compares it with `file`.
    ///
    /// # Errors
    ///
    /// When it is not laid out as it must be, or does not cover all before it.
    pub(super) fn read(file: &[u8], from: usize, length: usize) -> Result<Self, MachOError> {
        let end = from.checked_add(length).ok_or(MachOError::Short("code signature"))?;
        let blob = file.get(from..end).ok_or(MachOError::Short("code signature"))?;
        let directory = slot(Big(blob), SLOT_CODE_DIRECTORY, CODE_DIRECTORY);
        let directory = Big(directory.ok_or(MachOError::Signature("it holds no code directory"))?);
        let flags = directory.u32(12).ok_or(MachOError::Signature("it is cut"))?;
        if directory.length(32) != Some(from) {
            return Err(MachOError::Signature("it does not cover all that lies before it"));
        }
        if (directory.byte(36), directory.byte(37)) != (Some(32), Some(SHA_256)) {
            return Err(MachOError::Signature("its digests are not SHA-256"));
        }
        let signed = file.get(..from).ok_or(MachOError::Short("code signature"))?;
        let wrong_pages = wrong_pages(directory, signed)
            .ok_or(MachOError::Signature("it has not one digest for each page"))?;
        let cms = slot(Big(blob), SLOT_CMS, WRAPPER).and_then(|wrapper| wrapper.get(8..));
        Ok(Self {
            identifier: identifier(directory)
                .ok_or(MachOError::Signature("it does not say what was signed"))?,
            is_ad_hoc: flags & AD_HOC != 0,
            is_hardened: flags & HARDENED != 0,
            wrong_pages,
            information: special(directory, SLOT_INFORMATION),
            seal: special(directory, SLOT_SEAL),
            directory: directory.0.to_vec(),
            cms: cms.filter(|cms| !cms.is_empty()).map(<[u8]>::to_vec),
        })
    }
}

/// The blob of a slot, when it is of the kind that belongs there.
fn slot(blob: Big<'_>, wanted: u32, kind: u32) -> Option<&[u8]> {
    if blob.u32(0) != Some(SUPER_BLOB) {
        return None;
    }
    let entries = (0..blob.length(8)?).map_while(|number| {
        let at = number.checked_mul(8)?.checked_add(12)?;
        Some((blob.u32(at)?, blob.length(at + 4)?))
    });
    let mut entries = entries.filter(|&(slot, _)| slot == wanted);
    let found = blob.0.get(entries.next()?.1..)?;
    let length = Big(found).length(4)?;
    (Big(found).u32(0) == Some(kind)).then(|| found.get(..length)).flatten()
}

fn identifier(directory: Big<'_>) -> Option<String> {
    let text = directory.0.get(directory.length(20)?..)?;
    let end = text.iter().position(|&byte| byte == 0)?;
    Some(String::from_utf8_lossy(text.get(..end)?).into_owned())
}

/// The digest of something beside the program; zeros where there is none.
fn special(directory: Big<'_>, slot: usize) -> Option<Vec<u8>> {
    if slot > directory.length(24)? {
        return None;
    }
    let at = directory.length(16)?.checked_sub(slot * 32)?;
    let digest = directory.0.get(at..at + 32)?;
    digest.iter().any(|&byte| byte != 0).then(|| digest.to_vec())
}

/// Counts the pages of `signed` whose digest is another; nothing where their
/// number is another.
fn wrong_pages(directory: Big<'_>, signed: &[u8]) -> Option<usize> {
    let page = 1_usize.checked_shl(directory.byte(39)?.into())?;
    let count = directory.length(28)?;
    let digests = directory.0.get(directory.length(16)?..)?;
    let digests: Vec<&[u8]> = digests.chunks_exact(32).take(count).collect();
    if digests.len() != count || count != signed.len().div_ceil(page) {
        return None;
    }
    let pages = signed.chunks(page).zip(digests);
    Some(pages.filter(|(page, known)| digest(&SHA256, page).as_ref() != *known).count())
}
