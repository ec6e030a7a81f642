//! Opening an office: database, vault, keys and head; the rulebook loaded as an entry.

use crate::clock::Clock;
use crate::codec::ToRecord;
use crate::locks::Locks;
use crate::office::{Caller, Decision, Inner, Office, OfficeNote};
use crate::regulation;
use crate::settings::{Agency, Settings};
use anyhow::Context;
use database::{Database, HeadKeeper, OpenOptions};
use procedure::event::{Envelope, Event, Span};
use procedure::ids::*;
use procedure::people::Person;
use seal::KeyStore;
use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

/// Keeps the head through the seal's keeper, in the form the database wants.
pub(crate) struct Keeper {
    pub keeper: seal::HeadKeeper,
    pub agency: String,
}

impl HeadKeeper for Keeper {
    fn read(&mut self) -> io::Result<Option<(u64, [u8; 32])>> {
        let record = self.keeper.read().map_err(io::Error::other)?;
        Ok(record.map(|r| (r.size, r.root)))
    }
    fn keep(&mut self, size: u64, root: [u8; 32]) -> io::Result<()> {
        let record = seal::HeadRecord { size, root, agency: self.agency.clone() };
        self.keeper.keep(&record).map_err(io::Error::other)
    }
}

pub(crate) async fn open(settings: Settings, clock: Clock) -> anyhow::Result<Office> {
    begin(settings, clock, false).await
}

/// The same; in an empty ledger the first entry says that this is a demonstration.
pub(crate) async fn open_demonstration(settings: Settings, clock: Clock) -> anyhow::Result<Office> {
    begin(settings, clock, true).await
}

async fn begin(settings: Settings, clock: Clock, demonstration: bool) -> anyhow::Result<Office> {
    std::fs::create_dir_all(&settings.data).with_context(|| format!("cannot make {}", settings.data.display()))?;
    let own = settings.data.join("regulation");
    let book = regulation::load(Some(&own)).context("the regulation cannot be loaded")?;
    let agency: Agency = toml::from_str(book.files.get("bureau.toml").context("bureau.toml is missing")?)
        .context("bureau.toml cannot be read")?;
    let keys = Arc::new(KeyStore::open(&settings.keys).context("the keys cannot be opened")?);
    let keeper = seal::HeadKeeper::open(&settings.head, keys.head_key()).context("the head cannot be opened")?;
    let mut options = OpenOptions::new(settings.database.clone(), Box::new(Keeper { keeper, agency: agency.code.clone() }));
    options.read_only = settings.read_only;
    options.sqlite_pragmas = settings.sqlite_pragmas.clone();
    let database = Database::open(options).await.context("the database cannot be opened")?;
    let vault_settings = vault::Settings {
        reserve_bytes: settings.reserve_bytes,
        ballast_bytes: settings.ballast_bytes,
        faults: settings.vault_faults.clone(),
        ..vault::Settings::default()
    };
    let place = settings.data.join("vault");
    let vault = if settings.read_only { vault::Vault::open_read_only(&place) } else { vault::Vault::open(&place, vault_settings) }
        .context("the vault cannot be opened")?;
    let press = papers::Press::open(&settings.fonts, regulation::templates(&book)).context("the press cannot be opened")?;
    let mut notes = vec![];
    if seal::same_file_system(&settings.data, &settings.head).unwrap_or(true) {
        notes.push(OfficeNote::HeadBesideData);
    }
    if let Some(rolled_back) = database.rolled_back() {
        notes.push(OfficeNote::RolledBack(rolled_back.to_string()));
    }
    let read_only = settings.read_only || notes.iter().any(|n| matches!(n, OfficeNote::RolledBack(_)));
    let decoy_hash = crate::people::hash_password("nobody has this password").map_err(|e| anyhow::anyhow!("{e}"))?;
    let office = Office::from_inner(Inner {
        database,
        vault,
        keys,
        press,
        book: Arc::new(book),
        agency,
        clock,
        settings,
        locks: Locks::new(),
        cases: crate::case_cache::CaseCache::default(),
        notes,
        demonstration: AtomicBool::new(false),
        directory: RwLock::default(),
        hashing: tokio::sync::Semaphore::new(2),
        decoy_hash,
        jobs: tokio::sync::Notify::new(),
        viewings: crate::viewing::Served::default(),
        duties_counted: crate::readiness::DutiesCounted::default(),
    });
    office.load_directory().await.map_err(|e| anyhow::anyhow!(e))?;
    office.standing_viewing_rule().await.map_err(|e| anyhow::anyhow!(e))?;
    if demonstration && !read_only && office.database().head().size == 0 {
        office.record_system(Event::DemonstrationBegun {}).await?;
    }
    office.note_demonstration().await?;
    if !read_only {
        office.record_rulebook().await?;
    }
    Ok(office)
}

impl Office {
    /// The system as an actor of its own, for entries no person makes.
    pub(crate) fn system(&self) -> Caller {
        Caller::new(
            Person {
                id: PersonId("system".into()),
                name: "系统".into(),
                roles: vec![],
                department: DepartmentId(String::new()),
                certificates: vec![],
                qualification: None,
            },
            "server",
        )
    }

    /// Whoever sits at the machine's own command line: makes the first accounts, on record.
    pub fn operator(&self) -> Caller {
        let mut caller = self.system();
        caller.person.id = PersonId("operator".into());
        caller.person.name = "命令行操作员".into();
        caller.station = "command line".into();
        caller
    }

    /// Each load of the rulebook is an entry with its digest, once per digest.
    async fn record_rulebook(&self) -> anyhow::Result<()> {
        let digest = regulation::digest(self.book());
        let stream = StreamId::system();
        let records = self.records(std::slice::from_ref(&stream.0)).await.map_err(|e| anyhow::anyhow!(e))?;
        let last = records.iter().rev().find_map(|r| match &r.event {
            Event::RulebookLoaded { digest, .. } => Some(digest.clone()),
            _ => None,
        });
        if last.as_deref() == Some(digest.as_str()) {
            return Ok(());
        }
        let edition = self.book().edition.edition.clone();
        self.record_system(Event::RulebookLoaded { digest, edition }).await
    }

    /// The first entry of a demonstration says so; every page shows it.
    async fn note_demonstration(&self) -> anyhow::Result<()> {
        let first = self.database().entries_after(0, 1).await?;
        let found = first.first().is_some_and(|e| e.kind == "demonstration-begun");
        self.inner().demonstration.store(found, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    pub(crate) async fn record_system(&self, event: Event) -> anyhow::Result<()> {
        let caller = self.system();
        let entry = ToRecord { stream: StreamId::system(), happened: Span::at(self.now()), envelope: Envelope::default(), event };
        let decision = Decision { events: vec![entry], ..Decision::default() };
        self.commit(&caller, decision, &BTreeSet::new(), vec![], None).await.map_err(|e| anyhow::anyhow!(e))?;
        Ok(())
    }

    /// Stops writing and closes the database.
    pub async fn close(&self) {
        self.database().close().await;
    }
}
