//! Figures for Prometheus: every request by route and outcome, how long it took, and the office's
//! gauges at the moment they are asked for. Routes are patterns, so no id ever becomes a label.

use crate::desk::Desk;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Extension, Router};
use casework::readiness::Readiness;
use metrics::{counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Upper bounds of the duration buckets, in seconds.
const BUCKETS_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Samples wait in memory until they are sorted into buckets: at least this often.
const UPKEEP_REQUESTS: u64 = 4096;

/// The figures of one server. Clones share them.
#[derive(Clone)]
pub struct Meter {
    inner: Arc<Inner>,
}

struct Inner {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: AtomicU64,
}

impl Meter {
    fn new() -> Meter {
        let builder = PrometheusBuilder::new();
        // The bounds are ours and not empty: the builder has nothing to refuse.
        let builder = builder.set_buckets(&BUCKETS_SECONDS).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        Meter { inner: Arc::new(Inner { recorder, handle, requests: AtomicU64::new(0) }) }
    }

    fn count(&self, method: &'static str, route: String, status: u16, seconds: f64) {
        with_local_recorder(&self.inner.recorder, || {
            counter!("liuhen_http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string())
                .increment(1);
            histogram!("liuhen_http_request_duration_seconds", "method" => method, "route" => route).record(seconds);
        });
        if self.inner.requests.fetch_add(1, Ordering::Relaxed) % UPKEEP_REQUESTS == UPKEEP_REQUESTS - 1 {
            self.inner.handle.run_upkeep();
        }
    }

    /// All figures as text, the office's own among them.
    pub fn page(&self, office: &Readiness, duties_open: u64) -> String {
        with_local_recorder(&self.inner.recorder, || {
            gauge!("liuhen_ready").set(if office.ready() { 1.0 } else { 0.0 });
            gauge!("liuhen_ledger_entries").set(office.head_size as f64);
            gauge!("liuhen_duties_open").set(duties_open as f64);
            gauge!("liuhen_jobs_waiting").set(office.jobs_waiting as f64);
            gauge!("liuhen_outbox_waiting").set(office.outbox_waiting as f64);
            gauge!("liuhen_free_bytes").set(office.free_bytes as f64);
            gauge!("liuhen_reserve_bytes").set(office.reserve_bytes as f64);
        });
        self.inner.handle.render()
    }
}

/// Measures every route of the router, and hands the figures to the one that shows them.
pub fn measured(router: Router<Desk>) -> Router<Desk> {
    let meter = Meter::new();
    router.layer(Extension(meter.clone())).layer(from_fn_with_state(meter, measure))
}

async fn measure(State(meter): State<Meter>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = match request.method().as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    };
    let begun = Instant::now();
    let answer = next.run(request).await;
    meter.count(method, route, answer.status().as_u16(), begun.elapsed().as_secs_f64());
    answer
}
