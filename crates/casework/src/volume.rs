//! The volume (卷宗, Art. 27) grows with its case: what lies in it, in which part and order, is
//! computed from the entries at any time, and bound when the case is archived.

mod binding;
mod package;
mod process;

pub(crate) use binding::{Made, Wording};

use crate::copies::{self, CopyOf, Handed};
use crate::error::ActError;
use crate::office::{Caller, Office, Opened};
use crate::permissions::Power;
use crate::projections::screened;
use jiff::civil::Date;
use procedure::Case;
use procedure::case::{Evidence, Paper, Scan};
use procedure::decide;
use procedure::event::{Event, FileRef, Missing, Recorded, Severity};
use procedure::ids::*;
use procedure::papers::Nature;
use std::collections::BTreeSet;
use vault::Class;

/// Where evidence stands in the main part: behind the records, before what follows the decision.
const EVIDENCE_ORDER: u32 = 230;
/// Papers of a kind the rulebook no longer has still belong to the volume.
const UNKNOWN_ORDER: u32 = 900;

/// What lies in the volume of a case now.
#[derive(Clone, Debug)]
pub struct VolumeContents {
    pub title: String,
    /// Main, annex and sealed, in this order; the sealed one only where it holds anything.
    pub parts: Vec<VolumePart>,
    /// What cannot become pages: recordings, files of other kinds, things.
    pub carriers: Vec<Carrier>,
    /// Entries of the ledger the process sheet will list.
    pub entries_count: usize,
    /// What the case lacks before it may be archived.
    pub missing: Vec<Missing>,
    /// The volume as bound, once it is.
    pub archived: Option<Archived>,
}

#[derive(Clone, Debug)]
pub struct Archived {
    pub number: String,
    pub on: Date,
    pub volume: FileRef,
    pub pages_count: u32,
    pub sealed_annex: Option<FileRef>,
}

#[derive(Clone, Debug)]
pub struct VolumePart {
    pub part: PartKind,
    pub items: Vec<VolumeItem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartKind {
    /// 正卷: parties may consult it.
    Main,
    /// 副卷: internal.
    Annex,
    /// 密封附件: names informants (Art. 30); a file of its own, never inside the volume's.
    Sealed,
}

impl PartKind {
    pub fn title(self) -> &'static str {
        match self {
            Self::Main => "正卷",
            Self::Annex => "副卷",
            Self::Sealed => "密封附件",
        }
    }

    fn of(code: &str) -> Self {
        match code {
            "main" => Self::Main,
            "sealed" => Self::Sealed,
            _ => Self::Annex,
        }
    }
}

/// One line of the catalogue.
#[derive(Clone, Debug)]
pub struct VolumeItem {
    pub title: String,
    pub number: Option<String>,
    /// 责任者: the agency, or where the evidence came from.
    pub author: String,
    pub date: Date,
    /// Known where an entry states it; counted when the volume is bound.
    pub pages_count: Option<u32>,
    /// First and last page in the volume, as far as all before it are known.
    pub pages: Option<(u32, u32)>,
    pub remark: String,
    pub source: ItemSource,
}

/// What the pages of an item are made of.
#[derive(Clone, Debug)]
pub enum ItemSource {
    /// The issued paper's own bytes; never rendered again.
    Issued(PaperId, FileRef),
    /// The signed sheet.
    Scan(PaperId, FileRef),
    /// The voucher of a service.
    Voucher(PaperId, FileRef),
    /// A picture or PDF.
    Evidence(EvidenceId, FileRef),
    /// A paper that was refused or void before it was issued, as it was last submitted.
    Unissued(PaperId),
    /// Every entry of the case, made when the volume is bound.
    ProcessSheet,
}

impl ItemSource {
    pub fn file(&self) -> Option<&FileRef> {
        match self {
            Self::Issued(_, file) | Self::Scan(_, file) | Self::Voucher(_, file) | Self::Evidence(_, file) => Some(file),
            Self::Unissued(_) | Self::ProcessSheet => None,
        }
    }
}

/// Material that is not bound but listed with its digests.
#[derive(Clone, Debug)]
pub struct Carrier {
    pub number: String,
    pub name: String,
    pub located: String,
    pub file: Option<FileRef>,
}

