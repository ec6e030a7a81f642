//! Bytes of an opened viewing: ranges while it is open and its grant stands, metered, and the
//! entry that closes it with what was served.

use super::{ARTICLE, GrantState, SignedRule, link};
use crate::clock::{Clock, from_micros};
use crate::error::ActError;
use crate::intake::open_sealed_at;
use crate::office::{Caller, Decision, Office, Receipt};
use database::{Change, Guard, ViewingFilter, ViewingRow};
use procedure::event::{Event, FileRef, Span};
use procedure::ids::*;
use std::collections::HashMap;
use std::io::{self, Read};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use vault::Class;

/// Left alone for this long, a viewing is closed.
const IDLE_US: i64 = 4 * 3600 * 1_000_000;
/// How far back the register is looked through for viewings left open, after the first full look.
const LOOK_BACK_US: i64 = 48 * 3600 * 1_000_000;
const PAGE: u32 = 200;
const ATTEMPTS_MAX: u32 = 3;

/// Viewings open in this process, and the standing rule as last read.
#[derive(Default)]
pub(crate) struct Served {
    meters: Mutex<HashMap<String, Arc<Meter>>>,
    rule: RwLock<Option<SignedRule>>,
    looked_through: AtomicBool,
}

/// Bytes of one range, to be streamed.
pub struct ViewingBytes {
    /// Length of the whole recording.
    pub total_bytes: u64,
    /// Bytes the reader gives: what was asked for, less beyond the end.
    pub len_bytes: u64,
    pub media_type: String,
    pub reader: Box<dyn AsyncRead + Send + Unpin + 'static>,
}

/// What one viewing has served, and whether it may go on.
struct Meter {
    file: FileRef,
    grant: String,
    used_us: AtomicI64,
    count: Mutex<Count>,
}

/// Counted and stopped under one lock, so that what closes a viewing has seen its last byte.
#[derive(Default)]
struct Count {
    bytes: u64,
    stopped: bool,
}

