//! One register, as it stands or as it stood on a day.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::Field;
use crate::look::{Link, NextAct, page, words};
use crate::pages::registers::named;
use crate::pages::shared::{Cell, Filters, SheetsPage, Table, TableSheet, date, done_note, may};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use casework::permissions::edits_register;
use casework::registers::{RegisterLine, RegisterName, RegisterView};
use serde::Deserialize;

#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    on: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    done: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(name): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let register = named(&name)?;
    let on = date(&asked.on);
    let view = desk.office.register_rows(&visitor.caller, register, on).await;
    let mut view = view.map_err(|e| desk.problem(e, "查看登记", Link::new("返回基础信息", "/registers")))?;
    let wanted = asked.q.trim();
    view.lines.retain(|l| wanted.is_empty() || l.name.contains(wanted) || l.cells.iter().any(|c| c.contains(wanted)));
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "registers").await, register.title());
    let known = [("put", "登记已变更，原来的状态仍在历史中。"), ("imported", "文件已导入。")];
    sheets.frame.notes.extend(done_note(&asked.done, &known));
    if may(&visitor, edits_register(register)) {
        sheets.next.push(NextAct { label: "新增登记".into(), href: format!("/registers/{name}/new"), primary: true });
        sheets.next.push(NextAct { label: "从文件导入".into(), href: format!("/registers/{name}/import"), primary: false });
    }
    sheets.next.push(NextAct { label: "全部登记".into(), href: "/registers".into(), primary: false });
    let small = match on {
        Some(day) => format!("{}有效的 {} 项", words::full_date_zh(day), view.lines.len()),
        None => format!("{} 项", view.lines.len()),
    };
    let link = format!("/registers/{name}/items/");
    let path = format!("/registers/{name}");
    sheets.filters = Some(Filters {
        action: path,
        label: "筛选登记".into(),
        fields: vec![
            Field::search("q", "包含").value(asked.q.as_str()),
            Field::date("on", "哪一天的状态").value(on.map(|d| d.to_string()).unwrap_or_default()),
        ],
        set: on.is_some() || !wanted.is_empty(),
    });
    sheets.sheets.push(TableSheet { heading: String::new(), small, table: table(&view, Some(&link)), pager: None });
    Ok(page(sheets))
}

/// Rows of a register or of one thing's history; `link` leads each row to its history.
pub fn table(view: &RegisterView, link: Option<&str>) -> Table {
    let register = view.register;
    let mut titles = vec![register.name_title()];
    titles.extend(view.columns.iter().filter(|c| shown(register, c.key)).map(|c| c.title));
    titles.push("有效期");
    let mut table = Table::new(&titles).empty("没有登记。", "可以逐项新增，也可以从文件导入。");
    for line in &view.lines {
        let mut name = match link {
            Some(link) => Cell::link(&line.name, format!("{link}{}", crate::pages::shared::percent_encoded(&line.id))),
            None => Cell::new(&line.name),
        };
        if line.unverified {
            name = name.chip("未核实", "soon");
        }
        if !line.in_force {
            name = name.chip("不在有效期", "late");
        }
        if link.is_none() && line.is_current {
            name = name.chip("现行", "met");
        }
        let mut row = vec![name];
        row.extend(view.columns.iter().zip(&line.cells).filter(|(c, _)| shown(register, c.key)).map(|(_, text)| Cell::new(text)));
        row.push(term(line));
        table.rows.push(row);
    }
    table
}

/// Verification stands as a chip beside the name.
fn shown(_: RegisterName, key: &str) -> bool {
    key != "verified"
}

fn term(line: &RegisterLine) -> Cell {
    let from = line.valid_from.map(|d| d.to_string()).unwrap_or_default();
    let to = line.valid_to.map_or_else(|| "长期".to_owned(), |d| d.to_string());
    let entry = if line.sequence > 0 { format!("账本第 {} 项", words::grouped(line.sequence)) } else { "随制度文本载入".into() };
    Cell::new(format!("{from} 至 {to}")).small(entry)
}
