//! Who calls: the bearer of a token, or a session's cookie; and what makes a request done once.

use crate::api::problem::ApiProblem;
use crate::desk::{Desk, station};
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use casework::Caller;
use casework::people::SignedIn;
use sha2::{Digest, Sha256};

/// Somebody known, by token or session.
#[derive(Clone, Debug)]
pub struct ApiCaller {
    pub caller: Caller,
    /// What `Idempotency-Key` said; becomes `caller.once` with the digest of the request.
    pub key: Option<String>,
}

impl FromRequestParts<Desk> for ApiCaller {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, ApiProblem> {
        let SignedIn { person, must_change, stale, .. } = match parts.headers.get(header::AUTHORIZATION) {
            Some(line) => {
                let wrong = || ApiProblem::unauthorized("令牌不对，或者已经失效。", true);
                let (scheme, token) = line.to_str().ok().and_then(|l| l.split_once(' ')).ok_or_else(wrong)?;
                if !scheme.eq_ignore_ascii_case("bearer") {
                    return Err(wrong());
                }
                let found = desk.office.bearer(token.trim()).await?.ok_or_else(wrong)?;
                // An initial password must be changed at the desk; a token has none.
                SignedIn { must_change: false, ..found }
            }
            None => {
                let unknown = || ApiProblem::unauthorized("请出示令牌（Authorization: Bearer …），或者先登录。", false);
                let jar = CookieJar::from_headers(&parts.headers);
                let token = jar.get(desk.cookie_name()).ok_or_else(unknown)?.value().to_owned();
                desk.office.session(&token).await?.ok_or_else(unknown)?
            }
        };
        if stale {
            return Err(ApiProblem::unauthorized("登录已过期，请重新登录。", false));
        }
        if must_change {
            return Err(casework::ActError::NotAllowed("请先更改初始口令。".into()).into());
        }
        Ok(Self { caller: Caller::new(person, station(parts, desk)), key: key(parts)? })
    }
}

impl ApiCaller {
    /// The caller with the request's own digest beside its key.
    pub fn once(self, parts: &Parts, body: &[u8]) -> Caller {
        let mut caller = self.caller;
        caller.once = self.key.map(|key| (key, digest(parts, body)));
        caller
    }
}

fn key(parts: &Parts) -> Result<Option<String>, ApiProblem> {
    let Some(line) = parts.headers.get("idempotency-key") else { return Ok(None) };
    let text = line.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(ApiProblem::malformed("Idempotency-Key 应当是 1 至 255 个可见的 ASCII 字符。"));
    }
    Ok(Some(text.to_owned()))
}

/// SHA-256 over method, path with query, and body; neither of the first two holds a line break.
fn digest(parts: &Parts, body: &[u8]) -> String {
    let path = parts.uri.path_and_query().map(|p| p.as_str()).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(format!("{}\n{path}\n", parts.method));
    hash.update(body);
    hex::encode(hash.finalize())
}
