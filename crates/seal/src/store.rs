//! The folder of keys: five of the office's own and one file per case. Made at first use,
//! afterwards never made again: a key that is missing from a folder once filled is an error,
//! because a fresh one in its place would look like a healthy start and open nothing.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::SigningKey;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::cases::{self, CaseKey, KeyClass};
use crate::durable::{
    check_folder, create_private, is_staging, private_folder, read_private, shred,
};
use crate::{SealError, fill_random};

pub(crate) const KEY_NAMES: [&str; 5] = ["checkpoint", "head", "master", "index", "session"];
pub(crate) const MARKER: &str = "initialised";
pub(crate) const CASES: &str = "cases";
pub(crate) const DESTROYED: &str = ".destroyed";

const KEY_SIZE_BYTES: usize = 32;
const CHECK_SIZE_BYTES: usize = 8;
const CASE_KEYS_IN_MEMORY_MAX: usize = 1024;

pub(crate) type Key = Zeroizing<[u8; KEY_SIZE_BYTES]>;

/// The keys of one office, read from their folder and wiped from memory when dropped.
///
/// Safe to share between threads, and between processes that share the folder.
pub struct KeyStore {
    dir: PathBuf,
    checkpoint: Key,
    head: Key,
    master: Key,
    index: Key,
    session: Key,
    unwrapped: Mutex<Unwrapped>,
}

impl KeyStore {
    /// Opens the folder, making it and its keys at first use.
    ///
    /// # Errors
    ///
    /// [`SealError::TooOpen`] and [`SealError::ForeignOwner`] when others could read it (the
    /// folder must be 0700, files 0600), [`SealError::Missing`] when a key is gone from a folder
    /// that had been filled, [`SealError::Tampered`] when a key file is damaged.
    pub fn open(dir: &Path) -> Result<Self, SealError> {
        private_folder(dir)?;
        let marker = dir.join(MARKER);
        if read_private(&marker, 0)?.is_none() {
            for name in KEY_NAMES {
                let mut key = Key::default();
                fill_random(key.as_mut_slice())?;
                // A start cut short leaves some keys behind; those stand, only the others are made.
                create_private(&key_path(dir, name), &key_file(name, &key))?;
            }
            private_folder(&dir.join(CASES))?;
            create_private(&marker, &[])?;
        }
        Self::open_existing(dir)
    }

    /// Opens a folder of keys that stands already and changes nothing in it, as verification
    /// beside a running server needs it.
    ///
    /// # Errors
    ///
    /// As [`KeyStore::open`], and [`SealError::Missing`] when the folder was never filled.
    pub fn open_existing(dir: &Path) -> Result<Self, SealError> {
        if !dir.exists() {
            return Err(SealError::Missing {
                what: dir.display().to_string(),
            });
        }
        check_folder(dir)?;
        check_folder(&dir.join(CASES))?;
        Ok(Self {
            dir: dir.into(),
            checkpoint: read_key(dir, "checkpoint")?,
            head: read_key(dir, "head")?,
            master: read_key(dir, "master")?,
            index: read_key(dir, "index")?,
            session: read_key(dir, "session")?,
            unwrapped: Mutex::new(Unwrapped::default()),
        })
    }

