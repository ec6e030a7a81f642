//! One piece of evidence: where it came from, its digests and receipt, the download of a document,
//! and for footage the two forms: view under a grant, or ask for one.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::headers::SANDBOXED_POLICY;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Fact, Frame, Link, Note, Tone, page, page_with, words};
use crate::pages::evidence::extension::{MISMATCH, mismatch};
use crate::pages::evidence::list::{own_grant, until};
use crate::pages::cases::head::{CaseHead, Section};
use crate::pages::shared::{disposition, once, once_key, redrawn, required_moment};
use askama::Template;
use axum::extract::{Form as Body, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::{ActError, FieldProblem};
use casework::acts::open_viewing::{OpenViewing, open_viewing};
use casework::acts::request_grant::{RequestGrant, request_grant};
use casework::sight::shown_text;
use casework::viewing::{GrantState, Mode};
use procedure::event::{Event, Extraction, Seconds};
use procedure::ids::{CaseId, EvidenceId};

#[derive(Template)]
#[template(path = "evidence/item.html")]
pub struct EvidenceItem {
    pub frame: Frame,
    pub title: String,
    pub head: CaseHead,
    pub about: Link,
    pub facts: Vec<Fact>,
    pub extraction: Vec<Fact>,
    pub file: Vec<Fact>,
    /// The name says another kind of file than the bytes are.
    pub differs: Option<Note>,
    /// Where a document is downloaded; empty for footage and for things.
    pub download: String,
    pub state: Option<Note>,
    pub view: Option<Form>,
    pub request: Option<Form>,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((id, evidence)): Path<(String, String)>) -> Result<Response, Problem> {
    Ok(page(template(&desk, &visitor, &id, &evidence).await?))
}

/// A document as a download: never opened in our own pages, its type from the fixed list.
pub async fn download(State(desk): State<Desk>, visitor: Visitor, Path((id, evidence)): Path<(String, String)>) -> Result<Response, Problem> {
    let back = Link::new("返回证据", format!("/cases/{id}/evidence"));
    let opened = desk.office.open_document(&visitor.caller, &CaseId(id), &EvidenceId(evidence)).await;
    let file = opened.map_err(|e| desk.problem(e, "下载证据", back))?;
    let name = if file.name.is_empty() { "evidence".to_owned() } else { file.name };
    let headers = [
        (header::CONTENT_TYPE, file.media_type),
        (header::CONTENT_DISPOSITION, disposition("attachment", &name)),
        (header::CONTENT_SECURITY_POLICY, SANDBOXED_POLICY.to_owned()),
    ];
    Ok((headers, file.bytes).into_response())
}

/// Opens a viewing: written down before any byte goes out.
pub async fn view(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, evidence)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    let what = OpenViewing {
        case: CaseId(id.clone()),
        evidence: EvidenceId(evidence.clone()),
        reason: filled.one("reason").into(),
        mode: mode(&filled, "mode"),
    };
    match open_viewing(&desk.office, &visitor.caller, what).await {
        Ok(viewing) => Ok(Redirect::to(&format!("/viewings/{}", viewing.id)).into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut page = template(&desk, &visitor, &id, &evidence).await?;
            page.view = page.view.map(|form| redrawn(form, &filled, problems));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(other) => Err(desk.problem(other, "查看音像资料", Link::new("返回这件证据", format!("/cases/{id}/evidence/{evidence}")))),
    }
}

/// Asks the archivist for a grant.
pub async fn request(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, evidence)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let mut problems = vec![];
    let part = seconds(&filled, &mut problems);
    let outcome = match required_moment(&filled, "until", &mut problems) {
        Some(until) if problems.is_empty() => {
            let what = RequestGrant {
                case: CaseId(id.clone()),
                evidence: vec![EvidenceId(evidence.clone())],
                reason: filled.one("asked_reason").into(),
                mode: mode(&filled, "asked_mode"),
                until,
                seconds: part,
            };
            request_grant(&desk.office, &visitor.caller, what).await
        }
        _ => Err(ActError::Invalid(problems)),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/cases/{id}/evidence?done=asked")).into_response()),
        Err(ActError::Invalid(mut problems)) => {
            // Two forms stand on the page: the second one's reason has a name of its own.
            problems.iter_mut().filter(|p| p.field == "reason").for_each(|p| p.field = "asked_reason".into());
            problems.iter_mut().filter(|p| p.field == "seconds").for_each(|p| p.field = "seconds_from".into());
            let mut page = template(&desk, &visitor, &id, &evidence).await?;
            page.request = page.request.map(|form| redrawn(form, &filled, problems));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
        Err(other) => Err(desk.problem(other, "申请调阅", Link::new("返回这件证据", format!("/cases/{id}/evidence/{evidence}")))),
    }
}

/// The part asked for, where one is: both ends in whole seconds from the beginning.
fn seconds(filled: &Filled, problems: &mut Vec<FieldProblem>) -> Option<Seconds> {
    let (from, to) = (filled.one("seconds_from").trim(), filled.one("seconds_to").trim());
    if from.is_empty() && to.is_empty() {
        return None;
    }
    match (from.parse(), to.parse()) {
        (Ok(from), Ok(to)) => Some(Seconds { from, to }),
        _ => {
            problems.push(FieldProblem { field: "seconds_from".into(), message: "片段的起止都填整数秒，例如 60 至 180；整件调阅的都不填".into() });
            None
        }
    }
}

fn mode(filled: &Filled, field: &str) -> Mode {
    if filled.one(field) == Mode::Copy.code() { Mode::Copy } else { Mode::View }
}

async fn template(desk: &Desk, visitor: &Visitor, id: &str, evidence: &str) -> Result<EvidenceItem, Problem> {
    let failed = |e| desk.problem(e, "查看证据", Link::new("返回案件", format!("/cases/{id}")));
    let case = CaseId(id.to_owned());
    let file = desk.office.case_file(&visitor.caller, &case).await.map_err(failed)?;
    let e = file.case.evidence(&EvidenceId(evidence.to_owned())).ok_or(Problem::NotFound)?;
    let hidden = file.hidden_words(desk.office.book());
    let kind = desk.office.book().evidence_kinds.iter().find(|k| k.code == e.kind);
    let record = file.case.records.iter().find(|r| r.sequence == e.sequence);
    let mut facts = vec![
        Fact::new("种类", kind.map_or(e.kind.as_str(), |k| k.title.as_str())),
        Fact::new("来源", shown_text(&e.source, &hidden)),
        Fact::new("证明内容", shown_text(&e.proves, &hidden)),
        Fact::new("形成时间", span(e.happened.from, e.happened.to)),
        Fact::new("形成地点", record.map(|r| shown_text(&r.envelope.place, &hidden)).unwrap_or_default()),
        Fact::new("原物存放处", shown_text(&e.located, &hidden)),
        Fact::new("收入", format!("{} {}", e.by, words::full_moment_zh(e.attached_at))),
        Fact::new("账本", format!("第 {} 项", words::grouped(e.sequence))),
    ];
    if e.withdrawn {
        facts.push(Fact::new("状态", "已由更正单撤出，保留可查，不再作为依据"));
    }
    if e.file.as_ref().is_some_and(|f| !f.plain_sha256.is_empty()) {
        facts.push(Fact::new("保密", "涉及未成年人或者其他应予保密的人，加密存放（本制度第三十条）"));
    }
    facts.retain(|f| !f.value.trim().is_empty());
    let taken_from = record.and_then(|r| match &r.event {
        Event::EvidenceAttached { extraction: Some(extraction), .. } => Some(extraction.clone()),
        _ => None,
    });
    let stored = e.file.as_ref().map(|f| {
        vec![
            Fact::new("原文件名", shown_text(&f.original_name, &hidden)),
            Fact::new("类型", f.media_type.clone()),
            Fact::new("大小", format!("{}（{} 字节）", words::size(f.len_bytes), words::grouped(f.len_bytes))),
            Fact::new("SHA-256", f.sha256.clone()),
            Fact::new("SM3", f.sm3.clone()),
        ]
    });
    let path = format!("/cases/{id}/evidence/{evidence}");
    let (mut state, mut view, mut request, mut download) = (None, None, None, String::new());
    if e.file.is_some() && !e.footage {
        download = format!("{path}/file");
    } else if e.file.is_some() {
        let grants = desk.office.grants_of_case(&visitor.caller, &case).await.map_err(failed)?;
        let own = own_grant(e, &grants, &visitor.caller.person.id.0, file.now);
        let lacking = desk.office.viewing_doors(&visitor.caller, &case).await.map_err(failed)?.remove(&e.id).flatten();
        state = Some(match (&lacking, own) {
            (None, Some(g)) if g.state == GrantState::Open => {
                let copy = if g.mode == Mode::Copy { "，可以复制" } else { "，只准查看" };
                Note::new(Tone::Done, format!("您有调阅许可：{}{copy}。", until(g)))
            }
            (None, _) => Note::new(Tone::Done, "您是本案人员，按档案管理员签署的常设规则可以查看，到归档为止。"),
            (Some(_), Some(g)) if g.state == GrantState::Asked => Note::new(Tone::Near, "您的调阅申请正在等待档案管理员批准，批准后可以在这里查看。"),
            (Some(lacking), _) => {
                Note::new(Tone::Near, format!("现在还不能查看：{}（{}）。", lacking.sentence, article_zh(&lacking.article))).link("申请查看", "#request")
            }
        });
        let copies = own.is_some_and(|g| g.state == GrantState::Open && g.mode == Mode::Copy);
        view = lacking.is_none().then(|| view_form(&path, copies));
        request = Some(request_form(&path, file.now.saturating_add(jiff::Span::new().days(7))));
    }
    Ok(EvidenceItem {
        frame: desk.frame(visitor, "cases").await,
        title: format!("证{} {}", e.number, shown_text(&e.name, &hidden)),
        head: CaseHead::of(&file, desk.office.book(), Section::Evidence),
        about: Link::new("返回证据", format!("/cases/{id}/evidence")),
        facts,
        extraction: taken_from.map(|x| extraction_facts(&x)).unwrap_or_default(),
        file: stored.unwrap_or_default(),
        differs: e.file.as_ref().and_then(mismatch).map(|said| Note::new(Tone::Late, format!("{MISMATCH}：{said}。使用前请核对。"))),
        download,
        state,
        view,
        request,
    })
}

fn extraction_facts(x: &Extraction) -> Vec<Fact> {
    let all = [("提取自", &x.source), ("持有人", &x.holder), ("提取方法", &x.method), ("提取人", &x.extractor), ("提取时间", &x.at), ("见证人", &x.witness)];
    all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| Fact::new(label, value)).collect()
}

