//! Taking bytes in: hashed and durable in the vault before any entry names them. Bytes that reveal
//! protected persons are sealed under the case's key first.

use crate::error::ActError;
use crate::follow_ups::drop_upload;
use crate::office::{Caller, Office};
use crate::permissions::Power;
use crate::reseal::upload_turn;
use database::Commit;
use procedure::event::FileRef;
use procedure::ids::{CaseId, PaperId, StreamId};
use seal::KeyClass;
use procedure::papers::PaperForm;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{Read, Seek, Write};
use std::sync::{Arc, Mutex, PoisonError};
use vault::Class;

/// Bytes that lie in the vault and wait for the act that names them.
#[derive(Clone, Debug)]
pub struct Taken {
    pub file: FileRef,
    pub protected: bool,
    /// When they were taken in: their handle ends so long afterwards.
    pub taken_us: i64,
}

/// A stream of bytes on its way into the vault; sealed on the way where they name protected persons.
pub struct Intake {
    office: Office,
    receiving: vault::Receiving,
    head: Vec<u8>,
    name: String,
    sealing: Option<Sealing>,
}

/// The sealer and what it has given so far.
struct Sealing {
    writer: seal::SealWriter<Given>,
    given: Given,
    /// Digest of what is sealed.
    plain: Sha256,
}

/// Sealed bytes between the sealer and the vault: at most one chunk's worth.
#[derive(Clone, Default)]
struct Given(Arc<Mutex<Vec<u8>>>);

impl Write for Given {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Given {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What sealed files are bound to, beside their key.
pub(crate) const SEALED_FILE: &[u8] = b"file";

/// As much of a file as its type is read from.
const HEAD_BYTES: usize = 64;

impl Office {
    /// Opens an intake for a file of this name; refuses when space is short.
    pub async fn take_in(&self, name: &str, declared_bytes: Option<u64>) -> Result<Intake, ActError> {
        let receiving = self.inner().vault.receive(Class::Original, declared_bytes).await?;
        Ok(Intake { office: self.clone(), receiving, head: vec![], name: clean_name(name), sealing: None })
    }

    /// Opens an intake for evidence of a case: what shows minors or others who are protected reaches
    /// the disk sealed only.
    ///
    /// # Errors
    /// `NotFound` or `NotAllowed` for whoever may attach nothing to the case, `NotWritable` when space is short.
    pub async fn take_in_evidence(
        &self,
        caller: &Caller,
        case: &CaseId,
        protected: bool,
        name: &str,
        declared_bytes: Option<u64>,
    ) -> Result<Intake, ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::Investigate, Some(&opened.case))?;
        match protected {
            true => self.take_in_sealed(&StreamId::case(case), KeyClass::Case, name, declared_bytes).await,
            false => self.take_in(name, declared_bytes).await,
        }
    }

    /// The same for bytes that name protected persons: they reach the disk sealed only.
    pub async fn take_in_sealed(&self, stream: &StreamId, class: KeyClass, name: &str, declared_bytes: Option<u64>) -> Result<Intake, ActError> {
        let key = self.inner().keys.case_key(&stream.0)?;
        let receiving = self.inner().vault.receive(Class::Protected, declared_bytes.map(seal::sealed_len)).await?;
        let given = Given::default();
        let writer = seal::SealWriter::new(&key, class, SEALED_FILE, given.clone())?;
        let sealing = Some(Sealing { writer, given, plain: Sha256::new() });
        Ok(Intake { office: self.clone(), receiving, head: vec![], name: clean_name(name), sealing })
    }

