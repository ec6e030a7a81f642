//! Bytes that belong to a paper: the issued PDF, the scans of the signed sheet, proofs of service.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::form::{Field, Form};
use crate::look::{Link, words};
use crate::pages::shared::disposition;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use casework::intake::Taken;
use procedure::ids::{CaseId, PaperId};

pub async fn pdf(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let (case, paper) = (CaseId(id), PaperId(paper));
    let back = Link::new("返回文书", super::path(&case.0, &paper.0));
    let seen = desk.office.paper_file(&visitor.caller, &case, &paper).await.map_err(|e| desk.problem(e, "打开文书", back.clone()))?;
    let bytes = desk.office.open_paper_pdf(&visitor.caller, &case, &paper).await.map_err(|e| desk.problem(e, "打开文书", back))?;
    let number = seen.paper.number.map(|n| format!(" {n}")).unwrap_or_default();
    Ok(bytes_out(bytes, "application/pdf", &format!("{}{number}.pdf", seen.paper.title)))
}

pub async fn scan(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, paper, number)): Path<(String, String, usize)>,
) -> Result<Response, Problem> {
    let (case, paper) = (CaseId(id), PaperId(paper));
    let index = number.checked_sub(1).ok_or(Problem::NotFound)?;
    let opened = desk.office.open_scan(&visitor.caller, &case, &paper, index).await;
    let file = opened.map_err(|e| desk.problem(e, "打开扫描件", Link::new("返回文书", super::path(&case.0, &paper.0))))?;
    Ok(bytes_out(file.bytes, &file.media_type, &file.name))
}

pub async fn proof(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, paper, number)): Path<(String, String, usize)>,
) -> Result<Response, Problem> {
    let (case, paper) = (CaseId(id), PaperId(paper));
    let index = number.checked_sub(1).ok_or(Problem::NotFound)?;
    let opened = desk.office.open_service_proof(&visitor.caller, &case, &paper, index).await;
    let file = opened.map_err(|e| desk.problem(e, "打开送达凭证", Link::new("返回文书", super::path(&case.0, &paper.0))))?;
    Ok(bytes_out(file.bytes, &file.media_type, &file.name))
}

/// Shown in the browser only as what it is; everything but PDF and pictures is only kept.
fn bytes_out(bytes: Vec<u8>, media_type: &str, name: &str) -> Response {
    let shown = matches!(media_type, "application/pdf" | "image/jpeg" | "image/png");
    let kind = if shown { "inline" } else { "attachment" };
    let media_type = if shown { media_type } else { "application/octet-stream" };
    let text = |value: &str| HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    // A PDF's viewer is part of the browser and does not start in a sandbox.
    let policy = if media_type == "application/pdf" { "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'" } else { SANDBOXED_POLICY };
    let headers = [
        (header::CONTENT_TYPE, text(media_type)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition(kind, name)).unwrap_or(HeaderValue::from_static("attachment"))),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
    ];
    (headers, bytes).into_response()
}

/// A file already received stays with the form that is drawn again.
pub fn keep(desk: &Desk, visitor: &Visitor, form: &mut Form, taken: &Taken) -> Result<(), Problem> {
    let handle = desk.office.handle_of(&visitor.caller, taken).map_err(|e| desk.problem(e, "上传", Link::default()))?;
    let file = &taken.file;
    let received = format!("{} · {} · SHA-256 {}", file.original_name, words::size(file.len_bytes), words::short_hex(&file.sha256));
    if let Some(input) = form.fields.iter_mut().find(|f| f.name == "file") {
        input.label = "换一个文件".into();
        input.hint = "不选就用上面已收到的文件。".into();
        input.required = false;
    }
    // The file itself stays last, so that all words have come before its bytes.
    let at = form.fields.len().saturating_sub(1);
    form.fields.insert(at, Field::fixed("", "已收到的文件", received));
    form.fields.insert(at, Field::hidden("file", handle));
    Ok(())
}
