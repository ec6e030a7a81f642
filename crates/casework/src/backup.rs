//! Backup and restore. A backup is a folder: one snapshot of the database, the bytes its entries
//! name, the bureau's own regulation, the checkpoints, and a manifest written last. It is taken
//! beside a running server, holds no keys, and grows by what is new. A restore fills empty places.

use crate::checkpoints;
use crate::clock::{self, Clock};
use crate::office::Office;
use crate::opening::Keeper;
use crate::reseal::MOVED;
use crate::settings::Settings;
use crate::verify::{self, Progress, VerifyReport};
use anyhow::{Context, bail};
use database::{BlobRow, Database, OpenOptions};
use jiff::civil::DateTime;
use ledger::digest::{Sha256Digest, sha256};
use procedure::event::Event;
use seal::{BackupNote, BackupTerm, KeyStore};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;
use vault::{Class, Fixity, Sha256, Vault};

const FORMAT: &str = "liuhen-backup/1";
const MANIFEST: &str = "manifest.json";
const VAULT: &str = "vault";
const DATABASE: &str = "database.jsonl";
const BLOBS: &str = "blobs.jsonl";
const REGULATION: &str = "regulation";
const LEDGER: &str = "ledger";
const PAGE: u32 = 1_000;
const BUFFER_BYTES: usize = 1 << 20;

/// `manifest.json`: which generation stands, and what it consists of.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Manifest {
    format: String,
    agency: String,
    made_at: String,
    head_size: u64,
    /// Hexadecimal.
    head_root: String,
    /// Folder of everything but the vault.
    generation: String,
    /// Files of the generation with SHA-256, paths joined by `/`.
    files: Vec<(String, String)>,
}

/// A line of `blobs.jsonl`: bytes the backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct BlobLine {
    sha256: String,
    sm3: String,
    len_bytes: u64,
    class: String,
}

/// What a backup holds and how it went.
#[derive(Clone, Debug)]
pub struct BackupReport {
    pub head_size: u64,
    /// Hexadecimal.
    pub head_root: String,
    pub blobs_count: u64,
    /// Those that were not in the folder yet.
    pub blobs_copied: u64,
    pub bytes_copied: u64,
    /// Bytes that could not be copied soundly; the rest of the backup stands.
    pub problems: Vec<String>,
}

