//! Bytes in: streamed into the vault, hashed and durable, before the act that names them is
//! recorded. What the file is and where it was taken stands in the query, percent-encoded.

use crate::api::act_shapes;
use crate::api::acts::{kept, receipt_json};
use crate::api::caller::ApiCaller;
use crate::api::problem::ApiProblem;
use crate::api::shape::{self, boolean, may, moment, natural, need, object, open_object, text};
use crate::desk::Desk;
use crate::router::{Door, Routes};
use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use casework::acts::attach_evidence::{AttachEvidence, attach_evidence};
use casework::acts::scan_paper::{ScanPaper, scan_paper};
use casework::intake::{Intake, Taken};
use casework::{ActError, Caller, Receipt};
use futures_util::StreamExt;
use procedure::ids::{CaseId, PaperId};
use serde_json::{Map, Value, json};

pub fn routes() -> Routes {
    Routes::new()
        .put("POST", "/api/v1/cases/{id}/evidence", Door::Token, post(evidence).layer(DefaultBodyLimit::disable()))
        .put("POST", "/api/v1/cases/{id}/papers/{paper}/scans", Door::Token, post(scan).layer(DefaultBodyLimit::disable()))
}

/// What the query of an evidence upload says.
pub fn evidence_shape() -> Value {
    object([
        need("file", text()),
        need("kind", text()),
        need("name", text()),
        need("source", text()),
        may("proves", text()),
        may("footage", boolean()),
        may("protected", boolean()),
        may("place", text()),
        need("from", moment()),
        may("to", moment()),
        may("located", text()),
    ])
}

/// What the query of a scan's upload says.
pub fn scan_shape() -> Value {
    object([need("file", text()), may("pages_count", natural()), need("located", text())])
}

/// The receipt with the digests of the bytes.
pub fn stored_shape() -> Value {
    let mut shape = act_shapes::parts().get("Receipt").cloned().unwrap_or_else(open_object);
    let file = object([
        need("sha256", text()),
        need("sm3", text()),
        need("len_bytes", shape::natural()),
        need("media_type", text()),
    ]);
    if let Some(properties) = shape.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("file".into(), file);
    }
    if let Some(required) = shape.get_mut("required").and_then(Value::as_array_mut) {
        required.push("file".into());
    }
    shape
}

async fn evidence(State(desk): State<Desk>, Path(case): Path<String>, request: Request) -> Result<Response, ApiProblem> {
    let (mut parts, body) = request.into_parts();
    let caller = known(&mut parts, &desk).await?;
    let asked = query(&parts, &evidence_shape())?;
    let what = attaches(&asked, &case)?;
    let (name, declared) = (text_of(&asked, "file"), declared(&desk, &parts)?);
    let intake = desk.office.take_in_evidence(&caller.caller, &CaseId(case), what.protected, name, declared).await?;
    let (caller, taken) = take(intake, caller, &parts, body).await?;
    if let Some(receipt) = desk.office.done_before(&caller).await? {
        return Ok(stored(&receipt, &taken));
    }
    let what = AttachEvidence { taken: Some(taken.clone()), ..what };
    let receipt = attach_evidence(&desk.office, &caller, what).await?;
    Ok(stored(&kept(&desk, &caller, receipt).await?, &taken))
}

async fn scan(State(desk): State<Desk>, Path((case, paper)): Path<(String, String)>, request: Request) -> Result<Response, ApiProblem> {
    let (mut parts, body) = request.into_parts();
    let caller = known(&mut parts, &desk).await?;
    let asked = query(&parts, &scan_shape())?;
    let (case, paper) = (CaseId(case), PaperId(paper));
    let file = desk.office.case_file(&caller.caller, &case).await?;
    file.case.paper(&paper).ok_or(ActError::NotFound)?;
    let intake = desk.office.take_in_for(&case, &paper, text_of(&asked, "file"), declared(&desk, &parts)?).await?;
    let (caller, taken) = take(intake, caller, &parts, body).await?;
    if let Some(receipt) = desk.office.done_before(&caller).await? {
        return Ok(stored(&receipt, &taken));
    }
    let said = asked.get("pages_count").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let counted = desk.office.scan_pages_count(&case, &taken).await?;
    let pages_count = counted.or(said).ok_or_else(|| ApiProblem::field("pages_count", "图片数不出页数，请注明页数"))?;
    let what = ScanPaper { case, paper, taken: taken.clone(), pages_count, located: text_of(&asked, "located").to_owned() };
    let receipt = scan_paper(&desk.office, &caller, what).await?;
    Ok(stored(&kept(&desk, &caller, receipt).await?, &taken))
}

