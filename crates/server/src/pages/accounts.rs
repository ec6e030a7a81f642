//! 账号: the security administrator's page. Accounts are added, given roles, disabled, and given a
//! new first password; nobody's password is ever shown.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form, FormPage};
use crate::look::{Fact, Link, NextAct, page, page_with, words};
use crate::pages::shared::{Asked, Cell, SheetsPage, Table, TableSheet, done_note, once, once_key, percent_encoded, redrawn, require};
use crate::router::Routes;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::acts::change_account::{ChangeAccount, change_account};
use casework::house_views::AccountLine;
use casework::permissions::Power;
use casework::registers::RegisterName;
use procedure::people::Role;

pub fn routes() -> Routes {
    Routes::new()
        .get("/accounts", show)
        .get("/accounts/new", show_new)
        .post("/accounts/new", submit_new)
        .get("/accounts/{account}", show_change)
        .post("/accounts/{account}", submit_change)
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let lines = lines(&desk, &visitor).await?;
    let departments = departments(&desk, &visitor).await?;
    let department = |code: &str| departments.iter().find(|c| c.value == code).map_or_else(|| code.to_owned(), |c| c.label.clone());
    let mut table = Table::new(&["账号", "姓名", "岗位", "机构", "设立"]);
    for l in &lines {
        let mut name = Cell::link(&l.account, format!("/accounts/{}", percent_encoded(&l.account)));
        if l.disabled {
            name = name.chip("已停用", "late");
        } else if l.must_change {
            name = name.chip("待改初始口令", "soon");
        }
        table.rows.push(vec![
            name,
            Cell::new(&l.name),
            Cell::new(l.roles.iter().map(|r| r.title()).collect::<Vec<_>>().join("、")),
            Cell::new(department(&l.department)),
            Cell::new(words::full_date_zh(l.created_at.date())),
        ]);
    }
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "registers").await, "账号");
    sheets.frame.notes.extend(done_note(&asked.done, &[("put", "账号已变更，变更已记入账本。")]));
    sheets.next.push(NextAct { label: "新增账号".into(), href: "/accounts/new".into(), primary: true });
    sheets.sheets.push(TableSheet {
        heading: "账号".into(),
        small: format!("{} 个；管理员不能查看、改动案件", lines.len()),
        table,
        pager: None,
    });
    Ok(page(sheets))
}

pub async fn show_new(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    require(&visitor, Power::ManageAccounts)?;
    let form = form(&desk, &visitor, None).await?;
    Ok(page(form_page(&desk, &visitor, None, form).await))
}

pub async fn show_change(State(desk): State<Desk>, visitor: Visitor, Path(account): Path<String>) -> Result<Response, Problem> {
    let line = found(&desk, &visitor, &account).await?;
    let form = form(&desk, &visitor, Some(&line)).await?;
    Ok(page(form_page(&desk, &visitor, Some(&line), form).await))
}

pub async fn submit_new(State(desk): State<Desk>, visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    submit(desk, visitor, None, Filled::from(pairs)).await
}

pub async fn submit_change(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path(account): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let line = found(&desk, &visitor, &account).await?;
    submit(desk, visitor, Some(line), Filled::from(pairs)).await
}

async fn submit(desk: Desk, mut visitor: Visitor, line: Option<AccountLine>, filled: Filled) -> Result<Response, Problem> {
    require(&visitor, Power::ManageAccounts)?;
    once(&mut visitor, &filled);
    let given = |name: &str| Some(filled.one(name).to_owned()).filter(|text| !text.is_empty());
    let what = ChangeAccount {
        account: line.as_ref().map_or_else(|| filled.one("account").to_owned(), |l| l.account.clone()),
        name: filled.one("name").into(),
        officer: line.as_ref().and_then(|l| l.officer.clone()).or_else(|| given("officer")),
        department: filled.one("department").into(),
        roles: filled.many("roles").into_iter().filter_map(Role::parse).collect(),
        password: given("password"),
        disabled: filled.one("disabled") == "yes",
        existing: line.is_some(),
    };
    match change_account(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to("/accounts?done=put").into_response()),
        Err(ActError::Invalid(problems)) => {
            let form = redrawn(form(&desk, &visitor, line.as_ref()).await?, &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, form_page(&desk, &visitor, line.as_ref(), form).await))
        }
        Err(other) => Err(desk.problem(other, "变更账号", Link::new("返回账号", "/accounts"))),
    }
}

