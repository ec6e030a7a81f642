//! Drafts of papers: what a person has typed and not yet submitted. Working rows, no entries;
//! since a draft may hold protected values, its words lie sealed under the case's key.

use crate::clock::from_micros;
use crate::error::ActError;
use crate::forms;
use crate::office::{Caller, Office};
use crate::permissions::{self, Power};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use database::{DraftRow, DraftSaved};
use jiff::civil::DateTime;
use procedure::ids::*;
use seal::KeyClass;
use serde::{Deserialize, Serialize};

/// What stood in the form, and which open page wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftBody {
    /// Id of the open page: its own later saves are no conflict.
    pub editor: String,
    pub pairs: Vec<(String, String)>,
    pub opinion: String,
}

/// A draft as its writer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub body: DraftBody,
    /// The version of the paper it revises; 0 for a new paper.
    pub base_version: u32,
    /// What the next save must name.
    pub version: i64,
    pub saved_at: DateTime,
}

/// One line of a person's own drafts, or of a colleague's in the same case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    pub case: CaseId,
    pub case_title: String,
    pub kind: String,
    pub subject: String,
    pub person: PersonId,
    pub base_version: u32,
    pub saved_at: DateTime,
}

/// How a save ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftKept {
    Saved { version: i64 },
    /// Written from another window since; nothing was saved.
    Conflict { stored: Option<Draft> },
}

/// Where a draft belongs: `subject` as in [`forms::draft_id`].
#[derive(Clone, Copy, Debug)]
pub struct DraftPlace<'a> {
    pub case: &'a CaseId,
    pub kind: &'a str,
    pub subject: &'a str,
}

impl Office {
    /// One's own draft at a place, if there is one.
    pub async fn draft(&self, caller: &Caller, place: DraftPlace<'_>) -> Result<Option<Draft>, ActError> {
        let id = forms::draft_id(&caller.person.id, place.case, place.kind, place.subject);
        match self.database().draft(&id).await? {
            Some(row) => Ok(Some(self.opened_draft(place.case, &row)?)),
            None => Ok(None),
        }
    }

    /// Saves one's draft if it is still the version `expected`, or was last saved by the same page.
    ///
    /// # Errors
    /// `NotFound` or `NotAllowed` where the person may make no paper in the case.
    pub async fn save_draft(
        &self,
        caller: &Caller,
        place: DraftPlace<'_>,
        base_version: u32,
        expected: Option<i64>,
        body: &DraftBody,
    ) -> Result<DraftKept, ActError> {
        let opened = self.open_case(place.case).await?;
        let power = if place.kind == "legal-review" { Power::Review } else { Power::Investigate };
        self.allow(caller, power, Some(&opened.case))?;
        let stored = self.draft(caller, place).await?;
        let same_page = stored.as_ref().is_some_and(|d| d.body.editor == body.editor);
        let seen = if same_page { stored.as_ref().map(|d| d.version) } else { expected };
        let version = self.clock().now_us().max(seen.map_or(0, |v| v + 1));
        let key = self.inner().keys.case_key(&StreamId::case(place.case).0)?;
        let id = forms::draft_id(&caller.person.id, place.case, place.kind, place.subject);
        let sealed = key.seal(KeyClass::Informant, id.as_bytes(), &serde_json::to_vec(body)?)?;
        let row = DraftRow {
            id,
            account: caller.person.id.0.clone(),
            case_id: Some(place.case.0.clone()),
            kind: place.kind.to_owned(),
            subject: Some(place.subject.to_owned()).filter(|s| !s.is_empty()),
            body: STANDARD_NO_PAD.encode(sealed),
            base_version: i64::from(base_version),
            saved_us: version,
        };
        match self.database().save_draft(row, seen).await? {
            DraftSaved::Saved => Ok(DraftKept::Saved { version }),
            DraftSaved::Conflict { stored, .. } => {
                let stored = stored.map(|row| self.opened_draft(place.case, &row)).transpose()?;
                Ok(DraftKept::Conflict { stored })
            }
        }
    }

    /// Drops one's own draft.
    pub async fn drop_draft(&self, caller: &Caller, place: DraftPlace<'_>) -> Result<(), ActError> {
        let id = forms::draft_id(&caller.person.id, place.case, place.kind, place.subject);
        Ok(self.database().drop_draft(id).await?)
    }

    /// One's own drafts, last saved first; those of cases one may no longer see are left out.
    pub async fn own_drafts(&self, caller: &Caller) -> Result<Vec<DraftLine>, ActError> {
        let mut lines = vec![];
        for row in self.database().drafts_of(&caller.person.id.0).await? {
            let Some(case) = row.case_id.clone() else { continue };
            let Some(seen) = self.database().case_row(&case).await? else { continue };
            if self.may_see_row(&caller.person, &seen) {
                lines.push(line(row, CaseId(case), seen.title));
            }
        }
        Ok(lines)
    }

    /// Who else is writing the same kind of paper in a case one handles: names and times, no words.
    pub async fn drafts_beside(&self, caller: &Caller, case: &CaseId, kind: &str) -> Result<Vec<DraftLine>, ActError> {
        let opened = self.open_case(case).await?;
        if !permissions::holds(&caller.person, Power::SeeCases, &opened.case) {
            return Err(ActError::NotFound);
        }
        let rows = self.database().drafts_of_case(&case.0).await?;
        let others = rows.into_iter().filter(|r| r.kind == kind && r.account != caller.person.id.0);
        Ok(others.map(|row| line(row, case.clone(), opened.case.title.clone())).collect())
    }

    fn opened_draft(&self, case: &CaseId, row: &DraftRow) -> Result<Draft, ActError> {
        let sealed = STANDARD_NO_PAD.decode(&row.body).map_err(|e| ActError::Failure(e.into()))?;
        let key = self.inner().keys.case_key(&StreamId::case(case).0)?;
        let plain = key.open(KeyClass::Informant, row.id.as_bytes(), &sealed)?;
        Ok(Draft {
            body: serde_json::from_slice(&plain)?,
            base_version: u32::try_from(row.base_version).unwrap_or_default(),
            version: row.saved_us,
            saved_at: from_micros(row.saved_us),
        })
    }
}

fn line(row: DraftRow, case: CaseId, case_title: String) -> DraftLine {
    DraftLine {
        case,
        case_title,
        kind: row.kind,
        subject: row.subject.unwrap_or_default(),
        person: PersonId(row.account),
        base_version: u32::try_from(row.base_version).unwrap_or_default(),
        saved_at: from_micros(row.saved_us),
    }
}
