//! Where an office lives and which agency it serves.

use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A day: a form begun in the evening is finished the next morning.
pub const UPLOAD_IDLE_MINUTES: u32 = 24 * 60;

/// Places and choices of one process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `--data`: database, vault, the bureau's own regulation files.
    pub data: PathBuf,
    /// `--head`: the ledger's head, in a place of its own; default `DATA.head`.
    pub head: PathBuf,
    /// `--keys`: keys, never in a backup; default `DATA.keys`.
    pub keys: PathBuf,
    /// `--database`: default is SQLite under `data`.
    pub database: String,
    /// Folder of the fonts papers are set in.
    pub fonts: PathBuf,
    /// Opens beside a running server, changes nothing.
    pub read_only: bool,
    /// Free space the vault keeps back; `None` is the larger of 5 GiB and 5 %.
    pub reserve_bytes: Option<u64>,
    /// Size of the vault's ballast file.
    pub ballast_bytes: u64,
    /// PRAGMAs for every SQLite connection, such as `cache_size`; what durability rests on is read
    /// back afterwards.
    pub sqlite_pragmas: Vec<(String, String)>,
    /// How long an upload waits for the act that names it, before it is taken away again.
    pub upload_idle_minutes: u32,
    /// Faults that tests plan for the vault; none otherwise.
    pub vault_faults: vault::testing::Faults,
}

impl Settings {
    /// The defaults beside a data directory.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        let beside = |suffix: &str| {
            let mut name = data.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self {
            head: beside(".head"),
            keys: beside(".keys"),
            database: format!("sqlite:{}", data.join("liuhen.db").display()),
            fonts: default_fonts(),
            read_only: false,
            reserve_bytes: None,
            ballast_bytes: 64 << 20,
            sqlite_pragmas: vec![],
            upload_idle_minutes: UPLOAD_IDLE_MINUTES,
            vault_faults: vault::testing::Faults::default(),
            data,
        }
    }
}

/// `LIUHEN_FONTS`, else the system's place, else `.fonts` in the working directory.
fn default_fonts() -> PathBuf {
    if let Some(dir) = std::env::var_os("LIUHEN_FONTS") {
        return PathBuf::from(dir);
    }
    let system = Path::new("/usr/share/liuhen/fonts");
    if system.is_dir() { system.to_owned() } else { PathBuf::from(".fonts") }
}

/// The bureau, as its papers name it: `regulation/bureau.toml`.
#[derive(Clone, Debug, Deserialize)]
pub struct Agency {
    pub name: String,
    pub code: String,
    pub address: String,
    pub phone: String,
    /// Whose fines are paid where.
    pub payment_account: String,
    /// The one authority of review (行政复议法 24).
    pub review_authority: String,
    pub court: String,
    /// Working days of the statement period, with its source.
    pub statement_days: u32,
    pub fonds_number: String,
}
