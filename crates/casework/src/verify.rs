//! Verification (Art. 4, 29): everything is computed again from its content — leaves, members, root,
//! head, checkpoints, bytes, numbers and registers — and all that is wrong is listed in the order
//! of the ledger. Reads only; works beside a running server and on a store that will not start.

mod bytes;
mod entries;
mod registers;

use crate::checkpoints;
use crate::regulation;
use crate::settings::{Agency, Settings};
use anyhow::Context;
use database::{Database, OpenOptions};
use jiff::civil::DateTime;
use ledger::checkpoint::Checkpoint;
use ledger::verification::HeadRecord;
use procedure::Rulebook;
use seal::KeyStore;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The entry it was found at or belongs to; none where it concerns the ledger as a whole.
    pub sequence: Option<u64>,
    /// The sentence for the office; it names members, never their values.
    pub text_zh: String,
}

/// What a verification found.
#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    /// Everything wrong, in the order of the ledger.
    pub findings: Vec<Finding>,
    /// What is worth knowing and not wrong.
    pub notes: Vec<String>,
    pub entries_checked: u64,
    pub members_opened: u64,
    /// Members whose keys were not there.
    pub members_sealed: u64,
    pub checkpoints_agreed: u64,
    pub blobs_checked: u64,
    pub blob_bytes_checked: u64,
    pub cases_checked: u64,
    /// Hexadecimal root over all entries read.
    pub root: String,
}

impl VerifyReport {
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    pub(crate) fn find(&mut self, sequence: Option<u64>, text_zh: impl Into<String>) {
        self.findings.push(Finding { sequence, text_zh: text_zh.into() });
    }
}

/// How far a verification has come.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// Entries read, of this many.
    Entries(u64, u64),
    /// Files read again, of this many.
    Files(u64, u64),
}

/// Bytes in the vault that no entry names: an upload that broke off before its act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unclaimed {
    pub sha256: String,
    pub len_bytes: u64,
}

/// A file as an entry names it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub sequence: u64,
    pub sm3: String,
    pub len_bytes: u64,
}

/// Where the content of a file named in clear is kept now.
#[derive(Clone, Debug)]
pub(crate) struct SealedFile {
    pub sequence: u64,
    /// Whose key it is sealed under.
    pub stream: String,
    pub sha256: String,
}

/// What is opened for a verification.
pub(crate) struct Store {
    pub database: Database,
    pub keys: Option<KeyStore>,
    pub book: Rulebook,
    pub agency: Agency,
}

/// A number an entry gave; its ordinal where the entry states it.
pub(crate) struct Given {
    pub series: String,
    pub ordinal: Option<i64>,
    pub sequence: u64,
}

/// What the walk along the entries gathers for the checks after it.
#[derive(Default)]
pub(crate) struct Gathered {
    /// Files by SHA-256, each at the first entry that names it.
    pub files: BTreeMap<String, Named>,
    /// Files that were sealed after they had been named in clear: under which digest they are kept.
    pub sealed_files: BTreeMap<String, SealedFile>,
    /// Streams of cases, each with the clue's it came from.
    pub cases: BTreeMap<String, String>,
    /// Streams with an entry that cannot be read: their registers are not compared.
    pub unreadable: BTreeSet<String>,
    /// Numbers that entries gave.
    pub numbers: Vec<Given>,
    /// Last version of each stream.
    pub versions: BTreeMap<String, u64>,
    /// Sequence of the last entry read.
    pub size: u64,
}

/// Verifies a store. `now` dates the duties that are computed again.
///
/// # Errors
///
/// Only when there is nothing to verify: no database that can be read.
pub async fn verify(settings: &Settings, now: DateTime, progress: &mut (dyn FnMut(Progress) + Send)) -> anyhow::Result<VerifyReport> {
    let mut report = VerifyReport::default();
    // Head and checkpoints before the entries: a server may be writing meanwhile.
    let store = open(settings, &mut report).await?;
    let head = read_head(settings, &store, &mut report);
    let checkpoints = read_checkpoints(settings, &store, &mut report);
    let gathered = entries::walk(&store, head, &checkpoints, &mut report, progress).await?;
    bytes::check(settings, &store, &gathered, &mut report, progress).await?;
    registers::check(&store, &gathered, now, &mut report).await?;
    store.database.close().await;
    report.findings.sort_by_key(|f| f.sequence.unwrap_or(u64::MAX));
    report.findings.dedup();
    Ok(report)
}

