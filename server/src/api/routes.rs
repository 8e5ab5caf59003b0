//! Every operation of the API, in one list.

use utoipa::ToSchema;

use super::call::Call;
use super::operation::Operation;
use super::parameter::{Form, Parameter};
use super::reply::{Answered, Reply};
use super::{
    accounts, audit, device, devices, expected, history, invitations, lifecycle, log, me,
    os_releases, overview, rules, sessions, statements, tokens,
};
use crate::auth::guard::{Access, Noted};
use crate::auth::permission::Permission::{
    ChangeAccounts, ChangeFleet, Own, SeeAccounts, SeeAudit, SeeEvidence, SeeFleet,
};

/// Groups of operations, with what they are about.
pub(super) const TAGS: &[(&str, &str)] = &[
    ("Fleet", "How the fleet stands, and by which rules."),
    ("Devices", "Single devices, their findings and their history."),
    ("Evidence", "What devices have signed, and the tamper-evident log."),
    ("People", "Who works for the company, who may sign in, and what they did."),
    ("Integrations", "What is told to other systems."),
    ("About", "Who asks, and this document."),
];

const FLEET: Access = Access::Needs(&[SeeFleet]);
const DEVICE: Access = Access::OwnDeviceOr(SeeFleet);
const STATEMENT: Access = Access::OwnDeviceOr(SeeEvidence);
const EVIDENCE: Access = Access::Needs(&[SeeEvidence]);
const OWN: Access = Access::Needs(&[Own]);

const fn quiet(access: Access) -> (Access, Noted) {
    (access, Noted::Nothing)
}

const fn seen(access: Access, kind: &'static str) -> (Access, Noted) {
    (access, Noted::View(kind))
}

const ACCOUNT: Parameter = Parameter::new(
    "account",
    Form::Text(120),
    "Id of another account, for who may look after accounts.",
);

/// Every operation.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = fleet();
    all.extend(devices_());
    all.extend(expected_devices());
    all.extend(evidence());
    all.extend(super::people::operations());
    all.extend(people());
    all.extend(credentials());
    all.extend(super::integrations::operations());
    all.extend(about());
    all
}

fn fleet() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/overview", quiet(FLEET), overview::show)
            .named("getOverview", "Fleet", "The fleet in a few numbers", "")
            .gives::<overview::OverviewItem>(),
        Operation::get("/api/v1/rules", quiet(FLEET), rules::list)
            .named("listRules", "Fleet", "The rules in force", "")
            .lists::<rules::RuleItem>(),
        Operation::get("/api/v1/os-releases", quiet(FLEET), os_releases::show)
            .named("getOsReleases", "Fleet", "The catalogue of macOS releases in force", "")
            .gives::<os_releases::CatalogueItem>(),
    ]
}

fn devices_() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/v1/devices",
            (Access::Needs(&[SeeFleet]), Noted::Export("devices")),
            devices::list,
        )
        .named("listDevices", "Devices", "Devices by filters, search and order", "")
        .asks(devices::FILTERS)
        .lists::<crate::shown::row::Row>(),
        Operation::get("/api/v1/devices/{id}", seen(DEVICE, "device"), device::show)
            .named(
                "getDevice",
                "Devices",
                "One device with its findings",
                "Also for the person who holds the device.",
            )
            .gives::<device::DeviceItem>(),
        Operation::get("/api/v1/devices/{id}/history", seen(DEVICE, "device"), history::list)
            .named(
                "listDeviceHistory",
                "Devices",
                "What happened to a device, the newest first",
                "Also for the person who holds the device.",
            )
            .lists::<history::HistoryItem>(),
        Operation::post(
            "/api/v1/devices/{id}/lifecycle",
            Access::Needs(&[ChangeFleet]),
            lifecycle::step,
        )
        .named(
            "moveDevice",
            "Devices",
            "Approve, suspend, resume, revoke or archive a device",
            "A revoked device stays so: its Mac has to be enrolled anew.",
        )
        .takes::<lifecycle::StepForm>(lifecycle::example)
        .gives::<lifecycle::LifeItem>()
        .may_conflict(),
        Operation::post("/api/v1/invitations", Access::Needs(&[ChangeFleet]), invitations::create)
            .named(
                "createInvitation",
                "Devices",
                "Invite a person to enrol one Mac",
                "The token is shown once.",
            )
            .takes::<invitations::InvitationForm>(invitations::example)
            .makes::<invitations::MadeInvitation>(),
    ]
}

fn expected_devices() -> Vec<Operation> {
    const CHANGE: Access = Access::Needs(&[ChangeFleet]);
    vec![
        Operation::get(
            "/api/v1/expected-devices",
            (FLEET, Noted::Export("expected_devices")),
            expected::list,
        )
        .named(
            "listExpectedDevices",
            "Devices",
            "The Macs that the company says it has, by serial number",
            "",
        )
        .asks(expected::FILTERS)
        .lists::<expected::ExpectedItem>(),
        Operation::post("/api/v1/expected-devices/import", CHANGE, expected::import)
            .named(
                "importExpectedDevices",
                "Devices",
                "Say of many Macs what holds, in one transaction",
                "The same import again changes nothing.",
            )
            .takes::<expected::ExpectedImportForm>(expected::import_example)
            .gives::<expected::ImportedItem>()
            .may_conflict(),
        Operation::put("/api/v1/expected-devices/{id}", CHANGE, expected::put)
            .named(
                "putExpectedDevice",
                "Devices",
                "Say what holds of one Mac",
                "`id` is the serial number. What is left out stays.",
            )
            .takes::<expected::ExpectedForm>(expected::example)
            .gives::<expected::ExpectedItem>()
            .may_conflict(),
        Operation::delete("/api/v1/expected-devices/{id}", CHANGE, expected::remove).named(
            "removeExpectedDevice",
            "Devices",
            "Take a Mac off the list",
            "`id` is the serial number.",
        ),
    ]
}

