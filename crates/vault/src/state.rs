//! What is saved beside a receiving so that it can be resumed: how far its bytes
//! are durable and read back, and the running digests at that point.

use std::io::{self, Read, Write};

use sha2::Digest;
use sha2::digest::common::hazmat::{SerializableState, SerializedState};

use crate::folder::Folder;
use crate::{Class, ReceivingId, Sha256};

/// The layout of the running digests belongs to these versions of the hashers;
/// a state written by others is not read.
const FORMAT: &str = "sha2-0.11 sm3-0.5";

pub(crate) struct State {
    pub(crate) class: Class,
    pub(crate) declared_bytes: Option<u64>,
    pub(crate) offset: u64,
    pub(crate) sha256: sha2::Sha256,
    pub(crate) sm3: sm3::Sm3,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Written {
    format: String,
    class: Class,
    declared_bytes: Option<u64>,
    offset: u64,
    sha256_state: String,
    sm3_state: String,
}

impl State {
    /// Writes the state durably, except for its folder entry: the caller syncs
    /// the folder, as its own step.
    pub(crate) fn save(&self, id: ReceivingId, folder: &Folder) -> io::Result<()> {
        let written = Written {
            format: FORMAT.to_owned(),
            class: self.class,
            declared_bytes: self.declared_bytes,
            offset: self.offset,
            sha256_state: hex::encode(self.sha256.serialize()),
            sm3_state: hex::encode(self.sm3.serialize()),
        };
        let text = serde_json::to_string(&written)?;
        // A flipped bit in a running digest would pass unseen into the receipt,
        // so the state carries its own digest.
        let check = Sha256::of(sha2::Sha256::new_with_prefix(&text));
        let new = id.new_state_name();
        folder.remove(&new)?;
        let mut file = folder.create_file(&new)?;
        file.write_all(format!("{text}\n{check}\n").as_bytes())?;
        file.sync_all()?;
        folder.rename_over(&new, &id.state_name())
    }

    /// Reads a state back; `Err` says why it cannot be used.
    pub(crate) fn load(id: ReceivingId, folder: &Folder) -> Result<Self, &'static str> {
        const DAMAGED: &str = "its saved state is damaged";
        let mut text = String::new();
        let file = folder.open_file(&id.state_name());
        let mut file = file.map_err(|_| "it has no saved state")?;
        file.read_to_string(&mut text).map_err(|_| DAMAGED)?;
        let (text, check) = text.trim_end().split_once('\n').ok_or(DAMAGED)?;
        if check != Sha256::of(sha2::Sha256::new_with_prefix(text)).to_string() {
            return Err(DAMAGED);
        }
        let written: Written = serde_json::from_str(text).map_err(|_| DAMAGED)?;
        if written.format != FORMAT {
            return Err("its state was saved by another version");
        }
        Ok(Self {
            class: written.class,
            declared_bytes: written.declared_bytes,
            offset: written.offset,
            sha256: revived(&written.sha256_state).ok_or(DAMAGED)?,
            sm3: revived(&written.sm3_state).ok_or(DAMAGED)?,
        })
    }
}

fn revived<H: SerializableState>(text: &str) -> Option<H> {
    let bytes = hex::decode(text).ok()?;
    let state = SerializedState::<H>::try_from(bytes.as_slice()).ok()?;
    H::deserialize(&state).ok()
}
