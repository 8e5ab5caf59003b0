//! Requests that are sent again do nothing again.

use jiff::SignedDuration;
use serde_json::{Value, json};
use tests::caller::{Caller, code};

use super::on_both;

const PATH: &str = "/api/v1/accounts";
const KEY: (&str, &str) = ("idempotency-key", "5f2b7c1e-2d54-4a2b-9a53-0d1f3c6b8e01");

fn account(number: usize) -> Value {
    json!({ "email": format!("p{number}@muster.example"), "name": "P", "role": "viewer" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_gets_the_first_answer_also_after_a_restart() {
    for mut server in on_both().await {
        let mut caller = Caller::almighty(&server).await;
        let first = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!(first.status, 201, "{}", first.text());
        let again = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!((again.status, &again.body), (201, &first.body), "the secret link included");
        for name in ["location", "etag", "content-type"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let other = caller.send("POST", PATH, &[KEY], Some(&account(2))).await;
        assert_eq!(code(&other), (422, "key-reused".to_owned()));
        let elsewhere = caller.send("POST", "/api/v1/tokens", &[KEY], Some(&account(1))).await;
        assert_eq!(code(&elsewhere), (422, "key-reused".to_owned()));
        assert_eq!(caller.all("/api/v1/audit?action=account_added&q=P").await.len(), 1);

        // Another's key is another key.
        let mut somebody = Caller::almighty(&server).await;
        let theirs = somebody.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!(code(&theirs), (409, "conflict".to_owned()));

        let secret = caller.credential()[0].1.replace("Bearer ", "");
        server.stop().await;
        server.resume().await;
        let mut caller = Caller::with_token(&server, &secret).await;
        let after = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!((after.status, after.body), (201, first.body));
        server.clock.set(server.clock.now() + SignedDuration::from_hours(24));
        let late = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!(code(&late), (409, "conflict".to_owned()), "the key is forgotten");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_one_does_it() {
    for server in on_both().await {
        let secret = Caller::almighty(&server).await.credential()[0].1.replace("Bearer ", "");
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let mut caller = Caller::with_token(&server, &secret).await;
            tasks.spawn(async move {
                let answer = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
                (answer.status, answer.text())
            });
        }
        let answers = tasks.join_all().await;
        let made: Vec<_> = answers.iter().filter(|(status, _)| *status == 201).collect();
        assert!(!made.is_empty() && made.iter().all(|one| one.1 == made[0].1), "{answers:?}");
        let rest = answers.iter().filter(|(status, _)| *status != 201);
        assert!(rest.clone().all(|(_, text)| text.contains("request-in-progress")), "{answers:?}");
        let mut caller = Caller::with_token(&server, &secret).await;
        let again = caller.send("POST", PATH, &[KEY], Some(&account(1))).await;
        assert_eq!((again.status, again.text()), (201, made[0].1.clone()));
        assert_eq!(caller.all("/api/v1/audit?action=account_added&q=P").await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_request_leaves_its_key_free() {
    let [server, _] = on_both().await;
    let mut caller = Caller::almighty(&server).await;
    let bad = json!({ "email": "nobody", "name": "P", "role": "viewer" });
    assert_eq!(caller.send("POST", PATH, &[KEY], Some(&bad)).await.status, 422);
    assert_eq!(caller.send("POST", PATH, &[KEY], Some(&account(1))).await.status, 201);
    let short = [("idempotency-key", "1")];
    let refused = caller.send("POST", PATH, &short, Some(&account(2))).await;
    assert_eq!(code(&refused), (400, "bad-parameter".to_owned()));
}
