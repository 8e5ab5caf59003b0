//! Files that a browser sends: `multipart/form-data` as RFC 7578 has it, read
//! strictly and whole.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, header};

use super::errors::PageError;

/// Most bytes of one request.
pub(super) const LIMIT: usize = 5 * 1024 * 1024;
/// Most parts of one request.
const PARTS: usize = 32;

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Its name.
    pub(super) name: String,
    /// Name of the file, when it is one.
    pub(super) file: Option<String>,
    /// Media type of the file, as the browser says; not to be believed.
    pub(super) media_type: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

/// The fields of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Upload(Vec<Part>);

impl Upload {
    /// Reads the body of a request.
    pub(super) async fn of(request: Request) -> Result<Self, PageError> {
        let (parts, body) = request.into_parts();
        let boundary = boundary(&parts.headers).ok_or_else(|| odd("it is no form with files"))?;
        let body = to_bytes(body, LIMIT).await.map_err(|_| {
            PageError::BadAddress(format!("A file may have {} MB.", LIMIT / 1024 / 1024))
        })?;
        read(&body, &boundary).map(Self).ok_or_else(|| odd("it ends early or has another form"))
    }

    /// The field with this name.
    pub(super) fn part(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|part| part.name == name)
    }

    /// The text of a field; empty without one.
    pub(super) fn text(&self, name: &str) -> &str {
        let bytes = self.part(name).map(|part| part.bytes.as_slice()).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default().trim()
    }
}

fn odd(why: &str) -> PageError {
    PageError::BadAddress(format!("What the browser sent cannot be read: {why}; try again."))
}

/// What stands between the parts.
fn boundary(headers: &HeaderMap) -> Option<String> {
    let said = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, rest) = said.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameter(rest, "boundary")?;
    (1..=70).contains(&value.len()).then_some(value)
}

/// The value of a parameter such as `name="x"`. Browsers write a quote in a
/// name as `%22`, so none stands within.
fn parameter(text: &str, name: &str) -> Option<String> {
    text.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        let plain = value.trim().trim_matches('"');
        key.trim().eq_ignore_ascii_case(name).then(|| plain.to_owned())
    })
}

/// The parts of a body; none when it has another form.
fn read(body: &[u8], boundary: &str) -> Option<Vec<Part>> {
    let opening = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(opening.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.strip_prefix(b"--").is_some() {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let (head, behind) = (rest.get(..head_end)?, rest.get(head_end + 4..)?);
        let end = find(behind, between.as_bytes())?;
        parts.push(part(std::str::from_utf8(head).ok()?, behind.get(..end)?)?);
        if parts.len() > PARTS {
            return None;
        }
        rest = behind.get(end + between.len()..)?;
    }
}

fn part(head: &str, bytes: &[u8]) -> Option<Part> {
    let field = |name: &str| {
        head.split("\r\n").find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let disposition = field("content-disposition")?;
    let (kind, parameters) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    Some(Part {
        name: parameter(parameters, "name")?,
        file: parameter(parameters, "filename"),
        media_type: field("content-type").unwrap_or_default().to_owned(),
        bytes: bytes.to_vec(),
    })
}

/// Where `wanted` begins in `bytes`.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use axum::http::header;

    use super::{Upload, read};

    const BODY: &str = "--x1\r\nContent-Disposition: form-data; name=\"source\"\r\n\r\njamf\r\n\
        --x1\r\ncontent-disposition: form-data; name=\"file\"; filename=\"Macs; all.csv\"\r\n\
        Content-Type: text/csv\r\n\r\na,b\r\n1,2\r\n\r\n--x1--\r\n";

    #[tokio::test]
    async fn fields_and_files_are_read() {
        let body = BODY.replace("Macs; all.csv", "Macs.csv");
        let request = Request::post("/")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x1")
            .body(Body::from(body))
            .unwrap();
        let upload = Upload::of(request).await.unwrap();
        assert_eq!(upload.text("source"), "jamf");
        let file = upload.part("file").unwrap();
        assert_eq!(
            (file.file.as_deref(), file.media_type.as_str()),
            (Some("Macs.csv"), "text/csv")
        );
        assert_eq!(file.bytes, b"a,b\r\n1,2\r\n");
        assert!(upload.part("other").is_none() && upload.text("other").is_empty());
    }

    #[test]
    fn a_body_that_ends_early_or_has_another_form_is_refused() {
        assert!(read(BODY.as_bytes(), "x1").is_some());
        for end in (0..BODY.len() - 4).step_by(7) {
            assert!(read(&BODY.as_bytes()[..end], "x1").is_none(), "{end}");
        }
        for odd in ["", "--x2--", "--x1\r\nContent-Disposition: form-data\r\n\r\n\r\n--x1--"] {
            assert!(read(odd.as_bytes(), "x1").is_none(), "{odd}");
        }
    }

    #[tokio::test]
    async fn other_kinds_and_too_much_are_refused() {
        for (kind, size) in [
            ("text/csv", 10),
            ("multipart/form-data", 10),
            ("multipart/form-data; boundary=x1", super::LIMIT + 1),
        ] {
            let request = Request::post("/")
                .header(header::CONTENT_TYPE, kind)
                .body(Body::from(vec![b'a'; size]))
                .unwrap();
            assert!(Upload::of(request).await.is_err(), "{kind}");
        }
    }
}
