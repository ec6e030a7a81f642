//! The editor of a paper: its form as the schema tells it, with article and hint beside each field,
//! what the act still lacks, the draft that is kept, and the pages as they will be issued.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::form::Field;
use crate::look::{Frame, Link, Note, Stop, Tone, words};
use crate::pages::papers::parts::{Part, Sources, parts};
use crate::pages::papers::posted::{Posted, Pressed};
use crate::pages::papers::preview;
use crate::pages::papers::versions::{Change, changes};
use crate::pages::shared::{once_key, percent_encoded};
use askama::Template;
use casework::drafts::DraftPlace;
use casework::permissions::{Power, holds};
use casework::views::CaseFile;
use casework::{FieldProblem, forms};
use procedure::case::Paper;
use procedure::decide;
use procedure::event::{Missing, Severity};
use procedure::ids::CaseId;
use procedure::papers::{Nature, PaperForm};
use serde_json::{Map, Value};

#[derive(Template)]
#[template(path = "papers/editor.html")]
pub struct Editor {
    pub frame: Frame,
    pub title: String,
    pub about: Link,
    pub article: String,
    pub stops: Vec<Stop>,
    pub notes: Vec<Note>,
    /// Both versions of what two pages wrote, field by field.
    pub differences: Vec<Change>,
    pub before_word: String,
    pub after_word: String,
    pub action: String,
    pub act: String,
    pub once: String,
    pub hidden: Vec<Field>,
    pub draft: String,
    pub parts: Vec<Part>,
    /// What is wrong with the form as a whole.
    pub errors: Vec<String>,
    /// Everything wrong, each with a link to its field.
    pub wrong: Vec<Link>,
    /// One's own opinion, and the password where one approves.
    pub own: Vec<Field>,
    pub autosave: String,
    pub drop_draft: String,
    pub preview: String,
    pub preview_pages: Vec<String>,
    pub preview_trouble: String,
    pub back: String,
}

/// What the editor is open for.
#[derive(Clone, Debug)]
pub enum Purpose {
    New,
    /// The next version of a paper that was returned or still waits.
    Revise(Paper),
    /// The approver's own changes.
    Change(Paper),
}

/// The editor's place: case, kind, whom the paper is for.
pub struct Setting {
    pub file: CaseFile,
    pub form: PaperForm,
    pub purpose: Purpose,
    pub subject: String,
}

/// What the editor shows beside the fields.
#[derive(Default)]
pub struct Shown {
    pub problems: Vec<FieldProblem>,
    pub notes: Vec<Note>,
    pub stop: Option<Stop>,
    /// The other version, as `(words for it, its fields)`.
    pub theirs: Option<(String, Map<String, Value>)>,
}

impl Setting {
    /// Opens the editor for a kind of paper in a case one may make it in.
    pub async fn open(desk: &Desk, visitor: &Visitor, id: &str, kind: &str, subject: &str) -> Result<Setting, Problem> {
        let back = Link::new("返回案件", format!("/cases/{id}"));
        let case = CaseId(id.to_owned());
        let file = desk.office.case_file(&visitor.caller, &case).await.map_err(|e| desk.problem(e, "制作文书", back))?;
        let form = desk.office.book().paper(kind).filter(|f| f.nature != Nature::Volume).ok_or(Problem::NotFound)?.clone();
        let power = if form.kind == "legal-review" { Power::Review } else { Power::Investigate };
        if !holds(&visitor.caller.person, power, &file.case) {
            let why = if power == Power::Review { "法制审核意见书由法制审核人员制作。" } else { "文书由本案的承办人制作。" };
            return Err(Problem::Forbidden { why: why.into() });
        }
        Ok(Setting { file, form, purpose: Purpose::New, subject: subject.to_owned() })
    }

    /// Opens it for the next version of a paper.
    pub async fn open_revision(desk: &Desk, visitor: &Visitor, id: &str, paper: &str) -> Result<Setting, Problem> {
        let back = Link::new("返回文书", super::path(id, paper));
        let seen = desk
            .office
            .paper_file(&visitor.caller, &CaseId(id.to_owned()), &paper.into())
            .await
            .map_err(|e| desk.problem(e, "修改文书", back))?;
        let mut setting = Setting::open(desk, visitor, id, &seen.form.kind, &seen.paper.subject).await?;
        setting.purpose = Purpose::Revise(seen.paper);
        Ok(setting)
    }

