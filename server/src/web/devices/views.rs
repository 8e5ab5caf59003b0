//! Views of the list that are kept under a name.

use axum::extract::{Form, Path, Query, State};
use axum::http::Uri;
use axum::response::Redirect;
use serde::Deserialize;

use crate::audit::Object;
use crate::auth::permission::Permission;
use crate::auth::who::Who;
use crate::shown::devices::ListQuery;
use crate::store::access::saved_views::{LONGEST, LONGEST_QUERY, MOST, NewView, SavedView};
use crate::store::views::list::PageStart;
use crate::web::Console;
use crate::web::errors::PageError;

/// A saved view above the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ViewLink {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) href: String,
    /// It is what is shown now.
    pub(super) current: bool,
    /// Whose it is, when it is shared.
    pub(super) shared_by: Option<String>,
}

/// The views as links; `query` is what is shown now.
pub(super) fn links(views: &[SavedView], query: &str) -> Vec<ViewLink> {
    let link = |view: &SavedView| ViewLink {
        id: view.id.clone(),
        name: view.name.clone(),
        href: address(&view.query),
        current: view.query == query,
        shared_by: view.is_shared.then(|| view.author.clone()),
    };
    views.iter().map(link).collect()
}

fn address(query: &str) -> String {
    if query.is_empty() { "/devices".to_owned() } else { format!("/devices?{query}") }
}

/// What the form sends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct NewForm {
    name: String,
    #[serde(default)]
    query: String,
    shared: Option<String>,
}

/// The pairs of a query.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, PageError> {
    const WRONG: &str = "The view cannot be read. Open it again.";
    let uri: Uri =
        format!("/?{query}").parse().map_err(|_| PageError::BadAddress(WRONG.to_owned()))?;
    let Query(pairs) =
        Query::try_from_uri(&uri).map_err(|_| PageError::BadAddress(WRONG.to_owned()))?;
    Ok(pairs)
}

/// Keeps a view.
pub(in crate::web) async fn save(
    State(console): State<Console>,
    who: Who,
    Form(form): Form<NewForm>,
) -> Result<Redirect, PageError> {
    let name = form.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        let error =
            format!("A view needs a name of at most {LONGEST} letters. Go back and write one.");
        return Err(PageError::BadAddress(error));
    }
    // As the page itself would write it, so that it is known again.
    let view = ListQuery::parse(&pairs(&form.query)?).map_err(PageError::BadAddress)?;
    let query = view.at(PageStart::Start).query();
    if query.len() > LONGEST_QUERY {
        let error = "This view has too many filters to be kept. Remove some.";
        return Err(PageError::BadAddress(error.to_owned()));
    }
    let is_shared = form.shared.is_some();
    if is_shared && !who.may(Permission::ChangeFleet) {
        return Err(PageError::Forbidden(Permission::ChangeFleet));
    }
    let new = NewView {
        id: uuid::Uuid::new_v4().to_string(),
        account_id: who.account.id.clone(),
        name,
        query,
        is_shared,
    };
    let detail = if is_shared { "for everybody" } else { "for oneself" };
    let act = who.act("view_saved", Object::new("view", &new.id).called(&new.name)).with(detail);
    let back = Redirect::to(&address(&new.query));
    if !console.records(move |records| Ok(records.save_view(&new, &act)?)).await? {
        let error = format!("You have {MOST} views. Remove one that is not needed.");
        return Err(PageError::BadAddress(error));
    }
    Ok(back)
}

/// Removes a view: the own one, or a shared one by who may change the fleet.
pub(in crate::web) async fn remove(
    State(console): State<Console>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Redirect, PageError> {
    const NONE: PageError = PageError::NotFound("There is no such view. It may have been removed.");
    let (wanted, account) = (id.clone(), who.account.id.clone());
    let found = console.records(move |records| Ok(records.saved_view(&wanted, &account)?)).await?;
    let view = found.ok_or(NONE)?;
    if view.account_id != who.account.id && !who.may(Permission::ChangeFleet) {
        return Err(PageError::Forbidden(Permission::ChangeFleet));
    }
    let act = who.act("view_removed", Object::new("view", &id).called(&view.name));
    console.records(move |records| Ok(records.remove_view(&id, &act)?)).await?;
    Ok(Redirect::to(&address(&view.query)))
}