impl Meter {
    fn count(&self) -> std::sync::MutexGuard<'_, Count> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Served {
    pub fn rule(&self) -> Option<SignedRule> {
        self.rule.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn remember_rule(&self, rule: Option<SignedRule>) {
        *self.rule.write().unwrap_or_else(PoisonError::into_inner) = rule;
    }

    /// Begins to meter a viewing.
    pub fn begin(&self, viewing: &str, grant: &GrantId, file: &FileRef, now_us: i64) {
        let meter = Meter {
            file: file.clone(),
            grant: grant.0.clone(),
            used_us: AtomicI64::new(now_us),
            count: Mutex::default(),
        };
        self.meters().entry(viewing.to_owned()).or_insert_with(|| Arc::new(meter));
    }

    /// Viewings of this process under a grant.
    pub fn under(&self, grant: &GrantId) -> Vec<String> {
        self.meters().iter().filter(|(_, m)| m.grant == grant.0).map(|(id, _)| id.clone()).collect()
    }

    pub fn bytes_served(&self, viewing: &str) -> Option<u64> {
        self.meter(viewing).map(|m| m.count().bytes)
    }

    fn meter(&self, viewing: &str) -> Option<Arc<Meter>> {
        self.meters().get(viewing).cloned()
    }

    fn forget(&self, viewing: &str) {
        self.meters().remove(viewing);
    }

    fn meters(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Meter>>> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Office {
    /// Bytes of an open viewing from `from` on, `len` of them or fewer at the end. Only for the
    /// person who opened it, only while it is open and its grant stands.
    ///
    /// # Errors
    /// `NotFound` for a viewing of somebody else, `Refused` (本制度26) once it is closed or its
    /// grant is over, `Failure` when the bytes cannot be read.
    pub async fn viewing_range(&self, caller: &Caller, viewing: &str, from: u64, len: u64) -> Result<ViewingBytes, ActError> {
        let row = self.own_viewing(caller, viewing).await?;
        let over = |sentence: &str| Err(Office::refuse("view", ARTICLE, sentence, "open-viewing"));
        if row.closed_us.is_some() {
            return over("这次调阅已经结束，请重新打开");
        }
        let now_us = self.clock().now_us();
        let grant = self.database().grant(&row.grant_id).await?.ok_or(ActError::NotFound)?;
        let in_term = grant.from_us <= now_us && grant.to_us.is_none_or(|to| now_us < to);
        if GrantState::parse(&grant.state) != Some(GrantState::Open) || !in_term {
            return over("调阅许可已经终止，请重新申请");
        }
        let case = CaseId(row.case_id.clone().unwrap_or_default());
        if grant.standing {
            let case = self.database().case_row(&case.0).await?.ok_or(ActError::NotFound)?;
            if case.archived_on.is_some() {
                return over("案件已经归档，常设许可随之终止；需要调阅的，请向档案管理员申请");
            }
        }
        let meter = self.meter_of(&row, &case).await?;
        meter.used_us.store(now_us, Ordering::SeqCst);
        let digest: vault::Sha256 = meter.file.sha256.parse().map_err(|_| ActError::NotFound)?;
        let reader = self.inner().vault.reader(&digest)?;
        let protected = reader.class() == Class::Protected;
        let total_bytes = if protected { seal::opened_len(reader.len_bytes()) } else { reader.len_bytes() };
        let len_bytes = len.min(total_bytes.saturating_sub(from));
        let inner: Box<dyn AsyncRead + Send + Unpin> = if protected {
            let key = self.inner().keys.case_key(&StreamId::case(&case).0)?;
            let path = self.inner().vault.path_of(&digest)?;
            Box::new(unsealed(path, key, from, len_bytes))
        } else {
            Box::new(reader.range(from, len_bytes).await?)
        };
        Ok(ViewingBytes {
            total_bytes,
            len_bytes,
            media_type: meter.file.media_type.clone(),
            reader: Box::new(Metered { inner, meter, clock: self.clock().clone(), left_bytes: len_bytes }),
        })
    }

    /// Closes what nobody has used for four hours, and says how many viewings were closed.
    pub async fn close_idle_viewings(&self) -> Result<usize, ActError> {
        let now_us = self.clock().now_us();
        let served = &self.inner().viewings;
        let first = !served.looked_through.load(Ordering::SeqCst);
        let mut closed = 0;
        let mut after = None;
        loop {
            let rows = self.database().viewings(&ViewingFilter::default(), after.as_ref(), PAGE).await?;
            for row in rows.iter().filter(|r| r.closed_us.is_none()) {
                let used_us = served.meter(&row.id).map_or(row.opened_us, |m| m.used_us.load(Ordering::SeqCst));
                if now_us - used_us > IDLE_US {
                    self.close_row(&self.system(), row).await?;
                    closed += 1;
                }
            }
            let Some(last) = rows.last() else { break };
            if !first && now_us - last.opened_us > LOOK_BACK_US {
                break;
            }
            after = Some(database::After { place: last.opened_us, id: last.id.clone() });
        }
        served.looked_through.store(true, Ordering::SeqCst);
        Ok(closed)
    }

    /// A viewing of this person; anybody else's is not found.
    pub(crate) async fn own_viewing(&self, caller: &Caller, viewing: &str) -> Result<ViewingRow, ActError> {
        let row = self.database().viewing(viewing).await?;
        row.filter(|r| r.person == caller.person.id.0).ok_or(ActError::NotFound)
    }

    /// Writes `ViewingClosed` with what was served; a viewing already closed stays as it is.
    pub(crate) async fn close_row(&self, caller: &Caller, row: &ViewingRow) -> Result<Receipt, ActError> {
        let grant = StreamId::grant(&GrantId(row.grant_id.clone()));
        let case = CaseId(row.case_id.clone().unwrap_or_default());
        let _turn = self.inner().locks.lock(&[&StreamId::case(&case).0]).await;
        let meter = self.inner().viewings.meter(&row.id);
        let mut bytes = 0;
        if let Some(meter) = &meter {
            // Nothing more goes out from here on.
            let mut count = meter.count();
            count.stopped = true;
            bytes = count.bytes;
        }
        let done = self.write_closed(caller, row, &grant, &case, bytes).await;
        match (&done, &meter) {
            (Ok(_), _) => self.inner().viewings.forget(&row.id),
            (Err(_), Some(meter)) => meter.count().stopped = false,
            (Err(_), None) => {}
        }
        done
    }

    async fn write_closed(&self, caller: &Caller, row: &ViewingRow, grant: &StreamId, case: &CaseId, bytes: u64) -> Result<Receipt, ActError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let version = self.database().stream_version(&grant.0).await?;
            let mut now = self.database().viewing(&row.id).await?.ok_or(ActError::NotFound)?;
            if now.closed_us.is_some() {
                return Ok(Receipt { entries: vec![], id: row.id.clone() });
            }
            now.closed_us = Some(self.clock().now_us());
            now.bytes_served = i64::try_from(bytes).unwrap_or(i64::MAX);
            let happened = Span::between(from_micros(now.opened_us), self.now());
            let event = Event::ViewingClosed { viewing: row.id.clone(), bytes_served: bytes };
            let mut decision = Decision::event(grant.clone(), happened, self.envelope(caller), event).made(row.id.clone());
            decision.guards.push(Guard::StreamAt { stream: grant.0.clone(), version });
            decision.changes = vec![Change::PutViewing(now), link(case, grant, "viewing", 0)];
            match self.commit(caller, decision, &Default::default(), vec![], None).await {
                Err(ActError::Conflict(_)) if attempt < ATTEMPTS_MAX => continue,
                done => return done,
            }
        }
    }

    /// The meter of a viewing; one opened before a restart gets its file from the ledger again.
    async fn meter_of(&self, row: &ViewingRow, case: &CaseId) -> Result<Arc<Meter>, ActError> {
        let served = &self.inner().viewings;
        if let Some(meter) = served.meter(&row.id) {
            // Bytes sealed since the opening stand elsewhere now.
            let digest: Option<vault::Sha256> = meter.file.sha256.parse().ok();
            if digest.is_some_and(|d| self.inner().vault.contains(&d).unwrap_or(true)) {
                return Ok(meter);
            }
            served.forget(&row.id);
        }
        let opened = self.open_case(case).await?;
        let evidence = opened.case.evidence(&EvidenceId(row.evidence.clone())).ok_or(ActError::NotFound)?;
        let file = evidence.file.as_ref().ok_or(ActError::NotFound)?;
        served.begin(&row.id, &GrantId(row.grant_id.clone()), file, self.clock().now_us());
        served.meter(&row.id).ok_or(ActError::NotFound)
    }
}

/// Counts what goes out, stops when the viewing is closed, and takes no early end for the whole.
struct Metered {
    inner: Box<dyn AsyncRead + Send + Unpin>,
    meter: Arc<Meter>,
    clock: Clock,
    left_bytes: u64,
}

impl AsyncRead for Metered {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut count = this.meter.count();
        if count.stopped {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::PermissionDenied, "the viewing is closed")));
        }
        let (before, room) = (buf.filled().len(), buf.remaining());
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let given = (buf.filled().len() - before) as u64;
        if given == 0 && room > 0 && this.left_bytes > 0 {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the recording ends too early")));
        }
        this.left_bytes = this.left_bytes.saturating_sub(given);
        count.bytes += given;
        this.meter.used_us.store(this.clock.now_us(), Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }
}

/// A range of a sealed file, from the chunk it begins in.
fn unsealed(path: PathBuf, key: Arc<seal::CaseKey>, from: u64, len: u64) -> impl AsyncRead + Send + Unpin + 'static {
    let (reader, mut writer) = tokio::io::duplex(seal::CHUNK_SIZE_BYTES);
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        let open = open_sealed_at(&key, || Ok(io::BufReader::new(std::fs::File::open(&path)?)), from)?;
        let mut wanted = open.take(len);
        let mut chunk = vec![0u8; seal::CHUNK_SIZE_BYTES];
        loop {
            let filled = wanted.read(&mut chunk)?;
            if filled == 0 {
                return Ok(());
            }
            runtime.block_on(writer.write_all(chunk.get(..filled).unwrap_or_default()))?;
        }
    });
    reader
}
