//! The addresses of checklists.

use axum::routing::{get, post};

use super::list::{change, read};
use crate::auth::guard::Noted::Nothing;
use crate::auth::guard::{Access, Noted, Route};
use crate::auth::permission::Permission::{ChangePeople, Export, Own, SeePeople};
use crate::web::Console;
use crate::web::checklists as of;

/// Sees checklists.
const SEE: Access = Access::Needs(&[SeePeople]);
/// Takes them away.
const TAKE: Access = Access::Needs(&[SeePeople, Export]);
/// Works on them.
const WORK: Access = Access::Needs(&[SeePeople, ChangePeople]);
/// Has one about oneself.
const OWN: Access = Access::Needs(&[Own]);

/// Checklists, their templates and the report about them.
pub(super) fn checklists() -> Vec<Route<Console>> {
    let look = Noted::View("checklist");
    vec![
        read("/checklists", SEE, Nothing, get(of::list::page)),
        read("/checklists.csv", TAKE, Noted::Export("checklists"), get(of::list::csv)),
        read("/checklists.json", TAKE, Noted::Export("checklists"), get(of::list::json)),
        read("/checklists/report", SEE, Nothing, get(of::report::page)),
        read("/checklists/report.csv", TAKE, Noted::Export("checklists"), get(of::report::csv)),
        read("/checklists/templates", SEE, Nothing, get(of::templates::list)),
        read("/checklists/templates/{kind}", SEE, Nothing, get(of::templates::page)),
        change("/checklists/templates/{kind}", WORK, post(of::templates::change)),
        read("/checklists/new", WORK, Nothing, get(of::start::page)),
        change("/checklists", WORK, post(of::start::start)),
        read("/checklists/{id}", SEE, look, get(of::one::page)),
        read("/checklists/{id}/evidence/{task}/{evidence}", SEE, look, get(of::one::evidence)),
        read("/checklists/{id}/record/{part}", SEE, look, get(of::record::part)),
        change("/checklists/{id}/tasks/{task}/evidence", WORK, post(of::change::evidence)),
        change("/checklists/{id}/tasks/{task}/{step}", WORK, post(of::change::step)),
        change("/checklists/{id}/complete", WORK, post(of::ending::complete)),
        change("/checklists/{id}/cancel", WORK, post(of::ending::cancel)),
        read("/me/checklists/{id}", OWN, Nothing, get(of::own::page)),
        change("/me/checklists/{id}/{task}", OWN, post(of::own::acknowledge)),
    ]
}
