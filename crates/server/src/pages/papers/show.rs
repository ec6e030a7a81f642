//! A paper: all its pages as it is, or will be, issued; its fields, opinions and versions; its
//! scans and services; and, for whoever is awaited, the form for the opinion below the pages.

use crate::desk::{Desk, Visitor, article_zh, recorded};
use crate::errors::Problem;
use crate::look::form::Form;
use crate::look::{ApprovalStep, Fact, Frame, Link, NextAct, Note, StepState, Stop, Tone, page_with, words};
use crate::pages::approvals::give_opinion;
use crate::pages::papers::list::{awaited, needs_scan, subject_zh};
use crate::pages::papers::versions::{Change, Line, changes, lines};
use crate::pages::papers::{path, preview};
use crate::pages::shared::Asked;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use casework::paper_file::{OpinionAsked, PaperFile};
use casework::sight::shown_text;
use procedure::case::{PaperState, PaperVersion};
use procedure::event::Outcome;
use procedure::ids::{CaseId, PaperId};

#[derive(Template)]
#[template(path = "papers/show.html")]
pub struct PaperPage {
    pub frame: Frame,
    pub title: String,
    pub about: Link,
    pub facts: Vec<Fact>,
    pub notes: Vec<Note>,
    pub next: Vec<NextAct>,
    pub pages: Vec<String>,
    pub pages_small: String,
    pub trouble: String,
    /// What the newest version changed, while its approval is under way.
    pub newest: Vec<Change>,
    pub newest_words: (String, String),
    pub lines: Vec<Line>,
    pub steps: Vec<ApprovalStep>,
    pub stops: Vec<Stop>,
    pub opinion: Option<Form>,
    /// Why the opinion awaited is not this reader's to give.
    pub not_mine: String,
    pub scans: Vec<ScanLine>,
    pub services: Vec<ServiceLine>,
    pub versions: Vec<VersionLine>,
}

#[derive(Clone, Debug)]
pub struct ScanLine {
    pub link: Link,
    pub pages: String,
    pub differs: bool,
    pub located: String,
    pub at: String,
}

#[derive(Clone, Debug)]
pub struct ServiceLine {
    pub method: String,
    pub to: String,
    pub at: String,
    pub effective: String,
    pub more: String,
    pub proof: Option<Link>,
}

#[derive(Clone, Debug)]
pub struct VersionLine {
    pub heading: String,
    pub digest: String,
    pub steps: Vec<ApprovalStep>,
    pub before_word: String,
    pub after_word: String,
    pub changes: Vec<Change>,
}

const DONE: [(&str, &str); 6] = [
    ("submitted", "文书已提交并记入账本。"),
    ("opinion", "意见已记入账本。"),
    ("scanned", "扫描件已归入。"),
    ("served", "送达已记录，送达回证已生成。"),
    ("refused", "拒绝签名的情况已记录。"),
    ("voided", "文号已作废，原号保留在编号序列中。"),
];

pub async fn show(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "查看文书").await?;
    let done = DONE.iter().find(|(key, _)| *key == asked.done).map(|(_, text)| recorded(*text));
    draw(&desk, &visitor, seen, done, None, StatusCode::OK).await
}

/// A paper this visitor may see.
pub async fn open(desk: &Desk, visitor: &Visitor, id: &str, paper: &str, act: &str) -> Result<PaperFile, Problem> {
    let seen = desk.office.paper_file(&visitor.caller, &CaseId(id.to_owned()), &PaperId(paper.to_owned())).await;
    seen.map_err(|e| desk.problem(e, act, Link::new("返回文书", format!("/cases/{id}/papers"))))
}

