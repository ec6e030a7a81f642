//! The register of viewings (Art. 26): who looked or copied, who approved, when and why; and the
//! list of grants. Shown with names, exportable as a table.

use super::{GrantState, Mode};
use crate::clock::from_micros;
use crate::copies::{self, CopyOf, Handed};
use crate::error::ActError;
use crate::office::{Caller, Office};
use crate::permissions::{self, Power};
use crate::projections::SEALED_TEXT;
use database::{GrantRow, ViewingRow};
use jiff::civil::DateTime;
use procedure::ids::*;
use std::collections::HashMap;

pub use database::{After, ViewingFilter};

/// Grants shown in one list at most; more wait until these are answered.
const GRANTS_MAX: u32 = 500;
const EXPORT_PAGE: u32 = 500;
const COLUMNS: [&str; 12] = [
    "调阅（复制）人", "审批人", "案号", "案件", "音像资料", "方式", "事由", "开始时间", "结束时间", "读取字节数", "终端", "登记编号",
];

/// One opening of footage.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ViewingLine {
    pub id: String,
    pub grant: String,
    pub viewer: String,
    pub approver: String,
    pub case: String,
    pub case_number: String,
    pub case_title: String,
    pub evidence: String,
    pub evidence_name: String,
    pub mode: String,
    pub reason: String,
    pub opened_at: DateTime,
    /// None while it is open.
    pub closed_at: Option<DateTime>,
    /// While it is open, what this process has served so far.
    pub bytes_served: u64,
    pub station: String,
    /// Where the next page begins, when this is the last line of one.
    #[serde(skip)]
    pub place: After,
}

/// One grant, asked or given.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GrantLine {
    pub id: String,
    pub person: String,
    pub person_name: String,
    pub approver_name: String,
    pub case: String,
    pub case_title: String,
    /// Names of the recordings; empty means every recording of the case.
    pub evidence_names: Vec<String>,
    pub reason: String,
    pub mode: Mode,
    pub from: DateTime,
    pub until: Option<DateTime>,
    pub standing: bool,
    pub state: GrantState,
}

/// Titles and names already looked up for a list.
#[derive(Default)]
struct Names {
    /// The reader may see no case: numbers stand for titles and names.
    blind: bool,
    cases: HashMap<String, (String, String)>,
    evidence: HashMap<String, String>,
}

impl Names {
    fn for_reader(caller: &Caller) -> Self {
        Self { blind: permissions::reach(&caller.person, Power::SeeCases).is_none(), ..Self::default() }
    }
}

impl Office {
    /// The register of viewings, newest first.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::SeeViewings`].
    pub async fn viewings(&self, caller: &Caller, filter: &ViewingFilter, after: Option<&After>, limit: u32) -> Result<Vec<ViewingLine>, ActError> {
        self.allow(caller, Power::SeeViewings, None)?;
        self.viewing_lines(filter, after, limit, &mut Names::for_reader(caller)).await
    }

    /// The whole register as CSV, with a byte order mark so that office programs read it as
    /// UTF-8, and without a cell that such a program would run as a formula. That it was taken, and
    /// for what, is an entry before it is given.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::SeeViewings`], `Invalid` (field `purpose`) without a purpose.
    pub async fn viewings_csv(&self, caller: &Caller, purpose: &str) -> Result<String, ActError> {
        self.allow(caller, Power::SeeViewings, None)?;
        copies::said(purpose)?;
        let mut writer = csv::Writer::from_writer(vec![]);
        let written = |e: csv::Error| ActError::Failure(e.into());
        writer.write_record(COLUMNS).map_err(written)?;
        let mut names = Names::for_reader(caller);
        let mut after = None;
        loop {
            let lines = self.viewing_lines(&ViewingFilter::default(), after.as_ref(), EXPORT_PAGE, &mut names).await?;
            for line in &lines {
                writer.write_record(cells(line).map(inert)).map_err(written)?;
            }
            let Some(last) = lines.last() else { break };
            after = Some(last.place.clone());
        }
        let bytes = writer.into_inner().map_err(|e| ActError::Failure(anyhow::anyhow!("cannot write the table: {e}")))?;
        let table = String::from_utf8(bytes).map_err(|e| ActError::Failure(e.into()))?;
        let table = format!("\u{feff}{table}");
        self.note_copy(caller, CopyOf::Viewings, None, &Handed::of(table.as_bytes()), purpose).await?;
        Ok(table)
    }

    /// Requests that wait for an archivist, the oldest first.
    ///
    /// # Errors
    /// `NotAllowed` without [`Power::GrantViewing`].
    pub async fn grants_asked(&self, caller: &Caller) -> Result<Vec<GrantLine>, ActError> {
        self.allow(caller, Power::GrantViewing, None)?;
        let rows = self.database().grants_in_state(GrantState::Asked.code(), GRANTS_MAX).await?;
        self.grant_lines(rows).await
    }

