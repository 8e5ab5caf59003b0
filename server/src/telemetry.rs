//! Traces of the collector's own work, for those who gather them: requests,
//! batches and jobs as spans of OpenTelemetry, sent as OTLP over HTTP.
//!
//! Without `[telemetry]` nothing of this exists. Spans have a target of their
//! own at the lowest level, so that the log does not show them and nobody pays
//! for them. They carry methods, patterns of routes, status codes and numbers:
//! never bodies, tokens, names, addresses or serial numbers.

mod sender;

use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Instrument as _;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use self::sender::Sender;
use crate::config::telemetry::Telemetry;

/// The target of every span that is sent.
pub const SPANS: &str = "muster::spans";
/// The receiver has so long for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What gathers spans and sends them.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to gather; `runtime` sends.
    pub fn start(telemetry: &Telemetry, runtime: tokio::runtime::Handle) -> Result<Self, String> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new(&telemetry.endpoint, PATIENCE, runtime)?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(telemetry.endpoint.clone())
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| format!("traces cannot be sent: {error}"))?;
        let resource = Resource::builder_empty()
            .with_service_name(telemetry.service_name.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let share = Sampler::TraceIdRatioBased(telemetry.sample);
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(resource)
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(provider))
    }

    /// The part of the subscriber that takes spans, and nothing else.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("muster-server"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_filter(Targets::new().with_target(SPANS, LevelFilter::TRACE))
    }

    /// Sends what is left. Blocks, while the runtime still runs.
    pub fn stop(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// Puts a span around every request; what does not match a route has no name
/// of its own.
pub async fn request(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let method = method(request.method());
    let span = tracing::trace_span!(
        target: SPANS,
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
    );
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// A method by its name; whatever somebody made up is one.
fn method(method: &axum::http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "_OTHER",
    }
}
