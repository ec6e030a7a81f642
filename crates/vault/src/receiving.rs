//! Bytes on their way in: written, synced, resumed, and sealed under their
//! digest. Nothing here is ever visible as sealed before the last step.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rustix::fs::Mode;
use sha2::Digest;
use sha2::digest::common::hazmat::SerializableState;

use crate::digest;
use crate::error::{Step, VaultError};
use crate::folder::Folder;
use crate::leases::{Lease, Leases};
use crate::pipeline::{CHUNK_BYTES, Job, Marks, Pipeline};
use crate::state::State;
use crate::store::{Inner, Vault, blocking, open_error};
use crate::{Class, Sha256, Sm3};

/// Names one receiving: 32 lower-case hexadecimal digits, chosen at random.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceivingId([u8; 16]);

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a receiving is named by 32 lower-case hexadecimal digits")]
pub struct NotAnId;

/// Bytes that are durable, read back and can no longer be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    pub sha256: Sha256,
    pub sm3: Sm3,
    pub len_bytes: u64,
    /// The same bytes were kept already (checked by their whole content); the
    /// older file stays.
    pub already_there: bool,
}

/// Bytes on their way in. Dropped without [`seal`](Self::seal) it leaves its
/// files, to be resumed from the last synced offset. After an error, or a call
/// that was cancelled, it takes no more: resume it, or send the bytes anew.
pub struct Receiving {
    id: ReceivingId,
    class: Class,
    declared_bytes: Option<u64>,
    /// Bytes taken so far.
    taken_bytes: u64,
    /// Bytes taken but not yet handed to the threads.
    pub(crate) pending: Vec<u8>,
    /// A call is under way; still true at the next call when one was cancelled.
    broken: bool,
    job: Arc<Job>,
    pub(crate) pipeline: Option<Pipeline>,
}

impl Vault {
    /// Begins to take in bytes. A declared length is held against the reserve now
    /// and against the bytes when they are sealed.
    ///
    /// # Errors
    /// [`VaultError::Full`] when the reserve would be touched,
    /// [`VaultError::Degraded`], [`VaultError::ReadOnly`].
    pub async fn receive(
        &self,
        class: Class,
        declared_bytes: Option<u64>,
    ) -> Result<Receiving, VaultError> {
        let vault = self.inner.clone();
        blocking(move || {
            vault.refuse_unless_sound()?;
            vault.restore_ballast()?;
            vault.refuse_below_reserve(declared_bytes.unwrap_or(0))?;
            let id = ReceivingId::random()?;
            let folder = vault.receiving_folder()?;
            let lease = Leases::take(&vault, id)?;
            let name = id.to_string();
            let file = folder
                .create_file(&name)
                .map_err(|e| open_error(&folder.path().join(&name), e))?;
            let (sha256, sm3) = (sha2::Sha256::new(), sm3::Sm3::new());
            let state = State {
                class,
                declared_bytes,
                offset: 0,
                sha256,
                sm3,
            };
            Receiving::start(lease, &folder, file, state)
        })
        .await
    }

    /// Takes up a receiving at its last synced offset, which
    /// [`Receiving::offset`] tells; later bytes are cut off and must come again.
    ///
    /// # Errors
    /// [`VaultError::NotResumable`] when it was never synced, is sealed or
    /// discarded, or its state is damaged; [`VaultError::Busy`];
    /// [`VaultError::Full`], [`VaultError::Degraded`], [`VaultError::ReadOnly`].
    pub async fn resume(&self, id: ReceivingId) -> Result<Receiving, VaultError> {
        let vault = self.inner.clone();
        blocking(move || {
            vault.refuse_unless_sound()?;
            let folder = vault.receiving_folder()?;
            let lease = Leases::take(&vault, id)?;
            let state =
                State::load(id, &folder).map_err(|why| VaultError::NotResumable { id, why })?;
            let left = state
                .declared_bytes
                .map_or(0, |all| all.saturating_sub(state.offset));
            vault.refuse_below_reserve(left)?;
            let name = id.to_string();
            let open = || {
                let read = folder.open_file(&name)?;
                // A sealing that failed late may have made it unwritable.
                rustix::fs::fchmod(&read, Mode::RUSR | Mode::WUSR)?;
                Ok((read.metadata()?, folder.open_file_to_write(&name)?))
            };
            let (about, file) = open().map_err(|source: std::io::Error| match source.kind() {
                std::io::ErrorKind::NotFound => VaultError::NotResumable {
                    id,
                    why: "its bytes are gone",
                },
                _ => open_error(&folder.path().join(&name), source),
            })?;
            if !about.is_file() || about.len() < state.offset {
                return Err(VaultError::NotResumable {
                    id,
                    why: "its file is damaged",
                });
            }
            file.set_len(state.offset)
                .map_err(|e| open_error(&folder.path().join(&name), e))?;
            Receiving::start(lease, &folder, file, state)
        })
        .await
    }