    /// The grants of a case: one's own, or all of them for an archivist.
    ///
    /// # Errors
    /// `NotFound` where the case is not for this person to know of.
    pub async fn grants_of_case(&self, caller: &Caller, case: &CaseId) -> Result<Vec<GrantLine>, ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::SeeCases, Some(&opened.case))?;
        let all = self.allow(caller, Power::GrantViewing, Some(&opened.case)).is_ok();
        let mut rows = self.database().grants_of_case(&case.0).await?;
        rows.retain(|r| all || r.person == caller.person.id.0);
        self.grant_lines(rows).await
    }

    /// The grants this person may use now.
    pub async fn own_grants(&self, caller: &Caller) -> Result<Vec<GrantLine>, ActError> {
        let rows = self.database().grants_for(&caller.person.id.0, self.clock().now_us()).await?;
        self.grant_lines(rows).await
    }

    async fn viewing_lines(
        &self,
        filter: &ViewingFilter,
        after: Option<&After>,
        limit: u32,
        names: &mut Names,
    ) -> Result<Vec<ViewingLine>, ActError> {
        let mut lines = vec![];
        for row in self.database().viewings(filter, after, limit).await? {
            lines.push(self.viewing_line(row, names).await?);
        }
        Ok(lines)
    }

    async fn viewing_line(&self, row: ViewingRow, names: &mut Names) -> Result<ViewingLine, ActError> {
        let case = row.case_id.clone().unwrap_or_default();
        let (case_number, case_title) = self.case_name(&case, names).await?;
        let evidence_name = match row.evidence.split_once('/').and_then(|(what, sha256)| Some((CopyOf::parse(what)?, sha256))) {
            Some((what, sha256)) => format!("{}（SHA-256 {sha256}）", what.title()),
            None => self.evidence_name(&row.evidence, names).await?,
        };
        let served = self.inner().viewings.bytes_served(&row.id).filter(|_| row.closed_us.is_none());
        Ok(ViewingLine {
            viewer: self.person_name(&row.person),
            approver: row.approver.as_deref().map(|a| self.person_name(a)).unwrap_or_default(),
            case,
            case_number,
            case_title,
            evidence_name,
            mode: if row.mode == copies::MODE { "导出" } else { Mode::of(row.mode == Mode::Copy.code()).title() }.into(),
            opened_at: from_micros(row.opened_us),
            closed_at: row.closed_us.map(from_micros),
            bytes_served: served.unwrap_or_else(|| u64::try_from(row.bytes_served).unwrap_or_default()),
            place: After { place: row.opened_us, id: row.id.clone() },
            id: row.id,
            grant: row.grant_id,
            evidence: row.evidence,
            reason: if names.blind { SEALED_TEXT.into() } else { row.reason },
            station: row.station,
        })
    }

    pub(crate) async fn grant_lines(&self, rows: Vec<GrantRow>) -> Result<Vec<GrantLine>, ActError> {
        let mut names = Names::default();
        let mut lines = vec![];
        for row in rows {
            let Some(state) = GrantState::parse(&row.state) else { continue };
            let case = row.case_id.clone().unwrap_or_default();
            let (_, case_title) = self.case_name(&case, &mut names).await?;
            let evidence: Vec<String> = serde_json::from_str(&row.evidence)?;
            let mut evidence_names = vec![];
            for id in &evidence {
                evidence_names.push(self.evidence_name(id, &mut names).await?);
            }
            lines.push(GrantLine {
                person_name: self.person_name(&row.person),
                approver_name: row.approver.as_deref().map(|a| self.person_name(a)).unwrap_or_default(),
                id: row.id,
                person: row.person,
                case,
                case_title,
                evidence_names,
                reason: row.reason,
                mode: Mode::of(row.mode == Mode::Copy.code()),
                from: from_micros(row.from_us),
                until: row.to_us.map(from_micros),
                standing: row.standing,
                state,
            });
        }
        Ok(lines)
    }

    fn person_name(&self, id: &str) -> String {
        self.person(&PersonId(id.to_owned())).map_or_else(|| id.to_owned(), |p| p.name)
    }

    async fn case_name(&self, id: &str, names: &mut Names) -> Result<(String, String), ActError> {
        if let Some(known) = names.cases.get(id) {
            return Ok(known.clone());
        }
        let row = self.database().case_row(id).await?;
        let mut name = row.map(|r| (r.number.unwrap_or_default(), r.title)).unwrap_or_default();
        if names.blind && !name.1.is_empty() {
            name.1 = SEALED_TEXT.into();
        }
        names.cases.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    async fn evidence_name(&self, id: &str, names: &mut Names) -> Result<String, ActError> {
        if let Some(known) = names.evidence.get(id) {
            return Ok(known.clone());
        }
        let (id_alone, part) = id.split_once('#').map_or((id, None), |(id, part)| (id, Some(part)));
        let mut name = self.database().evidence_row(id_alone).await?.map(|r| r.name).unwrap_or_default();
        if names.blind && !name.is_empty() {
            name = SEALED_TEXT.into();
        }
        if let Some(part) = part {
            name = format!("{name}（第{part}秒）");
        }
        names.evidence.insert(id.to_owned(), name.clone());
        Ok(name)
    }
}

fn cells(line: &ViewingLine) -> [String; COLUMNS.len()] {
    let moment = |at: DateTime| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    [
        line.viewer.clone(),
        line.approver.clone(),
        line.case_number.clone(),
        line.case_title.clone(),
        line.evidence_name.clone(),
        line.mode.clone(),
        line.reason.clone(),
        moment(line.opened_at),
        line.closed_at.map(moment).unwrap_or_default(),
        line.bytes_served.to_string(),
        line.station.clone(),
        line.id.clone(),
    ]
}

/// A cell that begins like a formula is shown as text by every office program.
fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}
