//! The bytes of an open viewing, whole or by one range (RFC 9110, 14): what a player needs to seek.
//! Never compressed, never cached, opened by a browser as nothing but themselves.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::Link;
use crate::pages::shared::disposition;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::viewing::Mode;
use tokio_util::io::ReaderStream;

/// Read from the vault at a time.
const CHUNK_BYTES: usize = 64 << 10;

/// What a player or picture shows in place; everything else is only downloaded.
const SHOWN_IN_PLACE: &[&str] =
    &["video/mp4", "video/webm", "video/quicktime", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "image/jpeg", "image/png"];

/// One range as asked for, before the length is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    /// First and last byte, the last one included and perhaps open.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// Whether a type may be shown in place.
pub fn is_shown_in_place(media_type: &str) -> bool {
    SHOWN_IN_PLACE.contains(&media_type)
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(viewing): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let failed = |e| desk.problem(e, "查看音像资料", Link::new("返回案件", "/cases"));
    let about = desk.office.own_viewing_page(&visitor.caller, &viewing).await.map_err(failed)?;
    // The bytes of one viewing never change, so its id names them.
    let etag = format!("\"{viewing}\"");
    let asked = asked(&headers, &etag);
    let total_bytes = desk.office.viewing_range(&visitor.caller, &viewing, 0, 0).await.map_err(failed)?.total_bytes;
    let Some((from, len_bytes)) = settle(asked, total_bytes) else {
        let range = [(header::CONTENT_RANGE, format!("bytes */{total_bytes}")), (header::ACCEPT_RANGES, "bytes".into())];
        return Ok((StatusCode::RANGE_NOT_SATISFIABLE, range).into_response());
    };
    let bytes = desk.office.viewing_range(&visitor.caller, &viewing, from, len_bytes).await.map_err(failed)?;
    let kind = if is_shown_in_place(&bytes.media_type) && about.mode == Mode::View { "inline" } else { "attachment" };
    let mut answer = Response::builder()
        .header(header::CONTENT_TYPE, &bytes.media_type)
        .header(header::CONTENT_LENGTH, bytes.len_bytes)
        .header(header::CONTENT_DISPOSITION, disposition(kind, &about.evidence_name))
        .header(header::CONTENT_SECURITY_POLICY, SANDBOXED_POLICY)
        .header(header::CACHE_CONTROL, "no-store, no-transform")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::ETAG, etag);
    if asked != Asked::Whole {
        let last = (from + bytes.len_bytes).saturating_sub(1);
        answer = answer
            .status(StatusCode::PARTIAL_CONTENT)
            .header(header::CONTENT_RANGE, format!("bytes {from}-{last}/{total_bytes}"));
    }
    let body = Body::from_stream(ReaderStream::with_capacity(bytes.reader, CHUNK_BYTES));
    answer.body(body).map_err(|e| Problem::internal(&e))
}

/// The one range asked for. Several ranges, another unit, what cannot be read, and a condition
/// that does not hold all mean the whole.
fn asked(headers: &HeaderMap, etag: &str) -> Asked {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    if text(header::IF_RANGE).is_some_and(|condition| condition != etag) {
        return Asked::Whole;
    }
    text(header::RANGE).and_then(parse).unwrap_or(Asked::Whole)
}

fn parse(range: &str) -> Option<Asked> {
    let (first, last) = range.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u64>().ok())?;
    match (first, last) {
        ("", last) => Some(Asked::Last(number(last)?)),
        (first, "") => Some(Asked::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Asked::From(first, Some(last)))
        }
    }
}

/// Start and length within what is there; none where nothing of it can be given.
fn settle(asked: Asked, total_bytes: u64) -> Option<(u64, u64)> {
    match asked {
        Asked::Whole => Some((0, total_bytes)),
        Asked::From(first, _) if first >= total_bytes => None,
        Asked::From(first, last) => {
            let end = last.map_or(total_bytes, |last| last.saturating_add(1).min(total_bytes));
            Some((first, end - first))
        }
        Asked::Last(0) => None,
        Asked::Last(count) => {
            let len = count.min(total_bytes);
            (len > 0).then_some((total_bytes - len, len))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(range: &str, total: u64) -> Option<(u64, u64)> {
        settle(parse(range).unwrap_or(Asked::Whole), total)
    }

    #[test]
    fn ranges_as_in_rfc_9110() {
        // The examples of RFC 9110, 14.1.2, for a representation of 10 000 bytes.
        assert_eq!(settled("bytes=0-499", 10_000), Some((0, 500)));
        assert_eq!(settled("bytes=500-999", 10_000), Some((500, 500)));
        assert_eq!(settled("bytes=-500", 10_000), Some((9_500, 500)));
        assert_eq!(settled("bytes=9500-", 10_000), Some((9_500, 500)));
        assert_eq!(settled("bytes=9500-20000", 10_000), Some((9_500, 500)));
    }

    #[test]
    fn what_lies_beyond_the_end_is_refused() {
        assert_eq!(settled("bytes=10000-", 10_000), None);
        assert_eq!(settled("bytes=-0", 10_000), None);
        assert_eq!(settled("bytes=0-0", 0), None);
        assert_eq!(settled("bytes=0-18446744073709551615", 7), Some((0, 7)));
    }

    #[test]
    fn what_cannot_be_read_means_the_whole() {
        for range in ["bytes=5-2", "bytes=a-b", "items=0-1", "bytes=0-1,3-4", "bytes=--1", "bytes=+1-2"] {
            assert_eq!(parse(range), None, "{range}");
        }
    }

    #[test]
    fn another_version_gets_the_whole() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, header::HeaderValue::from_static("bytes=1-2"));
        headers.insert(header::IF_RANGE, header::HeaderValue::from_static("\"v1\""));
        assert_eq!(asked(&headers, "\"v1\""), Asked::From(1, Some(2)));
        assert_eq!(asked(&headers, "\"v2\""), Asked::Whole);
    }

    #[test]
    fn nothing_that_could_run_is_shown_in_place() {
        for media_type in ["text/html", "image/svg+xml", "application/pdf", "application/octet-stream", "video/x-msvideo"] {
            assert!(!is_shown_in_place(media_type), "{media_type}");
        }
    }
}
