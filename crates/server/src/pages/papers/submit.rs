//! 制作文书: what the editor posts becomes a version of a paper. Nothing typed is ever lost: wrong
//! fields, a refusal and a colleague's newer version all come back with the words in place.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::Filled;
use crate::look::{Link, Note, Tone, page_with, words};
use crate::pages::papers::editor::{Purpose, Setting, Shown, written};
use crate::pages::papers::posted::{Posted, Pressed};
use crate::pages::shared::once;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::acts::submit_paper::{SubmitPaper, submit_paper};
use casework::drafts::{Draft, DraftKept};
use procedure::ids::PaperKind;
use serde_json::{Map, Value};

pub async fn new(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, kind)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let posted = Posted::read(pairs.clone());
    let setting = Setting::open(&desk, &visitor, &id, &kind, &posted.subject).await?;
    answer(desk, visitor, setting, posted, pairs).await
}

pub async fn revise(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let setting = Setting::open_revision(&desk, &visitor, &id, &paper).await?;
    let posted = Posted::read(pairs.clone());
    answer(desk, visitor, setting, posted, pairs).await
}

async fn answer(desk: Desk, visitor: Visitor, setting: Setting, posted: Posted, pairs: Vec<(String, String)>) -> Result<Response, Problem> {
    let fields = posted.fields(&setting.form, &desk.office, setting.file.now.date());
    let page = Page { desk, visitor, setting, posted, fields };
    match page.posted.pressed {
        Pressed::Add(_) | Pressed::Drop(_) | Pressed::Look => page.again(StatusCode::OK, Shown::default()).await,
        Pressed::Keep => page.keep().await,
        Pressed::Act => page.submit(pairs).await,
    }
}

struct Page {
    desk: Desk,
    visitor: Visitor,
    setting: Setting,
    posted: Posted,
    fields: Map<String, Value>,
}

impl Page {
    async fn again(&self, status: StatusCode, shown: Shown) -> Result<Response, Problem> {
        Ok(page_with(status, self.setting.draw(&self.desk, &self.visitor, &self.posted, &self.fields, shown).await))
    }

    fn problem(&self, error: ActError) -> Problem {
        self.desk.problem(error, &self.setting.act(), Link::new("返回案件", format!("/cases/{}", self.setting.file.case.id)))
    }

    /// Keeps the draft by a button, as the browser does by itself.
    async fn keep(mut self) -> Result<Response, Problem> {
        let (case, at) = (self.setting.case_id(), self.setting.draft_subject());
        let place = self.setting.draft_place(&case, &at);
        let body = self.posted.as_draft();
        let kept = self.desk.office.save_draft(&self.visitor.caller, place, self.posted.base_version, self.posted.draft, &body).await;
        match kept.map_err(|e| self.problem(e))? {
            DraftKept::Saved { .. } => {
                let address = self.setting.address();
                let mark = if address.contains('?') { '&' } else { '?' };
                Ok(Redirect::to(&format!("{address}{mark}done=kept")).into_response())
            }
            DraftKept::Conflict { stored: Some(stored) } => self.other_window(stored).await,
            DraftKept::Conflict { stored: None } => {
                self.posted.draft = None;
                let text = "这份草稿已在别处提交或者删除。您写的内容都在下面，需要时请再存一次。";
                let shown = Shown { notes: vec![Note::new(Tone::Late, text)], ..Shown::default() };
                self.again(StatusCode::CONFLICT, shown).await
            }
        }
    }

