//! The package that leaves the house: the volume, the originals, the case's entries with their
//! proofs to a signed checkpoint, and a manifest that `sha256sum -c` checks. Recordings stay behind
//! their grants and sealed bytes behind their keys; both are listed with their digests.

use super::{archived, binding};
use crate::clock;
use crate::copies::{self, CopyOf, Handed};
use crate::error::ActError;
use crate::office::{Caller, Office};
use crate::permissions::Power;
use archive::{MadeAt, Manifest, PackageEntry, PackagedEntry, PackagedFile, TreeHead, safe_name};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::SignedCheckpoint;
use procedure::event::{Event, FileRef, Recorded};
use procedure::ids::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// A package ready to be written, as often as needed.
struct Package {
    manifest: Manifest,
    contents: BTreeMap<String, Bytes>,
    modified: MadeAt,
}

impl Package {
    fn write<W: Write>(&self, out: W) -> anyhow::Result<W> {
        let entries = self.manifest.files.iter().map(|file| {
            let source: Box<dyn Read> = match self.contents.get(&file.path) {
                Some(Bytes::Made(bytes)) => Box::new(Cursor::new(bytes.as_slice())),
                Some(Bytes::Kept(kept)) => match std::fs::File::open(kept) {
                    Ok(file) => Box::new(file),
                    // An empty source has the wrong length: the writer refuses the package.
                    Err(_) => Box::new(std::io::empty()),
                },
                None => Box::new(std::io::empty()),
            };
            PackageEntry { path: file.path.clone(), source, size_bytes: file.size_bytes }
        });
        Ok(archive::write_package(out, &self.manifest, entries, self.modified)?)
    }
}

/// Takes the bytes of a package for their digest alone.
#[derive(Default)]
struct Hashing {
    sha256: sha2::Sha256,
    len_bytes: u64,
}

