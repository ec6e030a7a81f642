//! The registers there are, and the other things kept for the whole house.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::{Link, page};
use crate::pages::shared::{Cell, SheetsPage, Table, TableSheet, may, require};
use axum::extract::State;
use axum::response::Response;
use casework::permissions::{Power, sees_register};
use casework::registers::RegisterName;

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    let accounts = may(&visitor, Power::ManageAccounts);
    require(&visitor, Power::SeeRegisters)?;
    let mut table = Table::new(&["登记", "内容", "现有#", "未核实#"]);
    for register in RegisterName::ALL.into_iter().filter(|r| may(&visitor, sees_register(*r))) {
        let view = desk.office.register_rows(&visitor.caller, register, None).await;
        let view = view.map_err(|e| desk.problem(e, "查看登记", Link::new("回到工作台", "/")))?;
        let unverified = view.lines.iter().filter(|l| l.unverified).count();
        table.rows.push(vec![
            Cell::link(register.title(), format!("/registers/{}", register.code())),
            Cell::new(about(register)),
            Cell::new(view.lines.iter().filter(|l| l.in_force).count().to_string()).class("num"),
            Cell::new(unverified.to_string()).class(if unverified > 0 { "num soon-text" } else { "num" }),
        ]);
    }
    let mut sheets = SheetsPage::new(desk.frame(&visitor, "registers").await, "基础信息");
    sheets.sheets.push(TableSheet {
        heading: "登记".into(),
        small: "每次变更都留下原来的状态，可以查任何一天".into(),
        table,
        pager: None,
    });
    let mut others = Table::new(&["事项", "内容"]);
    others.rows.push(vec![Cell::link("委托审批", "/delegations"), Cell::new("负责人把自己的审批权限在一段时间内委托给他人")]);
    others.rows.push(vec![Cell::link("调阅许可", "/grants"), Cell::new("常设调阅规则和调阅申请")]);
    if accounts {
        others.rows.push(vec![Cell::link("账号", "/accounts"), Cell::new("账号、岗位、停用和重设口令")]);
    }
    sheets.sheets.push(TableSheet { heading: "其他".into(), small: String::new(), table: others, pager: None });
    Ok(page(sheets))
}

fn about(register: RegisterName) -> &'static str {
    match register {
        RegisterName::Departments => "办理案件的机构和上下级关系",
        RegisterName::Officers => "执法人员、执法证件的编号和有效期、法律职业资格",
        RegisterName::Powers => "本机关的执法职权和承办机构",
        RegisterName::Laws => "所依据的法律、法规、规章和制度，各自的施行期间",
        RegisterName::Causes => "案由、违反的条款、处罚依据和法定幅度",
        RegisterName::Parties => "行政相对人，证件号码相同的是同一人",
    }
}
