//! An administrator lets a colleague in, and sees afterwards who did what.

use tests::test_server::TestServer;
use thirtyfour::prelude::ElementQueryable as _;
use thirtyfour::{By, WebElement};

use crate::browser::{Window, in_browser};

/// Waits for it: a form that was sent loads the next page after a moment.
async fn one(window: &Window, selector: &str) -> WebElement {
    window.page.query(By::Css(selector)).first().await.unwrap()
}

async fn type_into(window: &Window, selector: &str, text: &str) {
    one(window, selector).await.send_keys(text).await.unwrap();
}

async fn texts(window: &Window, selector: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for element in window.page.find_all(By::Css(selector)).await.unwrap() {
        texts.push(element.text().await.unwrap());
    }
    texts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_is_invited_comes_in_once_and_leaves_traces() {
    let url = "http://localhost:0".to_owned();
    let server = TestServer::start_with(|config| config.public_url = Some(url)).await;
    let admin = server.login_link();
    in_browser(async |window| {
        window.page.goto(&admin).await.unwrap();
        window.page.goto(&format!("{}/accounts", server.url())).await.unwrap();
        type_into(window, "#name", "Kim Roe").await;
        type_into(window, "#email", "Kim@company.example").await;
        one(window, "input[value=auditor]").await.click().await.unwrap();
        one(window, "button.primary").await.click().await.unwrap();
        // An auditor's access must end, and what was typed is still there.
        let wrong = one(window, "p.wrong[role=alert]").await.text().await.unwrap();
        assert!(wrong.contains("An auditor’s access ends on a day"), "{wrong}");
        let name = one(window, "#name").await.prop("value").await.unwrap();
        assert_eq!(name.as_deref(), Some("Kim Roe"));
        let day = "document.querySelector('#ends').value = '2026-09-30'";
        window.page.execute(day, vec![]).await.unwrap();
        one(window, "button.primary").await.click().await.unwrap();
        let link = one(window, "pre.command code").await.text().await.unwrap();
        assert!(link.starts_with(&format!("{}/welcome/", server.url())), "{link}");
        let until = one(window, ".title .mark").await.text().await.unwrap();
        assert_eq!(until, "Until 30 Sep 2026", "the last day");
        window.picture("account-invited").await;

        // The colleague, in a browser of her own.
        window.page.delete_all_cookies().await.unwrap();
        window.page.goto(&link).await.unwrap();
        window.picture("welcome").await;
        one(window, "button.primary").await.click().await.unwrap();
        one(window, "nav[aria-label=Main]").await;
        let places = texts(window, "nav[aria-label=Main] a").await;
        assert!(places.contains(&"Audit log".to_owned()), "{places:?}");
        window.page.goto(&format!("{}/accounts", server.url())).await.unwrap();
        assert!(texts(window, "button.primary").await.is_empty(), "an auditor invites nobody");
        window.page.delete_all_cookies().await.unwrap();
        window.page.goto(&link).await.unwrap();
        let over = one(window, "h1").await.text().await.unwrap();
        assert_eq!(over, "This invitation no longer works");

        // Who did what.
        let admin = server.login_link();
        window.page.goto(&admin).await.unwrap();
        window.page.goto(&format!("{}/audit?q=kim", server.url())).await.unwrap();
        let rows = texts(window, "table.audit tbody tr").await;
        for said in ["Added an account", "Invited", "Signed in"] {
            assert!(rows.iter().any(|row| row.contains(said)), "{said}: {rows:?}");
        }
        let choice = one(window, "select[name=action] option[value=sign_in]").await;
        choice.click().await.unwrap();
        one(window, "form.fields button").await.click().await.unwrap();
        one(window, "select[name=action] option[value=sign_in][selected]").await;
        let rows = texts(window, "table.audit tbody tr").await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].contains("Kim Roe") && rows[0].contains("by an invitation"), "{rows:?}");
        window.picture("audit-of-one").await;
    })
    .await;
}
