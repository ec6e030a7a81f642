//! The vault itself: opening, where sealed bytes stand, looking them up and
//! checking them, and the space kept back for the log.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use rustix::fs::FallocateFlags;

use crate::digest::{self, Digests};
use crate::error::{Step, VaultError};
use crate::folder::{Folder, is_full, is_not_a_file};
use crate::leases::Leases;
use crate::listing;
use crate::receiving::ReceivingId;
use crate::testing::{Faults, Moment};
use crate::{Reader, Sha256, Sm3};

const RECEIVING: &str = "receiving";
const BALLAST: &str = "ballast";
const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;

/// Which folder sealed bytes stand in. The vault treats all classes alike; what
/// is protected comes already sealed by the caller.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What was received, as it was received.
    Original,
    /// Bytes that reveal protected persons (informants, minors and others).
    Protected,
    /// Copies made from originals: previews, stills, redacted copies.
    Derived,
}

impl Class {
    /// All classes, in the order in which bytes are looked for.
    pub const ALL: [Class; 3] = [Class::Original, Class::Protected, Class::Derived];

    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Class::Original => "originals",
            Class::Protected => "protected",
            Class::Derived => "derived",
        }
    }
}

/// How a vault is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Free bytes below which nothing is taken in. `None` means the larger of
    /// 5 GiB and 5 % of the file system.
    pub reserve_bytes: Option<u64>,
    /// Size of the ballast file, 0 for none.
    pub ballast_bytes: u64,
    /// How much is written before it is synced and read back: 1 to 64 MiB,
    /// best 16 or more.
    pub segment_bytes: u64,
    /// Planned faults; none in production.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            reserve_bytes: None,
            ballast_bytes: 64 * MIB,
            segment_bytes: 32 * MIB,
            faults: Faults::default(),
        }
    }
}

/// A store of bytes under their digests. Clones share one vault.
///
/// Methods that are not `async` block on the disk for a moment; [`Vault::list`]
/// does so for as long as it runs.
#[derive(Clone)]
pub struct Vault {
    pub(crate) inner: Arc<Inner>,
}

/// What a fixity check found, always recomputed from the content on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixity {
    /// Every copy has the digests asked for.
    Intact,
    /// A copy has other content than its name says.
    Changed { found: Digests },
    /// No copy is kept.
    Missing,
}

/// Sealed bytes found by [`Vault::list`]. The name is not checked against the
/// content; that is [`Vault::fixity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    pub class: Class,
    pub sha256: Sha256,
    pub len_bytes: u64,
}

/// A receiving that nobody holds: an upload that broke off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abandoned {
    pub id: ReceivingId,
    /// Bytes on disk; what a resumption starts from may be less.
    pub len_bytes: u64,
    /// When its files were last written.
    pub touched_at: SystemTime,
}

impl Vault {
    /// Opens the vault at `root`, making it when there is none. The ballast is
    /// made too, if the reserve allows.
    pub fn open(root: impl AsRef<Path>, settings: Settings) -> Result<Self, VaultError> {
        if !(MIB..=64 * MIB).contains(&settings.segment_bytes) {
            return Err(VaultError::Setting {
                name: "segment_bytes",
                value: settings.segment_bytes,
                allowed: "1 MiB to 64 MiB",
            });
        }
        let root = root.as_ref();
        let made = DirBuilder::new().recursive(true).mode(0o700).create(root);
        made.map_err(|source| open_error(root, source))?;
        let vault = Self::at(root, settings, false)?;
        vault
            .inner
            .make_folders()
            .map_err(|source| open_error(root, source))?;
        vault.restore_ballast()?;
        Ok(vault)
    }

    /// Opens the vault at `root` for reading, changing nothing: beside a running
    /// server, or on a store that must not be touched.
    pub fn open_read_only(root: impl AsRef<Path>) -> Result<Self, VaultError> {
        Self::at(root.as_ref(), Settings::default(), true)
    }

