//! The page of a clue: what came in, who may know the informant, and the form that accepts it.

use crate::desk::{self, Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::form::Form;
use crate::look::{Fact, Frame, Link, page, words};
use crate::pages::cases::case::done_words;
use crate::pages::cases::sight::Hidden;
use crate::pages::cases::{act, labels};
use crate::pages::clues::{accept, list, paging};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use casework::views::ClueFile;
use procedure::event::{ClueSource, Event};
use procedure::ids::ClueId;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "clues/clue.html")]
pub struct CluePage {
    pub frame: Frame,
    pub title: String,
    pub facts: Vec<Fact>,
    pub content: String,
    pub informant: InformantCard,
    /// The case it became.
    pub case: Option<Link>,
    pub opinion: String,
    pub accept: Option<Form>,
}

/// What the page says of whoever informed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InformantCard {
    /// Nobody informed.
    #[default]
    None,
    /// Somebody did; this reader may not know who.
    Sealed,
    Shown {
        name: String,
        contact: String,
        /// "可以告知", "无法告知"
        reachable: &'static str,
    },
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    done: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let file = open(&desk, &visitor, &id).await?;
    let form = file.may_accept.then(|| accept::form(&desk, &visitor, &file));
    let mut template = drawn(&desk, &visitor, file, form).await;
    template.frame.notes.extend(done_words(&asked.done, desk.office.book()).map(desk::recorded));
    Ok(page(template))
}

/// # Errors
/// Not found for whoever may not see it.
pub async fn open(desk: &Desk, visitor: &Visitor, id: &str) -> Result<ClueFile, Problem> {
    let file = desk.office.clue(&visitor.caller, &ClueId::from(id)).await;
    file.map_err(|e| desk.problem(e, "查看线索", Link::new("返回线索", "/clues")))
}

pub async fn drawn(desk: &Desk, visitor: &Visitor, file: ClueFile, accept: Option<Form>) -> CluePage {
    let departments = paging::departments(desk, visitor).await;
    let department = departments.into_iter().find(|d| d.value == file.row.department).map_or_else(|| file.row.department.clone(), |d| d.label);
    let hidden = Hidden::of_clue(&file);
    let today = desk.office.now().date();
    let row = list::row(&file.row, today);
    let mut page = CluePage {
        frame: desk.frame(visitor, "clues").await,
        title: row.number.clone(),
        facts: vec![Fact::new("处理", row.state.clone()), Fact::new("承办机构", department)],
        content: String::new(),
        informant: InformantCard::None,
        case: row.case,
        opinion: String::new(),
        accept,
    };
    for record in &file.records {
        match &record.event {
            Event::ClueRegistered { source, channel, received_at, category, target, content, informant, transferring_body, reply_wanted, .. } => {
                page.facts.extend([
                    Fact::new("案源途径", source.title()),
                    Fact::new("接收方式", hidden.screen(channel)),
                    Fact::new("接收时间", words::full_moment_zh(*received_at)),
                    Fact::new("登记时间", format!("{}（接收后{}）", words::full_moment_zh(record.recorded_at), labels::elapsed_zh(*received_at, record.recorded_at))),
                    Fact::new("登记人", record.envelope.by.clone()),
                    Fact::new("类别", category.clone()),
                    Fact::new("被反映的单位或者场所", hidden.screen(target)),
                ]);
                if let Some(body) = transferring_body {
                    let label = if *source == ClueSource::Transferred { "移送机关" } else { "交办或者移送的机关" };
                    page.facts.push(Fact::new(label, body.clone()));
                }
                if *reply_wanted {
                    page.facts.push(Fact::new("答复", "投诉人、举报人要求答复"));
                }
                page.content = hidden.screen(content);
                page.informant = match informant {
                    None => InformantCard::None,
                    Some(_) if !file.sees_informant => InformantCard::Sealed,
                    Some(known) => InformantCard::Shown {
                        name: if known.name.is_empty() { "匿名".into() } else { known.name.clone() },
                        contact: if known.contact.is_empty() { "没有留下".into() } else { known.contact.clone() },
                        reachable: if known.reachable { "可以告知" } else { "无法告知" },
                    },
                };
            }
            Event::ClueAccepted { opinion, .. } => page.opinion = hidden.screen(opinion),
            _ => {}
        }
    }
    page
}

impl CluePage {
    /// The article behind the sealing.
    pub fn sealing_article(&self) -> String {
        article_zh("本制度30")
    }
}

/// The officers of the clue's department, to be named handlers.
pub fn handlers(desk: &Desk, visitor: &Visitor, department: &str) -> Vec<crate::look::form::Choice> {
    act::officers(desk, department, &[visitor.caller.person.id.0.as_str()])
}