/// Draws the page; `form` is the opinion's form with what was typed.
pub async fn draw(
    desk: &Desk,
    visitor: &Visitor,
    seen: PaperFile,
    note: Option<Note>,
    form: Option<Form>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let (paper, case) = (&seen.paper, &seen.file.case);
    let at = path(&case.id, &paper.id.0);
    let (pages, trouble) = match desk.office.paper_pages(&seen).await {
        Ok(pages) => (preview::keep(visitor, pages), String::new()),
        Err(error) => (vec![], preview::trouble(error)),
    };
    let mut notes: Vec<Note> = note.into_iter().collect();
    notes.extend(states(desk, &seen));
    let current = paper.current().ok_or(Problem::NotFound)?;
    let previous = paper.versions.iter().rev().nth(1);
    let under_way = matches!(paper.state, PaperState::Awaiting { .. } | PaperState::Returned);
    let newest = previous.filter(|_| under_way).map(|p| changes(&seen.form, &p.fields, &current.fields)).unwrap_or_default();
    let newest_words = (previous.map(version_zh).unwrap_or_default(), version_zh(current));
    let mut stops = vec![];
    let (mut opinion, mut not_mine) = (None, String::new());
    match &seen.opinion {
        // Nobody approves what cannot be shown.
        Some(OpinionAsked::Mine { .. }) if !pages.is_empty() => {
            stops = give_opinion::stops(desk, &seen);
            opinion = Some(form.unwrap_or_else(|| give_opinion::form(desk, &seen)));
        }
        Some(OpinionAsked::NotMine { why }) => not_mine = why.iter().map(|m| m.sentence.as_str()).collect::<Vec<_>>().join("；"),
        _ => {}
    }
    let pages_small = match &paper.issued {
        Some(issued) => format!("{} 页 · 已成文，以 PDF 为准", issued.pages_count),
        None => format!("{} 页 · 成文后的样子", pages.len()),
    };
    let template = PaperPage {
        frame: desk.frame(visitor, "cases").await,
        title: paper.title.clone(),
        about: Link::new(shown_text(&case.title, &seen.file.hidden_words(desk.office.book())), format!("/cases/{}/papers", case.id)),
        facts: facts(desk, &seen),
        notes,
        next: next(&seen, &at),
        pages,
        pages_small,
        trouble,
        newest,
        newest_words,
        lines: lines(&seen.form, &current.fields),
        steps: steps(current, paper.state),
        stops,
        opinion,
        not_mine,
        scans: scans(&seen, &at),
        services: services(desk, &seen, &at),
        versions: versions(&seen),
    };
    Ok(page_with(status, template))
}

fn facts(desk: &Desk, seen: &PaperFile) -> Vec<Fact> {
    let paper = &seen.paper;
    let mut facts = vec![Fact::new("状态", awaited(paper).unwrap_or_else(|| paper.state.title().to_owned()))];
    if let Some(number) = &paper.number {
        facts.push(Fact::new("文号", number));
    }
    let subject = subject_zh(desk, &seen.file, &paper.subject);
    if !subject.is_empty() {
        facts.push(Fact::new("对象", subject));
    }
    if let Some(version) = paper.current() {
        facts.push(Fact::new("版次", format!("第{}版", version.version)));
        facts.push(Fact::new("提交", format!("{} {}", version.by_name, words::moment_zh(version.recorded_at))));
        if seen.form.nature.happened() {
            facts.push(Fact::new("发生", words::moment_zh(version.happened.from)));
        }
    }
    if let Some(issued) = &paper.issued {
        facts.push(Fact::new("成文", words::moment_zh(issued.at)));
    }
    facts.push(Fact::new("依据", article_zh(&seen.form.article)));
    facts
}

fn states(desk: &Desk, seen: &PaperFile) -> Vec<Note> {
    let paper = &seen.paper;
    let mut notes = vec![];
    let returned = paper.current().and_then(|v| v.opinions.iter().rev().find(|o| matches!(o.outcome, Outcome::Return | Outcome::Refuse)));
    if let (PaperState::Returned | PaperState::Refused, Some(opinion)) = (paper.state, returned) {
        notes.push(Note::new(Tone::Late, format!("{}{}：{}", opinion.name, opinion.outcome.title(), opinion.opinion)));
    }
    if matches!(paper.state, PaperState::Approved | PaperState::Numbered) {
        notes.push(Note::new(Tone::Plain, "已批准，正在编号成文，稍后刷新即可下载。"));
    }
    if needs_scan(desk, paper) {
        notes.push(Note::new(Tone::Near, "这份文书要手写签名：打印签名后，请归入扫描件；拒绝签名的，请记录拒绝的情况。以它为前提的事项在此之前办不了。"));
    }
    if let Some(refusal) = &paper.signature_refused {
        let witness = if refusal.witness.is_empty() { format!("无见证人：{}", refusal.no_witness_reason) } else { format!("见证人{}", refusal.witness) };
        notes.push(Note::new(Tone::Plain, format!("{} {}拒绝签名：{}（{witness}）", words::moment_zh(refusal.at), refusal.who, refusal.reason)));
    }
    let slips = seen.file.case.slips.iter().filter(|s| paper.versions.iter().any(|v| v.sequence == s.target));
    notes.extend(slips.map(|s| {
        Note::new(Tone::Plain, format!("{} {}更正：{}", words::moment_zh(s.at), s.by, s.reason)).link("查看", format!("/cases/{}#e{}", seen.file.case.id, s.sequence))
    }));
    notes
}

