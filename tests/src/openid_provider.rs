//! An OpenID provider on loopback, made for the tests: a real HTTP server with
//! real keys, which signs and encrypts right tokens, and wrong ones on order.

#![expect(clippy::expect_used, reason = "a provider that does not start fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]
#![expect(clippy::indexing_slicing, reason = "a JSON value gives null for what is not there")]

pub mod browser;
pub mod sealing;
pub mod signing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use server::clock::ManualClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use self::sealing::{Seal, Target};
use self::signing::{Keys, Signer};

/// By which name the provider knows the collector.
pub const CLIENT: &str = "muster";
/// The secret that belongs to it.
pub const SECRET: &str = "s3cret of the collector";

/// base64url without padding.
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An ID token on its way: a test changes what it wants to be wrong.
pub struct Draft {
    /// The header of the signed token.
    pub header: Value,
    /// What it claims.
    pub claims: Value,
    /// What signs it.
    pub signer: Signer,
    /// How it is encrypted; none for not at all.
    pub seal: Option<Seal>,
    /// Changes the signed token before it is encrypted.
    pub respell: Option<fn(&str) -> String>,
    /// Changes the encrypted token.
    pub tamper: Option<fn(&mut [Vec<u8>; 5])>,
}

/// What is done to the next tokens.
pub type Order = Arc<dyn Fn(&mut Draft) + Send + Sync>;

/// What the provider publishes, and how it behaves.
#[derive(Clone)]
pub struct Behaviour {
    /// Changes every token.
    pub order: Order,
    /// Changes what it publishes about itself.
    pub metadata: Value,
    /// The keys that it publishes; none for all that it has.
    pub published: Option<Vec<Value>>,
    /// Whether it encrypts tokens when nothing else is ordered.
    pub encrypts: bool,
    /// To whom tokens are encrypted.
    pub target: Option<Target>,
    /// What the token endpoint answers, if not tokens.
    pub answer: Option<(u16, Value)>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            order: Arc::new(|_| {}),
            metadata: json!({}),
            published: None,
            encrypts: false,
            target: None,
            answer: None,
        }
    }
}

struct Shared {
    issuer: String,
    clock: ManualClock,
    keys: Keys,
    behaviour: Mutex<Behaviour>,
    /// What was asked for with each code that is still good.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
    requests: Mutex<Vec<String>>,
}

/// A provider that lives as long as this value.
pub struct OpenIdProvider {
    shared: Arc<Shared>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OpenIdProvider {
    /// Starts it, by this clock.
    pub async fn start(clock: ManualClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            issuer,
            clock,
            keys: Keys::make(),
            behaviour: Mutex::default(),
            codes: Mutex::default(),
            requests: Mutex::default(),
        });
        let ours = Arc::clone(&shared);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client may hang up at any time.
                let _ = ours.exchange(stream).await;
            }
        });
        Self { shared, serving }
    }

    /// Its name and address.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Changes how it behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut lock(&self.shared.behaviour));
    }

    /// Behaves as at first, to the same target.
    pub fn be_good(&self) {
        self.behave(|it| *it = Behaviour { target: it.target.take(), ..Behaviour::default() });
    }

    /// Its clock.
    pub fn clock(&self) -> &ManualClock {
        &self.shared.clock
    }

    /// Its keys.
    pub fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// Every request so far: method and path.
    pub fn requests(&self) -> Vec<String> {
        lock(&self.shared.requests).clone()
    }
}

/// One request as it came.
struct Request {
    line: String,
    head: String,
    form: HashMap<String, String>,
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16_384 {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let line = head.lines().next().unwrap_or_default();
    let line = line.trim_end_matches(" HTTP/1.1").to_owned();
    let query = line.split_once('?').map(|(_, query)| query.to_owned());
    let text = query.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned());
    Ok(Request { line, head, form: pairs(&text) })
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().into())
}

