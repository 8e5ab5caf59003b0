//! Webhooks: nobody who is late moves one on.

use jiff::Timestamp;

use super::replicas::{Promise, Replicas, keep, minute};
use crate::audit::{Act, Object};
use crate::siem::Format;
use crate::siem::cursor::Cursor;
use crate::store::place::Opened;
use crate::store::stream::Kinds;
use crate::store::webhooks::{Delivery, NewWebhook, Onward, State, Webhook};

const PROMISES: &[Promise] = &[
    ("a webhook is made, paused, resumed, rotated and removed, each noted", life),
    ("a message has one end, whoever begins it, and is done once", one_end),
    ("failures are counted until it is disabled", failures),
    ("the log of deliveries keeps the newest hundred", log),
];

#[test]
fn webhooks_are_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn webhooks_are_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn act(action: &'static str) -> Act {
    Act::of_command(action, Object::new("webhook", "w1"), minute(1))
}

fn made(opened: &Opened) -> Webhook {
    let new = NewWebhook {
        id: "w1".to_owned(),
        name: "SIEM".to_owned(),
        url: "https://siem.company.example/".to_owned(),
        format: Format::Ocsf,
        kinds: Kinds { findings: true, audit: false },
    };
    opened.records.make_webhook(&new, &act("webhook_added")).unwrap();
    opened.records.webhook("w1").unwrap().unwrap()
}

fn delivery(webhook: &Webhook, end: Cursor, at: Timestamp, is_delivered: bool) -> Delivery {
    Delivery {
        number: 0,
        at,
        message: format!("msg_{end}"),
        from: webhook.cursor,
        end,
        events: 2,
        is_delivered,
        status: is_delivered.then_some(204),
        detail: if is_delivered { String::new() } else { "It answered 500.".to_owned() },
        took_ms: 12,
    }
}

fn life(replicas: &Replicas) {
    let (one, other) = (replicas.open(), replicas.open());
    let webhook = made(&one);
    assert_eq!(webhook.cursor, Cursor { log_size: 1, number: 0 }, "after its own entry");
    assert_eq!(
        (webhook.format, webhook.state, webhook.generation),
        (Format::Ocsf, State::Active, 1)
    );
    assert!(webhook.kinds.findings && !webhook.kinds.audit && webhook.end.is_none());
    assert_eq!(other.records.webhooks().unwrap(), [webhook]);
    let state = |state, name| other.records.set_webhook_state("w1", state, &act(name)).unwrap();
    assert!(state(State::Paused, "webhook_paused") && state(State::Active, "webhook_resumed"));
    assert!(other.records.rotate_webhook("w1", minute(9), &act("webhook_rotated")).unwrap());
    let rotated = one.records.webhook("w1").unwrap().unwrap();
    assert_eq!((rotated.generation, rotated.rotated_until), (2, minute(9)));
    assert!(one.records.remove_webhook("w1", &act("webhook_removed")).unwrap());
    assert!(!one.records.remove_webhook("w1", &act("webhook_removed")).unwrap());
    let names =
        ["added", "paused", "resumed", "rotated", "removed"].map(|it| format!("webhook_{it}"));
    assert_eq!(replicas.rows("SELECT action FROM audit ORDER BY position"), names);
}

fn one_end(replicas: &Replicas) {
    let (one, other) = (replicas.open(), replicas.open());
    let webhook = made(&one);
    let (end, far) = (Cursor { log_size: 7, number: 3 }, Cursor { log_size: 9, number: 1 });
    assert!(one.records.begin_message(&webhook, end).unwrap());
    assert!(!other.records.begin_message(&webhook, far).unwrap(), "it has an end");
    let begun = other.records.webhook("w1").unwrap().unwrap();
    assert_eq!(begun.end, Some(end));
    let done = delivery(&webhook, end, minute(2), true);
    let act = act("webhook_disabled");
    assert!(one.records.end_attempt(&webhook, &done, &Onward::Next, &act).unwrap());
    // The other one sent it as well, and is late.
    assert!(!other.records.end_attempt(&begun, &done, &Onward::Next, &act).unwrap());
    let late = Onward::Again(minute(5));
    assert!(!other.records.end_attempt(&begun, &done, &late, &act).unwrap());
    let after = one.records.webhook("w1").unwrap().unwrap();
    assert_eq!((after.cursor, after.end, after.attempts), (end, None, 0));
    assert_eq!(one.records.deliveries("w1").unwrap(), [Delivery { number: 1, ..done }]);
}

fn failures(replicas: &Replicas) {
    let opened = replicas.open();
    let mut webhook = made(&opened);
    let end = Cursor { log_size: 7, number: 3 };
    assert!(opened.records.begin_message(&webhook, end).unwrap());
    for failures in 1..=3 {
        let failed = delivery(&webhook, end, minute(failures), false);
        let again = Onward::Again(minute(failures + 1));
        assert!(opened.records.end_attempt(&webhook, &failed, &again, &act("x")).unwrap());
        webhook = opened.records.webhook("w1").unwrap().unwrap();
        assert_eq!((webhook.attempts, webhook.failing_since), (failures, Some(minute(1))));
        assert_eq!((webhook.end, webhook.next), (Some(end), minute(failures + 1)));
    }
    let failed = delivery(&webhook, end, minute(9), false);
    let nowhere = Onward::Nowhere("It failed.".to_owned());
    let disabled = act("webhook_disabled");
    assert!(opened.records.end_attempt(&webhook, &failed, &nowhere, &disabled).unwrap());
    let after = opened.records.webhook("w1").unwrap().unwrap();
    assert_eq!(
        (after.state, after.reason.as_str(), after.end),
        (State::Disabled, "It failed.", Some(end))
    );
    assert!(!opened.records.begin_message(&after, end).unwrap());
    let rows = replicas.rows("SELECT action FROM audit ORDER BY position");
    assert_eq!(rows, ["webhook_added", "webhook_disabled"]);
    assert!(
        opened.records.set_webhook_state("w1", State::Active, &act("webhook_resumed")).unwrap()
    );
    let resumed = opened.records.webhook("w1").unwrap().unwrap();
    assert_eq!((resumed.attempts, resumed.failing_since, resumed.end), (0, None, Some(end)));
}

fn log(replicas: &Replicas) {
    let opened = replicas.open();
    let webhook = made(&opened);
    let end = Cursor { log_size: 7, number: 3 };
    for minutes in 1..=103 {
        let resent = delivery(&webhook, end, minute(minutes), true);
        opened.records.note_resent("w1", &resent, &act("webhook_resent")).unwrap();
    }
    let kept = opened.records.deliveries("w1").unwrap();
    let numbers: Vec<i64> = kept.iter().map(|it| it.number).collect();
    assert_eq!(numbers, (4..=103).rev().collect::<Vec<_>>());
}
