//! The vault keeps bytes and nothing else: it takes them in (resumable, hashed
//! with SHA-256 and SM3 in one pass), proves by reading back that the disk holds
//! what was received, seals them under their digest, and never opens them for
//! writing again. It knows no database, no web, no case: whoever calls it gives
//! bytes and a class, and gets digests.
//!
//! On disk, readable with `ls` and `sha256sum`:
//!
//! ```text
//! ROOT/originals/ab/cd/<sha256>   sealed originals, mode 0400
//! ROOT/protected/ab/cd/<sha256>   bytes that reveal protected persons
//! ROOT/derived/ab/cd/<sha256>     copies made from originals
//! ROOT/receiving/<id>             bytes on their way in, never visible as sealed
//! ROOT/receiving/<id>.state       offset and running digests, for resuming
//! ROOT/ballast                    space given up when the disk is full
//! ```
//!
//! The order of a sealing: write → `fdatasync` → drop the page cache → read back
//! and compare → mode 0400 → `fsync` → rename without replacing → `fsync` of the
//! folders → [`Sealed`]. Only then may an entry name the bytes.

mod digest;
mod error;
mod folder;
mod leases;
mod listing;
mod pipeline;
mod reader;
mod receiving;
mod state;
mod store;
pub mod testing;

pub use digest::{Digests, NotADigest, Sha256, Sm3};
pub use error::{Step, VaultError};
pub use reader::Reader;
pub use receiving::{NotAnId, Receiving, ReceivingId, Sealed};
pub use store::{Abandoned, Class, Fixity, Kept, Settings, Vault};
