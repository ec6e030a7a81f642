//! Checkpoints: the size and root of the ledger as a signed note
//! (C2SP tlog-checkpoint, signed-note; Ed25519 of RFC 8032), which anyone can
//! keep and compare.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::tree::Hash;

/// The largest note that is read, in bytes.
pub const NOTE_SIZE_BYTES_MAX: usize = 1_000_000;

const ED25519: u8 = 1;

/// What a checkpoint states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name in the world (`example.gov.cn/liuhen`); the first
    /// line, not empty.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// A checkpoint with the signatures under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    // What was signed, lines of extension included.
    text: String,
    signatures: Vec<NoteSignature>,
}

/// One line of signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    key_id: [u8; 4],
    bytes: Vec<u8>,
}

/// A key that verifies checkpoints, with its owner's name. As text
/// `name+hex8+base64`, the form other tools read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// Why a checkpoint or a key cannot be made, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A key's name is empty or holds white space or a plus sign.
    #[error("a key cannot be named {0:?}")]
    Name(String),
    /// An origin is empty or holds control characters.
    #[error("a ledger cannot be named {0:?}")]
    Origin(String),
    /// Not a verifier key for Ed25519, or its id does not fit it.
    #[error("not a verifier key")]
    Key,
    /// Not a signed note.
    #[error("not a signed note: {0}")]
    Note(&'static str),
    /// A signed note, but not of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Body(&'static str),
    /// The key has not signed.
    #[error("not signed by {0}")]
    Unsigned(String),
    /// A signature under the key's name and id does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
}

