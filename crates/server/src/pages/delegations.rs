//! 委托审批: who acts for whom until when, and the form by which a head delegates the own role.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Link, page, page_with, words};
use crate::pages::shared::{
    Asked, Cell, SheetsPage, Table, TableSheet, done_note, once, once_key, redrawn, required_moment,
};
use crate::router::Routes;
use axum::extract::{Form as Body, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::give_delegation::{GiveDelegation, give_delegation};
use casework::{ActError, FieldProblem};
use procedure::ids::PersonId;
use procedure::people::Role;

pub fn routes() -> Routes {
    Routes::new().get("/delegations", show).post("/delegations", give)
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut sheets = template(&desk, &visitor).await?;
    sheets.frame.notes.extend(done_note(&asked.done, &[("given", "委托已记录。")]));
    Ok(page(sheets))
}

pub async fn give(State(desk): State<Desk>, mut visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let mut problems = vec![];
    let starts = required_moment(&filled, "starts", &mut problems);
    let ends = required_moment(&filled, "ends", &mut problems);
    let role = Role::parse(filled.one("role"));
    if role.is_none() {
        problems.push(FieldProblem { field: "role".into(), message: "请选择委托的岗位".into() });
    }
    let outcome = match (role, starts, ends) {
        (Some(role), Some(starts), Some(ends)) => {
            let what = GiveDelegation { to: PersonId(filled.one("to").into()), role, starts, ends };
            give_delegation(&desk.office, &visitor.caller, what).await
        }
        _ => Err(ActError::Invalid(problems)),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to("/delegations?done=given").into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut sheets = template(&desk, &visitor).await?;
            sheets.form = sheets.form.map(|(heading, form)| (heading, redrawn(form, &filled, problems)));
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, sheets))
        }
        Err(other) => Err(desk.problem(other, "委托审批", Link::new("返回委托", "/delegations"))),
    }
}

async fn template(desk: &Desk, visitor: &Visitor) -> Result<SheetsPage, Problem> {
    let lines = desk.office.delegations(&visitor.caller).await;
    let lines = lines.map_err(|e| desk.problem(e, "查看委托", Link::new("回到工作台", "/")))?;
    let now = desk.office.now();
    let mut table = Table::new(&["委托人", "受托人", "岗位", "开始", "结束"])
        .empty("目前没有委托。", "负责人不在时，可以把自己的审批权限委托给副职或者其他负责人；审批表上写明代行。");
    for l in &lines {
        let mut from = Cell::new(&l.from_name);
        if l.starts > now {
            from = from.chip("尚未开始", "soon");
        }
        table.rows.push(vec![
            from,
            Cell::new(&l.to_name),
            Cell::new(l.role.map_or("", Role::title)),
            Cell::new(words::full_moment_zh(l.starts)),
            Cell::new(words::full_moment_zh(l.ends)),
        ]);
    }
    let mut sheets = SheetsPage::new(desk.frame(visitor, "registers").await, "委托审批");
    sheets.sheets.push(TableSheet { heading: "现有的委托".into(), small: "本制度第二十条".into(), table, pager: None });
    let own: Vec<Choice> = [Role::AgencyHead, Role::SectionHead]
        .into_iter()
        .filter(|r| visitor.caller.person.holds(*r))
        .map(|r| Choice::new(r.code(), r.title()))
        .collect();
    if !own.is_empty() {
        sheets.form = Some(("委托自己的审批权限".into(), form(desk, visitor, own)));
    }
    Ok(sheets)
}

fn form(desk: &Desk, visitor: &Visitor, own: Vec<Choice>) -> Form {
    let directory = desk.office.directory();
    let case_people = |roles: &[Role]| !roles.is_empty() && roles.iter().all(|r| !r.is_administrator() && *r != Role::SuperiorBody);
    let mut people: Vec<Choice> = directory
        .persons
        .values()
        .filter(|p| p.id != visitor.caller.person.id && case_people(&p.roles))
        .map(|p| Choice::new(&p.id.0, &p.name).note(p.roles.iter().map(|r| r.title()).collect::<Vec<_>>().join("、")))
        .collect();
    people.sort_by(|a, b| a.label.cmp(&b.label));
    let now = desk.office.now();
    let first = own.first().map(|c| c.value.clone()).unwrap_or_default();
    Form {
        action: "/delegations".into(),
        act: "委托审批".into(),
        confirm: "受托人在这段时间内可以代您审批。确定委托吗？".into(),
        once: once_key(),
        fields: vec![
            Field::radios("role", "委托的岗位", own).required().value(first),
            Field::select("to", "受托人", people).required(),
            Field::datetime("starts", "开始").required().half().value(words::moment_field(now)),
            Field::datetime("ends", "结束").required().half().hint("不包括这一刻"),
        ],
        ..Form::default()
    }
}
