//! The program runs on every Mac it says, and the bundle is what was signed.

use plist::Value;
use shared::keys::sha256;
use shared::names::{AGENT_BUNDLE, AGENT_EXECUTABLE, AGENT_LABEL};

use super::{MEND_PAYLOAD, MEND_SOURCE};
use crate::executable;
use crate::mach_o::{MachO, Signature, universal};
use crate::pkg::source::{SEAL, program_in_bundle};
use crate::target::Target;
use crate::verify::{Fault, Package, signature};

/// What to do about an executable.
const CROSS_BUILD: &str = "build it with `muster-packaging pkg` for both kinds of Mac";
const SIGN_AGAIN: &str = "sign the bundle again";

/// The processors that a program says it is for; none where it cannot be read.
pub fn architectures(program: &[u8]) -> Vec<String> {
    let slices = universal::slices(program).unwrap_or_default();
    let read = slices.into_iter().filter_map(|slice| MachO::read(slice).ok());
    read.map(|found| found.architecture.to_string()).collect()
}

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    if package.payload.is_none() {
        return;
    }
    let Some(program) = package.program() else {
        faults.push(Fault::new(AGENT_EXECUTABLE, "it is missing", MEND_PAYLOAD));
        return;
    };
    let slices = match universal::slices(program) {
        Ok(slices) => slices,
        Err(error) => {
            faults.push(Fault::new(AGENT_EXECUTABLE, format!("it {error}"), CROSS_BUILD));
            return;
        }
    };
    let mut found = Vec::new();
    for (number, slice) in (1..).zip(slices) {
        match MachO::read(slice) {
            Ok(read) => found.push(read),
            Err(error) => {
                let what = format!("its part number {number} {error}");
                faults.push(Fault::new(AGENT_EXECUTABLE, what, CROSS_BUILD));
            }
        }
    }
    for target in Target::ALL {
        let wanted = target.architecture();
        let mut fitting = found.iter().filter(|it| it.architecture == wanted);
        let Some(slice) = fitting.next() else {
            let what = format!("it has no part for {wanted}");
            faults.push(Fault::new(AGENT_EXECUTABLE, what, CROSS_BUILD));
            continue;
        };
        if fitting.next().is_some() {
            let what = format!("it has two parts for {wanted}");
            faults.push(Fault::new(AGENT_EXECUTABLE, what, CROSS_BUILD));
        }
        for what in executable::faults(slice, target) {
            let what = format!("the part for {wanted}: {what}");
            faults.push(Fault::new(AGENT_EXECUTABLE, what, CROSS_BUILD));
        }
        let place = format!("{AGENT_EXECUTABLE} ({wanted})");
        signed(package, &place, slice.signature.as_ref(), faults);
    }
    seal(package, faults);
}

/// What a slice's signature must say, and of which files.
fn signed(package: &Package, place: &str, signature: Option<&Signature>, faults: &mut Vec<Fault>) {
    let mut fault = |what: String| faults.push(Fault::new(place, what, SIGN_AGAIN));
    let Some(signature) = signature else {
        fault("it is not signed".to_owned());
        return;
    };
    if signature.identifier != AGENT_LABEL {
        fault(format!("it is signed as `{}`, not as {AGENT_LABEL}", signature.identifier));
    }
    if !signature.is_hardened {
        fault("it is signed without the hardened runtime".to_owned());
    }
    let digest = |path: &str| {
        package.installed(&format!("{AGENT_BUNDLE}/{path}")).map(|it| sha256(&it.bytes).to_vec())
    };
    for (path, known) in [("Contents/Info.plist", &signature.information), (SEAL, &signature.seal)]
    {
        if *known != digest(path) {
            fault(format!("the signature is not of the bundle's {path}"));
        }
    }
    match &signature.cms {
        None if !signature.is_ad_hoc => {
            fault("it names a certificate and has no signature by one".to_owned());
        }
        None => {}
        Some(cms) => match signature::of_program(&signature.directory, cms) {
            Ok(Some(_)) => {}
            Ok(None) => fault("the signature by its certificate is not of this program".to_owned()),
            Err(other) => faults.push(other),
        },
    }
}

/// Every other file of the bundle is one whose digest was signed.
fn seal(package: &Package, faults: &mut Vec<Fault>) {
    let place = format!("{AGENT_BUNDLE}/{SEAL}");
    let sealed = package.installed(&place).and_then(|it| {
        let read = Value::from_reader_xml(it.bytes.as_slice()).ok()?.into_dictionary()?;
        read.get("files2")?.as_dictionary().cloned()
    });
    let Some(sealed) = sealed else {
        faults.push(Fault::new(place, "it lists no files of the bundle", SIGN_AGAIN));
        return;
    };
    let contents = format!("{AGENT_BUNDLE}/Contents/");
    for record in package.payload.iter().flatten().filter(|it| it.is_file()) {
        let Some(path) = record.absolute().strip_prefix(&contents) else { continue };
        let apart = ["Info.plist", "_CodeSignature/CodeResources"];
        if apart.contains(&path) || program_in_bundle().strip_prefix("Contents/") == Some(path) {
            continue;
        }
        let known = sealed.get(path).and_then(Value::as_dictionary);
        let known = known.and_then(|it| it.get("hash2")).and_then(Value::as_data);
        if known != Some(&sha256(&record.bytes)) {
            let what = "it is not the file that was signed with the bundle";
            faults.push(Fault::new(record.absolute(), what, MEND_SOURCE));
        }
    }
}