    /// The Ed25519 key that signs checkpoints (C2SP signed notes).
    pub fn checkpoint_key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.checkpoint)
    }

    /// The HMAC-SHA-256 key that authenticates the head; see [`crate::HeadKeeper`].
    pub fn head_key(&self) -> &[u8; 32] {
        &self.head
    }

    /// The HMAC-SHA-256 key of sign-in sessions.
    pub fn session_key(&self) -> &[u8; 32] {
        &self.session
    }

    /// What stands in an index in place of a protected value: equal values of one field give
    /// equal tokens, so that an exact search finds them, and nobody without the key can try
    /// names against the index. The field takes part, so that fields cannot be joined.
    pub fn index_token(&self, field: &str, value: &str) -> [u8; 32] {
        let mut mac = hmac(&self.index);
        mac.update(&(field.len() as u64).to_be_bytes());
        mac.update(field.as_bytes());
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The keys of a case, made and durable before this returns if the case had none.
    ///
    /// # Errors
    ///
    /// [`SealError::Missing`] once they were destroyed: a case never gets keys twice.
    pub fn case_key(&self, id: &str) -> Result<Arc<CaseKey>, SealError> {
        match self.existing_case_key(id) {
            Err(SealError::Missing { .. }) if !self.destroyed(id)? => {}
            found => return found,
        }
        let path = self.case_path(id)?;
        if let Some(folder) = path.parent() {
            private_folder(folder)?;
        }
        let key = CaseKey::random(id)?;
        // Another thread or process may have been quicker; what stands on disk is the key.
        create_private(&path, &key.wrap(&self.master)?)?;
        self.existing_case_key(id)
    }

    /// Seals one protected value of a case: 12 random bytes of nonce, then ciphertext and tag
    /// (AES-256-GCM, NIST SP 800-38D). The id of the case and the class take part in `aad`.
    /// Makes the keys of the case if it has none.
    ///
    /// # Errors
    ///
    /// As [`KeyStore::case_key`].
    pub fn seal_member(
        &self,
        class: KeyClass,
        id: &str,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.case_key(id)?.seal(class, aad, plaintext)
    }

    /// Opens what [`KeyStore::seal_member`] sealed.
    ///
    /// # Errors
    ///
    /// [`SealError::Missing`] when the keys were destroyed or never made,
    /// [`SealError::Tampered`] when anything differs: bytes, `aad`, class or case.
    pub fn open_member(
        &self,
        class: KeyClass,
        id: &str,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.existing_case_key(id)?.open(class, aad, sealed)
    }

    /// Whether the case has keys here, neither destroyed nor still to be made.
    ///
    /// # Errors
    ///
    /// When the folder cannot be looked at.
    pub fn has(&self, id: &str) -> Result<bool, SealError> {
        Ok(!self.destroyed(id)? && exists(&self.case_path(id)?)?)
    }

    /// Erases every protected value of a case by destroying its keys. A mark stays, so that
    /// the case never gets new ones. Repeating it after a crash finishes it.
    ///
    /// The file is overwritten before it is unlinked; media that copy on write may keep the old
    /// block, which holds the keys only wrapped under the master key. Copies made by
    /// [`crate::backup_keys`] live until they expire.
    ///
    /// # Errors
    ///
    /// [`SealError::Missing`] when the case never had keys.
    pub fn destroy_case_keys(&self, id: &str) -> Result<(), SealError> {
        let path = self.case_path(id)?;
        if !exists(&path)? {
            return if self.destroyed(id)? {
                Ok(())
            } else {
                Err(missing(id))
            };
        }
        // The mark first: from here on no process opens the keys, even if we are cut off.
        create_private(&destroyed_path(&path), &[])?;
        self.unwrapped().forget(id);
        shred(&path)
    }

    pub(crate) fn existing_case_key(&self, id: &str) -> Result<Arc<CaseKey>, SealError> {
        let path = self.case_path(id)?;
        // Asked even when the key is in memory: another process may have destroyed it.
        if self.destroyed(id)? {
            self.unwrapped().forget(id);
            return Err(missing(id));
        }
        if let Some(key) = self.unwrapped().get(id) {
            return Ok(key);
        }
        let wrapped =
            read_private(&path, cases::WRAPPED_SIZE_BYTES as u64)?.ok_or_else(|| missing(id))?;
        let key = Arc::new(CaseKey::unwrap(id, &self.master, &wrapped)?);
        self.unwrapped().remember(id, &key);
        Ok(key)
    }

    fn destroyed(&self, id: &str) -> Result<bool, SealError> {
        exists(&destroyed_path(&self.case_path(id)?))
    }

    fn case_path(&self, id: &str) -> Result<PathBuf, SealError> {
        if id.is_empty() || id.len() > usize::from(u16::MAX) {
            return Err(SealError::BadId);
        }
        let digest = hex::encode(Sha256::digest(id));
        let plain = id.len() <= 100
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let name = if plain {
            id.to_owned()
        } else {
            format!("sha256.{digest}")
        };
        Ok(self.dir.join(CASES).join(&digest[..2]).join(name))
    }

    fn unwrapped(&self) -> MutexGuard<'_, Unwrapped> {
        // The map holds nothing a panicking thread could leave half done.
        self.unwrapped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyStore")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// Unwrapped case keys, the least recently used given up first.
#[derive(Default)]
struct Unwrapped {
    uses: u64,
    keys: HashMap<String, (u64, Arc<CaseKey>)>,
}

impl Unwrapped {
    fn get(&mut self, id: &str) -> Option<Arc<CaseKey>> {
        self.uses += 1;
        let (used, key) = self.keys.get_mut(id)?;
        *used = self.uses;
        Some(Arc::clone(key))
    }

    fn remember(&mut self, id: &str, key: &Arc<CaseKey>) {
        self.uses += 1;
        if self.keys.len() >= CASE_KEYS_IN_MEMORY_MAX
            && let Some(oldest) = self
                .keys
                .iter()
                .min_by_key(|(_, (used, _))| *used)
                .map(|(id, _)| id.clone())
        {
            self.keys.remove(&oldest);
        }
        self.keys
            .insert(id.to_owned(), (self.uses, Arc::clone(key)));
    }

    fn forget(&mut self, id: &str) {
        self.keys.remove(id);
    }
}

pub(crate) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    // Same output as new_from_slice, without its error: a key of the block's size is itself.
    let mut block = Zeroizing::new([0u8; 64]);
    block[..32].copy_from_slice(key);
    Hmac::new((&*block).into())
}

