//! 审批: the opinion on the paper whose pages were shown, bound to its version and digest, with
//! the password given again. 修改后同意 opens the editor with the approver's own changes.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Link, Note, Stop, Tone, page, page_with};
use crate::pages::papers::editor::{Purpose, Setting, Shown};
use crate::pages::papers::path;
use crate::pages::papers::posted::{Posted, Pressed};
use crate::pages::papers::show::{draw, open};
use crate::pages::shared::{once, once_key, redrawn};
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::give_opinion::{GiveOpinion, give_opinion};
use casework::paper_file::{OpinionAsked, PaperFile};
use casework::{ActError, FieldProblem};
use procedure::decide;
use procedure::event::{Missing, Outcome, Severity};
use serde_json::{Map, Value};

/// The form below the pages of a paper.
pub fn form(desk: &Desk, seen: &PaperFile) -> Form {
    let paper = &seen.paper;
    let version = paper.current();
    let title = paper.awaiting().map_or("意见", |s| s.title.as_str());
    let behalf = match &seen.opinion {
        Some(OpinionAsked::Mine { on_behalf_of: Some(person) }) => {
            let name = desk.office.person(person).map(|p| p.name).unwrap_or_default();
            format!("您受{name}委托填写。")
        }
        _ => String::new(),
    };
    let outcome = |code: &str, note: &str| Choice::new(code, Outcome::parse(code).map_or("", Outcome::title)).note(note);
    let outcomes = vec![
        outcome("approve", ""),
        outcome("approve-with-changes", "打开编辑，改后形成新的一版，各级重新审批"),
        outcome("return", "写明理由，退给承办人修改"),
        outcome("refuse", "写明理由，不予批准"),
    ];
    Form {
        action: format!("{}/opinion", path(&seen.file.case.id, &paper.id.0)),
        act: "签署意见".into(),
        once: once_key(),
        fields: vec![
            Field::hidden("_version", version.map_or(0, |v| v.version).to_string()),
            Field::hidden("_digest", version.map(|v| v.digest.clone()).unwrap_or_default()),
            Field::radios("outcome", title, outcomes).required().hint(behalf).article("本制度第十二条、第二十条"),
            Field::area("opinion", "意见").required(),
            Field::password("password", "口令").required().autocomplete("current-password").hint("再输一遍登录口令，确认是您本人的意见"),
        ],
        ..Form::default()
    }
}

/// What the opinion, and the issue that would follow it, still lack.
pub fn stops(desk: &Desk, seen: &PaperFile) -> Vec<Stop> {
    let (case, kind) = (&seen.file.case, &seen.form.kind);
    let last = seen.paper.current().is_some_and(|v| v.opinions.len() + 1 == v.steps.len());
    let mut acts = vec![("填写意见", format!("give-opinion({kind})"))];
    if last {
        acts.push(("批准成文", format!("issue({kind})")));
    }
    let lacking = |act: &str| -> Vec<Missing> {
        let about = decide::About::subject(case, &seen.paper.subject);
        let found = decide::gates_about(case, desk.office.book(), seen.file.now, act, seen.file.now, about);
        found.into_iter().filter(|f| f.severity == Severity::Grave).map(|f| f.missing).collect()
    };
    let stops = acts.into_iter().map(|(word, act)| (word, lacking(&act))).filter(|(_, lacking)| !lacking.is_empty());
    stops.map(|(word, lacking)| desk.stop(word, &lacking, &format!("/cases/{}", case.id))).collect()
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "审批").await?;
    let filled = Filled::from(pairs);
    let Some(outcome) = Outcome::parse(filled.one("outcome")) else {
        return again(&desk, &visitor, seen, &filled, vec![wrong("outcome", "请选择意见")]).await;
    };
    if outcome == Outcome::ApproveWithChanges {
        let posted = Posted { opinion: filled.one("opinion").to_owned(), ..Posted::default() };
        return Ok(page(editor(&desk, &visitor, &id, seen, posted, None, Shown::default()).await?));
    }
    if filled.one("opinion").is_empty() {
        return again(&desk, &visitor, seen, &filled, vec![wrong("opinion", "请写明意见")]).await;
    }
    once(&mut visitor, &filled);
    let what = GiveOpinion {
        case: id.as_str().into(),
        paper: paper.as_str().into(),
        version: filled.one("_version").parse().unwrap_or_default(),
        digest: filled.one("_digest").to_owned(),
        outcome,
        opinion: filled.one("opinion").to_owned(),
        password: password(&filled),
        fields: None,
    };
    match give_opinion(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=opinion", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => again(&desk, &visitor, seen, &filled, problems).await,
        Err(ActError::Conflict(what)) => {
            // The newer version is shown whole, with its difference, and the words are kept.
            let seen = open(&desk, &visitor, &id, &paper, "审批").await?;
            let form = kept(&desk, &seen, &filled, vec![]);
            let note = Note::new(Tone::Late, format!("{what}。您写的意见还在下面，没有提交。"));
            draw(&desk, &visitor, seen, Some(note), Some(form), StatusCode::CONFLICT).await
        }
        Err(other) => Err(desk.problem(other, "签署意见", Link::new("返回文书", path(&id, &paper)))),
    }
}

/// The approver's editor, with what the paper says now.
pub async fn changes(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "审批").await?;
    Ok(page(editor(&desk, &visitor, &id, seen, Posted::default(), None, Shown::default()).await?))
}

