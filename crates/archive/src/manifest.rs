//! What a package says of its content: every file with its digests and the entry that names it,
//! every entry with its leaf, what of it is disclosed to this reader, and its proof.

use serde::{Deserialize, Serialize};

/// Where the manifest lies in a package.
pub const MANIFEST_PATH: &str = "manifest.json";
/// Lines `digest  path`, checked by `sha256sum -c manifest-sha256.txt`.
pub const SHA256_PATH: &str = "manifest-sha256.txt";
/// The same lines with SM3 digests (GB/T 32905).
pub const SM3_PATH: &str = "manifest-sm3.txt";

pub(crate) const FORMAT: &str = "liuhen-package/1";

/// The content of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `liuhen-package/1`.
    pub format: String,
    /// What the package is, for people.
    pub title: String,
    /// The agency that made it.
    pub agency: String,
    /// When, RFC 3339.
    pub made_at: String,
    /// The ledger's head its proofs lead to; none if the package holds no entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<TreeHead>,
    /// The signed checkpoint of that head (C2SP signed note), word for word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// Every file but the manifests.
    pub files: Vec<PackagedFile>,
    /// The entries that belong to the content, in ledger order.
    pub entries: Vec<PackagedEntry>,
}

/// Size and root of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// Number of entries.
    pub size: u64,
    /// Root, base64 of 32 bytes.
    pub root: String,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagedFile {
    /// Path in the package, parts joined by `/`.
    pub path: String,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// SM3, lower-case hex.
    pub sm3: String,
    /// Length in bytes.
    pub size_bytes: u64,
    /// Sequence of the entry that names the bytes; none for what was made for the package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

/// One entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagedEntry {
    /// Place in the ledger, from 1.
    pub sequence: u64,
    /// The leaf's bytes, base64.
    pub leaf: String,
    /// The members disclosed to this reader (base64url, as the leaf's digests were taken).
    pub disclosures: Vec<String>,
    /// Inclusion proof to the head (RFC 9162), base64 of 32 bytes each, from the leaf up.
    pub proof: Vec<String>,
}

impl Manifest {
    /// A manifest that so far holds nothing.
    pub fn new(
        title: impl Into<String>,
        agency: impl Into<String>,
        made_at: impl Into<String>,
    ) -> Self {
        Self {
            format: FORMAT.into(),
            title: title.into(),
            agency: agency.into(),
            made_at: made_at.into(),
            head: None,
            checkpoint: None,
            files: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// The bytes of `manifest.json`.
    ///
    /// # Errors
    ///
    /// Never for values of these types; the writer's error is passed on all the same.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The lines of `manifest-sha256.txt` for the files.
    pub fn sha256_lines(&self) -> String {
        self.files
            .iter()
            .map(|file| line(&file.sha256, &file.path))
            .collect()
    }

    /// The lines of `manifest-sm3.txt` for the files.
    pub fn sm3_lines(&self) -> String {
        self.files
            .iter()
            .map(|file| line(&file.sm3, &file.path))
            .collect()
    }
}

pub(crate) fn line(digest: &str, path: &str) -> String {
    format!("{digest}  {path}\n")
}
