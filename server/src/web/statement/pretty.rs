//! JSON with white space added and nothing else changed.
//!
//! Reading and writing it anew could reorder names or round numbers; people
//! are to see what was signed.

/// Spaces a level.
const INDENT: usize = 2;

/// `json` with a line for each value. A text that is no JSON keeps all its
/// letters, too.
pub(super) fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut escaped = false;
    let mut letters = json.chars().peekable();
    while let Some(letter) = letters.next() {
        if in_text {
            out.push(letter);
            in_text = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' => {
                out.push(letter);
                while letters.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = letters.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(letter);
            }
            ',' => {
                out.push(letter);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            '"' => {
                in_text = true;
                out.push(letter);
            }
            white if white.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth * INDENT));
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn a_line_for_each_value() {
        assert_eq!(
            indented(r#"{"b":[1,{"x":null}],"a":{},"c":[]}"#),
            "{\n  \"b\": [\n    1,\n    {\n      \"x\": null\n    }\n  ],\n  \"a\": {},\n  \"c\": []\n}"
        );
    }

    #[test]
    fn only_white_space_is_added() {
        let json = r#"{"t":"a { b , \" : \\","n":1.50e3,"u":"\u00e4ä"}"#;
        let text: String =
            indented(json).replace('\n', "").replace("  ", "").replace("\": ", "\":");
        assert_eq!(text, json);
    }

    #[test]
    fn what_is_no_json_is_shown_as_it_is() {
        assert_eq!(indented("hello"), "hello");
        assert_eq!(indented("}]"), "\n}\n]");
    }
}
