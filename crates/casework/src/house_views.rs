//! What archivists, supervisors and administrators read of the house: grants in force, cases with
//! flaws, cases on their way into the archive, delegations, accounts; and one's own viewing.

use crate::clock::from_micros;
use crate::error::ActError;
use crate::office::{Caller, Office};
use crate::permissions::{self, Power};
use crate::viewing::{GrantLine, GrantState, Mode};
use database::{After, CaseFilter, CaseRow, DutyFilter, DutyRow};
use jiff::civil::DateTime;
use procedure::event::Seconds;
use procedure::ids::*;
use procedure::people::Role;

/// Grants shown in one list at most.
const GRANTS_MAX: u32 = 500;
/// Cases looked through for flaws, the most recently touched first.
const FLAW_CASES_MAX: u32 = 1000;

/// A viewing as the person who opened it sees it.
#[derive(Clone, Debug)]
pub struct OwnViewing {
    /// The part its grant is for; none is the whole.
    pub part: Option<Seconds>,
    pub id: String,
    pub case: CaseId,
    pub case_title: String,
    pub evidence: EvidenceId,
    pub evidence_name: String,
    pub media_type: String,
    pub mode: Mode,
    pub reason: String,
    pub opened_at: DateTime,
    pub closed_at: Option<DateTime>,
}

/// Who acts for whom, in which role, from when to when.
#[derive(Clone, Debug)]
pub struct DelegationLine {
    pub from: PersonId,
    pub from_name: String,
    pub to: PersonId,
    pub to_name: String,
    pub role: Option<Role>,
    pub starts: DateTime,
    pub ends: DateTime,
}

/// An account as the security administrator sees it; never its password's digest.
#[derive(Clone, Debug)]
pub struct AccountLine {
    pub id: String,
    pub account: String,
    pub name: String,
    pub officer: Option<String>,
    pub department: String,
    pub roles: Vec<Role>,
    pub must_change: bool,
    pub disabled: bool,
    pub created_at: DateTime,
}

impl Office {
    /// One's own viewing, open or closed.
    ///
    /// # Errors
    /// `NotFound` for a viewing of somebody else.
    pub async fn own_viewing_page(&self, caller: &Caller, viewing: &str) -> Result<OwnViewing, ActError> {
        let row = self.own_viewing(caller, viewing).await?;
        let case = row.case_id.clone().unwrap_or_default();
        let case_title = self.database().case_row(&case).await?.map(|c| c.title).unwrap_or_default();
        let evidence = self.database().evidence_row(&row.evidence).await?.ok_or(ActError::NotFound)?;
        let grant = self.database().grant(&row.grant_id).await?;
        let part = grant.and_then(|g| part_of(&g.evidence, &row.evidence));
        Ok(OwnViewing {
            part,
            id: row.id,
            case: CaseId(case),
            case_title,
            evidence: EvidenceId(row.evidence),
            evidence_name: evidence.name,
            media_type: evidence.media_type,
            mode: Mode::of(row.mode == Mode::Copy.code()),
            reason: row.reason,
            opened_at: from_micros(row.opened_us),
            closed_at: row.closed_us.map(from_micros),
        })
    }

    /// Grants in force in the whole house, for the archivist.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::GrantViewing`].
    pub async fn grants_in_force(&self, caller: &Caller) -> Result<Vec<GrantLine>, ActError> {
        self.allow(caller, Power::GrantViewing, None)?;
        let now_us = self.clock().now_us();
        let mut rows = self.database().grants_in_state(GrantState::Open.code(), GRANTS_MAX).await?;
        rows.retain(|r| r.to_us.is_none_or(|to| now_us < to));
        self.grant_lines(rows).await
    }

    /// Cases that are not archived and carry open flaws, most flaws first, out of the thousand
    /// touched last.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::Supervise`].
    pub async fn cases_with_flaws(&self, caller: &Caller) -> Result<Vec<CaseRow>, ActError> {
        self.allow(caller, Power::Supervise, None)?;
        let mut rows = self.cases(caller, CaseFilter::default(), None, FLAW_CASES_MAX).await?;
        rows.retain(|r| r.flaws_count > 0 && r.archived_on.is_none());
        rows.sort_by_key(|r| std::cmp::Reverse(r.flaws_count));
        Ok(rows)
    }

    /// Cases in one stage with the duty to archive each, where it is open.
    pub async fn cases_to_archive(
        &self,
        caller: &Caller,
        stage: &str,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<(CaseRow, Option<DutyRow>)>, ActError> {
        let filter = CaseFilter { stage: Some(stage.to_owned()), ..CaseFilter::default() };
        let mut rows = vec![];
        for row in self.cases(caller, filter, after, limit).await? {
            let duties = DutyFilter { stream: Some(format!("case/{}", row.id)), open: true, ..DutyFilter::default() };
            let duties = self.database().duties(&duties, 50).await?;
            let duty = duties.into_iter().find(|d| d.owed.starts_with("archive-case"));
            rows.push((row, duty));
        }
        Ok(rows)
    }

    /// Delegations that have not ended: one's own, or all of them for those who supervise.
    pub async fn delegations(&self, caller: &Caller) -> Result<Vec<DelegationLine>, ActError> {
        let all = permissions::reach(&caller.person, Power::Supervise).is_some();
        let me = &caller.person.id.0;
        let now_us = self.clock().now_us();
        let mut lines: Vec<DelegationLine> = self
            .database()
            .delegations()
            .await?
            .into_iter()
            .filter(|d| d.to_us > now_us && (all || d.from_officer == *me || d.to_officer == *me))
            .map(|d| {
                let name = |id: &str| self.person(&PersonId(id.to_owned())).map_or_else(|| id.to_owned(), |p| p.name);
                DelegationLine {
                    from_name: name(&d.from_officer),
                    to_name: name(&d.to_officer),
                    from: PersonId(d.from_officer),
                    to: PersonId(d.to_officer),
                    role: Role::parse(&d.scope),
                    starts: from_micros(d.from_us),
                    ends: from_micros(d.to_us),
                }
            })
            .collect();
        lines.sort_by_key(|l| l.starts);
        Ok(lines)
    }

    /// All accounts, by name of account.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::ManageAccounts`].
    pub async fn account_lines(&self, caller: &Caller) -> Result<Vec<AccountLine>, ActError> {
        self.allow(caller, Power::ManageAccounts, None)?;
        let mut lines = vec![];
        for row in self.database().accounts().await? {
            let codes: Vec<String> = serde_json::from_str(&row.roles)?;
            lines.push(AccountLine {
                id: row.id,
                account: row.account,
                name: row.name,
                officer: row.officer,
                department: row.department,
                roles: codes.iter().filter_map(|c| Role::parse(c)).collect(),
                must_change: row.must_change,
                disabled: row.disabled,
                created_at: from_micros(row.created_us),
            });
        }
        lines.sort_by(|a, b| a.account.cmp(&b.account));
        Ok(lines)
    }
}

/// The part of a recording a grant's row names, written as `id#from-to`.
fn part_of(evidence: &str, id: &str) -> Option<Seconds> {
    let all: Vec<String> = serde_json::from_str(evidence).ok()?;
    let (from, to) = all.iter().find_map(|e| e.strip_prefix(id)?.strip_prefix('#'))?.split_once('-')?;
    Some(Seconds { from: from.parse().ok()?, to: to.parse().ok()? })
}
