//! What an executable must be so that every supported Mac starts it.

use crate::mach_o::{Architecture, MachO, Version};
use crate::target::{OLDEST_MACOS, Target};

/// The libraries it may load: part of every macOS, and nothing else.
const LIBRARIES: [&str; 6] = [
    "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
    "/System/Library/Frameworks/IOKit.framework/Versions/A/IOKit",
    "/System/Library/Frameworks/Security.framework/Versions/A/Security",
    "/usr/lib/libSystem.B.dylib",
    "/usr/lib/libiconv.2.dylib",
    "/usr/lib/libobjc.A.dylib",
];

/// All that is wrong with an executable that should run on `target`.
pub fn faults(found: &MachO, target: Target) -> Vec<String> {
    let mut faults = Vec::new();
    let wanted = target.architecture();
    if found.architecture != wanted {
        faults.push(format!("it is for {}, not for {wanted}", found.architecture));
    }
    if !found.is_executable {
        faults.push("it is no program".to_owned());
    }
    if !found.is_position_independent {
        faults.push("it cannot be loaded at any address".to_owned());
    }
    let oldest = Version(OLDEST_MACOS.0, OLDEST_MACOS.1, 0);
    match found.oldest_macos {
        None => faults.push("it does not say that it is for macOS".to_owned()),
        Some(other) if other != oldest => {
            faults.push(format!("it wants macOS {other}, not {oldest}"));
        }
        Some(_) => {}
    }
    for library in found.libraries.iter().filter(|path| !LIBRARIES.contains(&path.as_str())) {
        faults.push(format!("it loads {library}, which is not on the list of system libraries"));
    }
    for path in &found.search_paths {
        faults.push(format!("it looks for libraries in {path}"));
    }
    faults.extend(of_signature(found));
    faults
}

fn of_signature(found: &MachO) -> Option<String> {
    match &found.signature {
        None if found.architecture == Architecture::Arm64 => {
            Some("it has no code signature, without which Apple silicon starts nothing".to_owned())
        }
        Some(signature) if signature.wrong_pages > 0 => {
            Some(format!("{} of its pages are not those that were signed", signature.wrong_pages))
        }
        _ => None,
    }
}

/// The executable in half a line.
pub fn summary(found: &MachO) -> String {
    let version = |version: Option<Version>| version.map_or("?".to_owned(), |it| it.to_string());
    let signature = match &found.signature {
        None => "not signed",
        Some(signature) if signature.is_ad_hoc => "signed ad hoc",
        Some(_) => "signed",
    };
    format!(
        "{}, macOS {} or later, SDK {}, {} system libraries, {signature}",
        found.architecture,
        version(found.oldest_macos),
        version(found.sdk),
        found.libraries.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mach_o::made::Made;

    #[track_caller]
    fn assert_faults(made: &Made, expected: &[&str]) {
        let found = MachO::read(&made.file()).unwrap();
        assert_eq!(faults(&found, Target::AppleSilicon), expected);
    }

    #[test]
    fn what_is_as_it_should_be_has_no_fault() {
        assert_faults(&Made::right(), &[]);
        let intel = Made { processor: 0x0100_0007, signed: false, ..Made::right() };
        let found = MachO::read(&intel.file()).unwrap();
        assert_eq!(faults(&found, Target::Intel), [""; 0]);
        assert_eq!(
            summary(&found),
            "x86_64, macOS 12.0 or later, SDK 27.0, 2 system libraries, not signed"
        );
    }

    #[test]
    fn each_wrong_thing_is_said() {
        let right = Made::right;
        assert_faults(
            &Made { processor: 0x0100_0007, ..right() },
            &["it is for x86_64, not for arm64"],
        );
        assert_faults(
            &Made { processor: 7, ..right() },
            &["it is for processor 0x7, not for arm64"],
        );
        assert_faults(&Made { kind: 6, ..right() }, &["it is no program"]);
        assert_faults(&Made { flags: 0, ..right() }, &["it cannot be loaded at any address"]);
        assert_faults(&Made { platform: 2, ..right() }, &["it does not say that it is for macOS"]);
        for (packed, said) in [(0x000b_0000, "11.0"), (0x000d_0201, "13.2.1")] {
            let fault = format!("it wants macOS {said}, not 12.0");
            assert_faults(&Made { oldest: packed, ..right() }, &[&fault]);
        }
        assert_faults(
            &Made { signed: false, ..right() },
            &["it has no code signature, without which Apple silicon starts nothing"],
        );
    }

    #[test]
    fn a_library_that_not_every_mac_has_is_a_fault() {
        for path in
            ["/opt/homebrew/lib/libssl.3.dylib", "@rpath/libzig.dylib", "/usr/lib/libc++.1.dylib"]
        {
            let made =
                Made { libraries: vec!["/usr/lib/libSystem.B.dylib", path], ..Made::right() };
            let fault = format!("it loads {path}, which is not on the list of system libraries");
            assert_faults(&made, &[&fault]);
        }
        let made = Made { search_path: Some("/tmp"), ..Made::right() };
        assert_faults(&made, &["it looks for libraries in /tmp"]);
    }

    #[test]
    fn a_page_that_was_changed_after_signing_is_a_fault() {
        let mut file = Made::right().file();
        file[5000] ^= 1;
        let found = MachO::read(&file).unwrap();
        let fault = "1 of its pages are not those that were signed";
        assert_eq!(faults(&found, Target::AppleSilicon), [fault]);
    }
}
