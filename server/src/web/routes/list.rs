//! Every address of the console, with who may use it and what is noted.

use axum::http::Method;
use axum::routing::{MethodRouter, get, post};

use super::super::{
    Console, account, accounts, agent, agent_releases, api_docs, assets, audit, device, devices,
    health, join, log, mail_sign_in, openid_sign_in, os_releases, overview, own, passkey_sign_in,
    people, set_up, sign_in, statement, webhooks, welcome,
};
use super::checklists::checklists;
use super::expected::expected_devices;
use crate::auth::guard::Noted::Nothing;
use crate::auth::guard::{Access, Noted, Route};
use crate::auth::permission::Permission::{
    ChangeAccounts, ChangeFleet, ChangeIntegrations, ChangePeople, Export, Own, SeeAccounts,
    SeeAudit, SeeEvidence, SeeFleet, SeeIntegrations, SeePeople,
};

/// Keeps the own account.
const OWN: Access = Access::Needs(&[Own]);
/// Sees the fleet.
const FLEET: Access = Access::Needs(&[SeeFleet]);
/// Changes devices.
const CHANGE_FLEET: Access = Access::Needs(&[SeeFleet, ChangeFleet]);
/// Sees evidence.
const EVIDENCE: Access = Access::Needs(&[SeeEvidence]);
/// Sees the fleet, or holds the device.
const DEVICE: Access = Access::OwnDeviceOr(SeeFleet);
/// Sees evidence, or holds the device.
const STATEMENT: Access = Access::OwnDeviceOr(SeeEvidence);

/// Sees where events are sent.
const SEE_HOOKS: Access = Access::Needs(&[SeeIntegrations]);
/// Says where events are sent.
const CHANGE_HOOKS: Access = Access::Needs(&[SeeIntegrations, ChangeIntegrations]);

/// Sees who may sign in.
const ACCOUNTS: Access = Access::Needs(&[SeeAccounts]);
/// Says who may sign in.
const CHANGE_ACCOUNTS: Access = Access::Needs(&[ChangeAccounts]);

pub(super) fn read(
    path: &'static str,
    access: Access,
    noted: Noted,
    handler: MethodRouter<Console>,
) -> Route<Console> {
    Route { method: Method::GET, path, access, noted, handler }
}

pub(super) fn change(
    path: &'static str,
    access: Access,
    handler: MethodRouter<Console>,
) -> Route<Console> {
    Route { method: Method::POST, path, access, noted: Nothing, handler }
}

/// Every address of the console.
pub(in crate::web) fn routes() -> Vec<Route<Console>> {
    let all =
        [fleet(), expected_devices(), company(), people(), checklists(), own_account(), ways_in()];
    all.into_iter().flatten().collect()
}

