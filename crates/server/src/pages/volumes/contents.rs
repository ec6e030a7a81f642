//! The volume of a case: what lies in it part by part, all that is missing before it may be
//! archived, the act of archiving, and afterwards the downloads.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Fact, Frame, Link, NextAct, Stop, page, page_with, words};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::shared::{Asked, Cell, Table, TableSheet, done_note, may, once, once_key, redrawn};
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::acts::archive_case::{ArchiveCase, archive_case};
use casework::paper_file::MASK;
use casework::permissions::Power;
use casework::sight::shown_text;
use casework::volume::{ItemSource, PartKind, VolumeItem};
use procedure::ids::CaseId;
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "volumes/contents.html")]
pub struct VolumePage {
    pub frame: Frame,
    pub title: String,
    pub head: CaseHead,
    pub facts: Vec<Fact>,
    pub downloads: Vec<NextAct>,
    pub stop: Option<Stop>,
    pub archive: Option<Form>,
    pub sheets: Vec<TableSheet>,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut template = template(&desk, &visitor, &id).await?;
    template.frame.notes.extend(done_note(&asked.done, &[("archived", "案卷已装订归档。")]));
    Ok(page(template))
}

pub async fn archive(State(desk): State<Desk>, mut visitor: Visitor, Path(id): Path<String>, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let what = ArchiveCase {
        case: CaseId(id.clone()),
        compiler: filled.one("compiler").into(),
        checker: filled.one("checker").into(),
        missing: filled.one("missing").into(),
        changes: filled.one("changes").into(),
    };
    match archive_case(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to(&format!("/cases/{id}/volume?done=archived")).into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut template = template(&desk, &visitor, &id).await?;
            template.archive = Some(redrawn(form(&id, &visitor.caller.person.name), &filled, problems));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, "立卷归档", Link::new("返回案件", format!("/cases/{id}")))),
    }
}

async fn template(desk: &Desk, visitor: &Visitor, id: &str) -> Result<VolumePage, Problem> {
    let failed = |e| desk.problem(e, "查看案卷", Link::new("返回案件", format!("/cases/{id}")));
    let case = CaseId(id.to_owned());
    let file = desk.office.case_file(&visitor.caller, &case).await.map_err(failed)?;
    let contents = desk.office.volume_contents(&visitor.caller, &case).await.map_err(failed)?;
    let hidden = file.hidden_words(desk.office.book());
    let case_path = format!("/cases/{id}");
    let binds = may(visitor, Power::BindVolume) && (file.sight.may_act || may(visitor, Power::GrantViewing));
    let (mut facts, mut downloads, mut stop, mut archive) = (vec![], vec![], None, None);
    match &contents.archived {
        Some(bound) => {
            facts.extend([
                Fact::new("归档号", &bound.number),
                Fact::new("归档日期", words::full_date_zh(bound.on)),
                Fact::new("页数", bound.pages_count.to_string()),
                Fact::new("SHA-256", words::short_hex(&bound.volume.sha256)),
                Fact::new("SM3", words::short_hex(&bound.volume.sm3)),
            ]);
            downloads.push(NextAct { label: "下载案卷 PDF".into(), href: format!("{case_path}/volume.pdf"), primary: true });
            if binds {
                downloads.push(NextAct { label: "下载案卷包（原件、清单、证明）".into(), href: format!("{case_path}/volume.zip"), primary: false });
                if bound.sealed_annex.is_some() {
                    downloads.push(NextAct { label: "下载密封附件".into(), href: format!("{case_path}/sealed-annex.pdf"), primary: false });
                }
            }
        }
        None => {
            facts.push(Fact::new("状态", "随案件增长，尚未装订"));
            if contents.missing.is_empty() {
                archive = binds.then(|| form(id, &visitor.caller.person.name));
            } else {
                stop = Some(desk.stop("立卷归档", &contents.missing, &case_path));
            }
        }
    }
    let mut sheets = vec![];
    for part in &contents.parts {
        let sealed = part.part == PartKind::Sealed && !file.sight.informant;
        let mut table = Table::new(&["序号", "题名", "文号", "责任者", "日期", "页码#", "备注"]).empty("还没有材料。", "");
        for (index, item) in part.items.iter().enumerate() {
            table.rows.push(row(index, item, &case_path, sealed, &hidden));
        }
        sheets.push(TableSheet { heading: part.part.title().into(), small: part_words(part.part).into(), table, pager: None });
    }
    if !contents.carriers.is_empty() {
        let mut table = Table::new(&["编号", "名称", "存放处", "大小#", "SHA-256"]);
        for c in &contents.carriers {
            let size = c.file.as_ref().map(|f| words::size(f.len_bytes)).unwrap_or_default();
            let digest = c.file.as_ref().map(|f| words::short_hex(&f.sha256)).unwrap_or_default();
            table.rows.push(vec![
                Cell::new(&c.number),
                Cell::new(shown_text(&c.name, &hidden)),
                Cell::new(shown_text(&c.located, &hidden)),
                Cell::new(size).class("num"),
                Cell::new(digest).code(),
            ]);
        }
        sheets.push(TableSheet { heading: "不能装订的材料".into(), small: "音像、电子数据和实物列入清单，不进页面".into(), table, pager: None });
    }
    let head = CaseHead::of(&file, desk.office.book(), Section::Volume);
    facts.push(Fact::new("过程记录", format!("{} 项", words::grouped(contents.entries_count as u64))));
    Ok(VolumePage {
        frame: desk.frame(visitor, "volumes").await,
        title: format!("{} · 案卷", head.title),
        head,
        facts,
        downloads,
        stop,
        archive,
        sheets,
    })
}