fn evidence() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/v1/devices/{id}/statements",
            seen(STATEMENT, "device"),
            statements::list,
        )
        .named("listStatements", "Evidence", "Reports of a device, the newest first", "")
        .lists::<statements::ReportItem>(),
        Operation::get(
            "/api/v1/devices/{id}/statements/{chain}/{sequence}",
            seen(STATEMENT, "device"),
            statements::one,
        )
        .named("getStatement", "Evidence", "A signed report, byte for byte", "")
        .gives::<statements::StatementItem>(),
        Operation::get("/api/v1/log/checkpoint", quiet(Access::SignedIn), log::checkpoint)
            .named("getCheckpoint", "Evidence", "The newest state of the log, signed", "")
            .gives::<log::CheckpointItem>(),
        Operation::get("/api/v1/log/key", quiet(Access::SignedIn), log::key)
            .named("getLogKey", "Evidence", "What the log is verified with", "")
            .gives::<log::LogKeyItem>(),
        Operation::get("/api/v1/log/entries", quiet(EVIDENCE), log::entries)
            .named("listLogEntries", "Evidence", "Entries of the log, the oldest first", "")
            .lists::<log::EntryItem>(),
        Operation::get("/api/v1/log/entries/{position}", quiet(EVIDENCE), log::entry)
            .named("getLogEntry", "Evidence", "One entry of the log", "")
            .gives::<log::EntryItem>(),
        Operation::get("/api/v1/log/proofs/{position}", quiet(EVIDENCE), log::proof)
            .named("getLogProof", "Evidence", "That an entry is in the log", "")
            .gives::<log::ProofItem>(),
    ]
}

fn people() -> Vec<Operation> {
    const SEE: Access = Access::Needs(&[SeeAccounts]);
    const CHANGE: Access = Access::Needs(&[ChangeAccounts]);
    vec![
        Operation::get("/api/v1/accounts", quiet(SEE), accounts::list)
            .named("listAccounts", "People", "Who may sign in", "")
            .asks(accounts::FILTERS)
            .lists::<accounts::AccountItem>(),
        Operation::post("/api/v1/accounts", CHANGE, accounts::make)
            .named(
                "createAccount",
                "People",
                "Let a colleague in",
                "The answer holds the link that brings the colleague in; it is shown once.",
            )
            .takes::<accounts::NewAccountForm>(accounts::example)
            .makes::<accounts::MadeAccount>()
            .may_conflict(),
        Operation::get("/api/v1/accounts/{id}", seen(SEE, "account"), accounts::one)
            .named("getAccount", "People", "One account", "")
            .gives::<accounts::AccountItem>(),
        Operation::patch("/api/v1/accounts/{id}", CHANGE, accounts::change)
            .named(
                "changeAccount",
                "People",
                "Change name, role or access of an account",
                "What is left out stays. What the account may no longer do ends at once.",
            )
            .takes::<accounts::AccountChangeForm>(accounts::change_example)
            .gives::<accounts::AccountItem>()
            .may_conflict(),
        Operation::get("/api/v1/audit", quiet(Access::Needs(&[SeeAudit])), audit::list)
            .named("listAudit", "People", "Who did what, the newest first", "")
            .asks(audit::FILTERS)
            .lists::<audit::AuditItem>(),
    ]
}

fn credentials() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/sessions", quiet(OWN), sessions::list)
            .named("listSessions", "People", "Open sessions of an account, the newest first", "")
            .asks(&[ACCOUNT])
            .lists::<sessions::SessionItem>(),
        Operation::delete("/api/v1/sessions/{id}", OWN, sessions::end)
            .named("endSession", "People", "End a session", "")
            .asks(&[ACCOUNT]),
        Operation::get("/api/v1/tokens", quiet(OWN), tokens::list)
            .named("listTokens", "People", "API tokens of an account, the newest first", "")
            .asks(&[ACCOUNT])
            .lists::<tokens::TokenItem>(),
        Operation::post("/api/v1/tokens", OWN, tokens::make)
            .named(
                "createToken",
                "People",
                "Make an API token",
                "The secret is shown once. A token that makes another ends no sooner than that.",
            )
            .takes::<tokens::NewTokenForm>(tokens::example)
            .makes::<tokens::MadeToken>()
            .may_conflict(),
        Operation::delete("/api/v1/tokens/{id}", OWN, tokens::revoke).named(
            "revokeToken",
            "People",
            "End an API token",
            "One's own, or anybody's with `accounts:write`.",
        ),
    ]
}

fn about() -> Vec<Operation> {
    vec![
        Operation::get("/api/v1/me", quiet(Access::SignedIn), me::show)
            .named("getMe", "About", "Who asks, and what they may do", "")
            .gives::<me::Me>(),
        Operation::get("/api/v1/openapi.json", quiet(Access::SignedIn), openapi)
            .named("getOpenapi", "About", "This document", "")
            .gives_whole::<Document>(),
    ]
}

/// An `OpenAPI` document.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only has a schema")]
struct Document {
    /// Version of `OpenAPI`.
    openapi: String,
}

async fn openapi(_call: Call) -> Answered {
    Reply::of(super::openapi())
}