impl BackupReport {
    pub fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What a restore brought back, and what verification said of it.
#[derive(Clone, Debug)]
pub struct RestoreReport {
    /// The head that came back, before the entry that says so.
    pub head_size: u64,
    /// Hexadecimal.
    pub head_root: String,
    pub blobs_count: u64,
    pub notes: Vec<String>,
    pub verified: VerifyReport,
}

/// Takes a backup into `dir`, new or filled by an earlier one of the same agency. `now` dates it.
///
/// # Errors
///
/// The folder belongs to another agency or cannot be written. Damaged originals stop nothing:
/// they are told in the report, and a sound copy of an earlier backup stays.
pub async fn backup(settings: &Settings, dir: &Path, now: DateTime) -> anyhow::Result<BackupReport> {
    let (_, agency) = verify::regulation_of(settings)?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let before = read_manifest(dir)?;
    if let Some(before) = before.as_ref().filter(|b| b.agency != agency.code) {
        bail!("{} holds the backup of another agency ({})", dir.display(), before.agency);
    }
    let database = verify::open_database(settings).await?;
    let staging = dir.join("generation.new");
    if staging.exists() {
        fs::remove_dir_all(&staging).context("cannot clear what a backup cut short left behind")?;
    }
    fs::create_dir(&staging)?;
    // The snapshot first: all bytes its entries name lay in the vault before they were named.
    let head = database.backup_to(&staging.join(DATABASE)).await?;
    let mut report = BackupReport {
        head_size: head.size,
        head_root: hex::encode(head.root),
        blobs_count: 0,
        blobs_copied: 0,
        bytes_copied: 0,
        problems: vec![],
    };
    copy_blobs(settings, dir, &staging, &database, head.size, &mut report).await?;
    database.close().await;
    copy_folder(&settings.data.join(REGULATION), &staging.join(REGULATION))?;
    copy_folder(&settings.data.join(LEDGER), &staging.join(LEDGER))?;
    sync_tree(&staging)?;
    let generation = format!("{:012}-{}", head.size, clock::micros(now));
    let manifest = Manifest {
        format: FORMAT.into(),
        agency: agency.code,
        made_at: clock::rfc3339(now),
        head_size: head.size,
        head_root: report.head_root.clone(),
        files: digests(&staging)?,
        generation: generation.clone(),
    };
    let place = dir.join(&generation);
    if place.exists() {
        bail!("{} exists already", place.display());
    }
    fs::rename(&staging, &place)?;
    sync_folder(dir)?;
    // The manifest is the last word: until it stands, the backup before is the one that counts.
    replace_file(&dir.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
    if let Some(old) = before.filter(|b| b.generation != generation && is_plain(&b.generation)) {
        fs::remove_dir_all(dir.join(&old.generation)).context("the generation before cannot be removed")?;
    }
    check_generation(dir, &manifest)?;
    check_blobs(dir, &place, &mut report).await?;
    Ok(report)
}

/// Fills an empty data directory and an empty head from a backup, records that it did, and verifies.
///
/// Keys come back by their own command before this one; without them new ones are made, protected
/// values stay sealed, and earlier checkpoints are put aside under `ledger/before-restore`.
///
/// # Errors
///
/// A place that is not empty, a backup that is not whole.
pub async fn restore(from: &Path, settings: &Settings, clock: Clock, progress: &mut (dyn FnMut(Progress) + Send)) -> anyhow::Result<RestoreReport> {
    let Some(manifest) = read_manifest(from)? else { bail!("{} holds no backup", from.display()) };
    for place in [&settings.data, &settings.head] {
        let empty = fs::read_dir(place).map_or(true, |mut found| found.next().is_none());
        if !empty {
            bail!("{} is not empty: a restore needs an empty place", place.display());
        }
    }
    check_generation(from, &manifest)?;
    let mut notes = vec![];
    let had_keys = KeyStore::open_existing(&settings.keys).is_ok();
    if !had_keys {
        notes.push("没有先恢复密钥：已建立新的密钥，受保护的内容不能打开，此前的检查点另放在ledger/before-restore。".to_owned());
    }
    let generation = from.join(&manifest.generation);
    fs::create_dir_all(&settings.data)?;
    let blobs_count = bring_back_blobs(from, &generation, settings, &mut notes).await?;
    copy_folder(&generation.join(REGULATION), &settings.data.join(REGULATION))?;
    let ledger = settings.data.join(LEDGER);
    let ledger = if had_keys { ledger } else { ledger.join("before-restore") };
    copy_folder(&generation.join(LEDGER), &ledger)?;
    if had_keys {
        drop_later_checkpoints(&settings.data, manifest.head_size)?;
    }
    let keys = KeyStore::open(&settings.keys).context("the keys cannot be opened")?;
    let keeper = seal::HeadKeeper::open(&settings.head, keys.head_key()).context("the head cannot be opened")?;
    let keeper = Keeper { keeper, agency: manifest.agency.clone() };
    let options = OpenOptions::new(settings.database.clone(), Box::new(keeper));
    let database = Database::restore_from(options, &generation.join(DATABASE)).await?;
    let head = database.head();
    database.close().await;
    let head_root = hex::encode(head.root);
    if head.size != manifest.head_size || head_root != manifest.head_root {
        bail!("the restored ledger has {} entries under {head_root}, the manifest says otherwise", head.size);
    }
    sync_tree(&settings.data)?;
    let now = clock.now();
    let office = Office::open(settings.clone(), clock).await?;
    let from = format!("{} {}", manifest.agency, manifest.made_at);
    office.record_system(Event::Restored { head_size: head.size, head_root: head_root.clone(), from }).await?;
    office.close().await;
    let verified = verify::verify(settings, now, progress).await?;
    Ok(RestoreReport { head_size: head.size, head_root, blobs_count, notes, verified })
}

/// Copies the keys into an empty folder of their own, never beside the data's backup; the copy
/// expires after `days`.
pub fn backup_keys(settings: &Settings, to: &Path, passphrase: Option<&str>, now: DateTime, days: u32) -> anyhow::Result<BackupNote> {
    if to.join(MANIFEST).exists() || to.parent().is_some_and(|p| p.join(MANIFEST).exists()) {
        bail!("{} lies in a backup of the data: keys are kept apart from it", to.display());
    }
    let made_at_micros = clock::micros(now);
    let expires_at_micros = made_at_micros + i64::from(days) * 86_400_000_000;
    Ok(seal::backup_keys(&settings.keys, to, passphrase, BackupTerm { made_at_micros, expires_at_micros })?)
}

fn read_manifest(dir: &Path) -> anyhow::Result<Option<Manifest>> {
    let path = dir.join(MANIFEST);
    if !path.exists() {
        return Ok(None);
    }
    let manifest: Manifest = serde_json::from_slice(&fs::read(&path)?).with_context(|| format!("{} cannot be read", path.display()))?;
    if manifest.format != FORMAT || !is_plain(&manifest.generation) || manifest.files.iter().any(|(p, _)| !p.split('/').all(is_plain)) {
        bail!("{} is no manifest of a backup this program can read", path.display());
    }
    Ok(Some(manifest))
}

/// A name that leads nowhere but into its folder: the medium was away.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0'])
}

/// Copies what the entries up to `size` name, and lists it.
async fn copy_blobs(
    settings: &Settings,
    dir: &Path,
    staging: &Path,
    database: &Database,
    size: u64,
    report: &mut BackupReport,
) -> anyhow::Result<()> {
    let mut list = std::io::BufWriter::new(File::create(staging.join(BLOBS))?);
    let to = open_copy(&dir.join(VAULT)).await?;
    let mut after: Option<(String, String)> = None;
    let mut last = String::new();
    let mut from: Option<Vault> = None;
    let mut moved: Vec<String> = vec![];
    loop {
        let page = database.blobs(after.as_ref().map(|(s, t)| (s.as_str(), t.as_str())), PAGE).await?;
        let Some(end) = page.last() else { break };
        after = Some((end.sha256.clone(), end.stream.clone()));
        for row in page.iter().filter(|r| r.sequence.unsigned_abs() <= size) {
            if row.class == MOVED {
                // Sealed since: an earlier backup into this folder must not keep the clear copy.
                moved.push(row.sha256.clone());
                continue;
            }
            if row.sha256 == last {
                continue;
            }
            last.clone_from(&row.sha256);
            let line = line_of(row);
            serde_json::to_writer(&mut list, &line)?;
            list.write_all(b"\n")?;
            report.blobs_count += 1;
            let from = match &mut from {
                Some(vault) => vault,
                none => none.insert(Vault::open_read_only(settings.data.join(VAULT)).context("the vault cannot be opened")?),
            };
            match copy_blob(from, &to, &line).await {
                Ok(0) => {}
                Ok(bytes) => {
                    report.blobs_copied += 1;
                    report.bytes_copied += bytes;
                }
                Err(error) => report.problems.push(format!("{}：{error:#}", line.sha256)),
            }
        }
    }
    list.into_inner().map_err(|e| e.into_error())?.sync_all()?;
    for sha256 in moved {
        // Another case may name the same bytes in clear.
        let claims = database.blob_claims(&sha256).await?;
        if claims.iter().all(|c| c.class == MOVED) {
            to.remove(Class::Original, &sha256.parse().context("not a digest")?).await?;
        }
    }
    Ok(())
}

/// A vault to copy into: no reserve and no ballast, and what a copy cut short left is dropped.
async fn open_copy(place: &Path) -> anyhow::Result<Vault> {
    let settings = vault::Settings { reserve_bytes: Some(0), ballast_bytes: 0, ..vault::Settings::default() };
    let vault = Vault::open(place, settings).context("the copy of the vault cannot be opened")?;
    for left in vault.abandoned()? {
        vault.discard(left.id).await?;
    }
    Ok(vault)
}

fn line_of(row: &BlobRow) -> BlobLine {
    BlobLine { sha256: row.sha256.clone(), sm3: row.sm3.clone(), len_bytes: row.len_bytes.unsigned_abs(), class: row.class.clone() }
}

fn class_of(line: &BlobLine) -> Class {
    match line.class.as_str() {
        "protected" => Class::Protected,
        "derived" => Class::Derived,
        _ => Class::Original,
    }
}

/// Copies bytes unless they are there; gives how many were copied. The copy is read back and
/// compared before it bears its name.
async fn copy_blob(from: &Vault, to: &Vault, line: &BlobLine) -> anyhow::Result<u64> {
    let digest: Sha256 = line.sha256.parse().context("not a digest")?;
    if to.contains(&digest)? && to.len(&digest)? == line.len_bytes {
        return Ok(0);
    }
    let mut reader = from.reader(&digest)?;
    let mut receiving = to.receive(class_of(line), Some(line.len_bytes)).await?;
    let mut hash = Hashing::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = reader.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        let bytes = buffer.get(..count).unwrap_or_default();
        hash.update(bytes);
        if let Err(error) = receiving.write(bytes).await {
            receiving.discard().await?;
            return Err(error.into());
        }
    }
    // Compared before sealing: damaged bytes must not stand in the copy under any name.
    if receiving.offset() != line.len_bytes || hash.finish() != line.sha256 {
        receiving.discard().await?;
        bail!("原件与记录的摘要不符，没有备份");
    }
    receiving.seal().await?;
    Ok(line.len_bytes)
}

