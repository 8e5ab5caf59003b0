//! One operation of the API: who may use it, what answers, and everything that
//! its document says. An operation cannot be made without saying who may.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Api;
use super::parameter::{CURSOR, FIELDS, Form, LIMIT, Parameter};
use super::problem::PROBLEMS;
use super::shape::Shape;
use crate::auth::guard::{Access, Noted, Route};
use crate::auth::permission::Permission;

/// What stands in addresses: name, meaning, whether it is a number.
const PATH: &[(&str, &str, bool)] = &[
    ("id", "Its id.", false),
    ("chain", "Which of the device's keys signed, counted from 0.", true),
    ("sequence", "Place of the report in that chain.", true),
    ("position", "Position in the log, counted from 0.", true),
    ("number", "Number of a delivery.", true),
];

/// One method of one address.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each says something else of the answer")]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) access: Access,
    pub(super) noted: Noted,
    /// Its name in generated clients.
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Shape>,
    pub(super) example: Option<fn() -> Value>,
    /// None: the answer has no body.
    pub(super) answer: Option<Shape>,
    /// It answers with lines of JSON.
    pub(super) lines: bool,
    /// `If-Match` must name the version.
    pub(super) replaces: bool,
    /// It makes an object: 201.
    creates: bool,
    conflicts: bool,
    handler: axum::routing::MethodRouter<Api>,
}

