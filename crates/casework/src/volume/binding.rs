//! Binding: every item becomes pages, catalogue and cover are set with the numbers those pages will
//! bear, and the parts become one PDF; what names informants becomes another.

use super::{Carrier, ItemSource, PartKind, VolumeItem, VolumePart};
use crate::error::ActError;
use crate::office::{Office, Opened};
use archive::{MadeAt, Part, PartSource, VolumeInfo};
use jiff::civil::DateTime;
use papers::{Order, PaperError, Sheet};
use procedure::event::FileRef;
use procedure::ids::*;
use serde_json::{Map, Value, json};

/// What only people can say of a volume.
#[derive(Clone, Debug)]
pub(crate) struct Wording {
    pub compiler: String,
    pub checker: String,
    pub missing: String,
    pub changes: String,
}

/// A volume made, not yet named by an entry.
pub(crate) struct Made {
    pub volume: FileRef,
    pub pages_count: u32,
    pub sealed_annex: Option<FileRef>,
}

/// An item whose pages are at hand.
struct Leaf {
    item: VolumeItem,
    pdf: Vec<u8>,
    pages_count: u32,
}

/// One part ready to be bound.
struct Filled {
    part: PartKind,
    leaves: Vec<Leaf>,
}

/// Why an item cannot become pages; it is then listed with its digest instead.
struct NotPages(&'static str);

impl Office {
    /// Makes the volume of an opened case and stores its bytes.
    pub(crate) async fn make_volume(&self, opened: &Opened, archive_number: &str, wording: &Wording) -> Result<Made, ActError> {
        let case = CaseId(opened.case.id.clone());
        let (parts, mut carriers) = self.lay_out(opened);
        let mut filled = vec![];
        for part in parts {
            filled.push(self.fill(opened, part, &mut carriers).await?);
        }
        let sheet = self.process_sheet(opened, &carriers).await?;
        for part in &mut filled {
            for leaf in part.leaves.iter_mut().filter(|l| matches!(l.item.source, ItemSource::ProcessSheet)) {
                leaf.pdf = sheet.pdf.clone();
                leaf.pages_count = sheet.pages_count;
            }
        }
        let sealed: Vec<Filled> = filled.extract_if(.., |p| p.part == PartKind::Sealed).collect();
        let moved_out = sealed.iter().map(|p| p.leaves.len()).sum();
        let volume = Volume { opened, archive_number, wording, carriers: &carriers, moved_out };
        let (pdf, pages_count) = self.bind_parts(&volume, &filled, "卷宗").await?;
        let stream = StreamId::case(&case);
        // A volume in which one sheet names a minor is as secret as that sheet.
        let sheets = filled.iter().flat_map(|p| &p.leaves).filter_map(|l| l.item.source.file());
        let secrecy = sheets.into_iter().any(|f| self.is_protected(f)).then_some(seal::KeyClass::Case);
        let stored = self.keep_bytes(&stream, secrecy, "application/pdf", &format!("{archive_number}卷宗.pdf"), &pdf).await?;
        let mut sealed_annex = None;
        if !sealed.is_empty() {
            let (pdf, _) = self.bind_parts(&volume, &sealed, "密封附件").await?;
            let name = format!("{archive_number}密封附件.pdf");
            sealed_annex = Some(self.keep_bytes(&stream, Some(seal::KeyClass::Informant), "application/pdf", &name, &pdf).await?);
        }
        Ok(Made { volume: stored, pages_count, sealed_annex })
    }

    /// Turns the items of a part into pages; those that cannot become any join the carriers.
    async fn fill(&self, opened: &Opened, part: VolumePart, carriers: &mut Vec<Carrier>) -> Result<Filled, ActError> {
        let mut leaves = vec![];
        for item in part.items {
            match self.pages_of(opened, &item).await? {
                Ok(sheet) => leaves.push(Leaf { item, pdf: sheet.pdf, pages_count: sheet.pages_count }),
                Err(NotPages(why)) => carriers.push(Carrier {
                    number: match &item.source {
                        ItemSource::Evidence(id, _) => opened.case.evidence(id).map_or("/".into(), |e| format!("证{}", e.number)),
                        _ => "/".into(),
                    },
                    name: item.title,
                    located: format!("本单位存储，{why}"),
                    file: item.source.file().cloned(),
                }),
            }
        }
        Ok(Filled { part: part.part, leaves })
    }

    async fn pages_of(&self, opened: &Opened, item: &VolumeItem) -> Result<Result<Sheet, NotPages>, ActError> {
        let stream = StreamId(format!("case/{}", opened.case.id));
        match &item.source {
            ItemSource::ProcessSheet => Ok(Ok(Sheet { pdf: vec![], pages_count: 0 })),
            ItemSource::Unissued(paper) => {
                let Some(version) = opened.case.paper(paper).and_then(|p| p.current()) else { return Err(ActError::NotFound) };
                let Some(kind) = opened.case.paper(paper).map(|p| p.kind.0.clone()) else { return Err(ActError::NotFound) };
                let mut fields = version.fields.clone();
                if let Some(form) = self.book().paper(&kind) {
                    crate::acts::issue_paper::complete(form, &mut fields, None, version);
                }
                self.set(&kind, fields, &paper.0, version.recorded_at, vec![]).await.map(Ok)
            }
            ItemSource::Issued(_, file) | ItemSource::Scan(_, file) | ItemSource::Voucher(_, file) | ItemSource::Evidence(_, file) => {
                let bytes = self.read_bytes(&stream, file).await?;
                if file.media_type == "application/pdf" {
                    return Ok(match archive::pages_count(&bytes) {
                        Ok(pages_count) if pages_count > 0 => Ok(Sheet { pdf: bytes, pages_count }),
                        _ => Err(NotPages("文件加密或者损坏，不能装订")),
                    });
                }
                self.picture(item, file, bytes, opened.now).await
            }
        }
    }

    /// A picture as a page with its digest under it.
    async fn picture(&self, item: &VolumeItem, file: &FileRef, bytes: Vec<u8>, now: DateTime) -> Result<Result<Sheet, NotPages>, ActError> {
        let name = match file.media_type.as_str() {
            "image/png" => "1.png",
            "image/jpeg" => "1.jpg",
            _ => return Ok(Err(NotPages("不是图像或者PDF，不能装订"))),
        };
        let fields = json!({
            "title": item.title,
            "images": [{ "name": name, "caption": if item.remark.is_empty() { "图像" } else { &item.remark }, "digest": file.sha256 }],
        });
        let fields = fields.as_object().cloned().unwrap_or_default();
        match self.set("scan-pages", fields, &file.sha256, now, vec![(name.to_owned(), bytes)]).await {
            // A picture that is none stops no volume: it is listed with its digest.
            Err(ActError::Failure(error)) if matches!(error.downcast_ref(), Some(PaperError::Template { .. })) => {
                Ok(Err(NotPages("图像不能读出，不能装订")))
            }
            done => done.map(Ok),
        }
    }

    /// Sets one of the volume's own pages. A character no font has must not keep a case from the
    /// archive: here it becomes 〓, and stands unchanged in the paper it came from.
    pub(super) async fn set(
        &self,
        kind: &str,
        fields: Map<String, Value>,
        id: &str,
        made_at: DateTime,
        attachments: Vec<(String, Vec<u8>)>,
    ) -> Result<Sheet, ActError> {
        let (office, kind, id) = (self.clone(), kind.to_owned(), id.to_owned());
        let set = tokio::task::spawn_blocking(move || {
            let press = &office.inner().press;
            let mut fields = Value::Object(fields);
            let render = |fields: &Value| press.render(&Order { kind: &kind, fields, id: &id, made_at, attachments: &attachments });
            match render(&fields) {
                Err(PaperError::Uncovered { chars }) => {
                    replace(&mut fields, &chars);
                    render(&fields)
                }
                done => done,
            }
        });
        set.await.map_err(|e| ActError::Failure(e.into()))?.map_err(|e| ActError::Failure(e.into()))
    }

    async fn bind_parts(&self, volume: &Volume<'_>, parts: &[Filled], what: &str) -> Result<(Vec<u8>, u32), ActError> {
        let counts: Vec<(bool, u32)> = parts.iter().flat_map(|p| &p.leaves).map(|l| (true, l.pages_count)).collect();
        let mut ranges = archive::page_ranges(&counts).into_iter();
        let now = volume.opened.now;
        let mut bound: Vec<Part> = vec![];
        for part in parts {
            let ranges: Vec<Option<(u32, u32)>> = ranges.by_ref().take(part.leaves.len()).collect();
            let title = part.part.title();
            let id = |kind: &str| format!("{}/{kind}/{title}", volume.opened.case.id);
            let cover = self.set("volume-cover", volume.cover(self, part), &id("cover"), now, vec![]).await?;
            bound.push(unnumbered(format!("{title}封面"), cover.pdf));
            let catalogue = self.set("volume-catalogue", volume.catalogue(self, part, &ranges), &id("catalogue"), now, vec![]).await?;
            bound.push(unnumbered(format!("{title}目录"), catalogue.pdf));
            for leaf in &part.leaves {
                bound.push(Part { title: leaf.item.title.clone(), pdf: PartSource::Bytes(leaf.pdf.clone()), numbered: true });
            }
            let note = self.set("volume-note", volume.note(self, part), &id("note"), now, vec![]).await?;
            bound.push(unnumbered(format!("{title}备考表"), note.pdf));
        }
        let info = VolumeInfo {
            title: volume.opened.case.title.clone(),
            author: self.agency().name.clone(),
            made_at: made_at(now),
            id: format!("{}/{what}", volume.archive_number),
        };
        let done = tokio::task::spawn_blocking(move || archive::bind(&bound, &info));
        let bound = done.await.map_err(|e| ActError::Failure(e.into()))?.map_err(|e| ActError::Failure(e.into()))?;
        Ok((bound.pdf, bound.pages_count))
    }
}

/// What cover, catalogue and note are filled from.
struct Volume<'a> {
    opened: &'a Opened,
    archive_number: &'a str,
    wording: &'a Wording,
    carriers: &'a [Carrier],
    /// Items in the sealed annex.
    moved_out: usize,
}