    /// Removes the files of a receiving that nobody holds. That there are none
    /// is no error.
    ///
    /// # Errors
    /// [`VaultError::Busy`], [`VaultError::ReadOnly`].
    pub async fn discard(&self, id: ReceivingId) -> Result<(), VaultError> {
        let vault = self.inner.clone();
        blocking(move || {
            vault.refuse_if_read_only()?;
            let _lease = Leases::take(&vault, id)?;
            let folder = vault.receiving_folder()?;
            remove_files(id, &folder)
        })
        .await
    }

    /// Takes in and seals bytes already at hand: a rendered paper, a still.
    pub async fn store(&self, class: Class, bytes: &[u8]) -> Result<Sealed, VaultError> {
        let mut receiving = self.receive(class, Some(bytes.len() as u64)).await?;
        receiving.write(bytes).await?;
        receiving.seal().await
    }
}

impl Receiving {
    /// The name by which to resume.
    pub fn id(&self) -> ReceivingId {
        self.id
    }

    /// Bytes taken so far; right after [`Vault::resume`], where to go on.
    pub fn offset(&self) -> u64 {
        self.taken_bytes
    }

    /// The length declared at the start.
    pub fn declared_bytes(&self) -> Option<u64> {
        self.declared_bytes
    }

    /// The class it will be sealed in.
    pub fn class(&self) -> Class {
        self.class
    }

