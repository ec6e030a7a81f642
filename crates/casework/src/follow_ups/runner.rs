//! Runs the jobs that acts wrote: taken with a lease, done again after a crash, put off when they fail.

use super::{drop_upload, forget, issue};
use crate::error::ActError;
use crate::office::Office;
use std::time::Duration;

/// A job is somebody else's again after this long without being finished.
const LEASE_US: i64 = 120 * 1_000_000;
const BATCH: u32 = 16;

impl Office {
    /// Tells the runner that there is work.
    pub(crate) fn wake_jobs(&self) {
        self.inner().jobs.notify_one();
    }

    /// Runs what is due now and says how many jobs were done.
    pub async fn run_jobs(&self) -> Result<usize, ActError> {
        let me = format!("process {}", std::process::id());
        let mut done = 0;
        loop {
            let now_us = self.clock().now_us();
            let jobs = self.database().take_jobs(me.clone(), now_us, LEASE_US, BATCH).await?;
            if jobs.is_empty() {
                return Ok(done);
            }
            for job in jobs {
                let result = match job.kind.as_str() {
                    issue::KIND => issue::run(self, &self.system(), &job.payload).await,
                    forget::KIND => forget::run(self, &job.payload).await,
                    drop_upload::KIND => drop_upload::run(self, &job.key, &job.payload).await,
                    other => Err(ActError::Failure(anyhow::anyhow!("unknown kind of job {other}"))),
                };
                match result {
                    Ok(()) => {
                        self.database().finish_job(job.kind, job.key, me.clone(), self.clock().now_us()).await?;
                        done += 1;
                    }
                    Err(error) => {
                        tracing::error!(kind = %job.kind, key = %job.key, %error, "a job failed and is put off");
                        let wait_us = 5_000_000 << job.attempts_count.clamp(0, 8);
                        let after = self.clock().now_us() + wait_us;
                        self.database().put_off_job(job.kind, job.key, me.clone(), error.to_string(), after).await?;
                    }
                }
            }
        }
    }

    /// Runs jobs until the office is closed.
    pub async fn keep_running_jobs(self) {
        loop {
            if let Err(error) = self.run_jobs().await {
                tracing::error!(%error, "jobs cannot be taken");
            }
            if let Err(error) = self.close_idle_viewings().await {
                tracing::error!(%error, "idle viewings cannot be closed");
            }
            let _ = tokio::time::timeout(Duration::from_secs(5), self.inner().jobs.notified()).await;
        }
    }
}
