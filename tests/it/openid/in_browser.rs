//! The same in a real browser: a link leads to the provider and back, and a
//! refusal is a page that says what to do.

use thirtyfour::By;
use thirtyfour::prelude::ElementQueryable as _;

use super::{Place, claim};
use crate::browser::in_browser;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_leads_to_the_provider_and_into_the_console() {
    let url = "http://127.0.0.1:0".to_owned();
    let place = Place::start(&[], |config| config.public_url = Some(url)).await;
    let url = place.server.url().to_owned();
    in_browser(async |window| {
        let provider = By::LinkText("Sign in with Company plain");
        window.page.goto(&format!("{url}/login")).await.unwrap();
        window.picture("sign-in-openid").await;
        place.provider.behave(|it| {
            it.order = std::sync::Arc::new(claim!("email", "stranger@company.example"));
        });
        window.page.query(provider.clone()).first().await.unwrap().click().await.unwrap();
        let again = By::LinkText("Begin again");
        let again = window.page.query(again).first().await.unwrap();
        window.picture("sign-in-refused").await;
        window.page.set_window_rect(0, 0, 390, 844).await.unwrap();
        window.picture("sign-in-refused-narrow").await;
        window.page.set_window_rect(0, 0, 1280, 900).await.unwrap();
        place.provider.be_good();
        again.click().await.unwrap();
        let out = By::Css("form[action='/logout']");
        window.page.query(out).first().await.unwrap();
        assert_eq!(window.page.current_url().await.unwrap().path(), "/");
        let mut complaints = window.complaints().await;
        // The refusal's own status is no fault of the page.
        complaints.retain(|line| !line.contains("status of 403"));
        assert_eq!(complaints, Vec::<String>::new());
    })
    .await;
}
