//! Bytes that are not footage: issued papers, scans and documents follow the permission table;
//! papers that name an informant are for the handlers and those who decide on them.

use super::ARTICLE;
use crate::error::ActError;
use crate::office::{Caller, Office, Opened};
use crate::permissions::Power;
use procedure::case::Paper;
use procedure::event::FileRef;
use procedure::ids::*;
use procedure::people::Role;

/// A file read whole, with its type and the name it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileBytes {
    pub bytes: Vec<u8>,
    pub media_type: String,
    pub name: String,
}

impl Office {
    /// The issued paper as PDF.
    ///
    /// # Errors
    /// `NotFound` where the case or paper is not there for this person or not issued,
    /// `NotAllowed` for a paper that names an informant.
    pub async fn open_paper_pdf(&self, caller: &Caller, case: &CaseId, paper: &PaperId) -> Result<Vec<u8>, ActError> {
        let opened = self.open_seen_case(caller, case).await?;
        let paper = opened.case.paper(paper).ok_or(ActError::NotFound)?;
        self.allow_pages(caller, &opened, paper).await?;
        let issued = paper.issued.as_ref().ok_or(ActError::NotFound)?;
        self.read_bytes(&StreamId::case(case), &issued.file).await
    }

    /// A scan of the signed sheet, by its place among the paper's scans, from 0.
    ///
    /// # Errors
    /// As [`Office::open_paper_pdf`].
    pub async fn open_scan(&self, caller: &Caller, case: &CaseId, paper: &PaperId, index: usize) -> Result<FileBytes, ActError> {
        let opened = self.open_seen_case(caller, case).await?;
        let paper = opened.case.paper(paper).ok_or(ActError::NotFound)?;
        self.allow_pages(caller, &opened, paper).await?;
        let scan = paper.scans.get(index).ok_or(ActError::NotFound)?;
        self.file_bytes(case, &scan.file).await
    }

    /// Evidence that is no footage, such as a document or a screenshot.
    ///
    /// # Errors
    /// `NotFound`; `Refused` (本制度26) for footage, which is opened by `open_viewing` alone.
    pub async fn open_document(&self, caller: &Caller, case: &CaseId, evidence: &EvidenceId) -> Result<FileBytes, ActError> {
        let opened = self.open_seen_case(caller, case).await?;
        let evidence = opened.case.evidence(evidence).ok_or(ActError::NotFound)?;
        if evidence.footage {
            let act = "open-document";
            let error = Office::refuse(act, ARTICLE, "音像资料须凭调阅许可查看，每次查看都登记在案", "request-grant");
            if let ActError::Refused(refusal) = &error {
                self.record_refusal(caller, Some(StreamId::case(case)), act, refusal).await?;
            }
            return Err(error);
        }
        let file = evidence.file.as_ref().ok_or(ActError::NotFound)?;
        if self.is_protected(file) && !self.sight(&caller.person, &opened.case).protected {
            return Err(ActError::NotAllowed("这件证据涉及未成年人或者其他应当保密的人，只有承办人、审核审批人员和档案管理员可以查看".into()));
        }
        self.file_bytes(case, file).await
    }

    async fn open_seen_case(&self, caller: &Caller, case: &CaseId) -> Result<Opened, ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::SeeCases, Some(&opened.case))?;
        Ok(opened)
    }

    /// Whoever may see the case may see its papers, but for those that name an informant.
    pub(crate) async fn allow_paper(&self, caller: &Caller, opened: &Opened, paper: &Paper) -> Result<(), ActError> {
        let form = self.book().paper(&paper.kind.0).ok_or(ActError::NotFound)?;
        if form.protected_fields().all(|(_, whose)| whose != "informant") {
            return Ok(());
        }
        let person = &caller.person;
        let heads_section = person.holds(Role::SectionHead) && person.department.0 == opened.case.department;
        if opened.case.handles(&person.id) || heads_section || person.holds(Role::AgencyHead) {
            return Ok(());
        }
        // Who decides in the head's place sees what he decides on.
        let delegated = self.delegated_roles(&person.id).await?;
        if delegated.iter().any(|(role, _)| *role == Role::AgencyHead) {
            return Ok(());
        }
        Err(ActError::NotAllowed("这份文书载有投诉人、举报人信息，只有承办人、承办机构负责人和行政机关负责人可以查看".into()))
    }

    /// The pages show what the page of the paper masks: minors and third parties.
    async fn allow_pages(&self, caller: &Caller, opened: &Opened, paper: &Paper) -> Result<(), ActError> {
        self.allow_paper(caller, opened, paper).await?;
        let form = self.book().paper(&paper.kind.0).ok_or(ActError::NotFound)?;
        let masked = form.protected_fields().any(|(name, _)| paper.field(name).is_some());
        if !masked || self.sight(&caller.person, &opened.case).protected {
            return Ok(());
        }
        Err(ActError::NotAllowed("这份文书载有未成年人或者第三人信息，您可以查看遮盖后的页面，不能取得原件".into()))
    }

    async fn file_bytes(&self, case: &CaseId, file: &FileRef) -> Result<FileBytes, ActError> {
        let bytes = self.read_bytes(&StreamId::case(case), file).await?;
        Ok(FileBytes { bytes, media_type: file.media_type.clone(), name: file.original_name.clone() })
    }
}