    fn at(root: &Path, settings: Settings, read_only: bool) -> Result<Self, VaultError> {
        let folder = Folder::open_root(root).map_err(|source| open_error(root, source))?;
        let inner = Inner {
            root: folder,
            settings,
            read_only,
            degraded: OnceLock::new(),
            ballast: Mutex::new(()),
            leases: Leases::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Whether sealed bytes stand under this digest. The content is not checked.
    pub fn contains(&self, sha256: &Sha256) -> Result<bool, VaultError> {
        Ok(!self.inner.copies(sha256)?.is_empty())
    }

    /// Length of the bytes under this digest.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::NotAFile`].
    pub fn len(&self, sha256: &Sha256) -> Result<u64, VaultError> {
        Ok(self.inner.first_copy(sha256)?.len_bytes)
    }

    /// A reader over the bytes under this digest, at their start.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::NotAFile`].
    pub fn reader(&self, sha256: &Sha256) -> Result<Reader, VaultError> {
        let copy = self.inner.first_copy(sha256)?;
        Ok(Reader::new(copy.file, copy.class, copy.len_bytes))
    }

    /// Where the bytes stand, only for staging them to a media tool.
    ///
    /// # Errors
    /// [`VaultError::Missing`], [`VaultError::NotAFile`].
    pub fn path_of(&self, sha256: &Sha256) -> Result<PathBuf, VaultError> {
        Ok(self.inner.first_copy(sha256)?.path)
    }

    /// Recomputes the digests of every copy from the device, and compares. SM3
    /// is compared when given.
    ///
    /// # Errors
    /// [`VaultError::Read`] when a copy cannot be read, [`VaultError::NotAFile`].
    pub async fn fixity(&self, sha256: &Sha256, sm3: Option<&Sm3>) -> Result<Fixity, VaultError> {
        let (inner, sha256, sm3) = (self.inner.clone(), *sha256, sm3.copied());
        blocking(move || {
            let copies = inner.copies(&sha256)?;
            if copies.is_empty() {
                return Ok(Fixity::Missing);
            }
            for copy in copies {
                let found = digest::digests_of(&copy.file, sm3.is_some()).map_err(|source| {
                    VaultError::Read {
                        path: copy.path,
                        source,
                    }
                })?;
                if found.sha256 != sha256 || found.sm3 != sm3 {
                    return Ok(Fixity::Changed { found });
                }
            }
            Ok(Fixity::Intact)
        })
        .await
    }

    /// Removes the copy of one class, if there is one, and says whether there was. Whether the bytes
    /// may go is the caller's to know: nobody claims them, or another copy keeps them.
    ///
    /// # Errors
    /// [`VaultError::ReadOnly`], [`VaultError::Degraded`], [`VaultError::NotAFile`].
    pub async fn remove(&self, class: Class, sha256: &Sha256) -> Result<bool, VaultError> {
        let (inner, sha256) = (self.inner.clone(), *sha256);
        blocking(move || {
            inner.refuse_unless_sound()?;
            let Some(copy) = inner.copy_in(class, &sha256)? else {
                return Ok(false);
            };
            let name = sha256.to_string();
            let open = inner.root.open(class.folder());
            let folder = open.and_then(|top| top.open(&name[..2])?.open(&name[2..4]));
            let folder = folder.map_err(|source| open_error(&copy.path, source))?;
            folder
                .remove(&name)
                .map_err(|source| open_error(&copy.path, source))?;
            inner.step(Step::SyncFolder, folder.path(), || folder.sync())?;
            Ok(true)
        })
        .await
    }

    /// All sealed bytes, class by class in order of digest. What does not belong
    /// in a vault comes as [`VaultError::Stray`] in its place.
    pub fn list(&self) -> impl Iterator<Item = Result<Kept, VaultError>> + Send + 'static {
        listing::all(self.inner.root.path().to_owned())
    }

    /// Receivings that nobody in this process holds, oldest first.
    pub fn abandoned(&self) -> Result<Vec<Abandoned>, VaultError> {
        let folder = self.inner.root.path().join(RECEIVING);
        let mut found: BTreeMap<ReceivingId, (u64, SystemTime)> = BTreeMap::new();
        let listing = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(|source| open_error(&folder, source))?,
        };
        for entry in listing {
            let entry = entry.map_err(|source| open_error(&folder, source))?;
            let name = entry.file_name();
            let Some((id, is_state)) = name.to_str().and_then(ReceivingId::of_file_name) else {
                continue;
            };
            let about = match entry.metadata() {
                // Sealed or discarded since the folder was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                about => about.map_err(|source| open_error(&entry.path(), source))?,
            };
            let touched = about
                .modified()
                .map_err(|source| open_error(&entry.path(), source))?;
            let (len_bytes, latest) = found.entry(id).or_insert((0, touched));
            *latest = touched.max(*latest);
            if !is_state {
                *len_bytes = about.len();
            }
        }
        let mut abandoned: Vec<_> = found
            .into_iter()
            .filter(|(id, _)| !self.inner.leases.is_held(*id))
            .map(|(id, (len_bytes, touched_at))| Abandoned {
                id,
                len_bytes,
                touched_at,
            })
            .collect();
        abandoned.sort_by_key(|one| one.touched_at);
        Ok(abandoned)
    }