impl Hashing {
    fn handed(self) -> Handed {
        Handed { sha256: hex::encode(sha2::Digest::finalize(self.sha256)), len_bytes: self.len_bytes }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        sha2::Digest::update(&mut self.sha256, bytes);
        self.len_bytes += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bytes of a file in the package.
enum Bytes {
    Made(Vec<u8>),
    Kept(PathBuf),
}

impl Office {
    /// Writes the package of an archived case as a ZIP and gives the writer back. For its handlers
    /// and the archivist. It is made twice, the same bytes both times: once to know its digest for
    /// the entry that it is taken, then for whoever takes it.
    pub async fn volume_package<W: Write + Send + 'static>(&self, caller: &Caller, case: &CaseId, purpose: &str, out: W) -> Result<W, ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::BindVolume, Some(&opened.case))?;
        let Some(bound) = archived(&opened.case) else {
            return Err(ActError::Conflict("案件尚未归档，没有可以下载的卷宗".into()));
        };
        copies::said(purpose)?;
        let beside = self.beside(case).await?;
        let own = opened.case.records.iter().map(|r| r.sequence);
        let mut sequences: BTreeSet<u64> = own.chain(beside.iter().map(|r| r.sequence)).collect();
        sequences.retain(|s| *s > 0);
        let now = opened.now;
        let mut manifest = Manifest::new(format!("{}（归档号{}）", opened.case.title, bound.number), self.agency().name.clone(), clock::rfc3339(now));
        let note = self.sign_checkpoint().await?;
        self.prove(&mut manifest, note.as_deref(), &sequences).await?;
        let mut contents: BTreeMap<String, Bytes> = BTreeMap::new();
        let mut withheld = vec!["序号,SHA-256,SM3,字节数,原因".to_owned()];
        let mut seen = BTreeSet::new();
        for record in &opened.case.records {
            for (title, file, footage) in files_of(record) {
                let file = &opened.case.as_kept(file);
                if !seen.insert(file.sha256.clone()) {
                    continue;
                }
                let is_volume = file.sha256 == bound.volume.sha256;
                if is_volume && self.is_protected(file) {
                    // The reader may see the volume; what is given out is what was sealed.
                    let plain = self.read_bytes(&StreamId::case(case), file).await?;
                    let path = format!("卷宗/{:05}-{}.pdf", record.sequence, safe_name(&title));
                    manifest.files.push(PackagedFile {
                        path: path.clone(),
                        sha256: ledger::digest::sha256(&plain).to_string(),
                        sm3: ledger::digest::sm3(&plain).to_string(),
                        size_bytes: plain.len() as u64,
                        sequence: Some(record.sequence),
                    });
                    contents.insert(path, Bytes::Made(plain));
                    continue;
                }
                let reason = if footage {
                    Some("音像记录，凭查看许可取得")
                } else if self.is_protected(file) {
                    Some("涉及受保护人员，密封保管")
                } else {
                    None
                };
                match reason {
                    Some(reason) => withheld.push(format!("{},{},{},{},{reason}", record.sequence, file.sha256, file.sm3, file.len_bytes)),
                    None => {
                        let folder = if is_volume { "卷宗" } else { "原件" };
                        let path = format!("{folder}/{:05}-{}{}", record.sequence, safe_name(&title), extension(file));
                        let digest = file.sha256.parse().map_err(|_| ActError::NotFound)?;
                        contents.insert(path.clone(), Bytes::Kept(self.inner().vault.path_of(&digest)?));
                        manifest.files.push(PackagedFile {
                            path,
                            sha256: file.sha256.clone(),
                            sm3: file.sm3.clone(),
                            size_bytes: file.len_bytes,
                            sequence: Some(record.sequence),
                        });
                    }
                }
            }
        }
        let mut made = vec![
            ("未附材料.csv", withheld.join("\n").into_bytes()),
            ("检查点验证公钥.txt", format!("{}\n", self.verifier_key()).into_bytes()),
        ];
        made.extend(note.map(|note| ("检查点.txt", note.into_bytes())));
        for (path, bytes) in made {
            manifest.files.push(PackagedFile {
                path: path.to_owned(),
                sha256: ledger::digest::sha256(&bytes).to_string(),
                sm3: ledger::digest::sm3(&bytes).to_string(),
                size_bytes: bytes.len() as u64,
                sequence: None,
            });
            contents.insert(path.to_owned(), Bytes::Made(bytes));
        }
        let package = Arc::new(Package { manifest, contents, modified: binding::made_at(now) });
        let first = package.clone();
        let hashed = tokio::task::spawn_blocking(move || first.write(Hashing::default())).await;
        let hashed = hashed.map_err(|e| ActError::Failure(e.into()))?.map_err(ActError::Failure)?;
        self.note_copy(caller, CopyOf::Package, Some(&opened), &hashed.handed(), purpose).await?;
        let written = tokio::task::spawn_blocking(move || package.write(out)).await;
        written.map_err(|e| ActError::Failure(e.into()))?.map_err(ActError::Failure)
    }

    /// Entries with what this reader may know of them, and their proofs to the checkpoint's head.
    async fn prove(&self, manifest: &mut Manifest, note: Option<&str>, sequences: &BTreeSet<u64>) -> Result<(), ActError> {
        let signed = note.and_then(|n| SignedCheckpoint::parse(n).ok());
        let (size, root) = match &signed {
            Some(signed) => (signed.unverified().size, signed.unverified().root),
            None => {
                let head = self.database().head();
                (head.size, head.root)
            }
        };
        manifest.head = Some(TreeHead { size, root: STANDARD.encode(root) });
        manifest.checkpoint = note.map(str::to_owned);
        for sequence in sequences.iter().filter(|s| **s <= size) {
            let Some(stored) = self.database().entries_after(sequence - 1, 1).await?.into_iter().next() else { continue };
            let proof = self.database().inclusion_proof(*sequence, size).await?;
            manifest.entries.push(PackagedEntry {
                sequence: *sequence,
                leaf: STANDARD.encode(stored.leaf.as_bytes()),
                disclosures: stored.disclosures().iter().map(|d| d.encode().to_owned()).collect(),
                proof: proof.iter().map(|hash| STANDARD.encode(hash)).collect(),
            });
        }
        Ok(())
    }
}

/// The files an entry names: a title, the file, and whether it is a recording.
fn files_of(record: &Recorded) -> Vec<(String, &FileRef, bool)> {
    match &record.event {
        Event::PaperIssued { file, .. } => vec![(record.envelope.matter.clone(), file, false)],
        Event::PaperScanned { file, .. } => vec![(format!("{}（扫描）", record.envelope.matter), file, false)],
        Event::PaperServed { proof: Some(file), .. } => vec![(format!("{}（送达凭证）", record.envelope.matter), file, false)],
        Event::EvidenceAttached { number, file: Some(file), footage, .. } => vec![(format!("证{number}"), file, *footage)],
        Event::CaseArchived { volume, sealed_annex, .. } => {
            let mut files = vec![("卷宗".to_owned(), volume, false)];
            files.extend(sealed_annex.as_ref().map(|annex| ("密封附件".to_owned(), annex, false)));
            files
        }
        _ => vec![],
    }
}

fn extension(file: &FileRef) -> &'static str {
    match file.media_type.as_str() {
        "application/pdf" => ".pdf",
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "video/mp4" => ".mp4",
        "video/quicktime" => ".mov",
        "video/webm" => ".webm",
        "audio/wav" => ".wav",
        "audio/mpeg" => ".mp3",
        "audio/mp4" => ".m4a",
        _ => ".bin",
    }
}
