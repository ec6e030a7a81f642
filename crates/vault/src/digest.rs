//! The two digests each original carries, as types that cannot be swapped, and
//! the computation of both from a file's content.

use std::fmt;
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::str::FromStr;

use rustix::fs::Advice;
use sha2::Digest;

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is written as 64 lower-case hexadecimal digits")]
pub struct NotADigest;

macro_rules! digest_type {
    ($(#[$meaning:meta])* $name:ident) => {
        $(#[$meaning])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The digest whose 32 bytes are known.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotADigest;

            // Upper case is refused, so that one digest has one file name.
            fn from_str(text: &str) -> Result<Self, NotADigest> {
                if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(NotADigest);
                }
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| NotADigest)?;
                Ok(Self(bytes))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

digest_type!(
    /// SHA-256 (FIPS 180-4) of some bytes; also their name in the vault.
    Sha256
);
digest_type!(
    /// SM3 (GB/T 32905-2016) of some bytes.
    Sm3
);

impl Sha256 {
    pub(crate) fn of(hasher: sha2::Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl Sm3 {
    pub(crate) fn of(hasher: sm3::Sm3) -> Self {
        Self(hasher.finalize().into())
    }
}

/// What a file's content turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digests {
    /// SHA-256 of the content.
    pub sha256: Sha256,
    /// SM3 of the content; `None` when it was not asked for.
    pub sm3: Option<Sm3>,
    /// Length in bytes.
    pub len_bytes: u64,
}

/// Reads the whole file from the disk, not from the page cache, and hashes it.
pub(crate) fn digests_of(file: &File, with_sm3: bool) -> io::Result<Digests> {
    drop_cache(file, 0, u64::MAX)?;
    let mut sha256 = sha2::Sha256::new();
    let mut sm3 = with_sm3.then(sm3::Sm3::new);
    let mut buffer = vec![0; crate::pipeline::CHUNK_BYTES];
    let mut at = 0;
    loop {
        let n = match file.read_at(&mut buffer, at) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        sha256.update(&buffer[..n]);
        if let Some(sm3) = &mut sm3 {
            sm3.update(&buffer[..n]);
        }
        at += n as u64;
    }
    Ok(Digests {
        sha256: Sha256::of(sha256),
        sm3: sm3.map(Sm3::of),
        len_bytes: at,
    })
}

/// Asks the kernel to forget the cached pages of `from..to`, so that the next
/// read comes from the device.
pub(crate) fn drop_cache(file: &File, from: u64, to: u64) -> io::Result<()> {
    // Pages only partly inside the range would be kept, so it is widened to
    // whole pages of the largest size in use (64 KiB on some ARM machines).
    const PAGE_BYTES_MAX: u64 = 64 * 1024;
    let from = from - from % PAGE_BYTES_MAX;
    // No length means to the end of the file.
    let len = to
        .checked_next_multiple_of(PAGE_BYTES_MAX)
        .and_then(|to| NonZeroU64::new(to - from));
    rustix::fs::fadvise(file, from, len, Advice::DontNeed)?;
    Ok(())
}
