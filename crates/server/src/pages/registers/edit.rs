//! Adding to a register and changing what stands in it: one form made from the register's columns.
//! A change is a new state; what stood before stays.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form, FormPage};
use crate::look::{Link, page, page_with};
use crate::pages::registers::named;
use crate::pages::shared::{date, once, once_key, percent_encoded, require};
use axum::extract::{Form as Body, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::put_register::{PutRegister, put_register};
use casework::permissions::edits_register;
use casework::registers::{Column, RegisterLine, RegisterName};
use casework::{ActError, FieldProblem};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub async fn show_new(State(desk): State<Desk>, visitor: Visitor, Path(name): Path<String>) -> Result<Response, Problem> {
    let register = named(&name)?;
    require(&visitor, edits_register(register))?;
    let form = form(&desk, &visitor, register, None, None).await?;
    Ok(page(form_page(&desk, &visitor, register, "新增登记", form).await))
}

pub async fn show_change(State(desk): State<Desk>, visitor: Visitor, Path((name, item)): Path<(String, String)>) -> Result<Response, Problem> {
    let register = named(&name)?;
    require(&visitor, edits_register(register))?;
    let line = current(&desk, &visitor, register, &item).await?;
    let form = form(&desk, &visitor, register, Some(&line), None).await?;
    Ok(page(form_page(&desk, &visitor, register, "变更登记", form).await))
}

pub async fn submit_new(State(desk): State<Desk>, visitor: Visitor, Path(name): Path<String>, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    submit(desk, visitor, named(&name)?, None, Filled::from(pairs)).await
}

pub async fn submit_change(
    State(desk): State<Desk>,
    visitor: Visitor,
    Path((name, item)): Path<(String, String)>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    submit(desk, visitor, named(&name)?, Some(item), Filled::from(pairs)).await
}

async fn submit(desk: Desk, mut visitor: Visitor, register: RegisterName, id: Option<String>, filled: Filled) -> Result<Response, Problem> {
    require(&visitor, edits_register(register))?;
    once(&mut visitor, &filled);
    let line = match &id {
        Some(id) => Some(current(&desk, &visitor, register, id).await?),
        None => None,
    };
    // A press on the rows' own buttons, where scripts are off.
    if filled.rows_rearranged("certificates").is_some() {
        let form = form(&desk, &visitor, register, line.as_ref(), Some(&filled)).await?;
        return Ok(page(form_page(&desk, &visitor, register, act(&line), form).await));
    }
    let mut problems = vec![];
    let valid_from = day(&filled, "valid_from", &mut problems);
    let valid_to = day(&filled, "valid_to", &mut problems);
    let outcome = if problems.is_empty() {
        let what = PutRegister {
            register,
            id: id.clone(),
            name: filled.one("name").into(),
            valid_from,
            valid_to,
            data: data(register, &filled, line.as_ref()),
        };
        put_register(&desk.office, &visitor.caller, what).await
    } else {
        Err(ActError::Invalid(problems))
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/registers/{}?done=put", register.code())).into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut form = form(&desk, &visitor, register, line.as_ref(), Some(&filled)).await?;
            for problem in problems {
                form.put_error(&problem.field, problem.message);
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, form_page(&desk, &visitor, register, act(&line), form).await))
        }
        Err(other) => Err(desk.problem(other, "变更登记", Link::new("返回登记", format!("/registers/{}", register.code())))),
    }
}

fn act(line: &Option<RegisterLine>) -> &'static str {
    if line.is_some() { "变更登记" } else { "新增登记" }
}

fn day(filled: &Filled, name: &str, problems: &mut Vec<FieldProblem>) -> Option<jiff::civil::Date> {
    let text = filled.one(name);
    let found = date(text);
    if found.is_none() && !text.is_empty() {
        problems.push(FieldProblem { field: name.into(), message: "日期应写成2026-11-17的形式".into() });
    }
    found
}

async fn current(desk: &Desk, visitor: &Visitor, register: RegisterName, id: &str) -> Result<RegisterLine, Problem> {
    let view = desk.office.register_history(&visitor.caller, register, id).await;
    let view = view.map_err(|e| desk.problem(e, "变更登记", Link::new("返回登记", format!("/registers/{}", register.code()))))?;
    view.lines.into_iter().next_back().ok_or(Problem::NotFound)
}

async fn form_page(desk: &Desk, visitor: &Visitor, register: RegisterName, title: &str, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "registers").await,
        title: title.to_owned(),
        about: Some(Link::new(register.title(), format!("/registers/{}", register.code()))),
        stops: vec![],
        facts: vec![],
        form,
    }
}