impl Office {
    /// The volume of a case as it stands, before binding and after.
    pub async fn volume_contents(&self, caller: &Caller, case: &CaseId) -> Result<VolumeContents, ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::SeeCases, Some(&opened.case))?;
        let beside = self.beside(case).await?;
        let (mut parts, carriers) = self.lay_out(&opened);
        for part in &mut parts {
            self.count_pages(case, part).await;
        }
        number_pages(&mut parts);
        let gates = decide::gates(&opened.case, self.book(), opened.now, "archive-case", opened.now);
        let missing = gates.into_iter().filter(|g| g.severity == Severity::Grave).map(|g| g.missing).collect();
        Ok(VolumeContents {
            title: screened(&opened.case.title, &opened.words),
            parts,
            carriers,
            entries_count: opened.case.records.len() + beside.len(),
            missing,
            archived: archived(&opened.case),
        })
    }

    /// The bound volume: for those who may see the minors and third parties it names.
    /// That a copy is taken, and for what, is an entry before it is given.
    pub async fn volume_pdf(&self, caller: &Caller, case: &CaseId, purpose: &str) -> Result<(FileRef, Vec<u8>), ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::SeeCases, Some(&opened.case))?;
        if !self.sight(&caller.person, &opened.case).protected {
            return Err(ActError::NotAllowed("案卷载有未成年人或者第三人信息，只有承办人、审核审批人员和档案管理员可以取得".into()));
        }
        let volume = archived(&opened.case).ok_or(ActError::NotFound)?.volume;
        copies::said(purpose)?;
        let bytes = self.read_bytes(&StreamId::case(case), &volume).await?;
        self.note_copy(caller, CopyOf::Volume, Some(&opened), &Handed::of(&bytes), purpose).await?;
        Ok((volume, bytes))
    }

    /// The sealed annex, opened. Only for the case's handlers and the archivist.
    pub async fn sealed_annex_pdf(&self, caller: &Caller, case: &CaseId, purpose: &str) -> Result<(FileRef, Vec<u8>), ActError> {
        let opened = self.open_case(case).await?;
        self.allow(caller, Power::BindVolume, Some(&opened.case))?;
        let annex = archived(&opened.case).and_then(|a| a.sealed_annex).ok_or(ActError::NotFound)?;
        copies::said(purpose)?;
        let bytes = self.read_bytes(&StreamId::case(case), &annex).await?;
        self.note_copy(caller, CopyOf::SealedAnnex, Some(&opened), &Handed::of(&bytes), purpose).await?;
        Ok((annex, bytes))
    }

    /// Entries at home in other streams that belong to the case: refused acts, grants, viewings.
    pub(crate) async fn beside(&self, case: &CaseId) -> Result<Vec<Recorded>, ActError> {
        let home = StreamId::case(case);
        let mut sequences = BTreeSet::new();
        for link in self.database().links_of(&home.0).await? {
            if link.from_stream == home.0 && link.kind != "clue" {
                sequences.insert(link.sequence as u64);
            }
        }
        let grants = self.database().grants_of_case(&case.0).await?;
        let streams: BTreeSet<String> = grants.iter().map(|g| StreamId::grant(&GrantId(g.id.clone())).0).collect();
        let streams: Vec<String> = streams.into_iter().filter(|s| *s != home.0).collect();
        let mut stored = self.database().entries_of_many(&streams).await?;
        let known: BTreeSet<u64> = stored.iter().map(|e| e.sequence).collect();
        let others: Vec<u64> = sequences.into_iter().filter(|s| !known.contains(s)).collect();
        stored.extend(self.database().entries_at(&others).await?);
        // The case's own entries are in its fold already.
        stored.retain(|e| e.stream != home.0 && !e.stream.starts_with("clue/"));
        self.decoded(&stored)
    }

    /// Items by part and order, and what cannot be bound.
    pub(crate) fn lay_out(&self, opened: &Opened) -> (Vec<VolumePart>, Vec<Carrier>) {
        let case = &opened.case;
        let mut placed: Vec<(PartKind, u32, Date, usize, VolumeItem)> = vec![];
        for (index, paper) in case.papers.iter().enumerate() {
            if main_paper(case, paper).is_some() {
                continue;
            }
            let (part, order) = self.place_of(paper);
            let date = self.date_of(paper, opened);
            let mut put = |item: VolumeItem| {
                placed.push((part, order, date, index, item));
            };
            self.sheets(paper, opened).into_iter().for_each(&mut put);
            for service in paper.services.iter() {
                if let Some(file) = &service.proof {
                    put(VolumeItem {
                        title: format!("{}的送达凭证", paper.title),
                        number: (!service.voucher.trim().is_empty()).then(|| service.voucher.clone()),
                        author: self.agency().name.clone(),
                        date: service.at.date(),
                        pages_count: (file.media_type != "application/pdf").then_some(1),
                        pages: None,
                        remark: service.method.title().into(),
                        source: ItemSource::Voucher(paper.id.clone(), file.clone()),
                    });
                }
            }
            // A proof of service follows the paper it serves.
            for proof in case.papers.iter().filter(|p| main_paper(case, p).is_some_and(|m| m.id == paper.id)) {
                self.sheets(proof, opened).into_iter().for_each(&mut put);
            }
        }
        let mut carriers = vec![];
        for (index, evidence) in case.evidence.iter().enumerate() {
            match self.evidence_item(evidence, opened) {
                Ok(item) => {
                    let sealed = item.source.file().is_some_and(|f| self.is_protected(f));
                    let part = if sealed { PartKind::Sealed } else { PartKind::Main };
                    placed.push((part, EVIDENCE_ORDER, evidence.happened.from.date(), index, item));
                }
                Err(carrier) => carriers.push(carrier),
            }
        }
        // Evidence keeps the order of its numbers, papers that of their dates.
        placed.sort_by_key(|(part, order, date, index, _)| {
            (*part, *order, (*order != EVIDENCE_ORDER).then_some(*date), *index)
        });
        placed.push((PartKind::Annex, u32::MAX, opened.now.date(), 0, self.process_item(opened)));
        let mut parts: Vec<VolumePart> =
            [PartKind::Main, PartKind::Annex, PartKind::Sealed].map(|part| VolumePart { part, items: vec![] }).into();
        for (part, _, _, _, item) in placed {
            if let Some(found) = parts.iter_mut().find(|p| p.part == part) {
                found.items.push(item);
            }
        }
        parts.retain(|p| p.part != PartKind::Sealed || !p.items.is_empty());
        (parts, carriers)
    }

    fn place_of(&self, paper: &Paper) -> (PartKind, u32) {
        let Some(form) = self.book().paper(&paper.kind.0) else { return (PartKind::Annex, UNKNOWN_ORDER) };
        let names_informant = form.protected_fields().any(|(_, whose)| whose == "informant");
        let part = if names_informant { PartKind::Sealed } else { PartKind::of(&form.volume.part) };
        (part, form.volume.order)
    }

    fn date_of(&self, paper: &Paper, opened: &Opened) -> Date {
        let happened = self.book().paper(&paper.kind.0).is_some_and(|f| f.nature == Nature::Record);
        let made = paper.made_at();
        let issued = paper.numbered_at.or(paper.issued.as_ref().map(|i| i.at));
        let at = if happened { made.or(issued) } else { issued.or(made) };
        at.unwrap_or(opened.now).date()
    }

    /// The paper itself, then its signed sheets.
    fn sheets(&self, paper: &Paper, opened: &Opened) -> Vec<VolumeItem> {
        let date = self.date_of(paper, opened);
        let item = |title: String, remark: String, pages_count, date, source| VolumeItem {
            title,
            number: paper.number.clone(),
            author: self.agency().name.clone(),
            date,
            pages_count,
            pages: None,
            remark,
            source,
        };
        let state = if paper.is_void() { paper.state.title().to_owned() } else { String::new() };
        let mut items = vec![match &paper.issued {
            Some(issued) => {
                let source = ItemSource::Issued(paper.id.clone(), issued.file.clone());
                item(paper.title.clone(), state, Some(issued.pages_count), date, source)
            }
            None => item(paper.title.clone(), paper.state.title().into(), None, date, ItemSource::Unissued(paper.id.clone())),
        }];
        items.extend(paper.scans.iter().map(|scan: &Scan| {
            let remark = format!("原件存{}", screened(&scan.located, &opened.words));
            let source = ItemSource::Scan(paper.id.clone(), scan.file.clone());
            // A picture is one page, whatever was said of the sheet it shows.
            let pages = if scan.file.media_type == "application/pdf" { scan.pages_count } else { 1 };
            item(format!("{}（签字件扫描）", paper.title), remark, Some(pages), scan.at.date(), source)
        }));
        items
    }

    /// Evidence as pages, or as a carrier where it cannot become any.
    fn evidence_item(&self, evidence: &Evidence, opened: &Opened) -> Result<VolumeItem, Carrier> {
        let name = screened(&evidence.name, &opened.words);
        let pages = |f: &FileRef| matches!(f.media_type.as_str(), "application/pdf" | "image/png" | "image/jpeg");
        match evidence.file.as_ref().filter(|f| !evidence.footage && pages(f)) {
            Some(file) => Ok(VolumeItem {
                title: format!("证{}：{name}", evidence.number),
                number: None,
                author: match screened(&evidence.source, &opened.words) {
                    source if source.trim().is_empty() => self.agency().name.clone(),
                    source => source,
                },
                date: evidence.happened.from.date(),
                pages_count: (file.media_type != "application/pdf").then_some(1),
                pages: None,
                remark: if evidence.withdrawn { "已由更正单撤出，不作为依据".into() } else { String::new() },
                source: ItemSource::Evidence(evidence.id.clone(), file.clone()),
            }),
            None => Err(carrier(evidence, name, &opened.words)),
        }
    }

    fn process_item(&self, opened: &Opened) -> VolumeItem {
        VolumeItem {
            title: self.book().paper_title("process-sheet").to_owned(),
            number: None,
            author: self.agency().name.clone(),
            date: opened.now.date(),
            pages_count: None,
            pages: None,
            remark: String::new(),
            source: ItemSource::ProcessSheet,
        }
    }

    /// Whether the bytes lie in the vault's sealed class. Bytes that are gone are not protected:
    /// whoever reads them will say so.
    pub(crate) fn is_protected(&self, file: &FileRef) -> bool {
        file.sha256
            .parse()
            .ok()
            .and_then(|digest| self.inner().vault.reader(&digest).ok())
            .is_some_and(|reader| reader.class() == Class::Protected)
    }

    /// Pages of attached PDFs, which no entry states. A file that cannot be read keeps none.
    async fn count_pages(&self, case: &CaseId, part: &mut VolumePart) {
        for item in part.items.iter_mut().filter(|i| i.pages_count.is_none()) {
            let Some(file) = item.source.file() else { continue };
            if let Ok(bytes) = self.read_bytes(&StreamId::case(case), file).await {
                item.pages_count = archive::pages_count(&bytes).ok();
            }
        }
    }
}

