//! Sealing of files too large for memory: protected scans and the like. Chunks of 64 KiB, each
//! with its own tag, in the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015):
//! the nonce holds the chunk's number and whether it is the last, so that chunks can be neither
//! reordered nor dropped, nor the end cut off, without being noticed.

use std::io::{self, Read, Seek, SeekFrom, Write};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use zeroize::{Zeroize, Zeroizing};

use crate::cases::{CaseKey, KeyClass};
use crate::{SealError, fill_random};

/// Size of a chunk before sealing.
pub const CHUNK_SIZE_BYTES: usize = 64 * 1024;

const TAG_SIZE_BYTES: usize = 16;
const HEADER_SIZE_BYTES: usize = MAGIC.len() + 32;
const MAGIC: &[u8; 8] = b"liuhen\x01s";

/// Seals what is written to it. The stream opens only after [`SealWriter::finish`].
pub struct SealWriter<W: Write> {
    inner: W,
    cipher: Aes256Gcm,
    counter: u32,
    held: Zeroizing<Vec<u8>>,
}

impl<W: Write> SealWriter<W> {
    /// Begins a stream: 8 bytes of format, 32 of salt. `aad` names the bytes (their digest or
    /// id) and must be given again to open them.
    ///
    /// # Errors
    ///
    /// When the beginning cannot be written or no random bytes are to be had.
    pub fn new(key: &CaseKey, class: KeyClass, aad: &[u8], mut inner: W) -> io::Result<Self> {
        let mut salt = [0u8; 32];
        fill_random(&mut salt).map_err(io::Error::other)?;
        inner.write_all(MAGIC)?;
        inner.write_all(&salt)?;
        Ok(Self {
            inner,
            cipher: Aes256Gcm::new((&*key.stream_key(class, &salt, aad)).into()),
            counter: 0,
            held: Zeroizing::new(Vec::with_capacity(CHUNK_SIZE_BYTES)),
        })
    }

    /// Seals the last chunk and gives the writer back, flushed. Syncing it is the caller's.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.seal_held(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn seal_held(&mut self, last: bool) -> io::Result<()> {
        let sealed = self
            .cipher
            .encrypt(
                &nonce(self.counter, last),
                Payload::from(self.held.as_slice()),
            )
            .map_err(|_| io::Error::other("the chunk could not be sealed"))?;
        self.inner.write_all(&sealed)?;
        self.counter = next(self.counter)?;
        self.held.zeroize();
        Ok(())
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        // A full chunk waits until more comes, because only then is it known not to be the last.
        if self.held.len() == CHUNK_SIZE_BYTES {
            self.seal_held(false)?;
        }
        let taken = bytes.len().min(CHUNK_SIZE_BYTES - self.held.len());
        self.held.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Flushes what is sealed; the chunk being filled waits.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Opens a sealed stream. Every byte it gives out was checked; that none is missing at the end
/// is known only when it reports the end, so nothing may rest on the bytes before that.
pub struct OpenReader<R: Read> {
    inner: R,
    cipher: Aes256Gcm,
    counter: u32,
    /// One byte read ahead, which tells whether another chunk follows.
    ahead: Option<u8>,
    plain: Zeroizing<Vec<u8>>,
    given: usize,
    ended: bool,
    broken: bool,
}

impl<R: Read> OpenReader<R> {
    /// Begins reading.
    ///
    /// # Errors
    ///
    /// `InvalidData` around [`SealError::Tampered`] when this is not the beginning of a sealed
    /// stream. Reading gives the same error where a chunk does not match.
    pub fn new(key: &CaseKey, class: KeyClass, aad: &[u8], mut inner: R) -> io::Result<Self> {
        let mut header = [0u8; HEADER_SIZE_BYTES];
        if read_full(&mut inner, &mut header)? != header.len() || header[..MAGIC.len()] != MAGIC[..]
        {
            return Err(tampered());
        }
        let mut salt = [0u8; 32];
        salt.copy_from_slice(&header[MAGIC.len()..]);
        Ok(Self {
            inner,
            cipher: Aes256Gcm::new((&*key.stream_key(class, &salt, aad)).into()),
            counter: 0,
            ahead: None,
            plain: Zeroizing::new(Vec::new()),
            given: 0,
            ended: false,
            broken: false,
        })
    }

