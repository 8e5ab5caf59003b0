//! What pages say, and what holds for all of them.

use axum::http::{StatusCode, header};
use shared::envelope::{Envelope, pae};
use shared::keys::{KeyId, PublicKey};

use super::Site;
use crate::store::views::device::DeviceViews as _;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_forbids_what_it_does_not_need() {
    let site = Site::with(12).await;
    let device = site.device(0);
    for path in [
        "/",
        "/devices?status=stale&q=sam",
        "/os-releases",
        &format!("/devices/{device}"),
        &format!("/devices/{device}/statements/1/40"),
        "/no-such-page",
        "/devices?sort=colour",
        "/login",
        "/healthz",
    ] {
        let answer = site.get(path).await;
        assert_eq!(answer.header(header::CONTENT_SECURITY_POLICY), POLICY, "{path}");
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{path}");
        assert_eq!(answer.header(header::REFERRER_POLICY), "no-referrer", "{path}");
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store", "{path}");
        let text = answer.text();
        for inline in [" style=", "<style", "<script>", " onclick=", "javascript:"] {
            assert!(!text.contains(inline), "{path} holds {inline}");
        }
        assert!(text.len() < 100_000, "{path} weighs {} bytes", text.len());
    }
}

#[tokio::test]
async fn static_files_are_kept_for_ever_under_a_name_of_their_own() {
    let site = Site::signed_out(0);
    let text = site.get("/login").await.text();
    let from = text.find("/static/console.").unwrap();
    let address = text[from..].split('"').next().unwrap();
    let answer = site.get(address).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/css; charset=utf-8");
    assert_eq!(site.get("/static/console.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_empty_fleet_says_what_to_do_next() {
    let site = Site::with(0).await;
    for path in ["/", "/devices"] {
        let text = site.get(path).await.text();
        assert!(text.contains("No Macs yet"), "{path}");
        assert!(text.contains("muster-server invite --person"), "{path}");
    }
}

#[tokio::test]
async fn a_notice_stands_on_every_page_as_text() {
    let site = Site::with(0).await;
    for path in ["/", "/devices", "/nothing", "/login"] {
        let text = site.get(path).await.text();
        assert!(text.contains("A notice &#60;for&#62; everybody."), "{path}");
    }
}

#[tokio::test]
async fn a_mute_device_looks_neither_passing_nor_failing() {
    let site = Site::with(12).await;
    let page = site.get(&format!("/devices/{}", site.device(6))).await.text();
    let list = site.get("/devices?status=never_reported").await.text();
    let rows = list.split("<tbody").nth(1).unwrap();
    let main = page.split("<main").nth(1).unwrap();
    // Its history may hold older statuses; they lie behind the timeline.
    let present = main.split("id=\"timeline\"").next().unwrap();
    for text in [rows, present] {
        assert!(text.contains("Never reported"));
        for kind in ["pass", "fail", "due"] {
            assert!(!text.contains(&format!("class=\"mark {kind}\"")), "{kind}");
            assert!(!text.contains(&format!("class=\"{kind}\"")), "{kind}");
        }
    }
}

#[tokio::test]
async fn a_failing_device_says_what_was_seen_and_how_to_fix_it() {
    let site = Site::with(12).await;
    let text = site.get(&format!("/devices/{}", site.device(0))).await.text();
    for part in [
        "FileVault is being switched off, 35 % done.",
        "Rule: FileVault encrypts the disk",
        "How its owner fixes it",
        "<li>Connect the power adapter.</li>",
        "overdue",
        "chain-gap",
        "openssl dgst -sha256 -verify key-1.pem -signature report-1-40.sig report-1-40.pae",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let recorded = site.get(&format!("/devices/{}", site.device(3))).await.text();
    assert!(recorded.contains("made from a recording"));
}

#[tokio::test]
async fn a_statement_can_be_checked_with_what_is_handed_out() {
    let site = Site::with(1).await;
    let device = site.device(0);
    let base = format!("/devices/{device}/statements/1/40");
    let envelope = site.get(&format!("{base}/envelope")).await;
    let envelope = Envelope::parse(&envelope.body).unwrap();
    let key = site.readers.keys(&device).unwrap().remove(0);
    let public = PublicKey::from_spki(&key.spki).unwrap();
    envelope.verify(&public).unwrap();
    assert_eq!(envelope.keyid, KeyId::of(&key.spki));
    assert_eq!(site.get(&format!("{base}/payload")).await.body, envelope.payload);
    assert_eq!(site.get(&format!("{base}/pae")).await.body, pae(&envelope.payload));
    assert_eq!(site.get(&format!("{base}/signature")).await.body, envelope.signature);
    let pem = site.get(&format!("/devices/{device}/key.pem?chain=1")).await.text();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\nMFkwEwYH"));
    let page = site.get(&base).await.text();
    assert!(page.contains("&#34;kind&#34;: &#34;full&#34;"));
    for missing in [format!("{base}/secret"), format!("{base}1"), format!("{base}/../x")] {
        assert_eq!(site.get(&missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn exports_hold_exactly_the_rows_of_the_view() {
    let site = Site::with(41).await;
    let page = site.get("/devices?status=non_compliant").await.text();
    let csv = site.get("/devices.csv?status=non_compliant").await;
    let json = site.get("/devices.json?status=non_compliant").await;
    let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    let devices = json["devices"].as_array().unwrap();
    assert_eq!(json["count"], devices.len());
    assert_eq!(page.matches("class=\"open\"").count(), devices.len());
    let text = csv.text();
    assert_eq!(text.lines().count(), devices.len() + 1);
    for (line, device) in text.lines().skip(1).zip(devices) {
        assert!(line.starts_with(device["id"].as_str().unwrap()));
        assert_eq!(device["status"], "non_compliant");
    }
    assert!(csv.header(header::CONTENT_DISPOSITION).contains("muster-devices-23-aug-2026.csv"));
}

#[tokio::test]
async fn an_address_that_cannot_be_understood_says_what_would_be_right() {
    let site = Site::with(1).await;
    let answer = site.get("/devices?status=broken").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text().contains("Use one of non_compliant, suspended"));
    assert_eq!(site.get("/devices/nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_overview_counts_everybody_and_links_to_lists() {
    let site = Site::with(12).await;
    let text = site.get("/").await.text();
    assert!(text.contains(" of 12 Macs are compliant</a>"));
    for part in ["Needs attention", "Changed since yesterday", "Show as table", "macOS versions"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.contains("/devices?status=suspended"));
}