fn row(index: usize, item: &VolumeItem, case_path: &str, sealed: bool, hidden: &BTreeSet<String>) -> Vec<Cell> {
    let title = if sealed { MASK.to_owned() } else { shown_text(&item.title, hidden) };
    let href = match &item.source {
        _ if sealed => String::new(),
        ItemSource::Issued(paper, _) | ItemSource::Scan(paper, _) | ItemSource::Voucher(paper, _) | ItemSource::Unissued(paper) => {
            format!("{case_path}/papers/{paper}")
        }
        ItemSource::Evidence(evidence, _) => format!("{case_path}/evidence/{evidence}"),
        ItemSource::ProcessSheet => String::new(),
    };
    let pages = match (item.pages, item.pages_count) {
        (Some((first, last)), _) if first == last => first.to_string(),
        (Some((first, last)), _) => format!("{first}–{last}"),
        (None, Some(count)) => format!("{count} 页"),
        (None, None) => "装订时计算".into(),
    };
    vec![
        Cell::new((index + 1).to_string()),
        if href.is_empty() { Cell::new(title) } else { Cell::link(title, href) },
        Cell::new(item.number.clone().unwrap_or_default()),
        Cell::new(if sealed { String::new() } else { shown_text(&item.author, hidden) }),
        Cell::new(words::full_date_zh(item.date)),
        Cell::new(pages).class("num"),
        Cell::new(shown_text(&item.remark, hidden)),
    ]
}

fn part_words(part: PartKind) -> &'static str {
    match part {
        PartKind::Main => "当事人可以依法查阅",
        PartKind::Annex => "内部材料",
        PartKind::Sealed => "载有投诉举报人信息，单独成册、密封保管（本制度第三十条）",
    }
}

fn form(id: &str, name: &str) -> Form {
    Form {
        action: format!("/cases/{id}/volume"),
        act: "立卷归档".into(),
        confirm: "归档后案卷不再改动，常设调阅许可随之终止。确定归档吗？".into(),
        once: once_key(),
        fields: vec![
            Field::text("compiler", "立卷人").value(name).half(),
            Field::text("checker", "检查人").required().half().hint("不能是立卷人本人"),
            Field::area("missing", "缺件、破损情况").hint("没有的不填，备考表上写“无”").half(),
            Field::area("changes", "修改、补充、移出情况").half(),
        ],
        ..Form::default()
    }
}