    /// Opens an intake for a scan or a proof of service of a paper: where the paper names protected
    /// persons, so does what was signed, and it is sealed like the paper itself.
    pub async fn take_in_for(&self, case: &CaseId, paper: &PaperId, name: &str, declared_bytes: Option<u64>) -> Result<Intake, ActError> {
        let opened = self.open_case(case).await?;
        let found = opened.case.paper(paper).ok_or(ActError::NotFound)?;
        let form = self.book().paper(&found.kind.0).ok_or(ActError::NotFound)?;
        let version = found.current().ok_or(ActError::NotFound)?;
        match secrecy_among(form, &version.fields, &opened.words) {
            Some(class) => self.take_in_sealed(&StreamId::case(case), class, name, declared_bytes).await,
            None => self.take_in(name, declared_bytes).await,
        }
    }

    /// Keeps bytes the system made itself: an issued paper, a volume.
    pub(crate) async fn keep_bytes(
        &self,
        stream: &StreamId,
        secrecy: Option<KeyClass>,
        media_type: &str,
        name: &str,
        bytes: &[u8],
    ) -> Result<FileRef, ActError> {
        let sealed = if let Some(class) = secrecy {
            let key = self.inner().keys.case_key(&stream.0)?;
            let mut writer = seal::SealWriter::new(&key, class, SEALED_FILE, Vec::new())?;
            writer.write_all(bytes)?;
            let sealed = writer.finish()?;
            self.inner().vault.store(Class::Protected, &sealed).await?
        } else {
            self.inner().vault.store(Class::Original, bytes).await?
        };
        Ok(FileRef {
            sha256: sealed.sha256.to_string(),
            sm3: sealed.sm3.to_string(),
            len_bytes: sealed.len_bytes,
            media_type: media_type.to_owned(),
            original_name: name.to_owned(),
            plain_sha256: secrecy.map(|_| ledger::digest::sha256(bytes).to_string()).unwrap_or_default(),
        })
    }

    /// Reads whole bytes back: papers and scans, not footage.
    pub(crate) async fn read_bytes(&self, stream: &StreamId, file: &FileRef) -> Result<Vec<u8>, ActError> {
        let digest: vault::Sha256 = file.sha256.parse().map_err(|_| ActError::NotFound)?;
        let mut reader = self.inner().vault.reader(&digest)?;
        let mut bytes = Vec::with_capacity(usize::try_from(file.len_bytes).unwrap_or_default());
        tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes).await?;
        if reader.class() == Class::Protected {
            let key = self.inner().keys.case_key(&stream.0)?;
            return Ok(open_sealed(&key, &bytes)?);
        }
        Ok(bytes)
    }
}

impl Intake {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ActError> {
        let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..wanted).unwrap_or_default());
        let Some(sealing) = &mut self.sealing else { return Ok(self.receiving.write(bytes).await?) };
        sealing.writer.write_all(bytes)?;
        sealing.plain.update(bytes);
        Ok(self.receiving.write(&sealing.given.take()).await?)
    }

    /// Seals the bytes: synced, read back and compared. Then an act may name them.
    pub async fn seal(mut self) -> Result<Taken, ActError> {
        let media_type = media_type(&self.head).to_owned();
        if self.head.is_empty() {
            self.receiving.discard().await?;
            return Err(ActError::field("file", "文件是空的，没有收下"));
        }
        let protected = self.sealing.is_some();
        let mut plain_sha256 = String::new();
        if let Some(sealing) = self.sealing.take() {
            plain_sha256 = hex::encode(sealing.plain.finalize());
            let rest = sealing.writer.finish()?.take();
            self.receiving.write(&rest).await?;
        }
        let sealed = self.receiving.seal().await?;
        let office = self.office;
        let taken_us = office.clock().now_us();
        let sha256 = sealed.sha256.to_string();
        // The same bytes may have been here before, and be on their way out at this moment.
        let _turn = office.inner().locks.lock(&[&upload_turn(&sha256)]).await;
        if !office.inner().vault.contains(&sealed.sha256)? {
            return Err(ActError::field("file", "文件没有收好，请重新上传"));
        }
        let ends = drop_upload::job(&sha256, protected, office.upload_ends_us(taken_us));
        office.database().commit(Commit { changes: vec![ends], ..Commit::default() }).await?;
        let file = FileRef {
            sha256,
            sm3: sealed.sm3.to_string(),
            len_bytes: sealed.len_bytes,
            media_type,
            original_name: self.name,
            plain_sha256,
        };
        Ok(Taken { file, protected, taken_us })
    }

    pub async fn discard(self) -> Result<(), ActError> {
        Ok(self.receiving.discard().await?)
    }
}