fn next(seen: &PaperFile, at: &str) -> Vec<NextAct> {
    let paper = &seen.paper;
    let may_act = seen.file.sight.may_act;
    let issued = paper.issued.is_some() && !paper.is_void();
    let act = |label: &str, tail: &str| NextAct { label: label.into(), href: format!("{at}/{tail}"), primary: false };
    let mut next = vec![];
    if paper.issued.is_some() {
        next.push(act("下载 PDF", "pdf"));
    }
    if may_act && matches!(paper.state, PaperState::Awaiting { .. } | PaperState::Returned) {
        next.push(NextAct { primary: paper.state == PaperState::Returned, ..act("修改", "revise") });
    }
    if may_act && issued && seen.form.served {
        next.push(NextAct { primary: paper.services.is_empty(), ..act("送达", "serve") });
    }
    if may_act && issued && seen.form.hand_signed {
        let unsigned = paper.signed_at().is_none();
        next.push(NextAct { primary: unsigned && !seen.form.served, ..act("归入签名扫描件", "scan") });
        if unsigned {
            next.push(act("记录拒绝签名", "refuse-signature"));
        }
    }
    if let Some(version) = paper.current().filter(|_| may_act && issued) {
        let href = format!("/cases/{}/correct?target={}", seen.file.case.id, version.sequence);
        next.push(NextAct { label: "更正".into(), href, primary: false });
    }
    if seen.may_void && paper.series.is_some() && paper.services.is_empty() && !paper.is_void() {
        next.push(act("作废文号", "void-number"));
    }
    next
}

/// The chain of a version with the opinions given so far.
pub fn steps(version: &PaperVersion, state: PaperState) -> Vec<ApprovalStep> {
    version
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| match version.opinions.get(index) {
            Some(opinion) => ApprovalStep {
                state: match opinion.outcome {
                    Outcome::Approve | Outcome::ApproveWithChanges => StepState::Done,
                    Outcome::Return => StepState::Returned,
                    Outcome::Refuse => StepState::Refused,
                },
                role: step.title.clone(),
                person: if opinion.on_behalf_of.is_some() { format!("{}（受委托）", opinion.name) } else { opinion.name.clone() },
                opinion: format!("{}：{}", opinion.outcome.title(), opinion.opinion),
                when: words::moment_zh(opinion.at),
            },
            None => ApprovalStep {
                state: if state == (PaperState::Awaiting { step: index }) { StepState::Now } else { StepState::Ahead },
                role: step.title.clone(),
                ..ApprovalStep::default()
            },
        })
        .collect()
}

fn scans(seen: &PaperFile, at: &str) -> Vec<ScanLine> {
    let line = |(index, scan): (usize, &procedure::case::Scan)| ScanLine {
        link: Link::new(format!("扫描件 {}", index + 1), format!("{at}/scans/{}", index + 1)),
        pages: format!("{} 页（文书 {} 页）", scan.pages_count, scan.pages_expected),
        differs: scan.pages_count != scan.pages_expected,
        located: scan.located.clone(),
        at: words::moment_zh(scan.at),
    };
    seen.paper.scans.iter().enumerate().map(line).collect()
}

fn services(desk: &Desk, seen: &PaperFile, at: &str) -> Vec<ServiceLine> {
    let line = |(index, service): (usize, &procedure::case::Service)| ServiceLine {
        method: service.method.title().into(),
        to: subject_zh(desk, &seen.file, &service.to),
        at: words::moment_zh(service.at),
        effective: words::full_date_zh(service.effective_on),
        more: [("签收人", &service.recipient), ("与受送达人关系", &service.relation), ("凭证", &service.voucher)]
            .into_iter()
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(label, text)| format!("{label}：{text}"))
            .collect::<Vec<_>>()
            .join(" · "),
        proof: service.proof.as_ref().map(|_| Link::new("送达凭证", format!("{at}/services/{}", index + 1))),
    };
    seen.paper.services.iter().enumerate().map(line).collect()
}

fn versions(seen: &PaperFile) -> Vec<VersionLine> {
    let all = &seen.paper.versions;
    let earlier = std::iter::once(None).chain(all.iter().map(Some));
    let newest = all.last().map(|v| v.version);
    let mut found: Vec<VersionLine> = all
        .iter()
        .zip(earlier)
        .map(|(version, before)| VersionLine {
            heading: version_zh(version),
            digest: words::short_hex(&version.digest),
            // The newest version's chain stands above.
            steps: if Some(version.version) == newest { vec![] } else { steps(version, PaperState::Returned) },
            before_word: before.map(|b| format!("第{}版", b.version)).unwrap_or_default(),
            after_word: format!("第{}版", version.version),
            changes: before.map(|b| changes(&seen.form, &b.fields, &version.fields)).unwrap_or_default(),
        })
        .collect();
    found.reverse();
    found
}

fn version_zh(version: &PaperVersion) -> String {
    format!("第{}版 {} {}", version.version, version.by_name, words::moment_zh(version.recorded_at))
}
