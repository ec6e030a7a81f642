//! Before anything is opened: which recordings of a case somebody could open now and what the others
//! want, and what the standing rule gives somebody without asking. Reading only; nothing is written.

use super::{GrantLine, GrantState, Mode, SignedRule};
use crate::error::ActError;
use crate::office::{Caller, Office};
use database::CaseFilter;
use jiff::civil::DateTime;
use procedure::case::Stage;
use procedure::event::Missing;
use procedure::ids::*;
use procedure::people::Role;
use std::collections::{BTreeMap, BTreeSet};

/// Cases of one person looked through, the most recently touched first.
const CASES_MAX: u32 = 200;

impl Office {
    /// Every recording of a case with what its viewing lacks for this person; nothing where it can
    /// be opened now.
    ///
    /// # Errors
    /// `NotFound` where the case is not for this person to know of.
    pub async fn viewing_doors(&self, caller: &Caller, case: &CaseId) -> Result<BTreeMap<EvidenceId, Option<Missing>>, ActError> {
        let me = &caller.person.id.0;
        let sight = self.open_grants(caller, case, &|row: &database::GrantRow| row.person == *me).await?;
        let recordings = sight.opened.case.evidence.iter().filter(|e| e.footage && e.file.is_some());
        let mut doors = BTreeMap::new();
        for recording in recordings {
            let lacking = match self.grant_to_open(caller, &sight, &recording.id, Mode::View) {
                Ok(_) => None,
                Err(ActError::Refused(refusal)) => refusal.missing.into_iter().next(),
                Err(other) => return Err(other),
            };
            doors.insert(recording.id.clone(), lacking);
        }
        Ok(doors)
    }

    /// What this person may use now: the grants on hand, and for the cases that are the person's own
    /// what the standing rule gives though no grant is written yet. A standing grant ends with the
    /// case's archiving.
    pub async fn usable_grants(&self, caller: &Caller) -> Result<Vec<GrantLine>, ActError> {
        let mut lines = vec![];
        for line in self.own_grants(caller).await? {
            let archived = line.standing && self.database().case_row(&line.case).await?.is_none_or(|c| c.archived_on.is_some());
            if !archived {
                lines.push(line);
            }
        }
        let Some(rule) = self.standing_viewing_rule().await? else { return Ok(lines) };
        let standing: BTreeSet<String> = lines.iter().filter(|l| l.standing).map(|l| l.case.clone()).collect();
        for case in self.own_case_ids(caller).await?.difference(&standing) {
            lines.extend(self.standing_line(caller, &CaseId(case.clone()), &rule).await?);
        }
        Ok(lines)
    }

    /// Cases a person may be one of: handled, before review, or with a paper that waits for an opinion.
    async fn own_case_ids(&self, caller: &Caller) -> Result<BTreeSet<String>, ActError> {
        let mine = CaseFilter { handler: Some(caller.person.id.0.clone()), ..CaseFilter::default() };
        let mut rows = self.database().cases(&mine, None, CASES_MAX).await?;
        if caller.person.holds(Role::LegalReviewer) {
            let reviewed = CaseFilter { stage: Some(Stage::Review.code().into()), ..CaseFilter::default() };
            rows.extend(self.database().cases(&reviewed, None, CASES_MAX).await?);
        }
        let awaited = self.awaiting(caller).await?;
        let open = rows.into_iter().filter(|c| c.filed_on.is_some() && c.archived_on.is_none()).map(|c| c.id);
        Ok(open.chain(awaited.into_iter().filter_map(|p| p.case_id)).collect())
    }

    async fn standing_line(&self, caller: &Caller, case: &CaseId, rule: &SignedRule) -> Result<Option<GrantLine>, ActError> {
        let sight = self.open_grants(caller, case, &|_: &database::GrantRow| false).await?;
        let file = &sight.opened.case;
        let (Some(filed), None, Some(relation)) = (file.filed_at, file.archived_at, self.relation(caller, &sight)) else {
            return Ok(None);
        };
        let from: DateTime = filed.max(rule.signed_at);
        Ok(Some(GrantLine {
            id: String::new(),
            person: caller.person.id.0.clone(),
            person_name: caller.person.name.clone(),
            approver_name: rule.signer_name.clone(),
            case: case.0.clone(),
            case_title: self.database().case_row(&case.0).await?.map(|c| c.title).unwrap_or_default(),
            evidence_names: vec![],
            reason: format!("常设调阅规则：本案{relation}"),
            mode: Mode::View,
            from,
            until: None,
            standing: true,
            state: GrantState::Open,
        }))
    }
}