/// Opens sealed bytes, whichever of the two keys they are sealed under.
pub(crate) fn open_sealed(key: &seal::CaseKey, sealed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut plain = vec![];
    open_sealed_at(key, || Ok(std::io::Cursor::new(sealed)), 0)?.read_to_end(&mut plain)?;
    Ok(plain)
}

/// Opens a sealed stream at a place inside it, whichever of the two keys it is sealed under: the
/// first chunk says which.
pub(crate) fn open_sealed_at<R: Read + Seek>(
    key: &seal::CaseKey,
    open: impl Fn() -> std::io::Result<R>,
    from: u64,
) -> std::io::Result<seal::OpenReader<R>> {
    let with = |class| seal::OpenReader::at(key, class, SEALED_FILE, open()?, from);
    with(KeyClass::Case).or_else(|_| with(KeyClass::Informant))
}

/// The same where the case's protected names are known: a paper that contains one is a secret too,
/// whichever field it stands in.
pub(crate) fn secrecy_among(form: &PaperForm, fields: &Map<String, Value>, words: &BTreeSet<String>) -> Option<KeyClass> {
    let named = |value: &Value| {
        let text = value.to_string();
        words.iter().any(|w| text.contains(w.as_str()))
    };
    secrecy_of(form, fields).or_else(|| fields.values().any(named).then_some(KeyClass::Case))
}

/// Whose secret the pages of a paper are: an informant's, a minor's, or nobody's. Its scans too.
pub fn secrecy_of(form: &PaperForm, fields: &Map<String, Value>) -> Option<KeyClass> {
    let filled = |name: &str| match fields.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::Array(rows)) => !rows.is_empty(),
        Some(Value::Object(members)) => !members.is_empty(),
        Some(_) => true,
    };
    let mut classes = form.protected_fields().filter(|(name, _)| filled(name)).map(|(_, whose)| whose);
    let whose: Vec<&str> = classes.by_ref().collect();
    if whose.contains(&"informant") {
        Some(KeyClass::Informant)
    } else {
        whose.contains(&"minor").then_some(KeyClass::Case)
    }
}

/// The type by the bytes themselves, from a fixed list; never by what the client says.
pub fn media_type(head: &[u8]) -> &'static str {
    let at = |offset: usize, magic: &[u8]| head.get(offset..offset + magic.len()) == Some(magic);
    if at(0, b"\xff\xd8\xff") {
        "image/jpeg"
    } else if at(0, b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if at(0, b"%PDF-") {
        "application/pdf"
    } else if at(4, b"ftypqt") {
        "video/quicktime"
    } else if at(4, b"ftypM4A") {
        "audio/mp4"
    } else if at(4, b"ftyp") {
        "video/mp4"
    } else if at(0, b"\x1aE\xdf\xa3") {
        "video/webm"
    } else if at(0, b"RIFF") && at(8, b"WAVE") {
        "audio/wav"
    } else if at(0, b"RIFF") && at(8, b"AVI ") {
        "video/x-msvideo"
    } else if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") {
        "audio/mpeg"
    } else if at(0, b"OggS") {
        "audio/ogg"
    } else {
        "application/octet-stream"
    }
}

/// The name as data: control characters and direction marks are dropped, length is bounded.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| *c != '\n' && !is_unsafe_mark(*c)).take(200).collect()
}

/// Control characters and marks that turn the direction of text; line ends are none.
pub(crate) fn is_unsafe_mark(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\r')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