async fn known(parts: &mut Parts, desk: &Desk) -> Result<ApiCaller, ApiProblem> {
    let caller = ApiCaller::from_request_parts(parts, desk).await?;
    let line = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !line.eq_ignore_ascii_case("application/octet-stream") {
        return Err(ApiProblem::media_type("application/octet-stream"));
    }
    Ok(caller)
}

/// The query as values of the shape: booleans and numbers are read, times become local.
fn query(parts: &Parts, wanted: &Value) -> Result<Value, ApiProblem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .map_err(|_| ApiProblem::malformed("地址中的参数读不出来，请按 UTF-8 作百分号编码。"))?;
    let mut value = Map::new();
    for (name, text) in pairs {
        let kind = wanted.pointer(&format!("/properties/{name}/type")).and_then(Value::as_str);
        let read = match kind {
            Some("boolean") => text.parse::<bool>().ok().map(Value::from),
            Some("integer") => text.parse::<u64>().ok().map(Value::from),
            _ => None,
        };
        value.insert(name, read.unwrap_or_else(|| Value::from(text)));
    }
    let mut value = Value::Object(value);
    let problems = shape::check(&mut value, wanted, act_shapes::parts());
    if problems.is_empty() { Ok(value) } else { Err(ApiProblem::invalid(problems)) }
}

/// The act's struct, but for the bytes.
fn attaches(asked: &Value, case: &str) -> Result<AttachEvidence, ApiProblem> {
    let mut value = asked.clone();
    if let Some(object) = value.as_object_mut() {
        object.remove("file");
        object.insert("case".into(), case.into());
    }
    serde_json::from_value(value).map_err(|_| ApiProblem::malformed("地址中的参数不是这一事项所要的内容。"))
}

fn text_of<'a>(asked: &'a Value, name: &str) -> &'a str {
    asked.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// How long the body says it is, where there is room for it.
fn declared(desk: &Desk, parts: &Parts) -> Result<Option<u64>, ApiProblem> {
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
    let declared: Option<u64> = length.and_then(|t| t.parse().ok());
    match desk.office.has_space_for(declared.unwrap_or_default())? {
        true => Ok(declared),
        false => Err(ApiProblem::no_space()),
    }
}

/// Takes the bytes in; a body that breaks off leaves nothing behind. The request's digest is made
/// from the digest of its bytes.
async fn take(mut intake: Intake, caller: ApiCaller, parts: &Parts, body: Body) -> Result<(Caller, Taken), ApiProblem> {
    let mut bytes = body.into_data_stream();
    while let Some(next) = bytes.next().await {
        let Ok(chunk) = next else {
            intake.discard().await?;
            return Err(ApiProblem::malformed("文件没有传完，没有收下。"));
        };
        intake.write(&chunk).await?;
    }
    let taken = intake.seal().await?;
    Ok((caller.once(parts, taken.file.sha256.as_bytes()), taken))
}

/// A receipt with what the vault knows of the bytes: the caller's copy proves both.
fn stored(receipt: &Receipt, taken: &Taken) -> Response {
    let mut answer = receipt_json(receipt);
    let file = json!({
        "sha256": taken.file.sha256, "sm3": taken.file.sm3,
        "len_bytes": taken.file.len_bytes, "media_type": taken.file.media_type,
    });
    if let Some(object) = answer.as_object_mut() {
        object.insert("file".into(), file);
    }
    (StatusCode::CREATED, Json(answer)).into_response()
}