/// Macs, and what proves their state.
fn fleet() -> Vec<Route<Console>> {
    vec![
        read("/", Access::SignedIn, Nothing, get(overview::page)),
        change("/first-run/dismiss", CHANGE_ACCOUNTS, post(overview::first_run::dismiss)),
        read("/os-releases", FLEET, Nothing, get(os_releases::page)),
        read("/agent-releases", FLEET, Nothing, get(agent_releases::page)),
        read("/devices", FLEET, Nothing, get(devices::page)),
        read(
            "/devices.csv",
            Access::Needs(&[SeeFleet, Export]),
            Noted::Export("devices"),
            get(devices::csv),
        ),
        read(
            "/devices.json",
            Access::Needs(&[SeeFleet, Export]),
            Noted::Export("devices"),
            get(devices::json),
        ),
        read("/devices/groups", FLEET, Nothing, get(devices::groups::page)),
        read("/devices/change", CHANGE_FLEET, Nothing, get(devices::change::page)),
        change("/devices/change", CHANGE_FLEET, post(devices::change::make)),
        read("/devices/invite", CHANGE_FLEET, Nothing, get(devices::invite::page)),
        change("/devices/invite", CHANGE_FLEET, post(devices::invite::make)),
        change("/devices/views", FLEET, post(devices::views::save)),
        change("/devices/views/{id}/remove", FLEET, post(devices::views::remove)),
        read("/devices/{id}", DEVICE, Noted::View("device"), get(device::page)),
        change("/devices/{id}/holder", CHANGE_FLEET, post(device::desk::hold)),
        change("/devices/{id}/notes", CHANGE_FLEET, post(device::desk::write)),
        change("/devices/{id}/notes/{note}/remove", CHANGE_FLEET, post(device::desk::erase)),
        change("/devices/{id}/waivers", CHANGE_FLEET, post(device::desk::waive)),
        change("/devices/{id}/waivers/{waiver}/end", CHANGE_FLEET, post(device::desk::end_waiver)),
        read("/devices/{id}/life/{step}", CHANGE_FLEET, Nothing, get(device::life::ask)),
        change("/devices/{id}/life/{step}", CHANGE_FLEET, post(device::life::step)),
        read("/devices/{id}/key.pem", STATEMENT, Noted::View("device"), get(statement::key)),
        read(
            "/devices/{id}/statements/{chain}/{sequence}",
            STATEMENT,
            Noted::View("device"),
            get(statement::page),
        ),
        read(
            "/devices/{id}/statements/{chain}/{sequence}/{part}",
            STATEMENT,
            Noted::View("device"),
            get(statement::part),
        ),
        read("/log/checkpoint", Access::SignedIn, Nothing, get(log::checkpoint)),
        read("/log/key", Access::SignedIn, Nothing, get(log::key)),
        read("/log/entry/{position}", EVIDENCE, Nothing, get(log::entry)),
        read("/log/proof/{position}", EVIDENCE, Nothing, get(log::proof)),
        read("/log/tile/{*rest}", EVIDENCE, Nothing, get(log::tile)),
    ]
}

/// Who works for the company.
fn company() -> Vec<Route<Console>> {
    const SEE: Access = Access::Needs(&[SeePeople]);
    const CHANGE: Access = Access::Needs(&[SeePeople, ChangePeople]);
    const TAKE: Access = Access::Needs(&[SeePeople, Export]);
    vec![
        read("/people", SEE, Nothing, get(people::list::page)),
        change("/people", CHANGE, post(people::change::add)),
        read("/people.csv", TAKE, Noted::Export("people"), get(people::export::csv)),
        read("/people.json", TAKE, Noted::Export("people"), get(people::export::json)),
        read("/people/import", CHANGE, Nothing, get(people::import::page)),
        change("/people/import", CHANGE, post(people::import::preview)),
        change("/people/import/confirm", CHANGE, post(people::import::confirm)),
        read("/people/{id}", SEE, Noted::View("person"), get(people::one::page)),
        change("/people/{id}", CHANGE, post(people::change::change)),
        change("/people/{id}/away", CHANGE, post(people::change::away)),
        change("/people/{id}/end", CHANGE, post(people::change::end)),
        change("/people/{id}/reopen", CHANGE, post(people::change::reopen)),
        change(
            "/people/{id}/invite",
            Access::Needs(&[SeePeople, ChangeFleet]),
            post(people::change::invite),
        ),
    ]
}

/// Who may sign in, who did what, and who is told.
fn people() -> Vec<Route<Console>> {
    vec![
        read("/settings/webhooks", SEE_HOOKS, Nothing, get(webhooks::list)),
        change("/settings/webhooks", CHANGE_HOOKS, post(webhooks::make)),
        read("/settings/webhooks/{id}", SEE_HOOKS, Nothing, get(webhooks::page)),
        change("/settings/webhooks/{id}/{step}", CHANGE_HOOKS, post(webhooks::step)),
        change(
            "/settings/webhooks/{id}/deliveries/{number}/resend",
            CHANGE_HOOKS,
            post(webhooks::resend),
        ),
        read("/accounts", ACCOUNTS, Nothing, get(accounts::list::page)),
        change("/accounts", CHANGE_ACCOUNTS, post(accounts::change::add)),
        read("/accounts/{id}", ACCOUNTS, Noted::View("account"), get(accounts::one::page)),
        change("/accounts/{id}", CHANGE_ACCOUNTS, post(accounts::change::change)),
        change("/accounts/{id}/link", CHANGE_ACCOUNTS, post(accounts::change::invite_again)),
        change("/accounts/{id}/sessions", CHANGE_ACCOUNTS, post(accounts::change::end_sessions)),
        read("/audit", Access::Needs(&[SeeAudit]), Nothing, get(audit::page)),
        read(
            "/audit.csv",
            Access::Needs(&[SeeAudit, Export]),
            Noted::Export("audit"),
            get(audit::csv),
        ),
        read(
            "/audit.json",
            Access::Needs(&[SeeAudit, Export]),
            Noted::Export("audit"),
            get(audit::json),
        ),
    ]
}

