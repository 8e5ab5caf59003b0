//! Which of a compiler's arguments zig is given.

use std::ffi::OsString;

/// Leaves out what names the target or an SDK: zig is told the target once,
/// in its own words, and would take a second one for a contradiction.
pub fn for_zig(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("-arch" | "-target" | "-isysroot") => {
                let _value = arguments.next();
            }
            Some(text)
                if text.starts_with("--target=") || text.starts_with("-mmacosx-version-min=") => {}
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(line: &str) -> String {
        let words = for_zig(line.split(' ').map(OsString::from));
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_names_the_target_or_an_sdk_is_left_out_with_its_value() {
        // What the crate `cc` says.
        let compile = "-O1 --target=arm64-apple-macosx -mmacosx-version-min=12.0 -c a.c -o a.o";
        assert_eq!(kept(compile), "-O1 -c a.c -o a.o");
        // What rustc says.
        let link = "a.o -liconv -arch arm64 -mmacosx-version-min=12.0.0 -isysroot /sdk -o a";
        assert_eq!(kept(link), "a.o -liconv -o a");
        assert_eq!(kept("-target arm64-apple-macosx12 -c"), "-c");
    }

    #[test]
    fn everything_else_stays_in_its_order() {
        let line = "-E -? --version -Wl,-dead_strip -framework Security -archive -I -arch-file";
        assert_eq!(kept(line), line);
        // An option that lacks its value is zig's to complain about.
        assert_eq!(kept("a.o -arch"), "a.o");
    }
}