    async fn submit(mut self, pairs: Vec<(String, String)>) -> Result<Response, Problem> {
        let (case, at) = (self.setting.case_id(), self.setting.draft_subject());
        let stored = self.desk.office.draft(&self.visitor.caller, self.setting.draft_place(&case, &at)).await;
        if let Some(stored) = stored.map_err(|e| self.problem(e))? {
            let known = stored.body.editor == self.posted.editor || Some(stored.version) == self.posted.draft;
            if !known && stored.body.pairs != self.posted.pairs {
                return self.other_window(stored).await;
            }
        }
        once(&mut self.visitor, &Filled::from(pairs));
        let what = SubmitPaper {
            case: case.clone(),
            kind: PaperKind(self.setting.form.kind.clone()),
            paper: match &self.setting.purpose {
                Purpose::Revise(paper) => Some(paper.id.clone()),
                Purpose::New | Purpose::Change(_) => None,
            },
            base_version: self.posted.base_version,
            subject: self.setting.subject.clone(),
            fields: self.fields.clone(),
            opinion: self.posted.opinion.clone(),
        };
        match submit_paper(&self.desk.office, &self.visitor.caller, what).await {
            Ok(receipt) => {
                let place = self.setting.draft_place(&case, &at);
                self.desk.office.drop_draft(&self.visitor.caller, place).await.map_err(|e| self.problem(e))?;
                // The same form sent twice made one paper: it is found by its first entry.
                let sequence = receipt.entries.first().map_or(0, |e| e.sequence);
                let file = self.desk.office.case_file(&self.visitor.caller, &case).await.map_err(|e| self.problem(e))?;
                let made = file.case.papers.iter().find(|p| p.versions.iter().any(|v| v.sequence == sequence));
                let address = match made {
                    Some(paper) => format!("{}?done=submitted", super::path(&case.0, &paper.id.0)),
                    None => format!("/cases/{case}/papers"),
                };
                Ok(Redirect::to(&address).into_response())
            }
            Err(ActError::Invalid(problems)) => {
                self.again(StatusCode::UNPROCESSABLE_ENTITY, Shown { problems, ..Shown::default() }).await
            }
            Err(ActError::Refused(refusal)) => {
                let base = format!("/cases/{case}");
                let stop = Some(self.desk.stop(&self.setting.act(), &refusal.missing, &base));
                self.again(StatusCode::CONFLICT, Shown { stop, ..Shown::default() }).await
            }
            Err(ActError::Conflict(what)) => self.newer(what).await,
            Err(ActError::NotWritable(why)) => {
                let shown = Shown { notes: vec![Note::new(Tone::Late, why)], ..Shown::default() };
                self.again(StatusCode::SERVICE_UNAVAILABLE, shown).await
            }
            // A fault of ours must not cost what was typed.
            Err(ActError::Failure(error)) => {
                let reference = match Problem::from(error) {
                    Problem::Internal { reference } => reference,
                    other => return Err(other),
                };
                let text = format!("系统出了错（编号 {reference}），这份文书没有提交。您写的内容都在下面，可以再试一次或者先存为草稿。");
                let shown = Shown { notes: vec![Note::new(Tone::Late, text)], ..Shown::default() };
                self.again(StatusCode::INTERNAL_SERVER_ERROR, shown).await
            }
            Err(other) => Err(self.problem(other)),
        }
    }

    /// One's own draft was written from another window since.
    async fn other_window(mut self, stored: Draft) -> Result<Response, Problem> {
        let theirs = Posted { pairs: stored.body.pairs, ..Posted::default() };
        let fields = theirs.fields(&self.setting.form, &self.desk.office, self.setting.file.now.date());
        let word = format!("另一窗口 {}", words::moment_zh(stored.saved_at));
        self.posted.draft = Some(stored.version);
        let text = format!(
            "这份草稿 {} 在另一个窗口或者另一台电脑上改过。下面是您在这里写的内容；不同之处列在前面，核对后再按一次按钮，以这里的内容为准。",
            words::moment_zh(stored.saved_at)
        );
        let note = Note::new(Tone::Late, text).link("以另一窗口的内容继续", self.setting.address());
        let shown = Shown { notes: vec![note], theirs: Some((word, fields)), ..Shown::default() };
        self.again(StatusCode::CONFLICT, shown).await
    }

    /// Somebody else was faster: both versions are shown, and one goes on upon the newer.
    async fn newer(mut self, what: String) -> Result<Response, Problem> {
        let mut shown = Shown::default();
        let mut note = Note::new(Tone::Late, format!("{what}。您写的内容都在下面，没有丢失。"));
        if let Purpose::Revise(paper) = &self.setting.purpose
            && let Some(current) = paper.current()
            && current.version != self.posted.base_version
        {
            let by = written(&current.by_name, current.recorded_at);
            note.text = format!("{by} 提交了第{}版，您依据的是第{}版。两版都在，不同之处列在下面；核对后再按按钮，您的内容成为第{}版。", current.version, self.posted.base_version, current.version + 1);
            note = note.link("以对方的版本继续", format!("{}?draft=fresh", self.setting.address()));
            shown.theirs = Some((by, current.fields.clone()));
            self.posted.base_version = current.version;
        }
        shown.notes.push(note);
        self.again(StatusCode::CONFLICT, shown).await
    }
}
