//! Search in cases, papers and clues that the reader may see; two characters suffice.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::Field;
use crate::look::{Frame, Link, page};
use crate::pages::shared::{Cell, Table};
use crate::router::Routes;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

const CHARS_MIN: usize = 2;

#[derive(Template)]
#[template(path = "search/search.html")]
pub struct SearchPage {
    pub frame: Frame,
    pub title: &'static str,
    pub query: Field,
    /// What was found; nothing before something was asked.
    pub found: Option<Table>,
    pub small: String,
}

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

pub fn routes() -> Routes {
    Routes::new().get("/search", show)
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let text = asked.q.trim();
    let mut query = Field::search("q", "查找").value(text).hint("姓名、名称、案号、文号、地址，至少两个字");
    let (mut found, mut small) = (None, String::new());
    if text.chars().count() >= CHARS_MIN {
        let hits = desk.office.search(&visitor.caller, text).await;
        let hits = hits.map_err(|e| desk.problem(e, "搜索", Link::new("回到工作台", "/")))?;
        small = match hits.len() {
            all if all < casework::views::SEARCH_HITS_MAX as usize => format!("{all} 条"),
            some => format!("找到的太多，只列出最近的 {some} 条，请多写几个字"),
        };
        let mut table = Table::new(&["名称", "种类", "编号"]).empty("没有找到。", "只查找您有权查看的线索、案件和文书；封存的信息不能搜索。");
        for hit in hits {
            table.rows.push(vec![Cell::link(hit.title, hit.path), Cell::new(hit.kind), Cell::new(hit.number)]);
        }
        found = Some(table);
    } else if !text.is_empty() {
        query = query.error("请输入至少两个字");
    }
    Ok(page(SearchPage { frame: desk.frame(&visitor, "").await, title: "搜索", query, found, small }))
}
