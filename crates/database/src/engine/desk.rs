//! Working tables: sessions, drafts, counted failures, jobs and the outbox. Written by the same
//! task as everything else, without an entry.

use sqlx::Row as _;

use super::flush::{Conflict, insert};
use super::opening::Engine;
use super::reads::{all, failed, select};
use super::{Conn, Db};
use crate::desk::{ACCOUNT, ADDRESS, DraftSaved, Limit, PAIR, SignInFailures};
use crate::error::DatabaseError;
use crate::rows::{DraftRow, JobRow, SessionRow, TokenRow};
use crate::tables::FailureRow;

impl Engine {
    pub async fn open_session(&self, row: SessionRow) -> Result<(), DatabaseError> {
        self.errand(|conn| Box::pin(async move { insert(conn, &[row], Conflict::Refuse).await }))
            .await
    }

    pub async fn session(&self, token_digest: &str) -> Result<Option<SessionRow>, DatabaseError> {
        let mut query = select::<SessionRow>();
        query.push(" WHERE token_digest = ").push_bind(token_digest);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn sessions_of(&self, account: &str) -> Result<Vec<SessionRow>, DatabaseError> {
        let mut query = select::<SessionRow>();
        query
            .push(" WHERE account = ")
            .push_bind(account)
            .push(" ORDER BY created_us");
        all(&self.pool, query).await
    }

    pub async fn touch_session(
        &self,
        token_digest: String,
        seen_us: i64,
    ) -> Result<(), DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                // A clock set back must not make a session look older than it was seen.
                sqlx::query(
                    "UPDATE sessions SET seen_us = $1 WHERE token_digest = $2 AND seen_us < $1",
                )
                .bind(seen_us)
                .bind(token_digest)
                .execute(conn)
                .await
                .map(drop)
            })
        })
        .await
    }

    pub async fn renew_session(
        &self,
        token_digest: String,
        renewed_us: i64,
        expires_us: i64,
    ) -> Result<(), DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            sqlx::query("UPDATE sessions SET seen_us = $1, renewed_us = $1, expires_us = $2 WHERE token_digest = $3")
                .bind(renewed_us).bind(expires_us).bind(token_digest).execute(conn).await.map(drop)
        })).await
    }

    pub async fn close_session(&self, token_digest: String) -> Result<(), DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sessions WHERE token_digest = $1")
                    .bind(token_digest)
                    .execute(conn)
                    .await
                    .map(drop)
            })
        })
        .await
    }

    pub async fn close_sessions_of(&self, account: String) -> Result<u64, DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM sessions WHERE account = $1")
                    .bind(account)
                    .execute(conn)
                    .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }

    pub async fn drop_expired_sessions(&self, now_us: i64) -> Result<u64, DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM sessions WHERE expires_us <= $1")
                    .bind(now_us)
                    .execute(conn)
                    .await?;
                Ok(gone.rows_affected())
            })
        })
        .await
    }

    pub async fn token(&self, token_digest: &str) -> Result<Option<TokenRow>, DatabaseError> {
        let mut query = select::<TokenRow>();
        query.push(" WHERE token_digest = ").push_bind(token_digest);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn tokens_of(&self, account: &str) -> Result<Vec<TokenRow>, DatabaseError> {
        let mut query = select::<TokenRow>();
        query
            .push(" WHERE account = ")
            .push_bind(account)
            .push(" ORDER BY created_us, id");
        all(&self.pool, query).await
    }

    pub async fn draft(&self, id: &str) -> Result<Option<DraftRow>, DatabaseError> {
        let mut query = select::<DraftRow>();
        query.push(" WHERE id = ").push_bind(id);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn drafts_of(&self, account: &str) -> Result<Vec<DraftRow>, DatabaseError> {
        let mut query = select::<DraftRow>();
        query
            .push(" WHERE account = ")
            .push_bind(account)
            .push(" ORDER BY saved_us DESC, id");
        all(&self.pool, query).await
    }

    pub async fn drafts_of_case(&self, case_id: &str) -> Result<Vec<DraftRow>, DatabaseError> {
        let mut query = select::<DraftRow>();
        query
            .push(" WHERE case_id = ")
            .push_bind(case_id)
            .push(" ORDER BY saved_us DESC, id");
        all(&self.pool, query).await
    }

    pub async fn save_draft(
        &self,
        draft: DraftRow,
        expect_saved_us: Option<i64>,
    ) -> Result<DraftSaved, DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            let stored: Option<DraftRow> = sqlx::query_as::<Db, DraftRow>(
                "SELECT id, account, case_id, kind, subject, body, base_version, saved_us FROM drafts WHERE id = $1",
            ).bind(&draft.id).fetch_optional(&mut *conn).await?;
            if stored.as_ref().map(|stored| stored.saved_us) != expect_saved_us {
                return Ok(DraftSaved::Conflict { stored: stored.map(Box::new), offered: Box::new(draft) });
            }
            let mut draft = draft;
            // Two saves within one microsecond, or a clock set back, must still be told apart.
            if let Some(before_us) = expect_saved_us {
                draft.saved_us = draft.saved_us.max(before_us + 1);
            }
            insert(conn, &[draft], Conflict::Replace).await?;
            Ok(DraftSaved::Saved)
        })).await
    }

    pub async fn drop_draft(&self, id: String) -> Result<(), DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                sqlx::query("DELETE FROM drafts WHERE id = $1")
                    .bind(id)
                    .execute(conn)
                    .await
                    .map(drop)
            })
        })
        .await
    }

    pub async fn note_failed_sign_in(
        &self,
        account: String,
        ip: String,
        now_us: i64,
    ) -> Result<SignInFailures, DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sign_in_failures WHERE at_us < $1")
                    .bind(now_us - ACCOUNT.window_us)
                    .execute(&mut *conn)
                    .await?;
                let mut at_us = now_us;
                // Attempts in the same microsecond are still attempts.
                while sqlx::query(
                    "SELECT 1 FROM sign_in_failures WHERE account = $1 AND ip = $2 AND at_us = $3",
                )
                .bind(&account)
                .bind(&ip)
                .bind(at_us)
                .fetch_optional(&mut *conn)
                .await?
                .is_some()
                {
                    at_us += 1;
                }
                let row = FailureRow {
                    account: account.clone(),
                    ip: ip.clone(),
                    at_us,
                };
                insert(conn, &[row], Conflict::Keep).await?;
                failures(conn, &account, &ip, now_us).await
            })
        })
        .await
    }

    pub async fn sign_in_failures(
        &self,
        account: &str,
        ip: &str,
        now_us: i64,
    ) -> Result<SignInFailures, DatabaseError> {
        let mut conn = self.pool.acquire().await.map_err(failed)?;
        failures(&mut conn, account, ip, now_us)
            .await
            .map_err(failed)
    }

    pub async fn clear_failed_sign_ins(
        &self,
        account: String,
        ip: String,
    ) -> Result<(), DatabaseError> {
        self.errand(move |conn| {
            Box::pin(async move {
                sqlx::query("DELETE FROM sign_in_failures WHERE account = $1 AND ip = $2")
                    .bind(account)
                    .bind(ip)
                    .execute(conn)
                    .await
                    .map(drop)
            })
        })
        .await
    }

    pub async fn take_jobs(
        &self,
        by: String,
        now_us: i64,
        lease_us: i64,
        limit: u32,
    ) -> Result<Vec<JobRow>, DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            let mut jobs = sqlx::query_as::<Db, JobRow>(
                "UPDATE jobs SET leased_by = $1, leased_until_us = $2, attempts_count = attempts_count + 1 \
                 WHERE (kind, key) IN (SELECT j.kind, j.key FROM jobs j WHERE j.finished_us IS NULL \
                 AND j.run_after_us <= $3 AND (j.leased_until_us IS NULL OR j.leased_until_us <= $3) \
                 ORDER BY j.run_after_us, j.kind, j.key LIMIT $4) \
                 RETURNING kind, key, payload, run_after_us, attempts_count, leased_by, leased_until_us, last_error, finished_us",
            ).bind(by).bind(now_us + lease_us).bind(now_us).bind(i64::from(limit)).fetch_all(conn).await?;
            jobs.sort_by(|a, b| (a.run_after_us, &a.kind, &a.key).cmp(&(b.run_after_us, &b.kind, &b.key)));
            Ok(jobs)
        })).await
    }

    pub async fn finish_job(
        &self,
        kind: String,
        key: String,
        by: String,
        at_us: i64,
    ) -> Result<bool, DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            let done = sqlx::query(
                "UPDATE jobs SET finished_us = $1, leased_by = NULL, leased_until_us = NULL, last_error = NULL \
                 WHERE kind = $2 AND key = $3 AND leased_by = $4",
            ).bind(at_us).bind(kind).bind(key).bind(by).execute(conn).await?;
            Ok(done.rows_affected() == 1)
        })).await
    }

    pub async fn put_off_job(
        &self,
        kind: String,
        key: String,
        by: String,
        error: String,
        run_after_us: i64,
    ) -> Result<bool, DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            let done = sqlx::query(
                "UPDATE jobs SET last_error = $1, run_after_us = $2, leased_by = NULL, leased_until_us = NULL \
                 WHERE kind = $3 AND key = $4 AND leased_by = $5 AND finished_us IS NULL",
            ).bind(error).bind(run_after_us).bind(kind).bind(key).bind(by).execute(conn).await?;
            Ok(done.rows_affected() == 1)
        })).await
    }

    pub async fn job(&self, kind: &str, key: &str) -> Result<Option<JobRow>, DatabaseError> {
        let mut query = select::<JobRow>();
        query
            .push(" WHERE kind = ")
            .push_bind(kind)
            .push(" AND key = ")
            .push_bind(key);
        Ok(all(&self.pool, query).await?.pop())
    }

    pub async fn outbox_sent(
        &self,
        kind: String,
        key: String,
        at_us: i64,
    ) -> Result<(), DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            sqlx::query("UPDATE outbox SET sent_us = $1, last_error = NULL WHERE kind = $2 AND key = $3")
                .bind(at_us).bind(kind).bind(key).execute(conn).await.map(drop)
        })).await
    }

    pub async fn outbox_failed(
        &self,
        kind: String,
        key: String,
        error: String,
    ) -> Result<(), DatabaseError> {
        self.errand(move |conn| Box::pin(async move {
            sqlx::query("UPDATE outbox SET attempts_count = attempts_count + 1, last_error = $1 WHERE kind = $2 AND key = $3")
                .bind(error).bind(kind).bind(key).execute(conn).await.map(drop)
        })).await
    }
}