/// Bytes in the vault that no entry names.
pub async fn vault_unclaimed(settings: &Settings) -> anyhow::Result<Vec<Unclaimed>> {
    let mut report = VerifyReport::default();
    let store = open(settings, &mut report).await?;
    let found = bytes::unclaimed(settings, &store, &mut report).await?;
    store.database.close().await;
    Ok(found)
}

/// The database of a read-only opening never keeps a head.
struct NoKeeper;

impl database::HeadKeeper for NoKeeper {
    fn read(&mut self) -> std::io::Result<Option<(u64, [u8; 32])>> {
        Ok(None)
    }
    fn keep(&mut self, _size: u64, _root: [u8; 32]) -> std::io::Result<()> {
        Err(std::io::Error::other("opened for reading only"))
    }
}

/// Opens the database alone, for reading.
pub(crate) async fn open_database(settings: &Settings) -> anyhow::Result<Database> {
    let mut options = OpenOptions::new(settings.database.clone(), Box::new(NoKeeper));
    options.read_only = true;
    Database::open(options).await.context("the database cannot be opened for reading")
}

/// The regulation and the agency of a data directory.
pub(crate) fn regulation_of(settings: &Settings) -> anyhow::Result<(Rulebook, Agency)> {
    let own = settings.data.join("regulation");
    let book = regulation::load(Some(&own)).context("the regulation cannot be loaded")?;
    let agency = book.files.get("bureau.toml").context("bureau.toml is missing")?;
    let agency = toml::from_str(agency).context("bureau.toml cannot be read")?;
    Ok((book, agency))
}

async fn open(settings: &Settings, report: &mut VerifyReport) -> anyhow::Result<Store> {
    let (book, agency) = regulation_of(settings)?;
    let keys = match KeyStore::open_existing(&settings.keys) {
        Ok(keys) => Some(keys),
        Err(error) => {
            report.notes.push(format!("没有可用的密钥（{error}）：受保护的内容不能打开，存证首和登记簿不能核验。"));
            None
        }
    };
    Ok(Store { database: open_database(settings).await?, keys, book, agency })
}

fn read_head(settings: &Settings, store: &Store, report: &mut VerifyReport) -> Option<HeadRecord> {
    let keys = store.keys.as_ref()?;
    match seal::HeadKeeper::look(&settings.head, keys.head_key()) {
        Ok(Some(head)) => {
            if head.agency != store.agency.code {
                report.find(None, format!("另处保存的存证首属于“{}”，不是本单位的。", head.agency));
            }
            Some(HeadRecord { size: head.size, root: head.root })
        }
        Ok(None) => {
            if store.database.head().size > 0 {
                report.find(None, "另处保存的存证首不在了：不能证明账本的尾部没有被截去。");
            }
            None
        }
        Err(error) => {
            report.find(None, format!("另处保存的存证首不能读出或者被改动（{error}）。"));
            None
        }
    }
}

fn read_checkpoints(settings: &Settings, store: &Store, report: &mut VerifyReport) -> Vec<Checkpoint> {
    let Some(key) = store.keys.as_ref().and_then(|keys| checkpoints::verifier_key(keys, &store.agency.code)) else {
        return vec![];
    };
    let log = std::fs::read_to_string(checkpoints::log_path(&settings.data)).unwrap_or_default();
    let whole = checkpoints::whole_bytes(&log);
    if whole < log.len() {
        report.notes.push("检查点日志的末尾有一条没有写完，已略过。".into());
    }
    let mut notes = checkpoints::notes(log.get(..whole).unwrap_or_default());
    notes.extend(std::fs::read_to_string(checkpoints::newest_path(&settings.data)).ok());
    let origin = checkpoints::origin(&store.agency.code);
    let (checkpoints, findings) = ledger::verification::read_checkpoints(notes.iter().map(String::as_str), &origin, &key);
    for finding in findings {
        report.find(finding.sequence, finding.text_zh);
    }
    checkpoints
}
