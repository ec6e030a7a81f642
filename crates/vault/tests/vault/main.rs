//! The vault as its callers see it. Digests are checked with `sha256sum` and
//! `openssl`, faults are planted at every durable step, and damage is done with
//! plain file operations, as someone with full rights would.

mod digests;
mod faults;
mod keeping;
mod resuming;
mod space;

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use vault::{Kept, Settings, Sha256, Vault};

const MIB: usize = 1024 * 1024;
const SEGMENT_BYTES: usize = 16 * MIB;

/// Room for every test, whatever the machine's disk: no reserve, no ballast.
fn settings() -> Settings {
    Settings {
        reserve_bytes: Some(0),
        ballast_bytes: 0,
        segment_bytes: SEGMENT_BYTES as u64,
        ..Settings::default()
    }
}

fn empty_vault() -> (TempDir, Vault) {
    let root = tempfile::tempdir().unwrap();
    let vault = Vault::open(root.path(), settings()).unwrap();
    (root, vault)
}

/// Bytes that repeat nowhere near a segment (a 64-bit xorshift).
fn footage(len_bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut bytes = Vec::with_capacity(len_bytes + 8);
    while bytes.len() < len_bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len_bytes);
    bytes
}

fn kept(vault: &Vault) -> Vec<Kept> {
    vault.list().collect::<Result<_, _>>().unwrap()
}

fn place(root: &Path, folder: &str, sha256: &Sha256) -> PathBuf {
    let name = sha256.to_string();
    root.join(folder)
        .join(&name[..2])
        .join(&name[2..4])
        .join(&name)
}

fn sha256sum(file: &Path) -> String {
    first_word(Command::new("sha256sum").arg(file))
}

fn openssl_sm3(file: &Path) -> String {
    first_word(
        Command::new("openssl")
            .args(["dgst", "-sm3", "-r"])
            .arg(file),
    )
}

fn first_word(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().next().unwrap().to_owned()
}