async fn form(desk: &Desk, visitor: &Visitor, register: RegisterName, line: Option<&RegisterLine>, filled: Option<&Filled>) -> Result<Form, Problem> {
    let departments = desk.office.register_rows(&visitor.caller, RegisterName::Departments, None).await;
    let departments = departments.map_err(|e| desk.problem(e, "变更登记", Link::new("返回基础信息", "/registers")))?;
    let departments: Vec<Choice> = departments.lines.iter().filter(|l| l.is_current).map(|l| Choice::new(&l.id, &l.name)).collect();
    let mut fields = vec![Field::text("name", register.name_title()).required().value(line.map(|l| l.name.as_str()).unwrap_or_default())];
    for column in register.columns() {
        let value = line.and_then(|l| l.data.get(column.key));
        fields.extend(field(register, column, value, &departments, filled));
    }
    let day = |d: Option<jiff::civil::Date>| d.map(|d| d.to_string()).unwrap_or_default();
    let today = desk.office.now().date();
    fields.push(Field::date("valid_from", "新状态有效期起").value(today.to_string()).half());
    fields.push(Field::date("valid_to", "有效期止").value(day(line.and_then(|l| l.valid_to))).half().hint("长期有效的不填"));
    let base = format!("/registers/{}", register.code());
    let form = Form {
        action: line.map_or_else(|| format!("{base}/new"), |l| format!("{base}/items/{}/change", percent_encoded(&l.id))),
        act: if line.is_some() { "变更登记" } else { "新增登记" }.into(),
        once: once_key(),
        back: base,
        fields,
        ..Form::default()
    };
    Ok(match filled {
        Some(filled) => form.refill(filled),
        None => form,
    })
}

/// The control of one column; what cannot be typed in one line stays as it is.
fn field(register: RegisterName, column: &Column, value: Option<&Value>, departments: &[Choice], filled: Option<&Filled>) -> Option<Field> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let list: Vec<&str> = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let (key, title) = (column.key, column.title);
    let field = match (register, key) {
        (RegisterName::Laws, "versions") => return None,
        (RegisterName::Departments, "code") | (RegisterName::Powers, "code") if value.is_some() => Field::fixed(key, title, text),
        (RegisterName::Officers, "account") if value.is_some() => Field::fixed(key, title, text),
        (RegisterName::Parties, "id_number") if value.is_some() => Field::fixed(key, title, text),
        (RegisterName::Departments, "parent") | (RegisterName::Officers, "department") => {
            Field::select(key, title, departments.to_vec()).value(text)
        }
        (RegisterName::Powers, "departments") => Field::checks(key, title, departments.to_vec()).chosen(list),
        (RegisterName::Officers, "certificates") => certificates(title, value, filled),
        (RegisterName::Causes, "articles_violated" | "articles_penalty") => Field::text(key, title).value(list.join("；")).hint("多条用分号隔开"),
        (RegisterName::Parties, "kind") => {
            let kinds = [("person", "自然人"), ("organisation", "法人或者其他组织"), ("individual-business", "个体工商户")];
            Field::select(key, title, kinds.map(|(code, title)| Choice::new(code, title)).into()).value(text)
        }
        (RegisterName::Powers, "kind") => {
            let kinds = ["行政处罚", "行政检查", "行政强制", "行政许可", "行政确认", "行政奖励", "其他"];
            Field::select(key, title, kinds.map(|kind| Choice::new(kind, kind)).into()).value(text)
        }
        (_, "verified") => {
            let yes = value == Some(&Value::Bool(true));
            Field::radios(key, "是否已与正式文本核对", vec![Choice::new("yes", "已核实"), Choice::new("no", "未核实")]).value(if yes { "yes" } else { "no" })
        }
        (_, "note" | "range_text") => Field::area(key, title).value(text),
        _ => Field::text(key, title).value(text),
    };
    let field = if column.required { field.required() } else { field };
    Some(if matches!(key, "certificates" | "departments" | "note" | "range_text") { field } else { field.half() })
}

fn certificates(title: &str, value: Option<&Value>, filled: Option<&Filled>) -> Field {
    let stored = || -> Vec<BTreeMap<String, String>> {
        let rows = value.and_then(Value::as_array).into_iter().flatten();
        rows.map(|row| ["number", "from", "to"].iter().map(|k| ((*k).to_owned(), row.get(k).and_then(Value::as_str).unwrap_or_default().to_owned())).collect())
            .collect()
    };
    let rows = match filled {
        Some(filled) => filled.rows_rearranged("certificates").unwrap_or_else(|| filled.rows("certificates")),
        None => stored(),
    };
    let columns = vec![
        Field::text("number", "执法证号").third().required_in_group(),
        Field::date("from", "有效期起").third().required_in_group(),
        Field::date("to", "有效期止").third().required_in_group(),
    ];
    Field::rows("certificates", title, "执法证件", columns, &rows)
}

/// What the form says over what stands: columns without a control keep their value.
fn data(register: RegisterName, filled: &Filled, line: Option<&RegisterLine>) -> Map<String, Value> {
    let mut data = line.map(|l| l.data.clone()).unwrap_or_default();
    for column in register.columns() {
        let key = column.key;
        let value = match (register, key) {
            (RegisterName::Laws, "versions") => continue,
            (RegisterName::Officers, "certificates") => {
                let rows: Vec<Value> = filled.rows(key).into_iter().map(|row| json!(row)).collect();
                Value::from(rows)
            }
            (RegisterName::Powers, "departments") => Value::from(filled.many(key).into_iter().filter(|c| !c.is_empty()).collect::<Vec<_>>()),
            (RegisterName::Causes, "articles_violated" | "articles_penalty") => {
                let parts = filled.one(key).split([';', '；']).map(str::trim).filter(|p| !p.is_empty());
                Value::from(parts.collect::<Vec<_>>())
            }
            (_, "verified") => Value::Bool(filled.one(key) == "yes"),
            _ if filled.one(key).is_empty() => Value::Null,
            _ => Value::from(filled.one(key)),
        };
        if value.is_null() {
            data.remove(key);
        } else {
            data.insert(key.to_owned(), value);
        }
    }
    data
}
