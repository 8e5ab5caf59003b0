//! What released versions left behind: a collector's files, a Mac's state, and
//! what the two said to each other, so that every later version can be tried
//! with it. `tests/released/README.md` says what each file is.

#![expect(clippy::expect_used, reason = "a release that cannot be read fails its test")]
#![expect(clippy::missing_panics_doc, reason = "everything here panics when it cannot be done")]

use std::fs;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::envelope::Envelope;
use tempfile::TempDir;

use crate::connection::Reply;
use crate::laptop::Laptop;
use crate::recording::{HEALTHY, Recording};
use crate::test_server::TestServer;

mod dump;
mod keeping;

pub use dump::restored;
pub use keeping::keep;

/// Everything of a release that no one reads as text.
const ARCHIVE: &str = "kept.tar.gz";

/// How a release was kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// The version of agent and collector.
    pub version: String,
    /// The instant at which the collector stopped.
    pub stopped_at: Timestamp,
    /// The instant at which the Mac's queue was delivered.
    pub delivered_at: Timestamp,
}

/// The files of one release.
pub struct Released {
    /// How it was kept.
    pub about: About,
    place: PathBuf,
    unpacked: TempDir,
}

/// The folder that holds a folder for each version.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("released")
}

/// Every version that is kept, the oldest first.
pub fn all() -> Vec<Released> {
    let entries = fs::read_dir(folder()).expect("the folder of released versions");
    let folders = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let mut all: Vec<Released> = folders.map(|path| Released::open(&path)).collect();
    all.sort_by_key(|one| one.about.delivered_at);
    all
}

impl Released {
    /// The release in the folder `place`.
    pub fn open(place: &Path) -> Self {
        let about = fs::read(place.join("about.json")).expect("about.json");
        let unpacked = tempfile::tempdir().expect("a temporary folder");
        let archive = fs::File::open(place.join(ARCHIVE)).expect("the archive");
        let mut archive = tar::Archive::new(GzDecoder::new(archive));
        archive.set_preserve_permissions(true);
        archive.unpack(unpacked.path()).expect("the archive is whole");
        Self {
            about: serde_json::from_slice(&about).expect("about.json"),
            place: place.to_owned(),
            unpacked,
        }
    }

    /// One of its texts, such as `full.json`.
    pub fn text(&self, name: &str) -> String {
        let text = fs::read_to_string(self.place.join(name));
        text.unwrap_or_else(|error| unreachable!("{}/{name}: {error}", self.place.display()))
    }

    /// The files of the collector, as it stopped.
    pub fn collector(&self) -> PathBuf {
        self.unpacked.path().join("collector")
    }

    /// The same collector's PostgreSQL database, as SQL.
    pub fn postgres(&self) -> String {
        fs::read_to_string(self.unpacked.path().join("postgres.sql")).expect("the dump")
    }

    /// The present collector on the files of that one.
    pub async fn server(&self, url: Option<&str>) -> TestServer {
        TestServer::continue_from(&self.collector(), self.about.delivered_at, url).await
    }

    /// The present agent with the state of that Mac, whose queue holds
    /// `full.json` and `unchanged.json`.
    pub fn laptop(&self, server: &TestServer) -> Laptop {
        let state = self.unpacked.path().join("mac");
        Laptop::continuing(&mac(), &server.clock, &state, server.url())
    }
}

/// The recorded Mac whose queue is kept.
fn mac() -> Recording {
    Recording::named(HEALTHY).of_another_mac(1).with_filevault_off()
}

/// What the collector answered to the texts of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { status: reply.status, body: reply.text() }
    }
}

/// Says the texts of `release` to a collector; the answers by their name.
pub async fn replay(release: &Released, server: &TestServer) -> Vec<(&'static str, Answer)> {
    let mut connection = server.connector().connect().await;
    let (full, unchanged) = (release.text("full.json"), release.text("unchanged.json"));
    let enrolled = connection.enroll(release.text("enroll.json")).await;
    let batch = connection.batch(format!("{full}\n{unchanged}\n")).await;
    let again = connection.report(full.clone()).await;
    let mut forged = Envelope::parse(full.as_bytes()).expect("an envelope");
    forged.payload.push(b' ');
    let refused = connection.deliver(&forged).await;
    let policy = connection.send("GET", "/v1/policy", &[], "").await;
    vec![
        ("enroll", enrolled.into()),
        ("batch", batch.into()),
        ("again", again.into()),
        ("refused", refused.into()),
        ("policy", policy.into()),
    ]
}

fn pack(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(fs::File::create(to)?, Compression::best()));
    archive.append_dir_all(".", from)?;
    archive.into_inner()?.finish()?;
    Ok(())
}
