//! The regulation as data: embedded in the binary, with files that a bureau may add in
//! `DATA/regulation` (a year's calendar, its settings) laid over it.

use procedure::Rulebook;
use procedure::rulebook::RulebookError;
use rust_embed::RustEmbed;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../regulation"]
struct Embedded;

/// Why the regulation could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RegulationError {
    #[error(transparent)]
    Rulebook(#[from] RulebookError),
    #[error("cannot read the bureau's own regulation files in {path}")]
    Read {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

/// All text files, path relative to `regulation/`. Templates are among them.
pub fn files(own: Option<&Path>) -> Result<BTreeMap<String, String>, RegulationError> {
    let mut files = BTreeMap::new();
    for path in Embedded::iter() {
        if let Some(file) = Embedded::get(&path) {
            if let Ok(text) = std::str::from_utf8(&file.data) {
                files.insert(path.to_string(), text.to_owned());
            }
        }
    }
    if let Some(dir) = own.filter(|d| d.is_dir()) {
        lay_over(dir, dir, &mut files)
            .map_err(|source| RegulationError::Read { path: dir.display().to_string(), source })?;
    }
    Ok(files)
}

fn lay_over(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            lay_over(root, &path, files)?;
        } else if let Ok(inside) = path.strip_prefix(root) {
            files.insert(inside.to_string_lossy().into_owned(), std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The rulebook in force, embedded files first.
pub fn load(own: Option<&Path>) -> Result<Rulebook, RegulationError> {
    Ok(Rulebook::parse(files(own)?)?)
}

/// Templates of the papers as the press wants them: `/common.typ`, `/penalty-decision/template.typ`.
pub fn templates(book: &Rulebook) -> BTreeMap<String, Vec<u8>> {
    book.files
        .iter()
        .filter(|(path, _)| path.starts_with("papers/") && path.ends_with(".typ"))
        .map(|(path, text)| (path.trim_start_matches("papers").to_owned(), text.clone().into_bytes()))
        .collect()
}

/// Digest over all files, in order: what a load of the rulebook is known by.
pub fn digest(book: &Rulebook) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for (path, text) in &book.files {
        hash.update((path.len() as u64).to_be_bytes());
        hash.update(path);
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}
