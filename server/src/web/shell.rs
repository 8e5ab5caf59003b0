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

/// Which entry of the navigation a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Devices,
    None,
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    pub(super) title: String,
    pub(super) notice: Option<Arc<str>>,
    pub(super) theme: Theme,
    pub(super) stylesheet: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
    /// Shows navigation and sign-out.
    pub(super) signed_in: bool,
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
            signed_in: false,
            section: Section::None,
        }
    }

    /// The frame with a title and a place in the navigation.
    #[must_use]
    pub(super) fn titled(self, title: impl Into<String>, section: Section) -> Self {
        Self { title: title.into(), section, ..self }
    }

    /// Whether the page belongs to the overview.
    pub(super) fn is_overview(&self) -> bool {
        self.section == Section::Overview
    }

    /// Whether the page belongs to the devices.
    pub(super) fn is_devices(&self) -> bool {
        self.section == Section::Devices
    }
}

impl FromRequestParts<Console> for Shell {
    type Rejection = Infallible;

    /// The frame of a page that only people with a session see.
    async fn from_request_parts(
        parts: &mut Parts,
        console: &Console,
    ) -> Result<Self, Self::Rejection> {
        Ok(Self { signed_in: true, ..Self::plain(console, &parts.headers) })
    }
}

/// Renders a page.
pub(super) fn html(page: &impl Template) -> Result<Html<String>, PageError> {
    Ok(Html(page.render()?))
}