/// A running SHA-256.
#[derive(Default)]
struct Hashing(sha2::Sha256);

impl Hashing {
    fn update(&mut self, bytes: &[u8]) {
        use sha2::Digest;
        self.0.update(bytes);
    }
    fn finish(self) -> String {
        use sha2::Digest;
        Sha256Digest(self.0.finalize().into()).to_string()
    }
}

fn blob_lines(generation: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<BlobLine>>> {
    let lines = BufReader::new(File::open(generation.join(BLOBS))?).lines();
    Ok(lines.map(|line| Ok(serde_json::from_str(&line?)?)))
}

/// Reads every byte of the backup again.
async fn check_blobs(dir: &Path, generation: &Path, report: &mut BackupReport) -> anyhow::Result<()> {
    let vault = Vault::open_read_only(dir.join(VAULT))?;
    for line in blob_lines(generation)? {
        let line = line?;
        let digest: Sha256 = line.sha256.parse().context("not a digest")?;
        let said = match vault.fixity(&digest, line.sm3.parse().ok().as_ref()).await {
            Ok(Fixity::Intact) => continue,
            Ok(Fixity::Missing) => "备份中没有这件原件".to_owned(),
            Ok(Fixity::Changed { .. }) => "备份中的副本已经损坏，请另用空目录备份".to_owned(),
            Err(error) => format!("备份中的副本读不出：{error}"),
        };
        report.problems.push(format!("{}：{said}", line.sha256));
    }
    Ok(())
}

async fn bring_back_blobs(from: &Path, generation: &Path, settings: &Settings, notes: &mut Vec<String>) -> anyhow::Result<u64> {
    let source = Vault::open_read_only(from.join(VAULT))?;
    let to = open_copy(&settings.data.join(VAULT)).await?;
    let mut count = 0;
    for line in blob_lines(generation)? {
        let line = line?;
        count += 1;
        // What is lost is told and named by verification; the rest comes back all the same.
        if let Err(error) = copy_blob(&source, &to, &line).await {
            notes.push(format!("{}：没有恢复（{error:#}）。", line.sha256));
        }
    }
    Ok(count)
}

/// A checkpoint signed after the snapshot states entries the backup does not hold.
fn drop_later_checkpoints(data: &Path, size: u64) -> anyhow::Result<()> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
    let stated = |note: &str| ledger::checkpoint::SignedCheckpoint::parse(note).map(|s| s.unverified().size);
    let log = checkpoints::log_path(data);
    let text = read(&log);
    if text.is_empty() {
        return Ok(());
    }
    let whole = text.get(..checkpoints::whole_bytes(&text)).unwrap_or_default();
    let kept: Vec<String> = checkpoints::notes(whole).into_iter().filter(|n| stated(n).map_or(true, |s| s <= size)).collect();
    replace_file(&log, kept.iter().map(|n| format!("{n}\n")).collect::<String>().as_bytes())?;
    let newest = checkpoints::newest_path(data);
    match kept.last() {
        Some(note) => replace_file(&newest, note.as_bytes()),
        None => Ok(fs::remove_file(&newest)?),
    }
}

