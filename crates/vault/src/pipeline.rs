//! One pass over arriving bytes on four threads: SHA-256, SM3, writing, and
//! settling (sync, then read back and hash again), so that the slowest of them,
//! SM3, sets the pace. Memory is bounded by the queues: a chunk is shared by all
//! and at most `QUEUE_CHUNKS` wait for the slowest.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc as settling;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::Digest;
use tokio::sync::{mpsc, oneshot};

use crate::digest::drop_cache;
use crate::error::{Step, VaultError};
use crate::leases::Lease;
use crate::store::Inner;

/// Bytes handed from thread to thread at a time.
pub(crate) const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks that may wait for each thread.
const QUEUE_CHUNKS: usize = 8;
/// Written segments that may wait for syncing, besides the one being synced.
const QUEUE_SEGMENTS: usize = 1;

/// What all threads of one receiving share. The lease ends with the last of them.
pub(crate) struct Job {
    pub(crate) vault: Arc<Inner>,
    pub(crate) lease: Lease,
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// Nobody waits for the outcome any more, so the threads stop early.
    pub(crate) abandoned: AtomicBool,
    failure: Mutex<Option<VaultError>>,
}

impl Job {
    pub(crate) fn new(vault: Arc<Inner>, lease: Lease, file: File, path: PathBuf) -> Arc<Self> {
        let (abandoned, failure) = (AtomicBool::new(false), Mutex::new(None));
        Arc::new(Self {
            vault,
            lease,
            file,
            path,
            abandoned,
            failure,
        })
    }

    /// The first failure of any thread; afterwards only that it broke off.
    fn failure(&self) -> VaultError {
        self.take_failure().unwrap_or(VaultError::Broken {
            id: self.lease.id(),
        })
    }

    pub(crate) fn take_failure(&self) -> Option<VaultError> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn keep(&self, failure: VaultError) {
        let mut first = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(failure);
    }

    fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// The running digests at one point of the stream.
pub(crate) struct Marks {
    pub(crate) sha256: sha2::Sha256,
    pub(crate) sm3: sm3::Sm3,
    /// SHA-256 of what the disk gave back.
    pub(crate) read_back: sha2::Sha256,
}

pub(crate) struct Pipeline {
    job: Arc<Job>,
    sha256: mpsc::Sender<Work<sha2::Sha256>>,
    sm3: mpsc::Sender<Work<sm3::Sm3>>,
    write: mpsc::Sender<Work<sha2::Sha256>>,
    threads: Vec<JoinHandle<()>>,
}

/// A chunk to deal with, or the question where the running digest stands.
enum Work<H> {
    Chunk(Arc<Vec<u8>>),
    Mark(oneshot::Sender<H>),
}

/// A written segment to sync and read back.
struct Segment {
    range: Range<u64>,
    mark: Option<oneshot::Sender<sha2::Sha256>>,
}

impl Pipeline {
    /// Starts the threads at `offset`, where the running digests stand as given;
    /// the bytes before it were read back with the same SHA-256.
    pub(crate) fn start(
        job: Arc<Job>,
        offset: u64,
        sha256: sha2::Sha256,
        sm3: sm3::Sm3,
        reread: File,
    ) -> Result<Self, VaultError> {
        let (sha256_work, sha256_queue) = mpsc::channel(QUEUE_CHUNKS);
        let (sm3_work, sm3_queue) = mpsc::channel(QUEUE_CHUNKS);
        let (write_work, write_queue) = mpsc::channel(QUEUE_CHUNKS);
        let (settle_work, settle_queue) = settling::sync_channel(QUEUE_SEGMENTS);
        let read_back = sha256.clone();
        let mut pipeline = Self {
            job,
            sha256: sha256_work,
            sm3: sm3_work,
            write: write_work,
            threads: Vec::new(),
        };
        pipeline.spawn("vault-sha256", |job| hash(job, sha256_queue, sha256))?;
        pipeline.spawn("vault-sm3", |job| hash(job, sm3_queue, sm3))?;
        pipeline.spawn("vault-write", move |job| {
            write(job, offset, write_queue, settle_work)
        })?;
        pipeline.spawn("vault-settle", move |job| {
            settle(job, reread, settle_queue, read_back)
        })?;
        Ok(pipeline)
    }

    /// Takes the chunk away from `pending`, once all threads have room for it.
    pub(crate) async fn push(&self, pending: &mut Vec<u8>) -> Result<(), VaultError> {
        let all = (
            self.sha256.reserve().await,
            self.sm3.reserve().await,
            self.write.reserve().await,
        );
        let (Ok(sha256), Ok(sm3), Ok(write)) = all else {
            return Err(self.job.failure());
        };
        // No waiting from here on: a cancelled call must not leave the chunk
        // with some threads and not with others.
        let chunk = Arc::new(std::mem::take(pending));
        sha256.send(Work::Chunk(chunk.clone()));
        sm3.send(Work::Chunk(chunk.clone()));
        write.send(Work::Chunk(chunk));
        Ok(())
    }

    /// Waits until all that was pushed is hashed, durable and read back.
    pub(crate) async fn mark(&self) -> Result<Marks, VaultError> {
        let (sha256_mark, sha256) = oneshot::channel();
        let (sm3_mark, sm3) = oneshot::channel();
        let (write_mark, read_back) = oneshot::channel();
        let sent = (
            self.sha256.send(Work::Mark(sha256_mark)).await,
            self.sm3.send(Work::Mark(sm3_mark)).await,
            self.write.send(Work::Mark(write_mark)).await,
        );
        let (Ok(()), Ok(()), Ok(())) = sent else {
            return Err(self.job.failure());
        };
        match (sha256.await, sm3.await, read_back.await) {
            (Ok(sha256), Ok(sm3), Ok(read_back)) => Ok(Marks {
                sha256,
                sm3,
                read_back,
            }),
            _ => Err(self.job.failure()),
        }
    }

