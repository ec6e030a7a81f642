//! The files a browser loads (style, scripts, icons), embedded in the binary and served under
//! `/assets/`. An address carries the digest of its content, so that it may be kept for ever.

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/assets/built"]
struct Built;

/// File name to the first 16 hex digits of its SHA-256.
static DIGESTS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let digest =
        |name: &str| Built::get(name).map(|file| hex::encode(&file.metadata.sha256_hash()[..8]));
    Built::iter()
        .filter_map(|name| Some((name.to_string(), digest(&name)?)))
        .collect()
});

/// The address of an asset as templates write it: `/assets/app.css?v=…`.
pub fn href(name: &str) -> String {
    match DIGESTS.get(name) {
        Some(digest) => format!("/assets/{name}?v={digest}"),
        None => format!("/assets/{name}"),
    }
}

/// The address of one icon of the sprite, for `<use href>`; names as in `assets/icons.txt`.
pub fn icon(name: &str) -> String {
    format!("{}#{name}", href("sprite.svg"))
}

/// `GET /assets/{name}`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (Some(file), Some(digest)) = (Built::get(&name), DIGESTS.get(&name)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{digest}\"");
    // Only an address that names this very content may be kept without asking again.
    let named = query.as_deref() == Some(format!("v={digest}").as_str());
    let cache = if named {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut answer = if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|seen| seen.as_bytes() == etag.as_bytes())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        (
            [(header::CONTENT_TYPE, content_type(&name))],
            file.data.into_owned(),
        )
            .into_response()
    };
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.headers_mut().insert(header::ETAG, etag);
    }
    answer
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    async fn ask(address: &str, seen: Option<&str>) -> Response {
        let mut request = Request::get(address);
        if let Some(seen) = seen {
            request = request.header(header::IF_NONE_MATCH, seen);
        }
        router::<()>()
            .oneshot(request.body(Body::empty()).expect("request"))
            .await
            .expect("answer")
    }

    #[tokio::test]
    async fn an_address_with_the_digest_is_kept_for_ever_and_another_asks_again() {
        let kept = ask(&href("app.css"), None).await;
        assert_eq!(kept.status(), StatusCode::OK);
        assert_eq!(
            kept.headers()[header::CONTENT_TYPE],
            "text/css; charset=utf-8"
        );
        assert!(
            kept.headers()[header::CACHE_CONTROL]
                .to_str()
                .expect("text")
                .contains("immutable")
        );
        let stale = ask("/assets/app.css?v=0000000000000000", None).await;
        assert_eq!(stale.headers()[header::CACHE_CONTROL], "no-cache");
        let etag = stale.headers()[header::ETAG]
            .to_str()
            .expect("text")
            .to_owned();
        assert_eq!(
            ask("/assets/app.css", Some(&etag)).await.status(),
            StatusCode::NOT_MODIFIED
        );
    }

    #[tokio::test]
    async fn nothing_but_built_files_is_served() {
        for address in [
            "/assets/build.mjs",
            "/assets/..%2Fapp.ts",
            "/assets/%2e%2e%2fCargo.toml",
        ] {
            assert_eq!(
                ask(address, None).await.status(),
                StatusCode::NOT_FOUND,
                "{address}"
            );
        }
    }
}
