//! The head of the ledger in a place of its own: size and root after every batch, known durable
//! before the batch is acknowledged. A database behind its head was rolled back; one ahead of
//! it only crashed before the head was kept.
//!
//! One file of two slots, written in turn: a power cut can spoil the slot being written, whose
//! batch nobody was told of, and leaves the other whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use hmac::Mac;
use rustix::fs::{FlockOperation, fdatasync, flock};
use zeroize::Zeroizing;

use crate::SealError;
use crate::durable::{check_folder, create_private, open_private, private_folder, read_private};
use crate::store::hmac;

/// Longest name of an agency in a head, in bytes of UTF-8.
pub const AGENCY_SIZE_BYTES_MAX: usize = SLOT_SIZE_BYTES - AGENCY_AT - MAC_SIZE_BYTES;

const FILE: &str = "head";
const MARKER: &str = "initialised";
const MAGIC: &[u8; 8] = b"liuhen\x01h";
const SLOT_SIZE_BYTES: usize = 512;
/// The slots lie on different pages, so that no write touches both.
const SLOT_AT: [u64; 2] = [0, 4096];
const FILE_SIZE_BYTES: usize = 8192;
const MAC_SIZE_BYTES: usize = 32;
/// Magic, counter, size, root, length of the agency's name.
const AGENCY_AT: usize = 8 + 8 + 8 + 32 + 2;

/// What the ledger was when it was last acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadRecord {
    /// Number of entries.
    pub size: u64,
    /// Root of the Merkle tree over them (RFC 9162, SHA-256).
    pub root: [u8; 32],
    /// Whose ledger it is; at most [`AGENCY_SIZE_BYTES_MAX`] bytes.
    pub agency: String,
}

/// Why a head could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// A head was kept here once, and what stands here now is not it.
    #[error("the head in {} is damaged or gone; it was kept here before", path.display())]
    Tampered {
        /// Folder of the head.
        path: PathBuf,
    },
    /// The ledger offered is shorter than the one acknowledged: it was rolled back.
    #[error("the head kept has {kept} entries, {offered} were offered: the ledger was rolled back")]
    Smaller {
        /// Entries acknowledged.
        kept: u64,
        /// Entries offered.
        offered: u64,
    },
    /// As many entries as acknowledged, but not the same ones.
    #[error("the ledger of {size} entries is not the one whose head was kept")]
    Forked {
        /// Entries of both.
        size: u64,
    },
    /// This head belongs to another agency's ledger.
    #[error("the head kept belongs to {kept}, not to {offered}")]
    OtherAgency {
        /// Agency kept.
        kept: String,
        /// Agency offered.
        offered: String,
    },
    /// The agency's name does not fit into the record.
    #[error("the agency's name has {size_bytes} bytes, at most {AGENCY_SIZE_BYTES_MAX} fit")]
    LongAgency {
        /// Its length.
        size_bytes: usize,
    },
    /// The folder or file cannot be used.
    #[error(transparent)]
    Place(#[from] SealError),
}

/// Keeps the head. Threads may share it, and so may processes of one office on one folder.
pub struct HeadKeeper {
    dir: PathBuf,
    file: Mutex<File>,
    key: Zeroizing<[u8; 32]>,
}

impl HeadKeeper {
    /// Opens the folder of the head (0700), making folder and file at first use.
    ///
    /// # Errors
    ///
    /// [`HeadError::Tampered`] when a head was kept here and its file is gone; otherwise as
    /// [`crate::KeyStore::open`].
    pub fn open(dir: &Path, head_key: &[u8; 32]) -> Result<Self, HeadError> {
        private_folder(dir)?;
        let path = dir.join(FILE);
        let file = match open_private(&path, true)? {
            Some(file) => file,
            None => {
                if initialised(dir)? {
                    return Err(HeadError::Tampered { path: dir.into() });
                }
                // Written out whole now, so that keeping a head never needs new blocks: a full
                // disk cannot stop it, and fdatasync has no length to store.
                create_private(&path, &[0; FILE_SIZE_BYTES])?;
                open_private(&path, true)?
                    .ok_or_else(|| HeadError::Tampered { path: dir.into() })?
            }
        };
        let keeper = Self {
            dir: dir.into(),
            file: Mutex::new(file),
            key: Zeroizing::new(*head_key),
        };
        keeper.read()?;
        Ok(keeper)
    }

    /// Reads the head without opening anything for writing, as verification beside a running
    /// server needs it; `None` when none was kept in this folder.
    ///
    /// # Errors
    ///
    /// As [`HeadKeeper::read`].
    pub fn look(dir: &Path, head_key: &[u8; 32]) -> Result<Option<HeadRecord>, HeadError> {
        if !dir.exists() {
            return Ok(None);
        }
        check_folder(dir)?;
        match open_private(&dir.join(FILE), false)? {
            Some(file) => Ok(newest(dir, &file, head_key)?.map(|(_, record)| record)),
            None if initialised(dir)? => Err(HeadError::Tampered { path: dir.into() }),
            None => Ok(None),
        }
    }

