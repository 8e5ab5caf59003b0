//! A headless Chromium, started for one test and always shut down.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use agent::Clock;
use agent::host::Live;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tests::connection::Connector;
use tests::program;
use thirtyfour::error::{WebDriverError, WebDriverErrorInner};
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, Capabilities, ChromiumLikeCapabilities as _, DesiredCapabilities, WebDriver};

const CHROMIUM: &str = "/usr/bin/chromium";
const DRIVER: &str = "/usr/bin/chromedriver";

/// Chromium must be quiet on the network and leave no trace.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1280,900",
];

/// The program that drives the browser; it goes when the test does.
struct Driver {
    child: Child,
    address: String,
}

impl Driver {
    #[expect(clippy::disallowed_methods, reason = "the browser is started from outside")]
    fn start() -> Self {
        let mut command = Command::new(DRIVER);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{DRIVER}: {error}; `tests/run` installs it, or `apt-get install chromium-driver`"
            )
        });
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        Self { child, address: format!("127.0.0.1:{}", port.expect("a port of chromedriver")) }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether pages may run their script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

fn capabilities(profile: &std::path::Path, scripts: Scripts) -> Capabilities {
    let mut wanted = DesiredCapabilities::chrome();
    wanted.set_binary(CHROMIUM).unwrap();
    for flag in FLAGS {
        wanted.add_arg(flag).unwrap();
    }
    wanted.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
    if scripts == Scripts::Off {
        let prefs = json!({"profile.managed_default_content_settings.javascript": 2});
        wanted.add_experimental_option("prefs", prefs).unwrap();
    }
    let mut wanted: Capabilities = wanted.into();
    wanted.set("goog:loggingPrefs", json!({"browser": "ALL"})).unwrap();
    wanted
}

/// Whether the page of an element is gone.
fn is_stale(error: &WebDriverError) -> bool {
    matches!(error.as_inner(), WebDriverErrorInner::StaleElementReference(_))
}

/// A window, and the folder for pictures of it.
pub(crate) struct Window {
    pub(crate) page: WebDriver,
    address: String,
    pictures: PathBuf,
}

impl Window {
    /// Keeps a picture of the whole page, what lies below the window's edge
    /// included.
    pub(crate) async fn picture(&self, name: &str) {
        let whole = json!({ "cmd": "Page.captureScreenshot",
            "params": { "format": "png", "captureBeyondViewport": true } });
        let taken = self.ask("POST", "goog/cdp/execute", &whole).await;
        let bytes = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        std::fs::write(self.pictures.join(format!("{name}.png")), bytes).unwrap();
    }

    /// Keeps a file beside the pictures.
    pub(crate) fn keep(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.pictures.join(name), bytes).unwrap();
    }

    /// What the first element says that fits. A form that was sent loads the
    /// next page after a moment, and takes the element with it: then it is
    /// looked for again.
    pub(crate) async fn text(&self, selector: &str) -> String {
        loop {
            let found = self.page.query(By::Css(selector)).first().await;
            let element = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
            match element.text().await {
                Err(error) if is_stale(&error) => {}
                said => return said.unwrap(),
            }
        }
    }

    /// Asks the driver for what the client library does not know: what stands
    /// under `value` of its answer.
    pub(crate) async fn ask(&self, method: &str, what: &str, body: &Value) -> Value {
        let url = format!("http://{}", self.address);
        let mut connection = Connector::new(&url, "", Clock::of(Live::new())).connect().await;
        let path = format!("/session/{}/{what}", self.page.handle().session_id());
        let media = [("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = connection.send(method, &path, &media, body).await;
        assert_eq!(answer.status, 200, "{method} {what}: {}", answer.text());
        answer.json::<Value>()["value"].take()
    }

    /// What the browser has logged since it was last asked: errors of scripts,
    /// of loading, and violations of the content security policy.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "se/log", &json!({"type": "browser"})).await;
        let lines = log.as_array().unwrap_or_else(|| panic!("no log: {log}"));
        // What is only told, such as that signing out cleared the cache, is
        // no complaint.
        let lines = lines.iter().filter(|line| line["level"] != "INFO");
        lines.map(|line| format!("{}: {}", line["level"], line["message"])).collect()
    }
}

/// Lets `visit` use a window of a new browser, which is shut down whatever
/// happens in it.
pub(crate) async fn in_browser<F>(visit: F)
where
    F: AsyncFnOnce(&Window),
{
    in_browser_with(Scripts::On, visit).await;
}

/// The same, with or without scripts.
pub(crate) async fn in_browser_with<F>(scripts: Scripts, visit: F)
where
    F: AsyncFnOnce(&Window),
{
    // thirtyfour's client wants a process-wide choice; a second one is the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let profile = tempfile::tempdir().unwrap();
    let pictures = program::target_folder().parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&pictures).unwrap();
    let driver = Driver::start();
    let address = driver.address.clone();
    let page =
        WebDriver::new(&format!("http://{address}"), capabilities(profile.path(), scripts)).await;
    // It quits the browser also when the visit panics.
    let visited = page.unwrap().run_and_quit(|page| async move {
        visit(&Window { page, address, pictures }).await;
        Ok::<(), std::convert::Infallible>(())
    });
    visited.await.unwrap();
}
