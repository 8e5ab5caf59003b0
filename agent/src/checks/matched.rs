//! The decisive lines of an answer, as they may leave the Mac.
//!
//! They are kept so that a parser's fault can be seen and repaired years
//! later. User names are replaced, and the text is cut.

use shared::reading::MATCHED_LIMIT;

/// What stands for a user's name.
const NAME: &str = "NAME";

/// Joins the lines of `text` that say something, with names replaced.
pub(super) fn matched(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(without_names).collect();
    // No signed text holds U+0000.
    let text = lines.join("\n").replace('\0', "\u{fffd}");
    match text.char_indices().nth(MATCHED_LIMIT) {
        // The mark shows that the text goes on.
        Some(_) => text.chars().take(MATCHED_LIMIT - 1).chain(['…']).collect(),
        None => text,
    }
}

fn without_names(line: &str) -> String {
    without_home(&without_user(line))
}

/// `user 'jdoe'.` becomes `user 'NAME'.`, with or without quotation marks.
fn without_user(line: &str) -> String {
    const WORD: &str = "user ";
    let lower = line.to_ascii_lowercase();
    let Some((before, name)) =
        lower.find(WORD).and_then(|start| line.split_at_checked(start + WORD.len()))
    else {
        return line.to_owned();
    };
    // A name may hold a quotation mark, so it reaches to the last one.
    if let Some((_, rest)) = name.strip_prefix('\'').and_then(|name| name.rsplit_once('\'')) {
        return format!("{before}'{NAME}'{rest}");
    }
    let end = name.find(char::is_whitespace).unwrap_or(name.len());
    let rest = name.get(end..).unwrap_or_default();
    format!("{before}{NAME}{rest}")
}

/// `/Users/jdoe/x` becomes `/Users/NAME/x`.
fn without_home(line: &str) -> String {
    const FOLDER: &str = "/Users/";
    let mut parts = line.split(FOLDER);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find('/').unwrap_or(part.len());
        text.push_str(FOLDER);
        text.push_str(NAME);
        text.push_str(part.get(end..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_never_leave_the_mac() {
        for (line, sent) in [
            ("active for user 'jdoe'.", "active for user 'NAME'."),
            ("active for user 'o'neill x'.", "active for user 'NAME'."),
            ("Error: User jdoe is not known", "Error: User NAME is not known"),
            ("no such file /Users/jdoe/a b", "no such file /Users/NAME/a b"),
            ("from /Users/j doe to /Users/x/y", "from /Users/NAME/Users/NAME/y"),
            ("FileVault is On.", "FileVault is On."),
        ] {
            assert_eq!(matched(line), sent);
        }
    }

    #[test]
    fn empty_lines_and_blanks_are_left_out() {
        assert_eq!(matched("\r\n a \r\n\n b\n"), "a\nb");
    }

    #[test]
    fn what_no_signed_text_holds_is_replaced() {
        assert_eq!(matched("a\0b"), "a\u{fffd}b");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let sent = matched(&"ä".repeat(300));
        assert_eq!(sent.chars().count(), MATCHED_LIMIT);
        assert!(sent.ends_with('…'));
        assert_eq!(matched(&"ä".repeat(MATCHED_LIMIT)).chars().count(), MATCHED_LIMIT);
    }
}