    /// Takes the next bytes. They are durable only after [`sync`](Self::sync) or
    /// [`seal`](Self::seal).
    ///
    /// # Errors
    /// [`VaultError::TooLong`] (nothing of these bytes is taken); the failure of
    /// any earlier bytes, such as [`VaultError::Full`] or [`VaultError::Step`].
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), VaultError> {
        let taken_bytes = self.taken_bytes + bytes.len() as u64;
        if let Some(declared_bytes) = self.declared_bytes.filter(|all| *all < taken_bytes) {
            return Err(VaultError::TooLong {
                id: self.id,
                declared_bytes,
            });
        }
        self.begin()?;
        while !bytes.is_empty() {
            if self.pending.capacity() == 0 {
                self.pending
                    .reserve_exact(CHUNK_BYTES.min(self.left_bytes()));
            }
            let n = bytes.len().min(CHUNK_BYTES - self.pending.len());
            self.pending.extend_from_slice(&bytes[..n]);
            self.taken_bytes += n as u64;
            bytes = &bytes[n..];
            if self.pending.len() == CHUNK_BYTES {
                self.push().await?;
            }
        }
        self.broken = false;
        Ok(())
    }

    /// Makes all bytes taken so far durable, reads them back, and saves offset
    /// and running digests with them. Returns the offset from which
    /// [`Vault::resume`] will go on.
    ///
    /// # Errors
    /// [`VaultError::ReadBackDiffers`], [`VaultError::Full`], [`VaultError::Step`].
    pub async fn sync(&mut self) -> Result<u64, VaultError> {
        let marks = self.prove().await?;
        let (job, id, offset) = (self.job.clone(), self.id, self.taken_bytes);
        let (class, declared_bytes) = (self.class, self.declared_bytes);
        blocking(move || {
            job.vault.refuse_unless_sound()?;
            let folder = job.vault.receiving_folder()?;
            let Marks { sha256, sm3, .. } = marks;
            let state = State {
                class,
                declared_bytes,
                offset,
                sha256,
                sm3,
            };
            let path = folder.path().join(id.state_name());
            job.vault
                .step(Step::SaveState, &path, || state.save(id, &folder))?;
            sync_folder(&job.vault, &folder)
        })
        .await?;
        self.broken = false;
        Ok(offset)
    }

    /// Makes the bytes durable, reads them back, and moves them to the place of
    /// their digest, unchangeable. Only when this returns `Ok` may anyone be told
    /// that they are kept.
    ///
    /// # Errors
    /// [`VaultError::TooShort`], [`VaultError::ReadBackDiffers`],
    /// [`VaultError::Occupied`] or [`VaultError::NotAFile`] at the target,
    /// [`VaultError::Full`], [`VaultError::Step`]. After a failure late in the
    /// sealing the bytes may stand sealed and whole all the same, unacknowledged;
    /// sending them again then tells `already_there`.
    pub async fn seal(mut self) -> Result<Sealed, VaultError> {
        let received_bytes = self.taken_bytes;
        if let Some(declared_bytes) = self.declared_bytes.filter(|all| *all != received_bytes) {
            return Err(VaultError::TooShort {
                id: self.id,
                declared_bytes,
                received_bytes,
            });
        }
        let marks = self.prove().await?;
        let (job, id, class) = (self.job.clone(), self.id, self.class);
        let pipeline = self.pipeline.take();
        blocking(move || {
            // Their files are closed before the bytes become originals.
            if let Some(pipeline) = pipeline {
                pipeline.end();
            }
            let sealed = Sealed {
                sha256: Sha256::of(marks.sha256),
                sm3: Sm3::of(marks.sm3),
                len_bytes: received_bytes,
                already_there: false,
            };
            seal(&job, id, class, sealed)
        })
        .await
    }

    /// Gives up: removes the files.
    pub async fn discard(mut self) -> Result<(), VaultError> {
        let (job, id) = (self.job.clone(), self.id);
        let pipeline = self.pipeline.take();
        job.abandoned.store(true, Ordering::Relaxed);
        blocking(move || {
            if let Some(pipeline) = pipeline {
                pipeline.end();
            }
            remove_files(id, &job.vault.receiving_folder()?)
        })
        .await
    }

    fn start(lease: Lease, folder: &Folder, file: File, state: State) -> Result<Self, VaultError> {
        let (vault, id) = (lease.vault().clone(), lease.id());
        let name = id.to_string();
        let path = folder.path().join(&name);
        // Opened anew, so that what is read back shares nothing with the writing.
        let reread = folder.open_file(&name).map_err(|e| open_error(&path, e))?;
        let job = Job::new(vault, lease, file, path);
        let State {
            class,
            declared_bytes,
            offset,
            sha256,
            sm3,
        } = state;
        let pipeline = Pipeline::start(job.clone(), offset, sha256, sm3, reread)?;
        Ok(Self {
            id,
            class,
            declared_bytes,
            taken_bytes: offset,
            pending: Vec::new(),
            broken: false,
            job,
            pipeline: Some(pipeline),
        })
    }

    /// Marks a call as under way; refuses when an earlier one did not end well.
    fn begin(&mut self) -> Result<(), VaultError> {
        if std::mem::replace(&mut self.broken, true) {
            return Err(VaultError::Broken { id: self.id });
        }
        // Its own failure says more than that the vault is degraded since.
        self.job.take_failure().map_or(Ok(()), Err)?;
        self.job.vault.refuse_unless_sound()
    }

    async fn push(&mut self) -> Result<(), VaultError> {
        match &self.pipeline {
            Some(pipeline) => pipeline.push(&mut self.pending).await,
            None => Err(VaultError::Broken { id: self.id }),
        }
    }

    /// All bytes taken are durable and were read back as received.
    async fn prove(&mut self) -> Result<Marks, VaultError> {
        self.begin()?;
        if !self.pending.is_empty() {
            self.push().await?;
        }
        let Some(pipeline) = &self.pipeline else {
            return Err(VaultError::Broken { id: self.id });
        };
        let marks = pipeline.mark().await?;
        if marks.sha256.serialize() != marks.read_back.serialize() {
            tracing::error!(id = %self.id, "bytes read back differ from bytes received");
            return Err(VaultError::ReadBackDiffers { id: self.id });
        }
        Ok(marks)
    }

    fn left_bytes(&self) -> usize {
        let left = self
            .declared_bytes
            .map_or(u64::MAX, |all| all.saturating_sub(self.taken_bytes));
        usize::try_from(left).unwrap_or(usize::MAX)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        // A sealing or discarding that is under way has taken the pipeline, and
        // goes on to its end.
        if self.pipeline.is_some() {
            self.job.abandoned.store(true, Ordering::Relaxed);
        }
        self.job.lease.ends_soon();
    }
}

