//! Checkpoints: size and root of the ledger as signed notes, at most one a second, written after
//! the entries they state are durable. Each continues the one before, or nothing is signed.

use crate::error::ActError;
use crate::office::Office;
use anyhow::Context;
use database::Standing;
use ledger::checkpoint::{Checkpoint, SignedCheckpoint, VerifierKey, sign};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The turn of whoever signs: one after the other.
const TURN: &str = "ledger/checkpoint";
const EVERY: Duration = Duration::from_secs(1);

/// The ledger's name in the world, and the name of the key that signs for it.
pub(crate) fn origin(agency_code: &str) -> String {
    format!("liuhen.{agency_code}/ledger")
}

/// Where the newest checkpoint lies.
pub(crate) fn newest_path(data: &Path) -> PathBuf {
    data.join("ledger").join("checkpoint")
}

/// Where all of them lie, one after the other, each followed by an empty line.
pub(crate) fn log_path(data: &Path) -> PathBuf {
    data.join("ledger").join("checkpoints.log")
}

impl Office {
    /// The newest signed checkpoint, word for word.
    pub fn checkpoint(&self) -> Option<String> {
        std::fs::read_to_string(newest_path(&self.settings().data)).ok()
    }

    /// The key that verifies checkpoints, in the form other tools read (`name+hash+key`).
    pub fn verifier_key(&self) -> String {
        verifier_key(&self.inner().keys, &self.agency().code).map_or_else(String::new, |key| key.to_string())
    }

    /// Signs the ledger as it stands, unless that is signed already, and gives the newest note;
    /// none while the ledger is empty.
    ///
    /// # Errors
    ///
    /// A ledger that does not continue what was signed last is not signed: that is logged, and
    /// the act that asked fails.
    pub async fn sign_checkpoint(&self) -> Result<Option<String>, ActError> {
        let _turn = self.inner().locks.lock(&[TURN]).await;
        let head = self.database().head();
        let data = self.settings().data.clone();
        let last = self.checkpoint();
        if self.settings().read_only || head.size == 0 {
            return Ok(last);
        }
        let broken = matches!(self.database().standing(), Standing::RolledBack(_) | Standing::Damaged(_));
        if broken {
            return Err(ActError::NotWritable("数据库与存证首不一致，不再签名。请联系系统管理员核验账本。".into()));
        }
        if let Some(note) = &last {
            let stated = SignedCheckpoint::parse(note).context("the newest checkpoint cannot be read")?;
            let stated = stated.unverified();
            if stated.size == head.size && stated.root == head.root {
                return Ok(last);
            }
            let continues = stated.size <= head.size && self.database().root_at(stated.size).await? == stated.root;
            if !continues {
                tracing::error!(signed = stated.size, found = head.size, "the ledger does not continue its last checkpoint: nothing is signed");
                return Err(ActError::NotWritable("账本与已签名的检查点不一致，不再签名。请联系系统管理员核验账本。".into()));
            }
        }
        let name = origin(&self.agency().code);
        let checkpoint = Checkpoint { origin: name.clone(), size: head.size, root: head.root };
        let signed = sign(&checkpoint, &name, &self.inner().keys.checkpoint_key()).context("a checkpoint cannot be signed")?;
        let text = signed.to_string();
        let kept = text.clone();
        tokio::task::spawn_blocking(move || keep(&data, &kept)).await.map_err(|e| ActError::Failure(e.into()))??;
        Ok(Some(text))
    }

    /// Signs each new head, at most one a second, until the office is closed.
    pub async fn keep_signing_checkpoints(self) {
        let mut heads = self.database().watch_head();
        loop {
            if let Err(error) = self.sign_checkpoint().await {
                tracing::error!(%error, "no checkpoint was signed");
            }
            tokio::time::sleep(EVERY).await;
            if heads.changed().await.is_err() {
                return;
            }
        }
    }
}

/// The public half of the key that signs for this agency.
pub(crate) fn verifier_key(keys: &seal::KeyStore, agency_code: &str) -> Option<VerifierKey> {
    VerifierKey::new(&origin(agency_code), keys.checkpoint_key().verifying_key()).ok()
}

/// The log first, then the newest: a crash between leaves a note that only the log has.
fn keep(data: &Path, note: &str) -> std::io::Result<()> {
    let newest = newest_path(data);
    let folder = newest.parent().unwrap_or(data);
    std::fs::create_dir_all(folder)?;
    let mut log = OpenOptions::new().create(true).read(true).append(true).open(log_path(data))?;
    // A note cut off by a crash was told to nobody: it goes, so that the log holds whole notes.
    let mut text = vec![];
    let len_bytes = log.metadata()?.len();
    log.seek(SeekFrom::Start(len_bytes.saturating_sub(2)))?;
    log.read_to_end(&mut text)?;
    if !text.is_empty() && text != b"\n\n" {
        text.clear();
        log.seek(SeekFrom::Start(0))?;
        log.read_to_end(&mut text)?;
        log.set_len(whole_bytes(&String::from_utf8_lossy(&text)) as u64)?;
    }
    log.write_all(format!("{note}\n").as_bytes())?;
    log.sync_all()?;
    let staged = folder.join("checkpoint.new");
    let mut file = File::create(&staged)?;
    file.write_all(note.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&staged, &newest)?;
    File::open(folder)?.sync_all()
}

/// How much of a log is whole notes: up to the last empty line that follows a signature.
pub(crate) fn whole_bytes(log: &str) -> usize {
    let ends = log.rmatch_indices("\n\n").map(|(at, _)| at);
    let signed = |at: &usize| log.get(..*at).and_then(|before| before.lines().next_back()).is_some_and(|line| line.starts_with('—'));
    ends.into_iter().find(signed).map_or(0, |at| at + 2)
}

/// The notes of a log. A note has one empty line inside, before its signatures, and one after.
pub(crate) fn notes(log: &str) -> Vec<String> {
    let mut notes = vec![];
    let mut note = String::new();
    let mut signed = false;
    for line in log.lines() {
        if line.is_empty() && (signed || note.is_empty()) {
            if signed {
                notes.push(std::mem::take(&mut note));
            }
            signed = false;
            continue;
        }
        signed |= line.starts_with('—');
        note.push_str(line);
        note.push('\n');
    }
    if !note.is_empty() {
        notes.push(note);
    }
    notes
}
