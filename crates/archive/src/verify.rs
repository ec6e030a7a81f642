//! Checking a package as its reader would: digests of the files, leaves and disclosures of the
//! entries, proofs to the head, head against checkpoint. Everything wrong is listed. Whose
//! signature the checkpoint bears is for whoever holds the agency's key.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::checkpoint::SignedCheckpoint;
use ledger::disclosure::Disclosure;
use ledger::entry::Entry;
use ledger::proof::verify_inclusion;
use ledger::tree::{Hash, leaf_hash};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::manifest::{
    FORMAT, MANIFEST_PATH, Manifest, PackagedEntry, SHA256_PATH, SM3_PATH, line,
};

/// The lists and the manifest of a package of a hundred thousand files stay below this.
const MANIFEST_SIZE_BYTES_MAX: u64 = 256 << 20;

/// One thing wrong in a package.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageProblem {
    /// A file named by the manifest is not there.
    #[error("{0} is missing")]
    MissingFile(String),
    /// A file is there that the manifest does not name.
    #[error("{0} is not in the manifest")]
    UnknownFile(String),
    /// Length or a digest differs.
    #[error("{0} differs from its digests")]
    OtherBytes(String),
    /// A list of digests says something else than the manifest.
    #[error("{0} does not agree with the manifest")]
    OtherList(String),
    /// An entry's leaf cannot be read, or bears another sequence.
    #[error("entry {0} has no readable leaf")]
    BadLeaf(u64),
    /// A disclosure does not belong to its entry.
    #[error("entry {0} does not hold a member disclosed under it")]
    ForeignDisclosure(u64),
    /// An entry's proof does not lead to the head.
    #[error("entry {0} is not proved by the head")]
    NotIncluded(u64),
    /// A file rests on an entry that is not in the package, or that does not name its bytes.
    #[error("{path} is not named by entry {sequence}")]
    NotNamed {
        /// The file.
        path: String,
        /// The entry it claims.
        sequence: u64,
    },
    /// Entries without a readable head.
    #[error("the head is missing or unreadable")]
    BadHead,
    /// The checkpoint is unreadable or states another head.
    #[error("the checkpoint does not state the head")]
    OtherCheckpoint,
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageReport {
    /// Everything wrong; empty for a sound package.
    pub problems: Vec<PackageProblem>,
    /// Files whose digests were computed.
    pub files_checked: usize,
    /// Entries whose proofs were computed.
    pub entries_checked: usize,
}

/// Checks a package from its content.
///
/// # Errors
///
/// Only when there is nothing to check: no zip, or no manifest that can be read.
pub fn verify_package(package: impl Read + Seek) -> io::Result<PackageReport> {
    let mut zip = ZipArchive::new(package)?;
    let json = text_of(&mut zip, MANIFEST_PATH)?;
    let manifest: Manifest = serde_json::from_slice(&json)?;
    if manifest.format != FORMAT {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "another format of package",
        ));
    }
    let mut report = PackageReport::default();
    files(&mut zip, &manifest, &mut report)?;
    lists(&mut zip, &manifest, &json, &mut report);
    entries(&manifest, &mut report);
    Ok(report)
}

fn files<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    manifest: &Manifest,
    report: &mut PackageReport,
) -> io::Result<()> {
    let mut unnamed: BTreeSet<String> = zip
        .file_names()
        .map(|name| name.map(Cow::into_owned))
        .collect::<Result<_, _>>()?;
    for own in [MANIFEST_PATH, SHA256_PATH, SM3_PATH] {
        unnamed.remove(own);
    }
    for file in &manifest.files {
        if !unnamed.remove(&file.path) {
            report
                .problems
                .push(PackageProblem::MissingFile(file.path.clone()));
            continue;
        }
        let (mut by_sha256, mut by_sm3) = (Sha256::new(), sm3::Sm3::new());
        let mut source = zip.by_name(&file.path)?;
        let mut buffer = vec![0; 64 * 1024];
        let mut size_bytes = 0;
        let whole = loop {
            match source.read(&mut buffer) {
                Ok(0) => break true,
                Ok(more) => {
                    size_bytes += more as u64;
                    by_sha256.update(&buffer[..more]);
                    by_sm3.update(&buffer[..more]);
                }
                // The zip's own checksum failed: the digests could not agree either.
                Err(_) => break false,
            }
        };
        let sound = whole
            && size_bytes == file.size_bytes
            && hex::encode(by_sha256.finalize()) == file.sha256
            && hex::encode(by_sm3.finalize()) == file.sm3;
        if !sound {
            report
                .problems
                .push(PackageProblem::OtherBytes(file.path.clone()));
        }
        report.files_checked += 1;
    }
    report
        .problems
        .extend(unnamed.into_iter().map(PackageProblem::UnknownFile));
    Ok(())
}