    /// Free bytes of the vault's file system.
    pub fn free_bytes(&self) -> Result<u64, VaultError> {
        Ok(self.inner.space()?.free_bytes)
    }

    /// Free bytes that intake leaves untouched.
    pub fn reserve_bytes(&self) -> Result<u64, VaultError> {
        Ok(self.inner.reserve_of(self.inner.space()?.total_bytes))
    }

    /// The step whose failure made the vault refuse intake, if any. Only opening
    /// the vault again clears it.
    pub fn degraded(&self) -> Option<Step> {
        self.inner.degraded.get().copied()
    }

    /// Gives the ballast back to the file system, so that the log can still be
    /// written on a full disk. Returns whether there was any.
    pub fn release_ballast(&self) -> Result<bool, VaultError> {
        self.inner.refuse_if_read_only()?;
        let _one_at_a_time = self
            .inner
            .ballast
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let root = &self.inner.root;
        let path = root.path().join(BALLAST);
        let there = path
            .try_exists()
            .map_err(|source| open_error(&path, source))?;
        root.remove(BALLAST)
            .map_err(|source| open_error(&path, source))?;
        // Some file systems give space back only once the removal is on disk.
        root.sync()
            .map_err(|source| self.inner.failed(Step::SyncFolder, root.path(), source))?;
        Ok(there)
    }

    /// Makes the ballast again if it is missing and the space above the reserve
    /// allows. Returns whether it is there. Each intake tries this too.
    pub fn restore_ballast(&self) -> Result<bool, VaultError> {
        self.inner.refuse_if_read_only()?;
        self.inner.restore_ballast()
    }
}

pub(crate) struct Inner {
    pub(crate) root: Folder,
    pub(crate) settings: Settings,
    read_only: bool,
    degraded: OnceLock<Step>,
    ballast: Mutex<()>,
    pub(crate) leases: Leases,
}

pub(crate) struct Copy {
    pub(crate) class: Class,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) len_bytes: u64,
}

