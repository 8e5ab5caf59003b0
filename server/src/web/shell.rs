//! What surrounds every page: title, navigation, notice, theme.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Html;

use super::errors::PageError;
use super::{Console, assets};
use crate::auth::cookie;
use crate::auth::permission::Permission;
use crate::auth::sight::Sight;
use crate::auth::who::{Origin, Who};

/// Which entry of the navigation a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Devices,
    Checklists,
    Expected,
    Own,
    People,
    Audit,
    Accounts,
    Webhooks,
    None,
}

/// An entry of the navigation.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) href: &'static str,
    pub(super) words: &'static str,
    pub(super) current: bool,
}

/// Where the navigation leads, and what somebody needs to be led there.
const PLACES: &[(Section, &str, &str, Permission)] = &[
    (Section::Overview, "/", "Overview", Permission::SeeFleet),
    (Section::Devices, "/devices", "Devices", Permission::SeeFleet),
    (Section::Expected, "/expected", "Expected", Permission::SeeFleet),
    (Section::People, "/people", "People", Permission::SeePeople),
    (Section::Checklists, "/checklists", "Checklists", Permission::SeePeople),
    (Section::Own, "/me", "My Macs", Permission::Own),
    (Section::Audit, "/audit", "Audit log", Permission::SeeAudit),
    (Section::Accounts, "/accounts", "Accounts", Permission::SeeAccounts),
    (Section::Webhooks, "/settings/webhooks", "Webhooks", Permission::SeeIntegrations),
];

/// The frame of a page.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) notice: Option<Arc<str>>,
    pub(super) theme: Theme,
    pub(super) stylesheet: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
    /// Who is signed in: shows navigation and sign-out.
    pub(super) who: Option<Who>,
    section: Section,
}

/// The theme that a person chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    fn of(headers: &HeaderMap) -> Self {
        match cookie(headers, "theme") {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// The value of `data-theme`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Shell {
    /// A frame for whoever asks, without navigation.
    pub(super) fn plain(console: &Console, headers: &HeaderMap) -> Self {
        Self {
            title: String::new(),
            notice: console.app.notice.clone(),
            theme: Theme::of(headers),
            stylesheet: assets::stylesheet(),
            script: assets::script(),
            icon: assets::icon(),
            who: None,
            section: Section::None,
        }
    }

    /// The frame with a title and a place in the navigation.
    #[must_use]
    pub(super) fn titled(self, title: impl Into<String>, section: Section) -> Self {
        Self { title: title.into(), section, ..self }
    }

    /// Where the navigation leads for who is signed in.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let Some(who) = &self.who else { return Vec::new() };
        let open = PLACES.iter().filter(|(.., needed)| who.may(*needed));
        open.map(|(section, href, words, _)| Entry {
            href,
            words,
            current: *section == self.section,
        })
        .collect()
    }

    /// Name and role of who is signed in.
    pub(super) fn account(&self) -> Option<(&str, &'static str)> {
        self.who.as_ref().map(|who| (who.account.name.as_str(), who.account.role.title()))
    }

    /// Whether who is signed in may do it.
    pub(super) fn may(&self, permission: Permission) -> bool {
        self.who.as_ref().is_some_and(|who| who.may(permission))
    }
}

impl FromRequestParts<Console> for Shell {
    type Rejection = Infallible;

    /// The frame of a page that only people with a session see.
    async fn from_request_parts(
        parts: &mut Parts,
        console: &Console,
    ) -> Result<Self, Self::Rejection> {
        let who = parts.extensions.get::<Who>().cloned();
        Ok(Self { who, ..Self::plain(console, &parts.headers) })
    }
}

impl FromRequestParts<Console> for Who {
    type Rejection = PageError;

    /// Who is signed in, as the guard has found.
    async fn from_request_parts(
        parts: &mut Parts,
        _console: &Console,
    ) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::SignedOut)
    }
}

/// How much of the device of the address may be seen, as the guard has found.
impl FromRequestParts<Console> for Sight {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _console: &Console,
    ) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::NONE))
    }
}

/// Where a request to an open address came from.
impl FromRequestParts<Console> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        console: &Console,
    ) -> Result<Self, Self::Rejection> {
        let mut request = axum::http::Request::new(());
        *request.headers_mut() = parts.headers.clone();
        *request.extensions_mut() = parts.extensions.clone();
        Ok(Self::of(&request, &console.app.limits, console.app.clock.now()))
    }
}

/// Renders a page.
pub(super) fn html(page: &impl Template) -> Result<Html<String>, PageError> {
    Ok(Html(page.render()?))
}