fn lists<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    manifest: &Manifest,
    json: &[u8],
    report: &mut PackageReport,
) {
    let by_sha256 =
        manifest.sha256_lines() + &line(&ledger::digest::sha256(json).to_string(), MANIFEST_PATH);
    let by_sm3 =
        manifest.sm3_lines() + &line(&ledger::digest::sm3(json).to_string(), MANIFEST_PATH);
    for (path, expected) in [(SHA256_PATH, by_sha256), (SM3_PATH, by_sm3)] {
        match text_of(zip, path) {
            Ok(found) if found == expected.as_bytes() => {}
            Ok(_) => report.problems.push(PackageProblem::OtherList(path.into())),
            Err(_) => report
                .problems
                .push(PackageProblem::MissingFile(path.into())),
        }
    }
}

fn entries(manifest: &Manifest, report: &mut PackageReport) {
    let head = manifest
        .head
        .as_ref()
        .and_then(|head| Some((head.size, hash(&head.root)?)));
    if head.is_none() && (manifest.head.is_some() || !manifest.entries.is_empty()) {
        report.problems.push(PackageProblem::BadHead);
    }
    if let Some(note) = &manifest.checkpoint {
        let stated = SignedCheckpoint::parse(note).ok();
        let stated = stated.as_ref().map(SignedCheckpoint::unverified);
        if stated.map(|checkpoint| (checkpoint.size, checkpoint.root)) != head {
            report.problems.push(PackageProblem::OtherCheckpoint);
        }
    }
    let mut leaves = BTreeMap::new();
    for packaged in &manifest.entries {
        report.entries_checked += 1;
        let Some(leaf) = read_leaf(packaged) else {
            report
                .problems
                .push(PackageProblem::BadLeaf(packaged.sequence));
            continue;
        };
        if let Some((size, root)) = &head
            && !included(packaged, &leaf.0, *size, root)
        {
            report
                .problems
                .push(PackageProblem::NotIncluded(packaged.sequence));
        }
        let disclosed: Option<Vec<Disclosure>> = packaged
            .disclosures
            .iter()
            .map(|text| Disclosure::decode(text).ok())
            .collect();
        match disclosed {
            Some(disclosed) if disclosed.iter().all(|member| leaf.1.discloses(member)) => {
                let mut said = String::from_utf8_lossy(&leaf.0).into_owned();
                said.extend(disclosed.iter().map(|member| member.value().to_string()));
                leaves.insert(packaged.sequence, said);
            }
            _ => report
                .problems
                .push(PackageProblem::ForeignDisclosure(packaged.sequence)),
        }
    }
    for file in &manifest.files {
        if let Some(sequence) = file.sequence
            // A leaf and its disclosures name bytes by their digest in hex.
            && !leaves.get(&sequence).is_some_and(|said| said.contains(&file.sha256))
        {
            report.problems.push(PackageProblem::NotNamed {
                path: file.path.clone(),
                sequence,
            });
        }
    }
}

fn read_leaf(packaged: &PackagedEntry) -> Option<(Vec<u8>, Entry)> {
    let bytes = STANDARD.decode(&packaged.leaf).ok()?;
    let entry = Entry::from_leaf(&bytes).ok()?;
    (entry.sequence == packaged.sequence).then_some((bytes, entry))
}

fn included(packaged: &PackagedEntry, leaf: &[u8], size: u64, root: &Hash) -> bool {
    let proof: Option<Vec<Hash>> = packaged.proof.iter().map(|text| hash(text)).collect();
    // Entries count from 1, leaves from 0.
    match (proof, packaged.sequence.checked_sub(1)) {
        (Some(proof), Some(index)) => {
            verify_inclusion(&leaf_hash(leaf), index, size, &proof, root).is_ok()
        }
        _ => false,
    }
}

fn hash(text: &str) -> Option<Hash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn text_of<R: Read + Seek>(zip: &mut ZipArchive<R>, path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    zip.by_name(path)?
        .take(MANIFEST_SIZE_BYTES_MAX)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