    /// The head last kept; `None` only while none ever was. A ledger with entries and no head
    /// is for the caller to refuse: whoever can delete the whole folder can make it look new.
    ///
    /// # Errors
    ///
    /// [`HeadError::Tampered`] when a head was kept and neither slot holds it.
    pub fn read(&self) -> Result<Option<HeadRecord>, HeadError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = Locked::take(&file, FlockOperation::LockShared, &self.dir)?;
        Ok(newest(&self.dir, &file, &self.key)?.map(|(_, record)| record))
    }

    /// Keeps a head and returns once it is durable: one write and one `fdatasync`. The same
    /// head again writes nothing.
    ///
    /// # Errors
    ///
    /// [`HeadError::Smaller`], [`HeadError::Forked`] and [`HeadError::OtherAgency`] when the
    /// record cannot follow the one kept; the one kept stays.
    pub fn keep(&self, record: &HeadRecord) -> Result<(), HeadError> {
        if record.agency.len() > AGENCY_SIZE_BYTES_MAX {
            return Err(HeadError::LongAgency {
                size_bytes: record.agency.len(),
            });
        }
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock = Locked::take(&file, FlockOperation::LockExclusive, &self.dir)?;
        let kept = newest(&self.dir, &file, &self.key)?;
        let counter = match &kept {
            None => 1,
            Some((_, kept)) if kept == record => return Ok(()),
            Some((counter, kept)) => {
                follows(kept, record)?;
                counter + 1
            }
        };
        let path = self.dir.join(FILE);
        let slot = encode(counter, record, &self.key);
        file.write_all_at(&slot, SLOT_AT[(counter % 2) as usize])
            .map_err(SealError::io("write", &path))?;
        fdatasync(&*file)
            .map_err(io::Error::from)
            .map_err(SealError::io("sync", &path))?;
        if kept.is_none() {
            // After the slot: a crash in between leaves a head without its mark, which reads
            // as a head, never a mark without its head.
            create_private(&self.dir.join(MARKER), &[])?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for HeadKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HeadKeeper")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

/// A lock of the file against other processes, given up when dropped.
struct Locked<'a>(&'a File);

impl<'a> Locked<'a> {
    fn take(file: &'a File, how: FlockOperation, dir: &Path) -> Result<Self, SealError> {
        loop {
            match flock(file, how) {
                Ok(()) => return Ok(Self(file)),
                Err(rustix::io::Errno::INTR) => {}
                Err(err) => return Err(SealError::io("lock", dir.join(FILE))(err.into())),
            }
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing the file unlocks it as well; there is nobody to tell.
        let _ = flock(self.0, FlockOperation::Unlock);
    }
}

fn follows(kept: &HeadRecord, offered: &HeadRecord) -> Result<(), HeadError> {
    if kept.agency != offered.agency {
        return Err(HeadError::OtherAgency {
            kept: kept.agency.clone(),
            offered: offered.agency.clone(),
        });
    }
    if offered.size < kept.size {
        return Err(HeadError::Smaller {
            kept: kept.size,
            offered: offered.size,
        });
    }
    if offered.size == kept.size {
        return Err(HeadError::Forked { size: kept.size });
    }
    Ok(())
}

fn initialised(dir: &Path) -> Result<bool, SealError> {
    Ok(read_private(&dir.join(MARKER), 0)?.is_some())
}

fn newest(dir: &Path, file: &File, key: &[u8; 32]) -> Result<Option<(u64, HeadRecord)>, HeadError> {
    let mut best: Option<(u64, HeadRecord)> = None;
    let mut blank = 0;
    for at in SLOT_AT {
        let mut slot = [0u8; SLOT_SIZE_BYTES];
        match file.read_exact_at(&mut slot, at) {
            Ok(()) => {}
            Err(err) if err.kind() == io::ErrorKind::UnexpectedEof => continue,
            Err(err) => return Err(SealError::io("read", dir.join(FILE))(err).into()),
        }
        if slot == [0; SLOT_SIZE_BYTES] {
            blank += 1;
        } else if let Some(found) = decode(&slot, key)
            && best.as_ref().is_none_or(|(counter, _)| found.0 > *counter)
        {
            best = Some(found);
        }
    }
    // A first write torn by a power cut leaves a spoilt slot beside a blank one and no mark:
    // no batch was acknowledged yet, so this is still the first use.
    if best.is_none() && (blank == 0 || initialised(dir)?) {
        return Err(HeadError::Tampered { path: dir.into() });
    }
    Ok(best)
}

fn encode(counter: u64, record: &HeadRecord, key: &[u8; 32]) -> [u8; SLOT_SIZE_BYTES] {
    let agency = record.agency.as_bytes();
    let mut slot = [0u8; SLOT_SIZE_BYTES];
    slot[..8].copy_from_slice(MAGIC);
    slot[8..16].copy_from_slice(&counter.to_be_bytes());
    slot[16..24].copy_from_slice(&record.size.to_be_bytes());
    slot[24..56].copy_from_slice(&record.root);
    slot[56..58].copy_from_slice(&(agency.len() as u16).to_be_bytes());
    slot[AGENCY_AT..AGENCY_AT + agency.len()].copy_from_slice(agency);
    let (content, mac) = slot.split_at_mut(SLOT_SIZE_BYTES - MAC_SIZE_BYTES);
    let mut hmac = hmac(key);
    hmac.update(content);
    mac.copy_from_slice(&hmac.finalize().into_bytes());
    slot
}

fn decode(slot: &[u8; SLOT_SIZE_BYTES], key: &[u8; 32]) -> Option<(u64, HeadRecord)> {
    let (content, mac) = slot.split_at(SLOT_SIZE_BYTES - MAC_SIZE_BYTES);
    let mut hmac = hmac(key);
    hmac.update(content);
    hmac.verify_slice(mac).ok()?;
    let rest = content.strip_prefix(MAGIC)?;
    let (counter, rest) = rest.split_first_chunk()?;
    let (size, rest) = rest.split_first_chunk()?;
    let (root, rest) = rest.split_first_chunk()?;
    let (agency_size, rest) = rest.split_first_chunk()?;
    let agency = rest.get(..usize::from(u16::from_be_bytes(*agency_size)))?;
    Some((
        u64::from_be_bytes(*counter),
        HeadRecord {
            size: u64::from_be_bytes(*size),
            root: *root,
            agency: String::from_utf8(agency.to_vec()).ok()?,
        },
    ))
}
