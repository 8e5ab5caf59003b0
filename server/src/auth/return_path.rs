//! Where somebody goes after signing in: a page of this console, whatever the
//! address said.

/// Longest address that is remembered.
const LONGEST: usize = 1000;

/// The page that was asked for, when it is one of ours; else the first one.
///
/// Browsers read `//host`, `/\host` and control characters as the beginning of
/// another site's address.
pub fn return_path(asked: Option<&str>) -> &str {
    const FIRST: &str = "/";
    let Some(path) = asked else { return FIRST };
    let is_ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= LONGEST
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let loops = ["/login", "/logout", "/sign-in"].iter().any(|page| path.starts_with(page));
    if is_ours && !loops { path } else { FIRST }
}

#[cfg(test)]
mod tests {
    use super::return_path;

    #[test]
    fn only_pages_of_this_console_are_returned_to() {
        for path in ["/", "/devices?q=kim&sort=name", "/devices/7#fix"] {
            assert_eq!(return_path(Some(path)), path);
        }
        for path in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/a\nb",
            "/\t/evil.example",
            "devices",
            "",
            "/logout",
            "/sign-in/openid/a",
            "/caf\u{e9}",
        ] {
            assert_eq!(return_path(Some(path)), "/", "{path:?}");
        }
        assert_eq!(return_path(Some(&format!("/{}", "a".repeat(1000)))), "/");
        assert_eq!(return_path(None), "/");
    }
}