/// The fields of a form or a query.
pub fn pairs(text: &str) -> HashMap<String, String> {
    let one = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (unescaped(name), unescaped(value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(one).collect()
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (high, low) = (hex(rest.next()).unwrap_or(0), hex(rest.next()).unwrap_or(0));
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text as a value in a query.
pub fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

impl Shared {
    async fn exchange(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let request = read(&mut stream).await?;
        lock(&self.requests).push(request.line.clone());
        let path = request.line.split('?').next().unwrap_or_default();
        let (status, more, body) = match path {
            "GET /.well-known/openid-configuration" => (200, String::new(), self.metadata()),
            "GET /jwks" => (200, String::new(), self.published()),
            "GET /authorize" => (302, self.authorize(request.form), Value::Null),
            "POST /token" => {
                let (status, body) = self.token(&request);
                (status, String::new(), body)
            }
            _ => (404, String::new(), Value::Null),
        };
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} .\r\n{more}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    }

    fn metadata(&self) -> Value {
        let issuer = &self.issuer;
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "authorization_response_iss_parameter_supported": true,
        });
        for (name, value) in lock(&self.behaviour).metadata.as_object().expect("an object") {
            document[name] = value.clone();
        }
        document
    }

    fn published(&self) -> Value {
        let published = lock(&self.behaviour).published.clone();
        json!({"keys": published.unwrap_or_else(|| self.keys.public())})
    }

    /// Signs everybody in at once, and sends them back with a code.
    fn authorize(&self, asked: HashMap<String, String>) -> String {
        let number = lock(&self.requests).len();
        let code = format!("code-{number}");
        let back = format!(
            "{}?code={code}&state={}&iss={}",
            asked["redirect_uri"],
            escaped(&asked["state"]),
            escaped(&self.issuer)
        );
        lock(&self.codes).insert(code, asked);
        format!("location: {back}\r\n")
    }

    /// Gives tokens for a code to whoever has the secret and the verifier.
    fn token(&self, request: &Request) -> (u16, Value) {
        if let Some(answer) = lock(&self.behaviour).answer.clone() {
            return answer;
        }
        let form = &request.form;
        let refused = |word: &str| (400, json!({"error": word}));
        let secret = STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace(' ', "+")));
        if header(&request.head, "authorization") != Some(format!("Basic {secret}")) {
            return refused("invalid_client");
        }
        let Some(asked) = form.get("code").and_then(|code| lock(&self.codes).remove(code)) else {
            return refused("invalid_grant");
        };
        let verifier = form.get("code_verifier").cloned().unwrap_or_default();
        let is_the_same = asked["code_challenge_method"] == "S256"
            && asked["code_challenge"] == base64(digest(&SHA256, verifier.as_bytes()))
            && form.get("redirect_uri") == asked.get("redirect_uri");
        if !is_the_same {
            return refused("invalid_grant");
        }
        let id_token = self.id_token(&asked["nonce"]);
        let answer = json!({
            "access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": id_token,
        });
        (200, answer)
    }

    /// A token that is right, save for what the order changes.
    fn id_token(&self, nonce: &str) -> String {
        let behaviour = lock(&self.behaviour).clone();
        let now = self.clock.now().as_second();
        let mut draft = Draft {
            header: json!({"alg": "RS256", "kid": "rsa", "typ": "JWT"}),
            claims: json!({
                "iss": self.issuer, "sub": "account-7", "aud": CLIENT, "exp": now + 300,
                "iat": now, "nonce": nonce, "email": "kim.roe@company.example",
                "email_verified": true, "name": "Kim Roe", "hd": "company.example",
                "tid": "tenant-1", "oid": "object-1", "acr": "strong", "amr": ["pwd", "mfa"],
                "at_hash": at_hash(ACCESS_TOKEN),
            }),
            signer: Signer::Rs256,
            seal: behaviour.encrypts.then(Seal::default),
            respell: None,
            tamper: None,
        };
        (behaviour.order)(&mut draft);
        let mut token = self.keys.sign(&draft);
        if let Some(respell) = draft.respell {
            token = respell(&token);
        }
        match (&draft.seal, &behaviour.target) {
            (Some(seal), Some(target)) => seal.seal(target, &token, draft.tamper),
            _ => token,
        }
    }
}

/// The access token that comes with every ID token.
pub const ACCESS_TOKEN: &str = "an access token";

/// `at_hash` of a token that is signed with SHA-256.
pub fn at_hash(access_token: &str) -> String {
    base64(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16])
}