pub async fn submit_changes(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "审批").await?;
    let posted = Posted::read(pairs.iter().filter(|(name, _)| name != "password").cloned().collect());
    let fields = posted.fields(&seen.form, &desk.office, seen.file.now.date());
    if posted.pressed != Pressed::Act {
        return Ok(page(editor(&desk, &visitor, &id, seen, posted, Some(fields), Shown::default()).await?));
    }
    let filled = Filled::from(pairs);
    if posted.opinion.is_empty() {
        let shown = Shown { problems: vec![wrong("opinion", "请写明意见")], ..Shown::default() };
        let page = editor(&desk, &visitor, &id, seen, posted, Some(fields), shown).await?;
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, page));
    }
    once(&mut visitor, &filled);
    let what = GiveOpinion {
        case: id.as_str().into(),
        paper: paper.as_str().into(),
        version: posted.base_version,
        digest: posted.digest.clone(),
        outcome: Outcome::ApproveWithChanges,
        opinion: posted.opinion.clone(),
        password: password(&filled),
        fields: Some(fields.clone()),
    };
    let (status, shown) = match give_opinion(&desk.office, &visitor.caller, what).await {
        Ok(_) => return Ok(Redirect::to(&format!("{}?done=opinion", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, Shown { problems, ..Shown::default() }),
        Err(ActError::Refused(refusal)) => {
            let stop = Some(desk.stop("修改后同意", &refusal.missing, &format!("/cases/{id}")));
            (StatusCode::CONFLICT, Shown { stop, ..Shown::default() })
        }
        Err(ActError::Conflict(what)) => {
            let newer = open(&desk, &visitor, &id, &paper, "审批").await?;
            let theirs = newer.paper.current().map(|v| (format!("现在的第{}版", v.version), v.fields.clone()));
            let note = Note::new(Tone::Late, format!("{what}。您改的内容都在下面，没有提交。"));
            let shown = Shown { notes: vec![note], theirs, ..Shown::default() };
            let mut posted = posted;
            posted.base_version = newer.paper.current().map_or(0, |v| v.version);
            posted.digest = newer.paper.current().map(|v| v.digest.clone()).unwrap_or_default();
            let page = editor(&desk, &visitor, &id, newer, posted, Some(fields), shown).await?;
            return Ok(page_with(StatusCode::CONFLICT, page));
        }
        Err(other) => return Err(desk.problem(other, "修改后同意", Link::new("返回文书", path(&id, &paper)))),
    };
    Ok(page_with(status, editor(&desk, &visitor, &id, seen, posted, Some(fields), shown).await?))
}

/// The editor in the approver's hand; `fields` are what stands in it, or the paper's own.
async fn editor(
    desk: &Desk,
    visitor: &Visitor,
    id: &str,
    seen: PaperFile,
    mut posted: Posted,
    fields: Option<Map<String, Value>>,
    shown: Shown,
) -> Result<crate::pages::papers::editor::Editor, Problem> {
    match &seen.opinion {
        Some(OpinionAsked::Mine { .. }) => {}
        Some(OpinionAsked::NotMine { why }) => {
            let why = why.iter().map(|m| m.sentence.as_str()).collect::<Vec<_>>().join("；");
            return Err(Problem::Forbidden { why });
        }
        None => {
            let what = ActError::Conflict("这份文书现在不等待审批".into());
            return Err(desk.problem(what, "修改后同意", Link::new("返回文书", path(id, &seen.paper.id.0))));
        }
    }
    let own = seen.paper.current().map(|v| v.fields.clone()).unwrap_or_default();
    if posted.digest.is_empty() {
        posted.base_version = seen.paper.current().map_or(0, |v| v.version);
        posted.digest = seen.paper.current().map(|v| v.digest.clone()).unwrap_or_default();
    }
    let PaperFile { file, paper, form, .. } = seen;
    let setting = Setting { file, form, subject: paper.subject.clone(), purpose: Purpose::Change(paper) };
    Ok(setting.draw(desk, visitor, &posted, &fields.unwrap_or(own), shown).await)
}

async fn again(desk: &Desk, visitor: &Visitor, seen: PaperFile, filled: &Filled, problems: Vec<FieldProblem>) -> Result<Response, Problem> {
    let form = kept(desk, &seen, filled, problems);
    draw(desk, visitor, seen, None, Some(form), StatusCode::UNPROCESSABLE_ENTITY).await
}

/// The form with what was typed, but bound to the version that is shown now.
fn kept(desk: &Desk, seen: &PaperFile, filled: &Filled, problems: Vec<FieldProblem>) -> Form {
    let fresh = form(desk, seen);
    let bound: Vec<Field> = fresh.fields.iter().filter(|f| f.name.starts_with('_')).cloned().collect();
    let mut form = redrawn(fresh, filled, problems);
    form.fields.retain(|f| !f.name.starts_with('_'));
    form.fields.splice(0..0, bound);
    form
}

/// A password is taken as it was typed, blanks and all.
fn password(filled: &Filled) -> String {
    filled.pairs().iter().find(|(name, _)| name == "password").map(|(_, value)| value.clone()).unwrap_or_default()
}

fn wrong(field: &str, message: &str) -> FieldProblem {
    FieldProblem { field: field.into(), message: message.into() }
}