/// Signs a checkpoint; the text of the note comes back.
///
/// # Errors
///
/// An origin or a name that cannot stand in a note.
pub fn sign(
    checkpoint: &Checkpoint,
    name: &str,
    key: &SigningKey,
) -> Result<SignedCheckpoint, CheckpointError> {
    if checkpoint.origin.is_empty() || checkpoint.origin.chars().any(char::is_control) {
        return Err(CheckpointError::Origin(checkpoint.origin.clone()));
    }
    let mut signed = SignedCheckpoint {
        checkpoint: checkpoint.clone(),
        text: checkpoint.to_string(),
        signatures: Vec::new(),
    };
    signed.add_signature(name, key)?;
    Ok(signed)
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint. Signatures are read, not verified; those of
    /// unknown keys and kinds are kept.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Note`] or [`CheckpointError::Body`].
    pub fn parse(note: &str) -> Result<Self, CheckpointError> {
        if note.len() > NOTE_SIZE_BYTES_MAX {
            return Err(CheckpointError::Note("too long"));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(CheckpointError::Note("a control character"));
        }
        // The signatures follow the last blank line.
        let blank = note
            .rfind("\n\n")
            .ok_or(CheckpointError::Note("no blank line before the signatures"))?;
        let (text, lines) = (&note[..=blank], &note[blank + 2..]);
        let lines = lines
            .strip_suffix('\n')
            .ok_or(CheckpointError::Note("no line end after the signatures"))?;
        let signatures = lines
            .split('\n')
            .map(NoteSignature::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            checkpoint: Checkpoint::parse(text)?,
            text: text.to_owned(),
            signatures,
        })
    }

    /// What the checkpoint states, once `key` is seen to have signed it.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Unsigned`] without a signature of this key,
    /// [`CheckpointError::BadSignature`] when it does not hold.
    pub fn verify(&self, key: &VerifierKey) -> Result<&Checkpoint, CheckpointError> {
        let id = key.id();
        let mut signed = false;
        for signature in self
            .signatures
            .iter()
            .filter(|line| line.name == key.name && line.key_id == id)
        {
            let bad = || CheckpointError::BadSignature(key.name.clone());
            let bytes = Signature::from_slice(&signature.bytes).map_err(|_| bad())?;
            key.key
                .verify_strict(self.text.as_bytes(), &bytes)
                .map_err(|_| bad())?;
            signed = true;
        }
        if signed {
            Ok(&self.checkpoint)
        } else {
            Err(CheckpointError::Unsigned(key.name.clone()))
        }
    }

    /// What the checkpoint states, whoever signed it.
    pub fn unverified(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Adds a signature under the same text.
    ///
    /// # Errors
    ///
    /// A name that cannot stand in a note.
    pub fn add_signature(&mut self, name: &str, key: &SigningKey) -> Result<(), CheckpointError> {
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        let bytes = key.sign(self.text.as_bytes()).to_bytes().to_vec();
        self.signatures.push(NoteSignature {
            key_id: verifier.id(),
            name: verifier.name,
            bytes,
        });
        Ok(())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = [&signature.key_id[..], &signature.bytes].concat();
            writeln!(f, "— {} {}", signature.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

impl Checkpoint {
    fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.split_terminator('\n');
        let origin = lines
            .next()
            .filter(|line| !line.is_empty())
            .ok_or(CheckpointError::Body("no origin"))?;
        let size = lines.next().ok_or(CheckpointError::Body("no size"))?;
        let root = lines.next().ok_or(CheckpointError::Body("no root"))?;
        if lines.any(str::is_empty) {
            return Err(CheckpointError::Body("an empty line of extension"));
        }
        let number: u64 = size
            .parse()
            .map_err(|_| CheckpointError::Body("size is not a number"))?;
        if number.to_string() != size {
            return Err(CheckpointError::Body("size is not in its one spelling"));
        }
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let root = root.ok_or(CheckpointError::Body("root is not 32 bytes of base64"))?;
        Ok(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }
}

impl fmt::Display for Checkpoint {
    /// The body that is signed: origin, size, root, each with its line end.
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::Note("a line of signature is not `— name base64`");
        let parts = line
            .strip_prefix("— ")
            .and_then(|rest| rest.split_once(' '));
        let Some((name, base64)) = parts.filter(|(name, _)| is_key_name(name)) else {
            return Err(wrong);
        };
        let bytes = STANDARD.decode(base64).map_err(|_| wrong.clone())?;
        match bytes.split_first_chunk::<4>() {
            Some((key_id, bytes)) if !bytes.is_empty() => Ok(Self {
                name: name.to_owned(),
                key_id: *key_id,
                bytes: bytes.to_vec(),
            }),
            _ => Err(wrong),
        }
    }
}

impl VerifierKey {
    /// Names a verifying key.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Name`].
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, CheckpointError> {
        if !is_key_name(name) {
            return Err(CheckpointError::Name(name.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            key,
        })
    }

    /// The owner's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Four bytes that tell the keys of one name apart: the beginning of the
    /// SHA-256 of name, line end, algorithm and public key.
    pub fn id(&self) -> [u8; 4] {
        key_id(&self.name, &self.key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let key = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            STANDARD.encode(key)
        )
    }
}

impl FromStr for VerifierKey {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let wrong = CheckpointError::Key;
        let (name, rest) = text.split_once('+').ok_or(wrong.clone())?;
        let (_, base64) = rest.split_once('+').ok_or(wrong.clone())?;
        let bytes = STANDARD.decode(base64).map_err(|_| wrong.clone())?;
        let Some((&ED25519, key)) = bytes.split_first() else {
            return Err(wrong);
        };
        let key = key
            .try_into()
            .ok()
            .and_then(|bytes| VerifyingKey::from_bytes(bytes).ok())
            .ok_or(wrong.clone())?;
        let verifier = Self::new(name, key)?;
        // The id is inside the text, and a text whose id does not fit its key
        // was altered or cut.
        if verifier.to_string() == text {
            Ok(verifier)
        } else {
            Err(wrong)
        }
    }
}

fn is_key_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

fn key_id(name: &str, key: &VerifyingKey) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', ED25519])
        .chain_update(key.as_bytes())
        .finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}