impl Inner {
    /// Does one durable step, between the faults planned for it.
    pub(crate) fn step<T>(
        &self,
        step: Step,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, VaultError> {
        let faults = &self.settings.faults;
        let done = faults.strike(Moment::Before, step).and_then(|()| {
            let done = act()?;
            faults.strike(Moment::After, step)?;
            Ok(done)
        });
        done.map_err(|source| self.failed(step, path, source))
    }

    pub(crate) fn failed(&self, step: Step, path: &Path, source: io::Error) -> VaultError {
        if is_full(&source) {
            let (free_bytes, needed_bytes) = match self.space() {
                Ok(space) => (space.free_bytes, self.reserve_of(space.total_bytes)),
                Err(_) => (0, self.settings.reserve_bytes.unwrap_or(5 * GIB)),
            };
            return VaultError::Full {
                free_bytes,
                needed_bytes,
                source: Some(source),
            };
        }
        // A failed sync may have thrown the dirty pages away and marked them
        // clean: trying again would succeed without the bytes being on disk.
        if self.degraded.set(step).is_ok() {
            tracing::error!(%step, path = %path.display(), error = %source, "vault degraded");
        }
        VaultError::Step {
            step,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn refuse_if_read_only(&self) -> Result<(), VaultError> {
        if self.read_only {
            Err(VaultError::ReadOnly)
        } else {
            Ok(())
        }
    }

    pub(crate) fn refuse_unless_sound(&self) -> Result<(), VaultError> {
        self.refuse_if_read_only()?;
        match self.degraded.get() {
            Some(since) => Err(VaultError::Degraded { since: *since }),
            None => Ok(()),
        }
    }

    /// Refuses when taking `more_bytes` would leave less than the reserve.
    pub(crate) fn refuse_below_reserve(&self, more_bytes: u64) -> Result<(), VaultError> {
        let space = self.space()?;
        let needed_bytes = self
            .reserve_of(space.total_bytes)
            .saturating_add(more_bytes);
        if space.free_bytes < needed_bytes {
            let free_bytes = space.free_bytes;
            return Err(VaultError::Full {
                free_bytes,
                needed_bytes,
                source: None,
            });
        }
        Ok(())
    }

    pub(crate) fn receiving_folder(&self) -> Result<Folder, VaultError> {
        let open = self.root.open(RECEIVING);
        open.map_err(|source| open_error(&self.root.path().join(RECEIVING), source))
    }

    pub(crate) fn restore_ballast(&self) -> Result<bool, VaultError> {
        let size_bytes = self.settings.ballast_bytes;
        let _one_at_a_time = self.ballast.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.root.path().join(BALLAST);
        match std::fs::symlink_metadata(&path) {
            Ok(about) if about.is_file() && about.len() == size_bytes => return Ok(true),
            Ok(_) => self
                .root
                .remove(BALLAST)
                .map_err(|source| open_error(&path, source))?,
            Err(_) => {}
        }
        if size_bytes == 0 || self.refuse_below_reserve(size_bytes).is_err() {
            return Ok(false);
        }
        let filled = self.root.create_file(BALLAST).and_then(|file| {
            allocate(&file, size_bytes)?;
            file.sync_all()?;
            self.root.sync()
        });
        match filled {
            Ok(()) => Ok(true),
            // Half a ballast would pass for a whole one at no later check, but
            // would keep the space from the log.
            Err(error) => {
                self.root
                    .remove(BALLAST)
                    .map_err(|source| open_error(&path, source))?;
                if is_full(&error) {
                    Ok(false)
                } else {
                    Err(open_error(&path, error))
                }
            }
        }
    }

    /// Every copy under this digest, at most one a class.
    pub(crate) fn copies(&self, sha256: &Sha256) -> Result<Vec<Copy>, VaultError> {
        let mut copies = Vec::new();
        for class in Class::ALL {
            copies.extend(self.copy_in(class, sha256)?);
        }
        Ok(copies)
    }

    pub(crate) fn copy_in(
        &self,
        class: Class,
        sha256: &Sha256,
    ) -> Result<Option<Copy>, VaultError> {
        let name = sha256.to_string();
        let (outer, inner) = (&name[..2], &name[2..4]);
        let path = self
            .root
            .path()
            .join(class.folder())
            .join(outer)
            .join(inner)
            .join(&name);
        let opened = self
            .root
            .open(class.folder())
            .and_then(|folder| folder.open(outer)?.open(inner)?.open_file(&name))
            .and_then(|file| Ok((file.metadata()?, file)));
        match opened {
            Ok((about, file)) if about.is_file() => Ok(Some(Copy {
                class,
                path,
                file,
                len_bytes: about.len(),
            })),
            Ok(_) => Err(VaultError::NotAFile { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if is_not_a_file(&error) => Err(VaultError::NotAFile { path }),
            Err(source) => Err(VaultError::Read { path, source }),
        }
    }

    fn first_copy(&self, sha256: &Sha256) -> Result<Copy, VaultError> {
        for class in Class::ALL {
            if let Some(copy) = self.copy_in(class, sha256)? {
                return Ok(copy);
            }
        }
        Err(VaultError::Missing { sha256: *sha256 })
    }

    fn make_folders(&self) -> io::Result<()> {
        for class in Class::ALL {
            self.root.make(class.folder())?;
        }
        self.root.make(RECEIVING)?;
        self.root.sync()?;
        // The root's own name must survive a power cut as well.
        match self.root.path().canonicalize()?.parent() {
            Some(parent) => File::open(parent)?.sync_all(),
            None => Ok(()),
        }
    }

    fn space(&self) -> Result<crate::folder::Space, VaultError> {
        self.root
            .space()
            .map_err(|source| open_error(self.root.path(), source))
    }

    fn reserve_of(&self, total_bytes: u64) -> u64 {
        self.settings
            .reserve_bytes
            .unwrap_or((5 * GIB).max(total_bytes / 20))
    }
}

/// Runs work that blocks on the disk away from the tasks that must not wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, VaultError> + Send + 'static,
) -> Result<T, VaultError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(VaultError::Worker {
            source: error.into(),
        }),
    }
}

pub(crate) fn open_error(path: &Path, source: io::Error) -> VaultError {
    VaultError::Open {
        path: path.to_owned(),
        source,
    }
}

fn allocate(file: &File, len_bytes: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, len_bytes) {
        Err(rustix::io::Errno::OPNOTSUPP) => {}
        done => return Ok(done?),
    }
    let zeros = vec![0; MIB as usize];
    let mut at = 0;
    while at < len_bytes {
        let n = (len_bytes - at).min(MIB);
        file.write_all_at(&zeros[..n as usize], at)?;
        at += n;
    }
    Ok(())
}