    fn open_next(&mut self) -> io::Result<()> {
        let mut sealed = vec![0u8; CHUNK_SIZE_BYTES + TAG_SIZE_BYTES + 1];
        let before = match self.ahead.take() {
            Some(byte) => {
                sealed[0] = byte;
                1
            }
            None => 0,
        };
        let filled = before + read_full(&mut self.inner, &mut sealed[before..])?;
        let last = filled < sealed.len();
        sealed.truncate(filled);
        if !last {
            self.ahead = sealed.pop();
        }
        let plain = self
            .cipher
            .decrypt(&nonce(self.counter, last), Payload::from(sealed.as_slice()))
            .map_err(|_| tampered())?;
        self.plain = Zeroizing::new(plain);
        self.given = 0;
        self.ended = last;
        if !last {
            self.counter = next(self.counter)?;
        }
        Ok(())
    }
}

impl<R: Read + Seek> OpenReader<R> {
    /// Begins reading at byte `from` of what was sealed, which must lie inside it: chunks open each
    /// by itself, so nothing before the one that holds `from` is read. The first chunk is opened
    /// here, so that another key or class is told at once.
    ///
    /// # Errors
    ///
    /// As [`OpenReader::new`]; also where `from` lies beyond the end.
    pub fn at(key: &CaseKey, class: KeyClass, aad: &[u8], inner: R, from: u64) -> io::Result<Self> {
        let mut reader = Self::new(key, class, aad, inner)?;
        let chunk = from / CHUNK_SIZE_BYTES as u64;
        reader.counter = u32::try_from(chunk).map_err(|_| tampered())?;
        let before = chunk * (CHUNK_SIZE_BYTES + TAG_SIZE_BYTES) as u64;
        let place = SeekFrom::Start(HEADER_SIZE_BYTES as u64 + before);
        reader.inner.seek(place)?;
        reader.open_next()?;
        let skipped = (from % CHUNK_SIZE_BYTES as u64) as usize;
        reader.given = skipped.min(reader.plain.len());
        Ok(reader)
    }
}

/// Length of what was sealed, from the length of the sealed stream.
pub fn opened_len(sealed_bytes: u64) -> u64 {
    let body = sealed_bytes.saturating_sub(HEADER_SIZE_BYTES as u64);
    let chunks = body.div_ceil((CHUNK_SIZE_BYTES + TAG_SIZE_BYTES) as u64);
    body.saturating_sub(chunks * TAG_SIZE_BYTES as u64)
}

/// Length of the sealed stream of so many bytes.
pub fn sealed_len(plain_bytes: u64) -> u64 {
    let chunks = plain_bytes.div_ceil(CHUNK_SIZE_BYTES as u64).max(1);
    HEADER_SIZE_BYTES as u64 + plain_bytes + chunks * TAG_SIZE_BYTES as u64
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.plain.len() {
            if self.broken {
                return Err(tampered());
            }
            if self.ended || into.is_empty() {
                return Ok(0);
            }
            // Reading on past a damaged chunk must not skip it.
            self.broken = true;
            self.open_next()?;
            self.broken = false;
        }
        let given = into.len().min(self.plain.len() - self.given);
        into[..given].copy_from_slice(&self.plain[self.given..self.given + given]);
        self.given += given;
        Ok(given)
    }
}

/// Seven zeros (the key is the stream's own), the chunk's number, and one at the last chunk.
fn nonce(counter: u32, last: bool) -> Nonce<aes_gcm::aes::cipher::consts::U12> {
    let mut nonce = [0u8; 12];
    nonce[7..11].copy_from_slice(&counter.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}

fn next(counter: u32) -> io::Result<u32> {
    counter
        .checked_add(1)
        .ok_or_else(|| io::Error::other("the stream is longer than 256 TiB"))
}

fn read_full(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match from.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(filled)
}

fn tampered() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        SealError::tampered("a sealed stream"),
    )
}
