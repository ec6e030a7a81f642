//! Bytes on their way in: an upload of its own (`POST /uploads`, what the browser's upload island
//! sends before its form), and the file of a multipart form. Both stream into the vault.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::Link;
use crate::look::form::Filled;
use crate::pages::shared::{percent_decoded, require};
use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Form, FromRequest, Multipart, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::ActError;
use casework::intake::{Intake, Taken};
use casework::permissions::Power;
use futures_util::StreamExt;
use http_body_util::Limited;
use procedure::ids::{CaseId, PaperId};
use serde::{Deserialize, Serialize};

/// Text beside a file is small.
const FIELD_BYTES_MAX: usize = 64 << 10;
const FIELDS_MAX: usize = 200;
const FORM_BYTES_MAX: usize = 2 << 20;

/// What the uploader keeps: the handle for the form, and what was received.
#[derive(Serialize)]
struct Received {
    handle: String,
    sha256: String,
    sm3: String,
    len_bytes: u64,
    media_type: String,
}

/// What an upload may belong to: `?paper=CASE/PAPER`, or `?case=CASE` with `protected=yes` where
/// the file shows minors or others who are protected.
#[derive(Deserialize)]
pub struct Asked {
    paper: Option<String>,
    case: Option<String>,
    #[serde(default)]
    protected: String,
}

/// What a file belongs to: it says how secret the file is.
#[derive(Clone, Copy)]
enum Of<'a> {
    Paper(&'a OfPaper),
    Evidence { case: &'a CaseId, protected: bool },
    Nothing,
}

/// What a field of this name must say for the evidence to be sealed.
pub const PROTECTED: (&str, &str) = ("protected", "yes");

/// The paper whose scan or proof of service a file is.
pub struct OfPaper {
    pub case: CaseId,
    pub paper: PaperId,
}

impl OfPaper {
    pub fn new(case: &str, paper: &str) -> OfPaper {
        OfPaper { case: case.into(), paper: paper.into() }
    }

    /// Where the upload island sends such a file.
    pub fn address(&self) -> String {
        format!("/uploads?paper={}/{}", self.case, self.paper)
    }
}

/// Takes one file in; 201 once it lies in the vault, read back and compared.
pub async fn submit(
    State(desk): State<Desk>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    require(&visitor, Power::Investigate)?;
    let name = headers.get("x-file-name").and_then(|v| v.to_str().ok()).map(percent_decoded).unwrap_or_default();
    let paper = asked.paper.as_deref().and_then(|p| p.split_once('/')).map(|(case, paper)| OfPaper::new(case, paper));
    let case = asked.case.map(CaseId);
    let of = match (&paper, &case) {
        (Some(paper), _) => Of::Paper(paper),
        (None, Some(case)) => Of::Evidence { case, protected: asked.protected == PROTECTED.1 },
        (None, None) => Of::Nothing,
    };
    match take_body(&desk, &visitor, of, &name, length(&headers), body).await {
        Ok(taken) => {
            let handle = desk.office.handle_of(&visitor.caller, &taken).map_err(|e| desk.problem(e, "上传", Link::default()))?;
            let received = Received {
                handle,
                sha256: taken.file.sha256,
                sm3: taken.file.sm3,
                len_bytes: taken.file.len_bytes,
                media_type: taken.file.media_type,
            };
            Ok((StatusCode::CREATED, Json(received)).into_response())
        }
        // The island shows plain text under the field.
        Err(ActError::Invalid(problems)) => {
            let text = problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("；");
            Ok((StatusCode::UNPROCESSABLE_ENTITY, text).into_response())
        }
        Err(ActError::NotWritable(why)) => Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "30")], why).into_response()),
        Err(other) => Err(desk.problem(other, "上传", Link::default())),
    }
}

/// The intake for a file: of a paper's scans and proofs the paper says how secret they are.
async fn intake(desk: &Desk, visitor: &Visitor, of: Of<'_>, name: &str, declared: Option<u64>) -> Result<Intake, ActError> {
    match of {
        Of::Paper(OfPaper { case, paper }) => {
            // Nothing is taken in for a case one may not know of.
            desk.office.case_file(&visitor.caller, case).await?;
            desk.office.take_in_for(case, paper, name, declared).await
        }
        Of::Evidence { case, protected } => desk.office.take_in_evidence(&visitor.caller, case, protected, name, declared).await,
        Of::Nothing => desk.office.take_in(name, declared).await,
    }
}

