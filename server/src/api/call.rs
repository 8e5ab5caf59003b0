//! What a handler knows of the request that it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::Api;
use super::parameter::Asked;
use super::problem::ApiProblem;
use super::{cursor, reply};
use crate::auth::sight::Sight;
use crate::auth::who::Who;
use crate::log::notary::{Log, LogError};
use crate::store::StoreError;
use crate::store::access::Records;
use crate::store::views::Views;

/// A request that was admitted, with everything that was checked already.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) who: Who,
    /// How much of the device of the address may be seen.
    pub(super) sight: Sight,
    pub(super) asked: Asked,
    headers: HeaderMap,
    path: String,
    named: BTreeMap<String, String>,
}

impl FromRequestParts<Api> for Call {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Self::Rejection> {
        let who = parts.extensions.get::<Who>().cloned().ok_or_else(ApiProblem::not_signed_in)?;
        let asked = parts.extensions.get::<Asked>().cloned().unwrap_or_default();
        let raw = RawPathParams::from_request_parts(parts, &()).await;
        let raw = raw.map_err(|_| ApiProblem::nothing("The address cannot be read."))?;
        let named = raw.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self {
            api: api.clone(),
            who,
            sight: parts.extensions.get().copied().unwrap_or(Sight::NONE),
            asked,
            headers: parts.headers.clone(),
            path: parts.uri.path().to_owned(),
            named,
        })
    }
}

impl Call {
    /// What the address calls `{id}`.
    pub(super) fn id(&self) -> String {
        self.named.get("id").cloned().unwrap_or_default()
    }

    /// A number in the address; what is none names nothing.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, ApiProblem> {
        let text = self.named.get(name).map(String::as_str).unwrap_or_default();
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| plain);
        number.ok_or_else(|| {
            ApiProblem::nothing(&format!("`{name}` in the address is a whole number."))
        })
    }

    /// Now.
    pub(super) fn now(&self) -> Timestamp {
        self.who.origin.at
    }

    /// The version that `If-Match` names.
    pub(super) fn wanted_version(&self) -> Result<i64, ApiProblem> {
        reply::wanted_version(&self.headers)
    }

    /// The place behind which the wanted page begins.
    pub(super) fn place<P: for<'a> serde::Deserialize<'a>>(&self) -> Result<Option<P>, ApiProblem> {
        let Some(text) = self.asked.text("cursor") else { return Ok(None) };
        let place = cursor::read(&self.asked.list(&self.path), text);
        place.map(Some).ok_or_else(|| {
            ApiProblem::parameter(
                "cursor",
                "it is not `next` of a page of this list; begin without it.",
            )
        })
    }

    /// The cursor of the page behind this place of the list.
    pub(super) fn cursor(&self, place: impl serde::Serialize) -> String {
        cursor::write(&self.asked.list(&self.path), place)
    }

    /// The wanted page of a list that is short enough to be read whole; `name`
    /// tells its items apart.
    pub(super) fn part<T: serde::Serialize>(
        &self,
        mut items: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> reply::Answered {
        if let Some(last) = self.place::<String>()? {
            // When that item is gone, the list begins anew: nothing is hidden.
            let behind = items.iter().position(|one| name(one) == last).map_or(0, |at| at + 1);
            items.drain(..behind);
        }
        let limit = self.asked.limit() as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| self.cursor(name(last)));
        reply::Reply::page(&items, next)
    }

    /// Reads what pages read, on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Views) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let views = Arc::clone(&self.api.app.readers);
        Ok(tokio::task::spawn_blocking(move || work(&*views)).await??)
    }

    /// Reads or changes what is kept of people, on a thread that may block.
    pub(super) async fn records<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Records) -> Result<T, ApiProblem> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let records = Arc::clone(&self.api.app.records);
        tokio::task::spawn_blocking(move || work(&*records)).await?
    }

    /// Asks the log, on a thread that may block.
    pub(super) async fn log<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, ApiProblem> {
        let log = self.api.app.log.clone();
        Ok(tokio::task::spawn_blocking(move || work(&log)).await??)
    }
}
