//! Bytes that stood in clear and turned out to name somebody (Art. 30): a copy is sealed under the
//! case's key, an entry says so, and only then the clear copy goes. The digest the first entry names
//! stays provable: it is that of what is sealed.

use crate::acts::issue_paper::claim_at;
use crate::codec::ToRecord;
use crate::error::ActError;
use crate::follow_ups::forget;
use crate::intake::Taken;
use crate::office::{Caller, Decision, Office, Opened};
use crate::projections;
use database::{Change, Guard};
use procedure::event::{Event, FileRef, Span};
use procedure::ids::*;
use seal::KeyClass;
use std::collections::BTreeSet;
use tokio::io::AsyncReadExt;
use vault::Class;

const BUFFER_BYTES: usize = 1 << 20;

/// A file as it was named, and its sealed copy.
#[derive(Clone)]
pub(crate) struct Resealed {
    pub stream: StreamId,
    pub named: FileRef,
    pub sealed: FileRef,
}

impl Office {
    /// Seals copies of files under the key of each case that names them; what is sealed already is
    /// left out.
    pub(crate) async fn sealed_copies(&self, home: &StreamId, files: Vec<FileRef>) -> Result<Vec<Resealed>, ActError> {
        let mut copies: Vec<Resealed> = vec![];
        for named in files {
            if self.is_protected(&named) || copies.iter().any(|c| c.named.sha256 == named.sha256) {
                continue;
            }
            let claims = self.database().blob_claims(&named.sha256).await?;
            let others = claims.into_iter().filter(|c| c.class != MOVED && c.stream.starts_with("case/")).map(|c| StreamId(c.stream));
            let streams: BTreeSet<StreamId> = others.chain([home.clone()]).collect();
            for stream in streams {
                let sealed = self.sealed_copy(&stream, &named).await?;
                copies.push(Resealed { stream, named: named.clone(), sealed });
            }
        }
        Ok(copies)
    }

    /// A sealed copy of bytes in clear, read back and compared; the clear ones stay where they are.
    pub(crate) async fn sealed_copy(&self, stream: &StreamId, file: &FileRef) -> Result<FileRef, ActError> {
        let digest: vault::Sha256 = file.sha256.parse().map_err(|_| ActError::NotFound)?;
        let mut reader = self.inner().vault.reader(&digest)?;
        let mut intake = self.take_in_sealed(stream, KeyClass::Case, &file.original_name, Some(file.len_bytes)).await?;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let count = reader.read(&mut buffer).await?;
            if count == 0 {
                break;
            }
            intake.write(buffer.get(..count).unwrap_or_default()).await?;
        }
        let taken = intake.seal().await?;
        if taken.file.plain_sha256 != file.sha256 {
            return Err(ActError::Failure(anyhow::anyhow!("{} is not what its name says: it was not sealed", file.sha256)));
        }
        Ok(FileRef { media_type: file.media_type.clone(), ..taken.file })
    }

    /// An upload that came in clear, sealed; the clear bytes go at once unless another entry names them.
    pub(crate) async fn sealed_upload(&self, case: &CaseId, taken: &Taken) -> Result<Taken, ActError> {
        let file = self.sealed_copy(&StreamId::case(case), &taken.file).await?;
        self.remove_clear(std::slice::from_ref(&taken.file.sha256)).await?;
        Ok(Taken { file, protected: true, taken_us: taken.taken_us })
    }

    /// The cases beside `home` that name one of these files.
    pub(crate) async fn others_naming(&self, home: &StreamId, copies: &[Resealed]) -> Result<Vec<Opened>, ActError> {
        let streams: BTreeSet<&StreamId> = copies.iter().map(|c| &c.stream).filter(|s| *s != home).collect();
        let mut others = vec![];
        for stream in streams {
            others.push(self.open_case(&CaseId(stream.subject().to_owned())).await?);
        }
        Ok(others)
    }

    /// Adds to a decision that these files are kept sealed from here on: in the case itself and in
    /// every other that names the same bytes; and the job that takes the clear copies away.
    pub(crate) fn with_sealed_files(
        &self,
        caller: &Caller,
        opened: &Opened,
        others: &[Opened],
        copies: &[Resealed],
        mut decision: Decision,
    ) -> Result<Decision, ActError> {
        for copy in copies {
            let event = Event::FileSealed { sha256: copy.named.sha256.clone(), file: copy.sealed.clone() };
            let entry = decision.events.len();
            decision = decision.and(copy.stream.clone(), Span::at(opened.now), self.envelope(caller), event);
            decision.changes.push(claim_at(entry, &copy.sealed, &copy.stream, true));
            decision.changes.push(Change::MoveBlob { sha256: copy.named.sha256.clone(), stream: copy.stream.0.clone() });
        }
        for other in others {
            let home = format!("case/{}", other.case.id);
            let told: Vec<ToRecord> = decision.events.iter().filter(|e| e.stream.0 == home).cloned().collect();
            decision.changes.extend(projections::after(self, other, &told, caller)?);
            let seen = other.case.versions.iter();
            decision.guards.extend(seen.map(|(stream, version)| Guard::StreamAt { stream: stream.0.clone(), version: *version }));
        }
        let files: Vec<String> = copies.iter().map(|c| c.named.sha256.clone()).collect();
        decision.changes.push(forget::job(&CaseId(opened.case.id.clone()), &files, self.clock().now_us()));
        Ok(decision)
    }

    /// Takes the clear copies away that nobody names in clear any more.
    pub(crate) async fn remove_clear(&self, files: &[String]) -> Result<(), ActError> {
        for file in files {
            let _turn = self.inner().locks.lock(&[&upload_turn(file)]).await;
            let claims = self.database().blob_claims(file).await?;
            if claims.iter().any(|c| c.class != MOVED) {
                continue;
            }
            let digest: vault::Sha256 = file.parse().map_err(|_| ActError::NotFound)?;
            for class in [Class::Original, Class::Derived] {
                self.inner().vault.remove(class, &digest).await?;
            }
        }
        Ok(())
    }
}

/// The class of a claim whose bytes stand sealed under another digest.
pub(crate) const MOVED: &str = "moved";

/// The turn in which bytes of this digest are taken in or taken away.
pub(crate) fn upload_turn(sha256: &str) -> String {
    format!("upload/{sha256}")
}