    pub fn case_id(&self) -> CaseId {
        CaseId(self.file.case.id.clone())
    }

    /// Where its draft lies: a revision's beside the paper, so that it meets no new paper's.
    pub fn draft_subject(&self) -> String {
        match &self.purpose {
            Purpose::New => self.subject.clone(),
            Purpose::Revise(paper) | Purpose::Change(paper) => format!("paper/{}", paper.id),
        }
    }

    pub fn draft_place<'a>(&'a self, case: &'a CaseId, subject: &'a str) -> DraftPlace<'a> {
        DraftPlace { case, kind: &self.form.kind, subject }
    }

    /// The address of the editor itself.
    pub fn address(&self) -> String {
        let case = &self.file.case.id;
        match &self.purpose {
            Purpose::New if self.subject.is_empty() => format!("/cases/{case}/papers/new/{}", self.form.kind),
            Purpose::New => format!("/cases/{case}/papers/new/{}?subject={}", self.form.kind, percent_encoded(&self.subject)),
            Purpose::Revise(paper) => format!("{}/revise", super::path(case, &paper.id.0)),
            Purpose::Change(paper) => format!("{}/opinion/changes", super::path(case, &paper.id.0)),
        }
    }

    /// What a new form opens with.
    pub async fn prefilled(&self, desk: &Desk, visitor: &Visitor) -> Map<String, Value> {
        match &self.purpose {
            Purpose::New => {
                let (office, case, person) = (&desk.office, &self.file.case, &visitor.caller.person);
                let mut fields =
                    forms::prefill(&self.form, case, office.book(), office.agency(), person, &self.subject, self.file.now);
                let unmeasured = forms::evidence_unmeasured(&fields);
                if !unmeasured.is_empty() {
                    forms::measure_evidence(&mut fields, &office.evidence_pages(case, &unmeasured).await);
                }
                fields
            }
            Purpose::Revise(paper) | Purpose::Change(paper) => paper.current().map(|v| v.fields.clone()).unwrap_or_default(),
        }
    }

    /// The name of the act, as the rules know it.
    pub fn act_name(&self) -> String {
        format!("submit({})", self.form.kind)
    }

    /// The act in words.
    pub fn act(&self) -> String {
        let title = &self.form.title;
        match &self.purpose {
            Purpose::Change(_) => format!("修改后同意《{title}》"),
            Purpose::Revise(paper) => format!("重新提交《{title}》（第{}版）", paper.current().map_or(1, |v| v.version + 1)),
            Purpose::New if self.form.nature.happened() => format!("记录《{title}》"),
            Purpose::New if self.form.approval.is_empty() => format!("制作《{title}》"),
            Purpose::New => format!("提交《{title}》审批"),
        }
    }

    fn lacking(&self, desk: &Desk) -> Vec<Missing> {
        let mut lacking: Vec<Missing> = vec![];
        let (case, now) = (&self.file.case, self.file.now);
        let about = decide::About::subject(case, &self.subject);
        let found = decide::gates_about(case, desk.office.book(), now, &self.act_name(), now, about);
        for found in found.into_iter().filter(|f| f.severity == Severity::Grave) {
            if lacking.iter().all(|m| m.sentence != found.missing.sentence) {
                lacking.push(found.missing);
            }
        }
        lacking
    }

    /// Draws the editor with what stands in it.
    pub async fn draw(&self, desk: &Desk, visitor: &Visitor, posted: &Posted, fields: &Map<String, Value>, shown: Shown) -> Editor {
        let case = &self.file.case.id;
        let case_path = format!("/cases/{case}");
        let described = posted.described(&self.form, fields);
        let own = self.own_fields(posted, &shown.problems);
        let (parts, elsewhere) = parts(described, &Sources::of(&self.file.case), &shown.problems);
        let (wrong, errors) = wrong(&shown.problems, &elsewhere, &own);
        let mut notes = shown.notes;
        let mut stops: Vec<Stop> = shown.stop.into_iter().collect();
        let lacking = self.lacking(desk);
        if stops.is_empty() && !lacking.is_empty() && !matches!(self.purpose, Purpose::Change(_)) {
            if self.form.nature.happened() {
                let list: Vec<_> = lacking.iter().map(|m| m.sentence.as_str()).collect();
                notes.push(Note::new(Tone::Near, format!("已经发生的事照实记录，不会被拒绝；现在记录会留下瑕疵：{}。", list.join("；"))));
            } else {
                stops.push(desk.stop(&self.act(), &lacking, &case_path));
            }
        }
        let (before_word, differences) = match &shown.theirs {
            Some((word, theirs)) => (word.clone(), changes(&self.form, theirs, fields)),
            None => (String::new(), vec![]),
        };
        let (preview_pages, preview_trouble) = match posted.pressed {
            Pressed::Look => match desk.office.preview(&self.form.kind, fields.clone()).await {
                Ok(pages) => (preview::keep(visitor, pages), String::new()),
                Err(error) => (vec![], preview::trouble(error)),
            },
            _ => (vec![], String::new()),
        };
        let at = percent_encoded(&self.draft_subject());
        let kept = !matches!(self.purpose, Purpose::Change(_));
        let drafts = |tail: &str| format!("/drafts/{case}/{}{tail}?at={at}", self.form.kind);
        let editor = if posted.editor.is_empty() { once_key() } else { posted.editor.clone() };
        Editor {
            frame: desk.frame(visitor, "cases").await,
            title: self.title(),
            about: Link::new(self.file.case.title.clone(), case_path),
            article: article_zh(&self.form.article),
            stops,
            notes,
            differences,
            before_word,
            after_word: "您写的".into(),
            action: self.address(),
            act: self.act(),
            once: once_key(),
            hidden: vec![
                Field::hidden("_editor", editor),
                Field::hidden("_base", posted.base_version.to_string()),
                Field::hidden("_subject", self.subject.clone()),
                Field::hidden("_digest", posted.digest.clone()),
            ],
            draft: posted.draft.map(|v| v.to_string()).unwrap_or_default(),
            parts,
            errors,
            wrong,
            own,
            autosave: if kept { drafts("") } else { String::new() },
            drop_draft: if kept && posted.draft.is_some() { drafts("/drop") } else { String::new() },
            preview: format!("/cases/{case}/papers/preview/{}", self.form.kind),
            preview_pages,
            preview_trouble,
            back: match &self.purpose {
                Purpose::New => format!("/cases/{case}/papers"),
                Purpose::Revise(paper) | Purpose::Change(paper) => super::path(case, &paper.id.0),
            },
        }
    }

    fn title(&self) -> String {
        match &self.purpose {
            Purpose::New => self.form.title.clone(),
            Purpose::Revise(_) => format!("修改{}", self.form.title),
            Purpose::Change(_) => format!("修改后同意：{}", self.form.title),
        }
    }

    fn own_fields(&self, posted: &Posted, problems: &[FieldProblem]) -> Vec<Field> {
        let error = |name: &str| problems.iter().find(|p| p.field == name).map(|p| p.message.clone()).unwrap_or_default();
        let first = self.form.approval.first().filter(|s| s.role == "handler" || s.role == "legal-reviewer");
        match (&self.purpose, first) {
            (Purpose::Change(paper), _) => {
                let title = paper.awaiting().map_or("意见", |s| s.title.as_str());
                vec![
                    Field::area("_opinion", title).value(&posted.opinion).required().error(error("opinion")),
                    Field::password("password", "口令").required().autocomplete("current-password").hint("再输一遍登录口令，确认是您本人的意见").error(error("password")),
                ]
            }
            (_, Some(step)) => vec![
                Field::area("_opinion", &step.title)
                    .value(&posted.opinion)
                    .hint("您本人的意见，随文书一并提交；不填的，文书提交后先等您填写意见。")
                    .error(error("opinion")),
            ],
            _ => vec![],
        }
    }
}

/// All that is wrong as links to the fields, and what is wrong with none of them.
fn wrong(problems: &[FieldProblem], elsewhere: &[String], own: &[Field]) -> (Vec<Link>, Vec<String>) {
    let own_of = |name: &str| own.iter().find(|f| f.name.trim_start_matches('_') == name);
    let (mut links, mut errors) = (vec![], vec![]);
    for problem in problems {
        let id = match own_of(&problem.field) {
            Some(field) => Some(field.id()),
            None => (!elsewhere.contains(&problem.field)).then(|| format!("f-{}", problem.field)),
        };
        match id {
            Some(id) => links.push(Link::new(problem.message.clone(), format!("#{id}"))),
            None => errors.push(problem.message.clone()),
        }
    }
    (links, errors)
}

/// The words for a moment a colleague or another window wrote something.
pub fn written(name: &str, at: jiff::civil::DateTime) -> String {
    format!("{name} {}", words::moment_zh(at))
}