/// What belongs to who is signed in.
fn own_account() -> Vec<Route<Console>> {
    vec![
        read("/me", Access::Needs(&[Own]), Nothing, get(own::page)),
        read("/api/docs", Access::SignedIn, Nothing, get(api_docs::page)),
        read("/account", OWN, Nothing, get(account::page)),
        change("/account/passkeys/options", OWN, post(account::passkeys::options)),
        change("/account/passkeys", OWN, post(account::passkeys::add)),
        change("/account/passkeys/{id}/name", OWN, post(account::passkeys::rename)),
        read("/account/passkeys/{id}/remove", OWN, Nothing, get(account::passkeys::ask_removal)),
        change("/account/passkeys/{id}/remove", OWN, post(account::passkeys::remove)),
        change("/account/sessions/{id}/end", OWN, post(account::sessions::end)),
        change("/account/tokens", OWN, post(account::tokens::make)),
        change("/account/tokens/{id}/revoke", OWN, post(account::tokens::revoke)),
        change("/account/sessions/end-others", OWN, post(account::sessions::end_others)),
    ]
}

/// Signing in and out, and what everybody may ask for.
fn ways_in() -> Vec<Route<Console>> {
    vec![
        read("/login", Access::Open, Nothing, get(sign_in::page)),
        read("/login/{token}", Access::Open, Nothing, get(sign_in::open_link)),
        change("/login/passkey/options", Access::Open, post(passkey_sign_in::options)),
        change("/login/passkey", Access::Open, post(passkey_sign_in::enter)),
        read("/login/mail", Access::Open, Nothing, get(mail_sign_in::sent)),
        change("/login/mail", Access::Open, post(mail_sign_in::ask)),
        read("/login/mail/{token}", Access::Open, Nothing, get(mail_sign_in::page)),
        change("/login/mail/{token}", Access::Open, post(mail_sign_in::enter)),
        change("/logout", Access::Open, post(sign_in::sign_out)),
        read("/setup/{token}", Access::Open, Nothing, get(set_up::page)),
        change("/setup/{token}", Access::Open, post(set_up::make)),
        read("/welcome/{token}", Access::Open, Nothing, get(welcome::page)),
        change("/welcome/{token}", Access::Open, post(welcome::enter)),
        read("/sign-in/openid/{name}", Access::Open, Nothing, get(openid_sign_in::start)),
        read(
            "/sign-in/openid/{name}/callback",
            Access::Open,
            Nothing,
            get(openid_sign_in::callback),
        ),
        read("/.well-known/muster-jwks.json", Access::Open, Nothing, get(openid_sign_in::keys)),
        read("/agent", Access::Open, Nothing, get(agent::page)),
        read("/agent/latest.json", Access::Open, Nothing, get(agent::latest)),
        read("/agent/{file}", Access::Open, Nothing, get(agent::file)),
        read("/join", Access::Open, Nothing, get(join::page)),
        change("/join", Access::Open, post(join::show)),
        change("/join/package", Access::Open, post(join::download)),
        read("/static/{file}", Access::Open, Nothing, get(assets::file)),
        read("/healthz", Access::Open, Nothing, get(health)),
    ]
}
