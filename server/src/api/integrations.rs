//! Operations about other systems: the stream of events, and webhooks.

use super::operation::Operation;
use super::{events, webhooks};
use crate::auth::guard::{Access, Noted};
use crate::auth::permission::Permission::{ChangeIntegrations, Export, SeeIntegrations};

const SEE: Access = Access::Needs(&[SeeIntegrations]);
const CHANGE: Access = Access::Needs(&[ChangeIntegrations]);
const TAG: &str = "Integrations";

/// Every one of them.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = vec![
        // Not noted: each pull would be an event that the next one brings.
        Operation::get(
            "/api/v1/events",
            (Access::Needs(&[Export]), Noted::Nothing),
            events::pull,
        )
        .named(
            "pullEvents",
            TAG,
            "What happened, in one order, the oldest first",
            "One line of JSON an event. The header `Muster-Cursor` says where the next pull begins. Entries of the audit log need `audit:read` as well.",
        )
        .asks(events::PARAMETERS)
        .gives_lines(),
    ];
    all.extend(hooks());
    all.extend(steps());
    all
}

fn hooks() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/webhooks", (SEE, Noted::Nothing), webhooks::list)
            .named("listWebhooks", TAG, "Where events are sent", "")
            .lists::<webhooks::WebhookItem>(),
        Operation::post("/api/v1/webhooks", CHANGE, webhooks::make)
            .named(
                "createWebhook",
                TAG,
                "Send events to an address",
                "It begins with what happens from now on. The secret is shown once.",
            )
            .takes::<webhooks::NewWebhookForm>(webhooks::example)
            .makes::<webhooks::MadeWebhook>()
            .may_conflict(),
        Operation::get("/api/v1/webhooks/{id}", (SEE, Noted::Nothing), webhooks::show)
            .named("getWebhook", TAG, "One webhook", "")
            .gives::<webhooks::WebhookItem>(),
        Operation::delete("/api/v1/webhooks/{id}", CHANGE, webhooks::remove).named(
            "removeWebhook",
            TAG,
            "Send no more events there",
            "",
        ),
    ]
}

fn steps() -> Vec<Operation> {
    vec![
        Operation::post("/api/v1/webhooks/{id}/state", CHANGE, webhooks::step)
            .named(
                "stepWebhook",
                TAG,
                "Pause a webhook, or let it go on",
                "What happens meanwhile is sent when it goes on.",
            )
            .takes::<webhooks::WebhookStepForm>(webhooks::step_example)
            .gives::<webhooks::WebhookItem>(),
        Operation::post("/api/v1/webhooks/{id}/secret", CHANGE, webhooks::rotate)
            .named(
                "rotateWebhook",
                TAG,
                "Make a new secret",
                "The one before signs beside it for 24 hours. The new one is shown once.",
            )
            .makes::<webhooks::MadeWebhook>(),
        Operation::get(
            "/api/v1/webhooks/{id}/deliveries",
            (SEE, Noted::Nothing),
            webhooks::deliveries,
        )
        .named("listDeliveries", TAG, "The newest hundred attempts, the newest first", "")
        .lists::<webhooks::DeliveryItem>(),
        Operation::post(
            "/api/v1/webhooks/{id}/deliveries/{number}/resend",
            CHANGE,
            webhooks::resend,
        )
        .named(
            "resendDelivery",
            TAG,
            "Send a message of the log again",
            "Once, and beside the order.",
        )
        .gives_whole::<webhooks::DeliveryItem>(),
    ]
}