impl Operation {
    /// Reads.
    pub(super) fn get<T: 'static>(
        path: &'static str,
        (access, noted): (Access, Noted),
        handler: impl Handler<T, Api>,
    ) -> Self {
        Self::new(Method::GET, path, (access, noted), on(MethodFilter::GET, handler))
    }

    /// Makes something, or does something to it.
    pub(super) fn post<T: 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Api>,
    ) -> Self {
        let handler = on(MethodFilter::POST, handler);
        Self::new(Method::POST, path, (access, Noted::Nothing), handler)
    }

    /// Changes an object whose version `If-Match` names.
    pub(super) fn patch<T: 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Api>,
    ) -> Self {
        let handler = on(MethodFilter::PATCH, handler);
        Self { replaces: true, ..Self::new(Method::PATCH, path, (access, Noted::Nothing), handler) }
    }

    /// Says what holds of something, whether it is there already or not.
    pub(super) fn put<T: 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Api>,
    ) -> Self {
        let handler = on(MethodFilter::PUT, handler);
        Self::new(Method::PUT, path, (access, Noted::Nothing), handler)
    }

    /// Ends something.
    pub(super) fn delete<T: 'static>(
        path: &'static str,
        access: Access,
        handler: impl Handler<T, Api>,
    ) -> Self {
        let handler = on(MethodFilter::DELETE, handler);
        Self::new(Method::DELETE, path, (access, Noted::Nothing), handler)
    }

    fn new(
        method: Method,
        path: &'static str,
        (access, noted): (Access, Noted),
        handler: axum::routing::MethodRouter<Api>,
    ) -> Self {
        Self {
            method,
            path,
            access,
            noted,
            id: "",
            tag: "",
            summary: "",
            about: "",
            parameters: Vec::new(),
            body: None,
            example: None,
            answer: None,
            lines: false,
            replaces: false,
            creates: false,
            conflicts: false,
            handler,
        }
    }

    /// Its name in clients, its group and what it does.
    pub(super) fn named(
        self,
        id: &'static str,
        tag: &'static str,
        summary: &'static str,
        about: &'static str,
    ) -> Self {
        Self { id, tag, summary, about, ..self }
    }

    /// Takes these parameters.
    pub(super) fn asks(mut self, parameters: &[Parameter]) -> Self {
        self.parameters.extend_from_slice(parameters);
        self
    }

    /// Takes a body.
    pub(super) fn takes<T: ToSchema>(self, example: fn() -> Value) -> Self {
        Self { body: Some(Shape::of::<T>()), example: Some(example), ..self }
    }

    /// Answers with a `T`, of which fields can be selected.
    pub(super) fn gives<T: ToSchema>(mut self) -> Self {
        self.answer = Some(Shape::of::<T>());
        if self.method == Method::GET {
            self.parameters.push(FIELDS);
        }
        self
    }

    /// Answers with something that stands for itself.
    pub(super) fn gives_whole<T: ToSchema>(self) -> Self {
        Self { answer: Some(Shape::of::<T>()), ..self }
    }

    /// Answers with a line of JSON for each thing.
    pub(super) fn gives_lines(self) -> Self {
        Self { lines: true, ..self }
    }

    /// Makes a `T`.
    pub(super) fn makes<T: ToSchema>(self) -> Self {
        Self { answer: Some(Shape::of::<T>()), creates: true, ..self }
    }

    /// Answers with a page of `T`s.
    pub(super) fn lists<T: ToSchema>(mut self) -> Self {
        self.answer = Some(Shape::list::<T>());
        self.parameters.extend_from_slice(&[LIMIT, CURSOR, FIELDS]);
        self
    }

    /// The object may not allow it.
    pub(super) fn may_conflict(self) -> Self {
        Self { conflicts: true, ..self }
    }

    /// The route, for whoever looks through all of them.
    pub(super) fn route(&self) -> Route<Api> {
        Route {
            method: self.method.clone(),
            path: self.path,
            access: self.access,
            noted: self.noted,
            handler: self.handler.clone(),
        }
    }

    /// Whether it changes nothing.
    pub(super) fn reads(&self) -> bool {
        self.method == Method::GET
    }

    /// Names of the fields that can be selected.
    pub(super) fn fields(&self) -> Vec<String> {
        self.answer.map_or_else(Vec::new, |shape| shape.fields())
    }

    /// The scopes that are needed, all of them.
    pub(super) fn scopes(&self) -> Vec<&'static str> {
        match self.access {
            Access::Open | Access::SignedIn => Vec::new(),
            Access::Needs(all) => all.iter().copied().map(Permission::as_str).collect(),
            Access::OwnDeviceOr(permission) => vec![permission.as_str()],
        }
    }

    /// Parts of the address: name, meaning, schema.
    pub(super) fn path_parameters(
        &self,
    ) -> impl Iterator<Item = (&'static str, &'static str, Value)> {
        let named = |name: &str| self.path.contains(&format!("{{{name}}}"));
        PATH.iter().filter(move |(name, ..)| named(name)).map(|(name, about, is_number)| {
            let schema = if *is_number {
                json!({ "type": "integer", "format": "int64", "minimum": 0, "maximum": i64::MAX })
            } else {
                json!({ "type": "string", "minLength": 1 })
            };
            (*name, *about, schema)
        })
    }

    /// Headers that it looks at: name, whether it must be there, meaning.
    pub(super) fn header_parameters(&self) -> Vec<(&'static str, bool, &'static str)> {
        let mut all = Vec::new();
        if self.reads() {
            all.push((
                "If-None-Match",
                false,
                "`ETag` of an answer that is known: 304 when it still holds.",
            ));
        }
        if self.method == Method::POST {
            all.push(("Idempotency-Key", false, "The same key with the same request does nothing again and gets the same answer, for 24 hours."));
        }
        if self.replaces {
            all.push(("If-Match", true, "`ETag` of the object as it was read."));
        }
        all
    }

    /// Status and meaning of the answer when all is well.
    pub(super) fn success(&self) -> (u16, &'static str) {
        match (&self.answer, self.creates) {
            (None, _) if self.lines => (200, "The answer."),
            (Some(_), true) => (201, "It was made."),
            (Some(_), false) => (200, "The answer."),
            (None, _) => (204, "It is done."),
        }
    }

    /// Every problem that can come, by status.
    pub(super) fn problems(&self) -> Vec<(u16, Vec<&'static str>)> {
        let mut codes = vec!["bad-parameter", "not-signed-in", "not-acceptable", "rate-limited"];
        codes.extend(["internal", "unavailable"]);
        if !matches!(self.access, Access::Open | Access::SignedIn) {
            codes.push("not-allowed");
        }
        if self.path.contains('{') {
            codes.push("not-found");
        }
        if !self.reads() {
            codes.push("other-origin");
        }
        if self.body.is_some() {
            codes.extend(["bad-json", "too-large", "unsupported-media-type", "bad-field"]);
        }
        if self.method == Method::POST {
            codes.extend(["request-in-progress", "request-interrupted", "key-reused"]);
        }
        if self.replaces {
            codes.extend(["changed-meanwhile", "precondition-required"]);
        }
        if self.conflicts {
            codes.push("conflict");
        }
        let mut by_status: Vec<(u16, Vec<&'static str>)> = Vec::new();
        for (code, status, _) in PROBLEMS.iter().filter(|(code, ..)| codes.contains(code)) {
            match by_status.last_mut().filter(|(last, _)| last == status) {
                Some((_, known)) => known.push(code),
                None => by_status.push((*status, vec![code])),
            }
        }
        by_status
    }

    /// Whether the query takes a selection of fields.
    pub(super) fn is_selectable(&self) -> bool {
        self.parameters.iter().any(|one| matches!(one.form, Form::Fields))
    }
}
