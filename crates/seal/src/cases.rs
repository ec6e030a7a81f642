//! The two keys of one case: one for its protected members, one of their own for informants
//! (Art. 30), so that whoever may read the first need not be able to read the second. Both are
//! random, wrapped under the master key, and independent of each other.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::store::Key;
use crate::{SealError, fill_random};

const NONCE_SIZE_BYTES: usize = 12;
const TAG_SIZE_BYTES: usize = 16;
const BOX_SIZE_BYTES: usize = NONCE_SIZE_BYTES + 32 + TAG_SIZE_BYTES;
const MAGIC: &[u8; 8] = b"liuhen\x01c";

pub(crate) const WRAPPED_SIZE_BYTES: usize = MAGIC.len() + 2 * BOX_SIZE_BYTES;

/// Which of a case's two keys a value is sealed under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyClass {
    /// Complainants, minors, third parties, secrets' pointers.
    Case,
    /// Informants.
    Informant,
}

impl KeyClass {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Case => b'c',
            Self::Informant => b'i',
        }
    }
}

/// The unwrapped keys of one case; wiped from memory when the last holder drops them.
pub struct CaseKey {
    id: String,
    case: Key,
    informant: Key,
}

impl CaseKey {
    /// The case these keys belong to.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Seals one value; see [`crate::KeyStore::seal_member`].
    ///
    /// # Errors
    ///
    /// Only when the operating system gives no random bytes.
    pub fn seal(
        &self,
        class: KeyClass,
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        seal_box(self.key(class), &self.bound(class, aad), plaintext)
    }

    /// Opens one value; see [`crate::KeyStore::open_member`].
    ///
    /// # Errors
    ///
    /// [`SealError::Tampered`] when anything differs from what was sealed.
    pub fn open(
        &self,
        class: KeyClass,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        open_box(self.key(class), &self.bound(class, aad), sealed)
            .ok_or_else(|| SealError::tampered(format!("a sealed member of {}", self.id)))
    }

    pub(crate) fn random(id: &str) -> Result<Self, SealError> {
        let mut made = Self {
            id: id.to_owned(),
            case: Key::default(),
            informant: Key::default(),
        };
        fill_random(made.case.as_mut_slice())?;
        fill_random(made.informant.as_mut_slice())?;
        Ok(made)
    }

    pub(crate) fn wrap(&self, master: &Key) -> Result<Vec<u8>, SealError> {
        let mut bytes = MAGIC.to_vec();
        for (class, key) in [
            (KeyClass::Case, &self.case),
            (KeyClass::Informant, &self.informant),
        ] {
            bytes.extend(seal_box(
                master,
                &wrapping_aad(&self.id, class),
                key.as_slice(),
            )?);
        }
        Ok(bytes)
    }

    pub(crate) fn unwrap(id: &str, master: &Key, wrapped: &[u8]) -> Result<Self, SealError> {
        let tampered = || SealError::tampered(format!("the key file of {id}"));
        let boxes = wrapped
            .strip_prefix(MAGIC.as_slice())
            .ok_or_else(tampered)?;
        if boxes.len() != 2 * BOX_SIZE_BYTES {
            return Err(tampered());
        }
        let (case, informant) = boxes.split_at(BOX_SIZE_BYTES);
        let open = |class, sealed| {
            let plain = open_box(master, &wrapping_aad(id, class), sealed).ok_or_else(tampered)?;
            let mut key = Key::default();
            key.copy_from_slice(&plain);
            Ok(key)
        };
        Ok(Self {
            id: id.to_owned(),
            case: open(KeyClass::Case, case)?,
            informant: open(KeyClass::Informant, informant)?,
        })
    }

    /// A key for one stream: the salt is new each time, so counters may start at zero.
    pub(crate) fn stream_key(&self, class: KeyClass, salt: &[u8; 32], aad: &[u8]) -> Key {
        let mut info = b"liuhen stream 1\0".to_vec();
        info.extend(self.bound(class, aad));
        let mut key = Key::default();
        let hkdf = Hkdf::<Sha256>::new(Some(salt), self.key(class).as_slice());
        // HKDF-SHA-256 gives up to 8 160 bytes; 32 are always to be had.
        let expanded = hkdf.expand(&info, key.as_mut_slice());
        debug_assert!(expanded.is_ok());
        key
    }

    fn key(&self, class: KeyClass) -> &Key {
        match class {
            KeyClass::Case => &self.case,
            KeyClass::Informant => &self.informant,
        }
    }

    fn bound(&self, class: KeyClass, aad: &[u8]) -> Vec<u8> {
        let mut bound = vec![class.byte()];
        bound.extend((self.id.len() as u32).to_be_bytes());
        bound.extend(self.id.as_bytes());
        bound.extend(aad);
        bound
    }
}

impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaseKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn wrapping_aad(id: &str, class: KeyClass) -> Vec<u8> {
    let mut aad = b"liuhen case key\0".to_vec();
    aad.push(class.byte());
    aad.extend(id.as_bytes());
    aad
}

pub(crate) fn seal_box(key: &Key, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0u8; NONCE_SIZE_BYTES];
    fill_random(&mut nonce)?;
    let cipher = Aes256Gcm::new((&**key).into());
    let ciphertext = cipher
        .encrypt(
            &Nonce::from(nonce),
            Payload {
                msg: plaintext,
                aad,
            },
        )
        // Only a plaintext above 64 GiB fails, and such a one does not reach memory.
        .map_err(|_| SealError::tampered("a value too large to seal"))?;
    let mut sealed = nonce.to_vec();
    sealed.extend(ciphertext);
    Ok(sealed)
}

pub(crate) fn open_box(key: &Key, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_SIZE_BYTES>()?;
    let cipher = Aes256Gcm::new((&**key).into());
    cipher
        .decrypt(
            &Nonce::from(*nonce),
            Payload {
                msg: ciphertext,
                aad,
            },
        )
        .ok()
        .map(Zeroizing::new)
}
