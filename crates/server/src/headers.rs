//! What every answer carries so that a browser defends the page: no inline script or style, no
//! framing, no sniffing, no caching of case content, and no state changed from another site.

use axum::Router;
use axum::extract::Request;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn};
use tower_http::csrf::CsrfLayer;

/// Scripts, styles, pictures and sound only from ourselves; script insertion only through the
/// two named Trusted Types policies, neither of which passes script text.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; \
     media-src 'self'; font-src 'none'; connect-src 'self'; frame-src 'self'; object-src 'none'; \
     worker-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types liuhen";

/// For bytes that others made (evidence, scans): opened as nothing but themselves (rule 9 of the
/// promises). Handlers of such bytes set this as their own policy, with `attachment` where they can.
pub const SANDBOXED_POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'self'";

const EVERYWHERE: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    ),
];

/// Whether this server speaks TLS itself, or a named proxy does so before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

/// Wraps the whole router: refuses cross-site changes of state, then sets the headers above on
/// every answer that does not already say otherwise, and `no-store` on all that names no caching.
pub fn protect<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    transport: Transport,
) -> Router<S> {
    router
        .layer(CsrfLayer::new().with_rejection_response(|_| cross_site()))
        .layer(from_fn(move |request: Request, next: Next| async move {
            let mut answer = next.run(request).await;
            let headers = answer.headers_mut();
            for (name, value) in EVERYWHERE {
                headers
                    .entry(name)
                    .or_insert(HeaderValue::from_static(value));
            }
            headers
                .entry(header::CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            if transport == Transport::Tls {
                headers
                    .entry(header::STRICT_TRANSPORT_SECURITY)
                    .or_insert(HeaderValue::from_static("max-age=31536000"));
            }
            answer
        }))
}

fn cross_site<B: From<String>>() -> Response<B> {
    let mut answer = Response::new(B::from(
        "这个请求来自别的网站，没有执行。请在本系统的页面上操作。\n".to_owned(),
    ));
    *answer.status_mut() = StatusCode::FORBIDDEN;
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::{get, post};
    use tower::ServiceExt;

    fn router(transport: Transport) -> Router {
        let evidence = get(|| async {
            (
                [(header::CONTENT_SECURITY_POLICY, SANDBOXED_POLICY)],
                "bytes",
            )
        });
        let routes = Router::new()
            .route("/", get(|| async { "page" }))
            .route("/act", post(|| async { "done" }));
        protect(routes.route("/evidence", evidence), transport)
    }

    async fn post_from(headers: &[(&str, &str)]) -> StatusCode {
        let mut request = Request::post("/act").header(header::HOST, "bureau.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("request");
        router(Transport::Plain)
            .oneshot(request)
            .await
            .expect("answer")
            .status()
    }

    #[tokio::test]
    async fn pages_forbid_inline_scripts_framing_and_caching() {
        let request = Request::get("/").body(Body::empty()).expect("request");
        let answer = router(Transport::Plain)
            .oneshot(request)
            .await
            .expect("answer");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        assert!(
            !answer
                .headers()
                .contains_key(header::STRICT_TRANSPORT_SECURITY)
        );
    }

    #[tokio::test]
    async fn a_handler_of_foreign_bytes_keeps_its_own_policy_and_tls_is_announced() {
        let request = Request::get("/evidence")
            .body(Body::empty())
            .expect("request");
        let answer = router(Transport::Tls)
            .oneshot(request)
            .await
            .expect("answer");
        assert_eq!(
            answer.headers()[header::CONTENT_SECURITY_POLICY],
            SANDBOXED_POLICY
        );
        assert!(
            answer
                .headers()
                .contains_key(header::STRICT_TRANSPORT_SECURITY)
        );
    }

    #[tokio::test]
    async fn another_site_changes_nothing() {
        assert_eq!(
            post_from(&[("sec-fetch-site", "cross-site")]).await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            post_from(&[("sec-fetch-site", "same-site")]).await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            post_from(&[("origin", "https://evil.example")]).await,
            StatusCode::FORBIDDEN
        );
        assert_eq!(
            post_from(&[("sec-fetch-site", "same-origin")]).await,
            StatusCode::OK
        );
        assert_eq!(
            post_from(&[("origin", "http://bureau.example")]).await,
            StatusCode::OK
        );
    }
}