async fn lines(desk: &Desk, visitor: &Visitor) -> Result<Vec<AccountLine>, Problem> {
    require(visitor, Power::ManageAccounts)?;
    desk.office.account_lines(&visitor.caller).await.map_err(|e| desk.problem(e, "查看账号", Link::new("回到工作台", "/")))
}

async fn found(desk: &Desk, visitor: &Visitor, account: &str) -> Result<AccountLine, Problem> {
    lines(desk, visitor).await?.into_iter().find(|l| l.account == account).ok_or(Problem::NotFound)
}

async fn departments(desk: &Desk, visitor: &Visitor) -> Result<Vec<Choice>, Problem> {
    let view = desk.office.register_rows(&visitor.caller, RegisterName::Departments, None).await;
    let view = view.map_err(|e| desk.problem(e, "查看账号", Link::new("回到工作台", "/")))?;
    Ok(view.lines.iter().map(|l| Choice::new(&l.id, &l.name)).collect())
}

async fn form_page(desk: &Desk, visitor: &Visitor, line: Option<&AccountLine>, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "registers").await,
        title: if line.is_some() { "变更账号" } else { "新增账号" }.into(),
        about: Some(Link::new("账号", "/accounts")),
        stops: vec![],
        facts: line.map(|l| vec![Fact::new("账号", &l.account)]).unwrap_or_default(),
        form,
    }
}

async fn form(desk: &Desk, visitor: &Visitor, line: Option<&AccountLine>) -> Result<Form, Problem> {
    let mut fields = vec![];
    if line.is_none() {
        let accounts = lines(desk, visitor).await?;
        let directory = desk.office.directory();
        let mut officers: Vec<Choice> = directory
            .persons
            .values()
            .filter(|p| !p.certificates.is_empty() && accounts.iter().all(|a| a.officer.as_deref() != Some(&p.id.0)))
            .map(|p| Choice::new(&p.id.0, &p.name))
            .collect();
        officers.sort_by(|a, b| a.label.cmp(&b.label));
        fields.push(Field::text("account", "账号").required().half());
        fields.push(Field::select("officer", "执法人员", officers).unset("不是执法人员").half().hint("已在执法人员登记中的，选本人"));
    }
    let roles = Role::ALL.map(|r| Choice::new(r.code(), r.title())).into();
    let chosen: Vec<&str> = line.into_iter().flat_map(|l| &l.roles).map(|r| r.code()).collect();
    let password = if line.is_some() { "重设口令" } else { "初始口令" };
    let password = Field::password("password", password).autocomplete("new-password").half();
    fields.extend([
        Field::text("name", "姓名").required().half().value(line.map(|l| l.name.as_str()).unwrap_or_default()),
        Field::select("department", "所在机构", departments(desk, visitor).await?)
            .required()
            .half()
            .value(line.map(|l| l.department.as_str()).unwrap_or_default()),
        Field::checks("roles", "岗位", roles).required().chosen(chosen).hint("三个管理员岗位应当分设，不能兼任办案岗位"),
        match line {
            Some(_) => password.hint("不重设的不填；重设后首次登录须修改"),
            None => password.required().hint("至少10个字符，首次登录须修改"),
        },
    ]);
    if let Some(line) = line {
        let state = vec![Choice::new("no", "可以登录"), Choice::new("yes", "停用").note("立即退出所有登录")];
        fields.push(Field::radios("disabled", "状态", state).value(if line.disabled { "yes" } else { "no" }).half());
    }
    Ok(Form {
        action: line.map_or_else(|| "/accounts/new".to_owned(), |l| format!("/accounts/{}", percent_encoded(&l.account))),
        act: if line.is_some() { "变更账号" } else { "新增账号" }.into(),
        once: once_key(),
        back: "/accounts".into(),
        fields,
        ..Form::default()
    })
}
