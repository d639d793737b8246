//! For who watches the server.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::App;
use super::answer::Refusal;
use crate::source::{CONFIG_BYTES, layout};

/// From how many seconds on a request counts as so slow.
const BUCKETS: [f64; 8] = [0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Numbers about the requests.
pub(super) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    /// The most frequent one, looked up once.
    read: Counter,
    took: Histogram,
}

const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

impl Metrics {
    pub(super) fn new() -> std::io::Result<Self> {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&BUCKETS)
            .map_err(std::io::Error::other)?
            .build_recorder();
        recorder.describe_counter(
            "scaffold_requests_total".into(),
            None,
            "Requests answered, by method and status".into(),
        );
        recorder.describe_histogram(
            "scaffold_request_seconds".into(),
            None,
            "How long answers took to begin".into(),
        );
        let took = Key::from_static_name("scaffold_request_seconds");
        Ok(Self {
            handle: recorder.handle(),
            read: recorder.register_counter(&key(&Method::GET, StatusCode::OK), &METADATA),
            took: recorder.register_histogram(&took, &METADATA),
            recorder,
        })
    }

    pub(super) fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        if (method, status) == (&Method::GET, StatusCode::OK) {
            self.read.increment(1);
        } else {
            let counter = self
                .recorder
                .register_counter(&key(method, status), &METADATA);
            counter.increment(1);
        }
        self.took.record(took.as_secs_f64());
    }
}

fn key(method: &Method, status: StatusCode) -> Key {
    // Methods a client makes up are one: each pair is kept for ever.
    let method = match *method {
        Method::GET | Method::HEAD | Method::PUT | Method::DELETE => method.as_str().to_owned(),
        _ => "other".to_owned(),
    };
    let labels = vec![
        Label::new("method", method),
        Label::new("status", status.as_u16().to_string()),
    ];
    Key::from_parts("scaffold_requests_total", labels)
}

/// Fine, if the storage answers.
pub(super) async fn health(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let config = app
        .work(|app| app.storage.read(layout::CONFIG, CONFIG_BYTES))
        .await??;
    match config {
        Some(_) => Ok("ok\n".into_response()),
        None => Err(Refusal::broken()),
    }
}

pub(super) async fn metrics(State(app): State<Arc<App>>) -> Response {
    app.metrics.handle.run_upkeep();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.handle.render()).into_response()
}
