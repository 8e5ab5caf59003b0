//! `[telemetry]`: where traces of the collector's own work go.

use serde::Deserialize;
use shared::token::is_loopback_http;

/// `[telemetry]` as people write it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryFile {
    /// Address of a receiver of OTLP over HTTP, such as `http://127.0.0.1:4318`.
    pub otlp: String,
    /// Name under which the collector appears; `muster-server` if missing.
    pub service_name: Option<String>,
    /// Share of requests that are traced, from 0 to 1; all if missing.
    pub sample: Option<f64>,
}

/// Where traces go.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// The address of the traces.
    pub endpoint: String,
    /// The collector's name there.
    pub service_name: String,
    /// Share of requests that are traced.
    pub sample: f64,
}

impl TelemetryFile {
    /// What is written, checked; the error names the key.
    pub fn telemetry(&self) -> Result<Telemetry, String> {
        let url = self.otlp.trim_end_matches('/');
        if !url.starts_with("https://") && !is_loopback_http(url) {
            return Err(format!(
                "`telemetry.otlp` is `{}`, but it must begin with https://, or with http:// on this machine",
                self.otlp
            ));
        }
        let sample = self.sample.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&sample) {
            return Err(format!("`telemetry.sample` is {sample}, but it must be between 0 and 1"));
        }
        Ok(Telemetry {
            endpoint: format!("{url}/v1/traces"),
            service_name: self.service_name.clone().unwrap_or_else(|| "muster-server".to_owned()),
            sample,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TelemetryFile;

    fn file(otlp: &str, sample: Option<f64>) -> TelemetryFile {
        TelemetryFile { otlp: otlp.to_owned(), service_name: None, sample }
    }

    #[test]
    fn a_receiver_is_https_or_on_this_machine() {
        let telemetry = file("http://127.0.0.1:4318/", None).telemetry().unwrap();
        assert_eq!(telemetry.endpoint, "http://127.0.0.1:4318/v1/traces");
        assert_eq!((telemetry.service_name.as_str(), telemetry.sample), ("muster-server", 1.0));
        assert!(file("https://otel.company.example", Some(0.1)).telemetry().is_ok());
        let wrong = |otlp, sample| file(otlp, sample).telemetry().unwrap_err();
        assert!(wrong("http://otel.company.example", None).contains("`telemetry.otlp`"));
        assert!(wrong("otel:4318", None).contains("`telemetry.otlp`"));
        assert!(wrong("http://localhost:4318", Some(1.5)).contains("`telemetry.sample` is 1.5"));
    }
}