    /// Waits for the threads to end, which closes their files. Blocks.
    pub(crate) fn end(self) {
        let Self {
            job: _,
            sha256,
            sm3,
            write,
            threads,
        } = self;
        drop((sha256, sm3, write));
        for thread in threads {
            // A thread that panicked has dropped its queue: its marks failed.
            let _ = thread.join();
        }
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&Job) + Send + 'static,
    ) -> Result<(), VaultError> {
        let job = self.job.clone();
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&job));
        self.threads
            .push(thread.map_err(|source| VaultError::Worker { source })?);
        Ok(())
    }
}

fn hash<H: Digest + Clone>(job: &Job, mut queue: mpsc::Receiver<Work<H>>, mut hasher: H) {
    while let Some(work) = queue.blocking_recv() {
        match work {
            _ if job.is_abandoned() => return,
            Work::Chunk(chunk) => hasher.update(chunk.as_slice()),
            // Whoever asked may have given up waiting.
            Work::Mark(mark) => drop(mark.send(hasher.clone())),
        }
    }
}

fn write(
    job: &Job,
    offset: u64,
    mut queue: mpsc::Receiver<Work<sha2::Sha256>>,
    settle: settling::SyncSender<Segment>,
) {
    let (mut from, mut at) = (offset, offset);
    while let Some(work) = queue.blocking_recv() {
        let mark = match work {
            _ if job.is_abandoned() => return,
            Work::Chunk(chunk) => {
                if let Err(error) = write_chunk(job, &chunk, at, at == from) {
                    // Kept before the queue closes, so that whoever finds it
                    // closed finds the reason.
                    return job.keep(error);
                }
                at += chunk.len() as u64;
                if at - from < job.vault.settings.segment_bytes {
                    continue;
                }
                None
            }
            Work::Mark(mark) => Some(mark),
        };
        if settle
            .send(Segment {
                range: from..at,
                mark,
            })
            .is_err()
        {
            return;
        }
        from = at;
    }
}

fn write_chunk(job: &Job, chunk: &[u8], at: u64, is_first: bool) -> Result<(), VaultError> {
    if is_first {
        // The length may have been unknown, or others may have filled the disk.
        job.vault.refuse_below_reserve(0)?;
    }
    let flipped = job.vault.settings.faults.flipped(chunk, at);
    let bytes = flipped.as_deref().unwrap_or(chunk);
    job.vault
        .step(Step::Write, &job.path, || job.file.write_all_at(bytes, at))
}

fn settle(
    job: &Job,
    reread: File,
    queue: settling::Receiver<Segment>,
    mut read_back: sha2::Sha256,
) {
    let mut buffer = vec![0; CHUNK_BYTES];
    for segment in queue {
        if job.is_abandoned() {
            return;
        }
        let settled = settle_segment(job, &reread, &segment.range, &mut buffer, &mut read_back);
        if let Err(error) = settled {
            // Kept before the mark and the queue are dropped, as above.
            return job.keep(error);
        }
        if let Some(mark) = segment.mark {
            // Whoever asked may have given up waiting.
            let _ = mark.send(read_back.clone());
        }
    }
}

fn settle_segment(
    job: &Job,
    reread: &File,
    range: &Range<u64>,
    buffer: &mut [u8],
    read_back: &mut sha2::Sha256,
) -> Result<(), VaultError> {
    if range.is_empty() {
        return Ok(());
    }
    job.vault
        .step(Step::Sync, &job.path, || job.file.sync_data())?;
    job.vault.step(Step::ReadBack, &job.path, || {
        drop_cache(reread, range.start, range.end)?;
        let mut at = range.start;
        while at < range.end {
            let n = (range.end - at).min(buffer.len() as u64) as usize;
            reread.read_exact_at(&mut buffer[..n], at)?;
            read_back.update(&buffer[..n]);
            at += n as u64;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    //! That memory does not grow with the bytes: shown on the queues themselves.

    use super::*;
    use crate::{Class, Settings, Vault};

    #[tokio::test]
    async fn queues_hold_a_few_chunks_however_long_the_stream() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings {
            reserve_bytes: Some(0),
            ballast_bytes: 0,
            ..Settings::default()
        };
        let vault = Vault::open(root.path(), settings).unwrap();
        let receiving = vault.receive(Class::Original, None).await.unwrap();
        let pipeline = receiving.pipeline.as_ref().unwrap();

        // Each chunk in flight waits in a queue, is held by a thread, or is
        // about to be sent; the three queues share their chunks.
        let waiting = [
            pipeline.sha256.max_capacity(),
            pipeline.sm3.max_capacity(),
            pipeline.write.max_capacity(),
        ];
        assert_eq!(waiting, [8, 8, 8]);
        assert_eq!(CHUNK_BYTES, 1 << 20);
    }

    #[tokio::test]
    async fn no_chunk_is_larger_than_its_bound() {
        let root = tempfile::tempdir().unwrap();
        let settings = Settings {
            reserve_bytes: Some(0),
            ballast_bytes: 0,
            ..Settings::default()
        };
        let vault = Vault::open(root.path(), settings).unwrap();
        let mut receiving = vault.receive(Class::Original, None).await.unwrap();

        receiving
            .write(&vec![7; 3 * CHUNK_BYTES + 5])
            .await
            .unwrap();
        assert_eq!(receiving.pending.len(), 5);
        assert!(receiving.pending.capacity() <= CHUNK_BYTES);
    }
}
