//! 确定案由: the causes by domain, searched by words, each with basis and range; those whose text
//! was not read in the statute itself say so.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::form::Filled;
use crate::look::{Frame, Link, page, page_with};
use crate::pages::cases::act::ActDesk;
use crate::pages::shared;
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::choose_cause::{ChooseCause, choose_cause};
use casework::permissions::Power;
use casework::views::cause_domains;
use casework::ActError;
use procedure::Rulebook;
use procedure::ids::CauseId;
use procedure::rulebook::Cause;
use serde::Deserialize;

const ACT: &str = "choose-cause";

#[derive(Template)]
#[template(path = "cases/choose_cause.html")]
pub struct ChooseCausePage {
    pub frame: Frame,
    pub title: String,
    pub about: Link,
    pub action: String,
    pub once: String,
    /// What was searched for.
    pub q: String,
    pub error: String,
    pub domains: Vec<Domain>,
}

/// The causes of one domain that match.
#[derive(Clone, Debug, Default)]
pub struct Domain {
    pub title: String,
    pub causes: Vec<CauseLine>,
    /// Unfolded while a search runs or the chosen cause stands in it.
    pub open: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CauseLine {
    pub id: String,
    pub title: String,
    pub verified: bool,
    /// "《…》第二十三条"
    pub violated: String,
    pub penalty: String,
    pub range: String,
    pub note: String,
    pub chosen: bool,
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    Ok(page(drawn(&act, &asked.q, "").await))
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    let what = ChooseCause { case: act.id.clone(), cause: CauseId::from(filled.one("cause")) };
    match choose_cause(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to(&format!("{}?done={ACT}", act.path)).into_response()),
        Err(ActError::Invalid(_)) => {
            let template = drawn(&act, filled.one("q"), "请选择一个案由。").await;
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, &act.title(), Link::new("返回案件", act.path.clone()))),
    }
}

async fn drawn(act: &ActDesk<'_>, q: &str, error: &str) -> ChooseCausePage {
    let chosen = act.file.case.cause.as_ref().map(|c| c.0.as_str()).unwrap_or_default();
    ChooseCausePage {
        frame: act.desk.frame(act.visitor, "cases").await,
        title: act.title(),
        about: Link::new(act.file.case.title.clone(), act.path.clone()),
        action: format!("{}/{ACT}", act.path),
        once: shared::once_key(),
        q: q.trim().to_owned(),
        error: error.to_owned(),
        domains: domains(act.desk.office.book(), q.trim(), chosen),
    }
}

/// The causes that hold every word of the search, by domain.
pub fn domains(book: &Rulebook, q: &str, chosen: &str) -> Vec<Domain> {
    let words: Vec<&str> = q.split_whitespace().collect();
    let titles = cause_domains(book);
    let mut domains: Vec<(String, Domain)> = vec![];
    for cause in book.causes.values() {
        let title = titles.get(&cause.domain).cloned().unwrap_or_else(|| cause.domain.clone());
        let line = line(cause, chosen);
        let text = [title.as_str(), &line.title, &line.violated, &line.penalty, &line.range].join("\n");
        if !words.iter().all(|word| text.contains(word)) {
            continue;
        }
        let open = !words.is_empty() || line.chosen;
        match domains.iter_mut().find(|(code, _)| *code == cause.domain) {
            Some((_, domain)) => {
                domain.open |= open;
                domain.causes.push(line);
            }
            None => domains.push((cause.domain.clone(), Domain { title, open, causes: vec![line] })),
        }
    }
    domains.into_iter().map(|(_, domain)| domain).collect()
}

fn line(cause: &Cause, chosen: &str) -> CauseLine {
    let text = |name: &str| cause.rest.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let cited = |name: &str| cause.strings(name).iter().map(|a| article_zh(a)).collect::<Vec<_>>().join("、");
    CauseLine {
        id: cause.id.clone(),
        title: cause.title.clone(),
        verified: cause.verified,
        violated: cited("articles_violated"),
        penalty: cited("articles_penalty"),
        range: text("range_text"),
        note: text("note"),
        chosen: cause.id == chosen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::cases::testing::book;

    #[test]
    fn the_search_finds_by_words_of_cause_and_basis_and_says_what_is_not_verified() {
        let found = domains(book(), "出版物 未经许可", "");
        let lines: Vec<&CauseLine> = found.iter().flat_map(|d| &d.causes).collect();
        let unlicensed = lines.iter().find(|l| l.id == "publication-unlicensed-distribution").expect("found by its words");
        assert!(!unlicensed.verified);
        assert!(unlicensed.penalty.contains("《出版管理条例》第六十一条"));
        assert!(found.iter().all(|d| d.open), "what was searched for is unfolded");
        assert!(domains(book(), "没有这样的案由", "").is_empty());
    }

    #[test]
    fn every_cause_stands_in_a_domain_with_a_title() {
        let all = domains(book(), "", "internet-cafe-minors");
        assert_eq!(all.iter().map(|d| d.causes.len()).sum::<usize>(), book().causes.len());
        assert!(all.iter().any(|d| d.title == "互联网上网服务营业场所" && d.open));
        assert!(all.iter().all(|d| !d.title.is_ascii()), "no domain stands under its code");
    }
}