fn seal(job: &Job, id: ReceivingId, class: Class, sealed: Sealed) -> Result<Sealed, VaultError> {
    let vault = &job.vault;
    // Another receiving may have hit a failing disk meanwhile.
    vault.refuse_unless_sound()?;
    let name = sealed.sha256.to_string();
    vault.step(Step::Chmod, &job.path, || {
        job.file.set_permissions(PermissionsExt::from_mode(0o400))
    })?;
    let about = vault.step(Step::Sync, &job.path, || {
        job.file.sync_all()?;
        job.file.metadata()
    })?;
    // Reading back covers what was received; nothing may stand behind it either.
    if about.len() != sealed.len_bytes {
        return Err(VaultError::ReadBackDiffers { id });
    }

    let receiving = vault.receiving_folder()?;
    let opened = vault.root.open(class.folder()).and_then(|top| {
        let outer = top.make(&name[..2])?;
        let inner = outer.make(&name[2..4])?;
        Ok([inner, outer, top])
    });
    let target = vault
        .root
        .path()
        .join(class.folder())
        .join(&name[..2])
        .join(&name[2..4]);
    let folders = opened.map_err(|source| match crate::folder::is_not_a_file(&source) {
        true => VaultError::NotAFile {
            path: target.clone(),
        },
        false if crate::folder::is_full(&source) => vault.failed(Step::Rename, &target, source),
        false => open_error(&target, source),
    })?;
    let moved = vault.step(Step::Rename, &target.join(&name), || {
        receiving.rename_new(&id.to_string(), &folders[0], &name)
    })?;
    if !moved {
        compare_with_kept(vault, class, &sealed)?;
    }
    // All of them each time: the folders may have been made by a process that
    // was killed before it synced their parents.
    for folder in &folders {
        sync_folder(vault, folder)?;
    }
    // The state, and bytes that were there already. Should this fail, they stay
    // among the abandoned; what is sealed is sealed.
    if let Err(error) = remove_files(id, &receiving) {
        tracing::warn!(%id, %error, "receiving not cleared away");
    }
    sync_folder(vault, &receiving)?;
    Ok(Sealed {
        already_there: !moved,
        ..sealed
    })
}

/// The name is taken: by the same bytes, by changed ones, or by something else.
fn compare_with_kept(vault: &Inner, class: Class, sealed: &Sealed) -> Result<(), VaultError> {
    let sha256 = sealed.sha256;
    let Some(copy) = vault.copy_in(class, &sha256)? else {
        return Err(VaultError::Missing { sha256 });
    };
    // Both digests: two contents with one SHA-256 must not share a receipt.
    let found = digest::digests_of(&copy.file, true).map_err(|source| VaultError::Read {
        path: copy.path.clone(),
        source,
    })?;
    if found.sha256 != sha256 || found.sm3 != Some(sealed.sm3) {
        tracing::error!(%sha256, ?found, "kept bytes differ from their name");
        return Err(VaultError::Occupied {
            sha256,
            path: copy.path,
            found: Box::new(found),
        });
    }
    Ok(())
}

fn sync_folder(vault: &Inner, folder: &Folder) -> Result<(), VaultError> {
    vault.step(Step::SyncFolder, folder.path(), || folder.sync())
}

fn remove_files(id: ReceivingId, folder: &Folder) -> Result<(), VaultError> {
    for name in [id.to_string(), id.state_name(), id.new_state_name()] {
        folder
            .remove(&name)
            .map_err(|source| open_error(&folder.path().join(name), source))?;
    }
    Ok(())
}

impl ReceivingId {
    pub(crate) fn state_name(self) -> String {
        format!("{self}.state")
    }

    pub(crate) fn new_state_name(self) -> String {
        format!("{self}.state.new")
    }

    /// The id in the name of a file in `receiving`, and whether it is a state.
    pub(crate) fn of_file_name(name: &str) -> Option<(Self, bool)> {
        let bare = name
            .strip_suffix(".state")
            .or_else(|| name.strip_suffix(".state.new"));
        let id = bare.unwrap_or(name).parse().ok()?;
        Some((id, bare.is_some()))
    }

    fn random() -> Result<Self, VaultError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| VaultError::Worker {
            source: std::io::Error::other(error),
        })?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for ReceivingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ReceivingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReceivingId({self})")
    }
}

impl FromStr for ReceivingId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(NotAnId);
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NotAnId)?;
        Ok(Self(bytes))
    }
}