/// The paper a proof of service belongs to.
fn main_paper<'a>(case: &'a Case, proof: &Paper) -> Option<&'a Paper> {
    (proof.kind.0 == "proof-of-service").then(|| case.papers.iter().find(|p| p.id.0 == proof.subject)).flatten()
}

fn carrier(evidence: &Evidence, name: String, words: &BTreeSet<String>) -> Carrier {
    let place = screened(&evidence.located, words);
    let place = if place.trim().is_empty() { "本单位存储".into() } else { place };
    let located = match &evidence.file {
        Some(file) => format!("{place}，{}，共{}字节", file.media_type, file.len_bytes),
        None => place,
    };
    Carrier { number: format!("证{}", evidence.number), name, located, file: evidence.file.clone() }
}

/// Main and annex are one file with running numbers; the sealed annex has its own. Numbers end at
/// the first item whose pages nobody knows yet.
fn number_pages(parts: &mut [VolumePart]) {
    let mut next = Some(1);
    for part in parts {
        if part.part == PartKind::Sealed {
            next = Some(1);
        }
        for item in &mut part.items {
            let count = item.pages_count.filter(|c| *c > 0);
            item.pages = next.zip(count).map(|(first, count)| (first, first + count - 1));
            next = item.pages.map(|(_, last)| last + 1);
        }
    }
}

/// The volume as bound, from the entry that says so.
pub(crate) fn archived(case: &Case) -> Option<Archived> {
    case.records.iter().rev().find_map(|r| match &r.event {
        Event::CaseArchived { on, volume, pages_count, archive_number, sealed_annex } => Some(Archived {
            number: archive_number.clone(),
            on: *on,
            volume: case.as_kept(volume),
            pages_count: *pages_count,
            sealed_annex: sealed_annex.clone(),
        }),
        _ => None,
    })
}