impl Volume<'_> {
    fn head(&self, office: &Office, part: &Filled) -> Map<String, Value> {
        let case = &self.opened.case;
        let head = json!({
            "agency": office.agency().name,
            "case_number": case.number,
            "part": part.part.title(),
            "title": case.title,
            "items": part.leaves.len(),
            "pages": part.leaves.iter().map(|l| l.pages_count).sum::<u32>(),
        });
        head.as_object().cloned().unwrap_or_default()
    }

    fn cover(&self, office: &Office, part: &Filled) -> Map<String, Value> {
        let case = &self.opened.case;
        let day = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string());
        let decisions: Vec<&str> = case.of_kind("penalty-decision").filter_map(|p| p.number.as_deref()).collect();
        let more = json!({
            "cause": case.cause_title,
            "party": { "kind": "organisation", "name": crate::projections::party_names(case) },
            "fonds_number": office.agency().fonds_number,
            "catalogue_number": self.archive_number.get(..4).unwrap_or_default(),
            "volume_number": self.archive_number.get(4..).unwrap_or_default().trim_start_matches('0'),
            "filing_number": self.archive_number,
            "decision_number": decisions.join("、"),
            "filed_at": day(case.filed_on),
            "closed_on": day(case.concluded_on),
            "archived_on": day(Some(self.opened.now.date())),
            "result": case.outcome,
            "officers": case.handlers.iter().map(|h| json!({ "name": h.name, "certificate": h.certificate })).collect::<Vec<_>>(),
            // 国家档案局令第8号: a penalty's file thirty years; what was never filed, ten.
            "retention": if case.filed_on.is_some() { "30年" } else { "10年" },
            "secrecy": if part.part == PartKind::Sealed { "内部" } else { "无" },
        });
        let mut fields = self.head(office, part);
        fields.extend(more.as_object().cloned().unwrap_or_default());
        fields
    }

    fn catalogue(&self, office: &Office, part: &Filled, ranges: &[Option<(u32, u32)>]) -> Map<String, Value> {
        let rows: Vec<Value> = part
            .leaves
            .iter()
            .zip(ranges)
            .enumerate()
            .map(|(i, (leaf, range))| {
                let item = &leaf.item;
                json!({
                    "seq": i + 1,
                    "number": item.number,
                    "author": item.author,
                    "title": item.title,
                    "date": item.date.to_string(),
                    "pages": match range {
                        Some((first, last)) if first == last => first.to_string(),
                        Some((first, last)) => format!("{first}—{last}"),
                        None => "/".into(),
                    },
                    "remark": item.remark,
                })
            })
            .collect();
        let mut fields = self.head(office, part);
        fields.remove("items");
        fields.remove("pages");
        fields.insert("rows".into(), Value::from(rows));
        fields.insert("date".into(), Value::from(self.opened.now.date().to_string()));
        fields
    }

    fn note(&self, office: &Office, part: &Filled) -> Map<String, Value> {
        let said = |text: &str| if text.trim().is_empty() { "无".to_owned() } else { text.trim().to_owned() };
        let mut changes = said(&self.wording.changes);
        if self.moved_out > 0 && part.part != PartKind::Sealed {
            changes = format!("{changes}\n涉及投诉人、举报人的材料{}件移出，另装密封附件保管（本制度30）。", self.moved_out);
        }
        let media = match self.carriers.len() {
            0 => "无".to_owned(),
            count => format!("不能装订的音像和电子材料{count}项，名称、存放处和摘要见副卷《全过程记录表》证据载体清单。"),
        };
        let flaws = procedure::duties::flaws(&self.opened.case, office.book(), self.opened.now);
        let open = flaws.iter().filter(|f| f.open()).count();
        let flaws = match flaws.len() {
            0 => "无".to_owned(),
            count => format!("共{count}处，其中{open}处未经补正或者决定，逐处见副卷《全过程记录表》。"),
        };
        let mut fields = self.head(office, part);
        for (name, text) in [
            ("missing", said(&self.wording.missing)),
            ("changes", changes),
            ("media", media),
            ("flaws", flaws),
            ("compiler", self.wording.compiler.clone()),
            ("checker", self.wording.checker.clone()),
            ("date", self.opened.now.date().to_string()),
        ] {
            fields.insert(name.into(), Value::from(text));
        }
        fields
    }
}

fn unnumbered(title: String, pdf: Vec<u8>) -> Part {
    Part { title, pdf: PartSource::Bytes(pdf), numbered: false }
}

/// China keeps one time, eight hours east.
pub(super) fn made_at(now: DateTime) -> MadeAt {
    MadeAt {
        year: u16::try_from(now.year()).unwrap_or(1980),
        month: now.month().unsigned_abs(),
        day: now.day().unsigned_abs(),
        hour: now.hour().unsigned_abs(),
        minute: now.minute().unsigned_abs(),
        second: now.second().unsigned_abs(),
        offset_minutes: 480,
    }
}

fn replace(value: &mut Value, chars: &[char]) {
    match value {
        Value::String(text) => *text = text.chars().map(|c| if chars.contains(&c) { '〓' } else { c }).collect(),
        Value::Array(rows) => rows.iter_mut().for_each(|row| replace(row, chars)),
        Value::Object(map) => map.values_mut().for_each(|inner| replace(inner, chars)),
        _ => {}
    }
}