async fn take_body(
    desk: &Desk,
    visitor: &Visitor,
    of: Of<'_>,
    name: &str,
    declared: Option<u64>,
    body: Body,
) -> Result<Taken, ActError> {
    let mut intake = intake(desk, visitor, of, name, declared).await?;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => intake.write(&chunk).await?,
            Err(_) => {
                intake.discard().await?;
                return Err(ActError::field("file", "上传中断，文件没有收全，请重新上传"));
            }
        }
    }
    intake.seal().await
}

/// A posted form with at most one file: its fields, and the file where one came.
pub struct Posted {
    pub filled: Filled,
    pub taken: Option<Taken>,
    /// What was wrong with the file; the fields are kept all the same.
    pub file_problem: Option<ActError>,
}

/// Reads a form that the island sent (fields and a handle) or that carries its file itself.
pub async fn read(desk: &Desk, visitor: &Visitor, paper: &OfPaper, request: Request) -> Result<Posted, Problem> {
    read_of(desk, visitor, Of::Paper(paper), request).await
}

/// The same for evidence of a case; the file comes last, so what was chosen before it counts.
pub async fn read_evidence(desk: &Desk, visitor: &Visitor, case: &CaseId, request: Request) -> Result<Posted, Problem> {
    read_of(desk, visitor, Of::Evidence { case, protected: false }, request).await
}

async fn read_of(desk: &Desk, visitor: &Visitor, mut of: Of<'_>, request: Request) -> Result<Posted, Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, Body::new(Limited::new(body, FORM_BYTES_MAX)));
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, &())
            .await
            .map_err(|e| Problem::Unreadable { what: e.body_text() })?;
        return behind_handle(desk, visitor, Filled::from(pairs));
    }
    let mut multipart =
        Multipart::from_request(request, &()).await.map_err(|e| Problem::Unreadable { what: e.body_text() })?;
    let mut pairs = vec![];
    let (mut taken, mut file_problem) = (None, None);
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(file_name) if !file_name.is_empty() => match take_field(desk, visitor, of, &file_name, &mut field).await {
                Ok(file) => taken = Some(file),
                Err(error @ (ActError::Invalid(_) | ActError::NotWritable(_))) => file_problem = Some(error),
                Err(other) => return Err(desk.problem(other, "上传", Link::default())),
            },
            // A file field in which nothing was chosen.
            Some(_) => {}
            None => {
                let value = text(&mut field).await?;
                if let Of::Evidence { protected, .. } = &mut of {
                    *protected |= (name.as_str(), value.as_str()) == PROTECTED;
                }
                pairs.push((name, value));
                if pairs.len() > FIELDS_MAX {
                    return Err(Problem::Unreadable { what: "表单的栏目过多".into() });
                }
            }
        }
    }
    let filled = Filled::from(pairs);
    if taken.is_none() && file_problem.is_none() {
        return behind_handle(desk, visitor, filled);
    }
    Ok(Posted { filled, taken, file_problem })
}

fn behind_handle(desk: &Desk, visitor: &Visitor, filled: Filled) -> Result<Posted, Problem> {
    let handle = filled.many("file").into_iter().rfind(|h| !h.is_empty()).map(str::to_owned);
    let (taken, file_problem) = match handle.map(|h| desk.office.taken_behind(&visitor.caller, &h)) {
        None => (None, None),
        Some(Ok(taken)) => (Some(taken), None),
        Some(Err(error)) => (None, Some(error)),
    };
    Ok(Posted { filled, taken, file_problem })
}

async fn take_field(desk: &Desk, visitor: &Visitor, of: Of<'_>, name: &str, field: &mut Field<'_>) -> Result<Taken, ActError> {
    // The length of the request is not that of the file in it.
    let mut intake = intake(desk, visitor, of, name, None).await?;
    loop {
        match field.chunk().await {
            Ok(Some(chunk)) => intake.write(&chunk).await?,
            Ok(None) => return intake.seal().await,
            Err(_) => {
                intake.discard().await?;
                return Err(ActError::field("file", "上传中断，文件没有收全，请重新上传"));
            }
        }
    }
}

async fn text(field: &mut Field<'_>) -> Result<String, Problem> {
    let mut bytes = vec![];
    while let Some(chunk) = field.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > FIELD_BYTES_MAX {
            return Err(Problem::TooLarge { limit_zh: "64 KB 一栏".into() });
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Problem::Unreadable { what: "表单的文字不是 UTF-8".into() })
}

fn broken(error: MultipartError) -> Problem {
    Problem::Unreadable { what: format!("表单没有收全：{}", error.body_text()) }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