fn span(from: jiff::civil::DateTime, to: Option<jiff::civil::DateTime>) -> String {
    match to {
        Some(to) => format!("{} 至 {}", words::full_moment_zh(from), words::full_moment_zh(to)),
        None => words::full_moment_zh(from),
    }
}

fn modes() -> Vec<Choice> {
    vec![Choice::new(Mode::View.code(), "查看"), Choice::new(Mode::Copy.code(), "复制").note("须有准许复制的许可")]
}

fn view_form(path: &str, copy: bool) -> Form {
    let mut fields = vec![Field::text("reason", "查看事由").required().article("本制度第二十六条").hint("记入调阅登记")];
    if copy {
        fields.push(Field::radios("mode", "方式", modes()).value(Mode::View.code()));
    }
    Form { action: format!("{path}/view"), act: "登记并查看".into(), fields, ..Form::default() }
}

fn request_form(path: &str, until: jiff::civil::DateTime) -> Form {
    Form {
        action: format!("{path}/request"),
        act: "申请查看".into(),
        once: once_key(),
        fields: vec![
            Field::area("asked_reason", "调阅事由").required().article("本制度第二十六条"),
            Field::radios("asked_mode", "方式", modes()).value(Mode::View.code()).half(),
            Field::datetime("until", "许可截止").required().value(words::moment_field(until)).half(),
            Field::text("seconds_from", "只看片段：自第几秒").half().hint("整件调阅的不填"),
            Field::text("seconds_to", "至第几秒").half(),
        ],
        ..Form::default()
    }
}
