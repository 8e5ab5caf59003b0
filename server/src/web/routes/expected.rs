//! Addresses of the Macs that the company says it has.

use axum::routing::{get, post};

use super::list::{change, read};
use crate::auth::guard::Noted::Nothing;
use crate::auth::guard::{Access, Noted, Route};
use crate::auth::permission::Permission::{ChangeFleet, Export, SeeFleet};
use crate::web::{Console, expected};

const FLEET: Access = Access::Needs(&[SeeFleet]);
const CHANGE_FLEET: Access = Access::Needs(&[SeeFleet, ChangeFleet]);

/// The Macs that the company says it has, and how they come in.
pub(super) fn expected_devices() -> Vec<Route<Console>> {
    const EXPORTED: Access = Access::Needs(&[SeeFleet, Export]);
    const NOTED: Noted = Noted::Export("expected_devices");
    vec![
        read("/expected", FLEET, Nothing, get(expected::page)),
        change("/expected", CHANGE_FLEET, post(expected::one::add)),
        read("/expected.csv", EXPORTED, NOTED, get(expected::export::csv)),
        read("/expected.json", EXPORTED, NOTED, get(expected::export::json)),
        read("/expected/import", CHANGE_FLEET, Nothing, get(expected::import::page)),
        change("/expected/import", CHANGE_FLEET, post(expected::import::preview)),
        change("/expected/import/confirm", CHANGE_FLEET, post(expected::import::confirm)),
        read("/expected/tokens", FLEET, Nothing, get(expected::tokens::page)),
        change("/expected/tokens", CHANGE_FLEET, post(expected::tokens::add)),
        change("/expected/tokens/{id}/revoke", CHANGE_FLEET, post(expected::tokens::revoke)),
        change(
            "/expected/devices/{id}/resolve",
            CHANGE_FLEET,
            post(expected::resolve::not_expected),
        ),
        read("/expected/{serial}", FLEET, Nothing, get(expected::one::page)),
        change("/expected/{serial}", CHANGE_FLEET, post(expected::one::change)),
        change("/expected/{serial}/remove", CHANGE_FLEET, post(expected::one::remove)),
        change("/expected/{serial}/resolve", CHANGE_FLEET, post(expected::resolve::never_enrolled)),
        read("/devices/waiting", FLEET, Nothing, get(expected::waiting::page)),
        change("/devices/waiting", CHANGE_FLEET, post(expected::waiting::step)),
    ]
}
