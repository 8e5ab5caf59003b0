//! What a package holds, for people.

use std::fmt::Write as _;

use shared::keys::sha256_hex;

use super::cpio::Record;
use super::signature::of_program;
use super::{Package, Signed};
use crate::executable::summary;
use crate::mach_o::{MachO, universal};

/// The whole listing.
pub(super) fn write(package: &Package, file: &[u8]) -> String {
    let mut text = String::new();
    let mut line = |line: String| {
        let _ = writeln!(text, "{line}");
    };
    if package.members.is_empty() {
        line("nothing in it can be read".to_owned());
        line(format!("SHA-256: {}", sha256_hex(file)));
        return text;
    }
    line("contents:".to_owned());
    package.payload.iter().flatten().for_each(|record| line(entry(record)));
    line("scripts:".to_owned());
    let scripts = package.scripts.iter().flatten().filter(|record| !record.is_folder());
    scripts.for_each(|record| line(entry(record)));
    line("pages and other members:".to_owned());
    for member in package.members.iter().filter(|member| !member.is_folder) {
        let size = member.bytes.as_ref().map_or("?".to_owned(), |it| it.len().to_string());
        line(format!("  {size:>10}  {}", member.path));
    }
    line("processors:".to_owned());
    slices(package).into_iter().for_each(&mut line);
    let (whole, hundredth) = (file.len() / 1_000_000, file.len() / 10_000 % 100);
    line(format!("size: {} bytes ({whole}.{hundredth:02} MB)", file.len()));
    line(format!("signature: {}", signature(&package.signed)));
    match package.ticket {
        Some(length) => line(format!("notarization: a ticket of {length} bytes is stapled")),
        None => line("notarization: no ticket".to_owned()),
    }
    line(format!("SHA-256: {}", sha256_hex(file)));
    text
}

/// `-rwxr-xr-x  0:0  6543  /path`.
fn entry(record: &Record) -> String {
    let kind = match (record.is_folder(), record.is_file()) {
        (true, _) => 'd',
        (_, true) => '-',
        _ => '?',
    };
    let bit = |at: u32| {
        let letter = *[b'x', b'w', b'r'].get(at as usize % 3).unwrap_or(&b'?');
        if record.mode >> at & 1 == 1 { char::from(letter) } else { '-' }
    };
    let mode: String = (0..9).rev().map(bit).collect();
    let owner = format!("{}:{}", record.uid, record.gid);
    let size = if record.is_folder() { String::new() } else { record.bytes.len().to_string() };
    format!("  {kind}{mode} {owner:<6}{size:>9}  {}", record.absolute())
}

fn slices(package: &Package) -> Vec<String> {
    let slices = package.program().map(universal::slices);
    let slices = slices.unwrap_or(Ok(Vec::new())).unwrap_or_default();
    let told = slices.into_iter().map(|slice| match MachO::read(slice) {
        Err(error) => format!("  a part that {error}"),
        Ok(found) => {
            let by = found.signature.as_ref().and_then(|signature| {
                let cms = signature.cms.as_ref()?;
                of_program(&signature.directory, cms).ok().flatten()
            });
            let by = by.map_or(String::new(), |by| format!(" by {by}"));
            let hardened = found.signature.as_ref().is_some_and(|it| it.is_hardened);
            let runtime = if hardened { ", hardened runtime" } else { "" };
            format!("  {} bytes, {}{by}{runtime}", slice.len(), summary(&found))
        }
    });
    told.collect()
}

fn signature(signed: &[Signed]) -> String {
    if signed.is_empty() {
        return "unsigned package".to_owned();
    }
    let each = signed.iter().map(|it| match &it.by {
        Some(by) => format!("{} by {by}", it.style),
        None => format!("{} that does not fit", it.style),
    });
    let each: Vec<String> = each.collect();
    format!("{} (whether Apple knows the certificate, only a Mac can say)", each.join(", "))
}