fn check_generation(dir: &Path, manifest: &Manifest) -> anyhow::Result<()> {
    let place = dir.join(&manifest.generation);
    for (path, digest) in &manifest.files {
        let found = digest_of(&place.join(path)).with_context(|| format!("{path} of the backup cannot be read"))?;
        if found != *digest {
            bail!("{path} of the backup is not what its manifest says");
        }
    }
    Ok(())
}

/// Every file below a folder with its digest, in order of path.
fn digests(root: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = vec![];
    for path in files_below(root)? {
        let inside = path.strip_prefix(root)?.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        found.push((inside, digest_of(&path)?));
    }
    found.sort();
    Ok(found)
}

fn files_below(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = vec![];
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            found.extend(files_below(&entry.path())?);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

fn digest_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Hashing::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finish()),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}

/// Copies a folder's files, where there is one; hidden and half-written ones stay behind.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for path in files_below(from)? {
        let inside = path.strip_prefix(from)?;
        let parts: Vec<_> = inside.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        if !parts.iter().all(|p| is_plain(p)) || parts.last().is_some_and(|p| p.ends_with(".new")) {
            continue;
        }
        let target = to.join(inside);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&target, &bytes).with_context(|| format!("cannot write {}", target.display()))?;
        if digest_of(&target)? != sha256(&bytes).to_string() {
            bail!("{} was not written as it was read", target.display());
        }
    }
    Ok(())
}

fn sync_tree(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync_folder(dir)
}

fn sync_folder(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

fn replace_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut staged = path.as_os_str().to_owned();
    staged.push(".new");
    let staged = PathBuf::from(staged);
    let mut file = File::create(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    Ok(sync_folder(path.parent().unwrap_or(Path::new(".")))?)
}