/// Names of the files that make up a folder of keys, relative to it, in order.
pub(crate) fn list_files(dir: &Path) -> Result<Vec<String>, SealError> {
    let mut names: Vec<String> = KEY_NAMES.iter().map(|name| format!("{name}.key")).collect();
    let cases = dir.join(CASES);
    for folder in children(&cases)? {
        for file in children(&cases.join(&folder))? {
            names.push(format!("{CASES}/{folder}/{file}"));
        }
    }
    Ok(names)
}

fn children(dir: &Path) -> Result<Vec<String>, SealError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(SealError::io("list", dir))? {
        let entry = entry.map_err(SealError::io("list", dir))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|_| SealError::NotPlain { path: entry.path() })?;
        if !is_staging(&name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn key_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.key"))
}

/// 32 bytes of key and 8 of check, so that a flipped bit or one key copied over another is
/// noticed at the start and not years later at the first value that fails to open.
fn key_file(name: &str, key: &Key) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_SIZE_BYTES + CHECK_SIZE_BYTES));
    bytes.extend_from_slice(key.as_slice());
    bytes.extend_from_slice(&check(name, key));
    bytes
}

fn check(name: &str, key: &Key) -> [u8; CHECK_SIZE_BYTES] {
    let mut mac = hmac(key);
    mac.update(b"liuhen key file\0");
    mac.update(name.as_bytes());
    let full: [u8; 32] = mac.finalize().into_bytes().into();
    let mut short = [0; CHECK_SIZE_BYTES];
    short.copy_from_slice(&full[..CHECK_SIZE_BYTES]);
    short
}

fn read_key(dir: &Path, name: &str) -> Result<Key, SealError> {
    let path = key_path(dir, name);
    let size_bytes = KEY_SIZE_BYTES + CHECK_SIZE_BYTES;
    let bytes = read_private(&path, size_bytes as u64)?.ok_or_else(|| SealError::Missing {
        what: name.to_owned(),
    })?;
    if bytes.len() != size_bytes {
        return Err(SealError::tampered(path.display().to_string()));
    }
    let mut key = Key::default();
    key.copy_from_slice(&bytes[..KEY_SIZE_BYTES]);
    if check(name, &key) != bytes[KEY_SIZE_BYTES..] {
        return Err(SealError::tampered(path.display().to_string()));
    }
    Ok(key)
}

fn destroyed_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(DESTROYED);
    PathBuf::from(name)
}

fn exists(path: &Path) -> Result<bool, SealError> {
    path.try_exists().map_err(SealError::io("look at", path))
}

fn missing(id: &str) -> SealError {
    SealError::Missing {
        what: id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        // Keys shorter than 32 bytes are padded with zeros by HMAC itself, so its cases 1 and 2 fit.
        for (key, data, expected) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            let mut padded = [0u8; 32];
            padded[..key.len()].copy_from_slice(key);
            let mut mac = hmac(&padded);
            mac.update(data);
            assert_eq!(hex::encode(mac.finalize().into_bytes()), expected);
        }
    }
}
