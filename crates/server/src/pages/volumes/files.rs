//! What is downloaded of an archived case: the bound volume, the sealed annex for those who may
//! open it, and the package with originals and proofs, streamed while it is written.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::Link;
use crate::pages::shared::disposition;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
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

pub async fn volume(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let opened = desk.office.volume_pdf(&visitor.caller, &CaseId(id.clone())).await;
    let (file, bytes) = opened.map_err(|e| desk.problem(e, "下载案卷", back(&id)))?;
    Ok(pdf(&file.original_name, "案卷.pdf", bytes))
}

pub async fn sealed_annex(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let opened = desk.office.sealed_annex_pdf(&visitor.caller, &CaseId(id.clone())).await;
    let (file, bytes) = opened.map_err(|e| desk.problem(e, "下载密封附件", back(&id)))?;
    Ok(pdf(&file.original_name, "密封附件.pdf", bytes))
}

/// The package as a ZIP. Its first piece, or the refusal, is awaited before anything is answered;
/// a fault later on breaks the connection, so that no cut-off package passes for a whole one.
pub async fn package(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let (sender, mut pieces) = mpsc::channel::<io::Result<Bytes>>(PIECES_MAX);
    let office = desk.office.clone();
    let (caller, case) = (visitor.caller.clone(), CaseId(id.clone()));
    let faults = sender.clone();
    let work = tokio::spawn(async move {
        let out = Pieces { sender, filled: Vec::with_capacity(PIECE_BYTES) };
        match office.volume_package(&caller, &case, out).await {
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
            return Err(desk.problem(error, "下载案卷", back(&id)));
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
