//! 关于与条款: the articles of the bureau's rule, each with what this system does for it, the edition
//! in force, version and licences. Open to everybody, signed in or not.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Fact, Frame, page, words};
use crate::pages::shared::{Cell, Table, TableSheet};
use crate::router::{Door, Routes};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

#[derive(Template)]
#[template(path = "about/about.html")]
pub struct AboutPage {
    pub frame: Frame,
    pub title: &'static str,
    pub facts: Vec<Fact>,
    pub chapters: Vec<TableSheet>,
}

pub fn routes() -> Routes {
    Routes::new().put("GET", "/about", Door::Open, get(show))
}

pub async fn show(State(desk): State<Desk>, visitor: Result<Visitor, Problem>) -> Response {
    let frame = match &visitor {
        Ok(visitor) => desk.frame(visitor, "").await,
        Err(_) => desk.bare_frame(),
    };
    let edition = &desk.office.book().edition;
    let mut chapters: Vec<TableSheet> = vec![];
    for article in &edition.articles {
        if chapters.last().is_none_or(|c| c.heading != article.chapter) {
            let table = Table::new(&["条", "要求", "本系统怎样落实"]);
            chapters.push(TableSheet { heading: article.chapter.clone(), small: String::new(), table, pager: None });
        }
        if let Some(chapter) = chapters.last_mut() {
            chapter.table.rows.push(vec![
                Cell::new(crate::desk::article_zh(&format!("本制度{}", article.number)).trim_start_matches("本制度").to_owned())
                    .small(&article.title),
                Cell::new(&article.summary),
                Cell::new(&article.upheld),
            ]);
        }
    }
    let count = edition.articles.len();
    page(AboutPage {
        frame,
        title: "关于与条款",
        facts: vec![
            Fact::new("使用单位", &desk.office.agency().name),
            Fact::new("制度文本", format!("{} 版，共 {count} 条", edition.edition)),
            Fact::new("施行日期", words::full_date_zh(edition.in_force_from)),
            Fact::new("程序版本", env!("CARGO_PKG_VERSION")),
        ],
        chapters,
    })
}