async fn failures(
    conn: &mut Conn,
    account: &str,
    ip: &str,
    now_us: i64,
) -> Result<SignInFailures, sqlx::Error> {
    let (pair, pair_until) = count(conn, "SELECT COUNT(*), MAX(at_us) FROM sign_in_failures WHERE at_us > $1 AND account = $2 AND ip = $3", &PAIR, now_us, &[account, ip]).await?;
    let (whole, account_until) = count(
        conn,
        "SELECT COUNT(*), MAX(at_us) FROM sign_in_failures WHERE at_us > $1 AND account = $2",
        &ACCOUNT,
        now_us,
        &[account],
    )
    .await?;
    let (address, address_until) = count(
        conn,
        "SELECT COUNT(*), MAX(at_us) FROM sign_in_failures WHERE at_us > $1 AND ip = $2",
        &ADDRESS,
        now_us,
        &[ip],
    )
    .await?;
    Ok(SignInFailures {
        pair_count: pair as u64,
        account_count: whole as u64,
        address_count: address as u64,
        locked_until_us: pair_until
            .max(account_until)
            .max(address_until)
            .filter(|until| *until > now_us),
    })
}

async fn count(
    conn: &mut Conn,
    sql: &'static str,
    limit: &Limit,
    now_us: i64,
    texts: &[&str],
) -> Result<(i64, Option<i64>), sqlx::Error> {
    let mut query = sqlx::query(sql).bind(now_us - limit.window_us);
    for text in texts {
        query = query.bind((*text).to_owned());
    }
    let row = query.fetch_one(conn).await?;
    let (count, last_us): (i64, Option<i64>) = (row.try_get(0)?, row.try_get(1)?);
    Ok((count, limit.locked_until_us(count, last_us)))
}
