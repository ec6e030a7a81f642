//! What is downloaded of an archived case: the bound volume, the sealed annex for those who may
//! open it, and the package with originals and proofs, streamed while it is written. Each is asked
//! for with its purpose and written down first.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::Link;
use crate::look::form::Filled;
use crate::pages::copies::{self, Copy};
use crate::pages::shared::disposition;
use axum::body::{Body, Bytes};
use axum::extract::{Form, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use casework::ActError;
use futures_util::stream;
use procedure::ids::CaseId;
use std::io::{self, Write};
use tokio::sync::mpsc::{self, Sender};

/// Pieces of the package that may wait for a slow reader.
const PIECES_MAX: usize = 8;
const PIECE_BYTES: usize = 64 << 10;

pub async fn ask_volume(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    ask(&desk, &visitor, &id, "volume.pdf").await
}

pub async fn ask_annex(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    ask(&desk, &visitor, &id, "sealed-annex.pdf").await
}

pub async fn ask_package(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    ask(&desk, &visitor, &id, "volume.zip").await
}

/// What the copy is for, asked of those who may see the case at all.
async fn ask(desk: &Desk, visitor: &Visitor, id: &str, file: &str) -> Result<Response, Problem> {
    let contents = desk.office.volume_contents(&visitor.caller, &CaseId(id.to_owned())).await;
    let contents = contents.map_err(|e| desk.problem(e, "下载案卷", back(id)))?;
    if contents.archived.is_none() {
        let error = ActError::Conflict("案件尚未归档，没有可以下载的案卷".into());
        return Err(desk.problem(error, "下载案卷", back(id)));
    }
    Ok(copies::ask(desk, visitor, copy(id, file)).await)
}

fn copy(id: &str, file: &str) -> Copy {
    let title = match file {
        "sealed-annex.pdf" => "下载密封附件",
        "volume.zip" => "下载案卷包",
        _ => "下载案卷",
    };
    Copy { title, action: format!("/cases/{id}/{file}"), section: "volumes", back: back(id) }
}

pub async fn volume(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    match desk.office.volume_pdf(&visitor.caller, &CaseId(id.clone()), filled.one("purpose")).await {
        Ok((file, bytes)) => Ok(pdf(&file.original_name, "案卷.pdf", bytes)),
        Err(error) => copies::refused(&desk, &visitor, copy(&id, "volume.pdf"), &filled, error).await,
    }
}

pub async fn sealed_annex(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    match desk.office.sealed_annex_pdf(&visitor.caller, &CaseId(id.clone()), filled.one("purpose")).await {
        Ok((file, bytes)) => Ok(pdf(&file.original_name, "密封附件.pdf", bytes)),
        Err(error) => copies::refused(&desk, &visitor, copy(&id, "sealed-annex.pdf"), &filled, error).await,
    }
}

/// The package as a ZIP. Its first piece, or the refusal, is awaited before anything is answered;
/// a fault later on breaks the connection, so that no cut-off package passes for a whole one.
pub async fn package(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    let purpose = filled.one("purpose").to_owned();
    let (sender, mut pieces) = mpsc::channel::<io::Result<Bytes>>(PIECES_MAX);
    let office = desk.office.clone();
    let (caller, case) = (visitor.caller.clone(), CaseId(id.clone()));
    let faults = sender.clone();
    let work = tokio::spawn(async move {
        let out = Pieces { sender, filled: Vec::with_capacity(PIECE_BYTES) };
        match office.volume_package(&caller, &case, &purpose, out).await {
            Ok(mut out) => {
                // The last piece: dropping the sender then ends the answer.
                let last = std::mem::take(&mut out.filled);
                let _ = out.sender.send(Ok(last.into())).await;
                Ok(())
            }
            Err(error) => {
                let _ = faults.send(Err(io::Error::other("the package could not be written"))).await;
                Err(error)
            }
        }
    });
    let first = match pieces.recv().await {
        Some(Ok(first)) => first,
        _ => {
            let error = match work.await {
                Ok(Err(error)) => error,
                Ok(Ok(())) => ActError::Failure(io::Error::other("the package is empty").into()),
                Err(fault) => ActError::Failure(fault.into()),
            };
            return copies::refused(&desk, &visitor, copy(&id, "volume.zip"), &filled, error).await;
        }
    };
    let rest = stream::unfold(pieces, |mut pieces| async move { pieces.recv().await.map(|piece| (piece, pieces)) });
    let all = futures_util::StreamExt::chain(stream::once(async move { Ok(first) }), rest);
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, disposition("attachment", "案卷.zip")),
        (header::CONTENT_SECURITY_POLICY, SANDBOXED_POLICY.to_owned()),
    ];
    Ok((headers, Body::from_stream(all)).into_response())
}

fn back(id: &str) -> Link {
    Link::new("返回案卷", format!("/cases/{id}/volume"))
}

fn pdf(name: &str, otherwise: &str, bytes: Vec<u8>) -> Response {
    let name = if name.is_empty() { otherwise } else { name };
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, disposition("attachment", name)),
        (header::CONTENT_SECURITY_POLICY, SANDBOXED_POLICY.to_owned()),
    ];
    (headers, bytes).into_response()
}

/// Writes from a blocking thread into the answer; waits while the reader is slow.
struct Pieces {
    sender: Sender<io::Result<Bytes>>,
    filled: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.filled.extend_from_slice(bytes);
        if self.filled.len() >= PIECE_BYTES {
            let piece = std::mem::replace(&mut self.filled, Vec::with_capacity(PIECE_BYTES));
            self.sender.blocking_send(Ok(piece.into())).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        }
        Ok(bytes.len())
    }

    // Pieces leave when they are full: a small piece for each flush would only cost time.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
