//! Reads the small XML that packages are described in.
//!
//! Elements, attributes, text, comments, the five named entities and numbered
//! characters. Declarations of types and anything else that could make a text
//! mean more than it says are refused.

/// Deepest nesting; a package's has eight levels.
const DEEPEST: usize = 32;

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Its attributes, in their order.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text in it, without that of its children.
    pub text: String,
}

impl Element {
    /// The first child of a name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name.
    pub fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element that several names lead to, one within the other.
    pub fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |element, name| element.child(name))
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text of the first child of a name, without spaces around it.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

/// Reads a whole document; the error says what is wrong at which byte.
///
/// # Errors
///
/// When it is no XML of this small kind.
pub fn read(bytes: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())?;
    let mut reader = Reader { text, at: 0 };
    if reader.takes("<?xml") {
        reader.until("?>")?;
    }
    reader.skip()?;
    let root = reader.element(0)?;
    reader.skip()?;
    if reader.rest().is_empty() { Ok(root) } else { Err(reader.fault("something follows the end")) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault(&self, what: &str) -> String {
        format!("{what} at byte {}", self.at)
    }

    fn takes(&mut self, start: &str) -> bool {
        let does = self.rest().starts_with(start);
        if does {
            self.at += start.len();
        }
        does
    }

    /// What stands before `end`, which is passed over.
    fn until(&mut self, end: &str) -> Result<&'t str, String> {
        let length =
            self.rest().find(end).ok_or_else(|| self.fault(&format!("no `{end}` after")))?;
        let found = self.rest().get(..length).unwrap_or_default();
        self.at += length + end.len();
        Ok(found)
    }

    fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Passes over spaces and comments.
    fn skip(&mut self) -> Result<(), String> {
        self.spaces();
        while self.takes("<!--") {
            self.until("-->")?;
            self.spaces();
        }
        Ok(())
    }

    fn name(&mut self) -> Result<String, String> {
        let is_part = |it: char| it.is_ascii_alphanumeric() || "-_.:".contains(it);
        let length = self.rest().find(|it| !is_part(it)).unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default();
        if name.is_empty() {
            return Err(self.fault("no name"));
        }
        self.at += length;
        Ok(name.to_owned())
    }

    fn element(&mut self, depth: usize) -> Result<Element, String> {
        if depth > DEEPEST {
            return Err(self.fault("too deep a nesting"));
        }
        if !self.takes("<") {
            return Err(self.fault("no element"));
        }
        let mut element = Element { name: self.name()?, ..Element::default() };
        loop {
            self.spaces();
            if self.takes("/>") {
                return Ok(element);
            }
            if self.takes(">") {
                break;
            }
            let name = self.name()?;
            if !self.takes("=\"") {
                return Err(self.fault("no value of an attribute"));
            }
            let value = unescaped(self.until("\"")?).map_err(|what| self.fault(what))?;
            if element.attribute(&name).is_some() {
                return Err(self.fault("an attribute for the second time"));
            }
            element.attributes.push((name, value));
        }
        self.content(&mut element, depth)?;
        Ok(element)
    }

    fn content(&mut self, element: &mut Element, depth: usize) -> Result<(), String> {
        loop {
            let length = self.rest().find('<').ok_or_else(|| self.fault("no end of an element"))?;
            let text = self.rest().get(..length).unwrap_or_default();
            element.text.push_str(&unescaped(text).map_err(|what| self.fault(what))?);
            self.at += length;
            if self.takes("<!--") {
                self.until("-->")?;
            } else if self.takes("</") {
                let name = self.name()?;
                self.spaces();
                return if name == element.name && self.takes(">") {
                    Ok(())
                } else {
                    Err(self.fault("the end of another element"))
                };
            } else {
                element.children.push(self.element(depth + 1)?);
            }
        }
    }
}

fn unescaped(text: &str) -> Result<String, &'static str> {
    let mut parts = text.split('&');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').ok_or("a lonely `&`")?;
        let number = |digits: &str, base| u32::from_str_radix(digits, base).ok();
        let character = match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => match entity.strip_prefix("#x") {
                Some(digits) => number(digits, 16).and_then(char::from_u32),
                None => entity
                    .strip_prefix('#')
                    .and_then(|digits| number(digits, 10))
                    .and_then(char::from_u32),
            },
        };
        plain.push(character.ok_or("an entity that nobody knows")?);
        plain.push_str(rest);
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_text_and_comments_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<!-- a --><a b=\"1 &amp; 2\"><c/>x&#65;<!-- < -->\
                    <d e=\"f\">&lt;g&gt;</d ></a>\n";
        let root = read(text.as_bytes()).unwrap();
        assert_eq!((root.attribute("b"), root.text.as_str()), (Some("1 & 2"), "xA"));
        assert_eq!(root.text_of("d"), Some("<g>"));
        assert_eq!(root.at(&["d"]).and_then(|it| it.attribute("e")), Some("f"));
        assert_eq!(root.all("c").count(), 1);
    }

    #[test]
    fn what_could_mean_more_than_it_says_is_refused() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b='1'/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a>&x;</a>",
            "<a>& b</a>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a><![CDATA[x]]></a>",
            "<a><?x y?></a>",
            "<a b=\"",
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        assert!(read(deep.as_bytes()).unwrap_err().starts_with("too deep a nesting"));
    }
}
