//! Grants (Art. 26): one's own for everybody; for the archivist the requests to answer, the
//! standing rule to sign, and all grants in force.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Filled, Form};
use crate::look::{Fact, Frame, Link, page, page_with, words};
use crate::pages::shared::{Asked, Cell, Table, done_note, may, moment, once, once_key, redrawn};
use askama::Template;
use axum::extract::{Form as Body, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::deny_grant::{DenyGrant, deny_grant};
use casework::acts::give_grant::{GiveGrant, give_grant};
use casework::acts::return_grant::{ReturnGrant, return_grant};
use casework::acts::sign_standing_rule::{SignStandingRule, sign_standing_rule};
use casework::permissions::Power;
use casework::viewing::{GrantLine, Mode};
use casework::{ActError, Receipt};
use procedure::ids::GrantId;

#[derive(Template)]
#[template(path = "viewings/grants.html")]
pub struct GrantsPage {
    pub frame: Frame,
    pub title: &'static str,
    pub archivist: bool,
    pub asked: Vec<AskedGrant>,
    pub own: Vec<OwnGrant>,
    pub in_force: Table,
    /// Who signed the rule when; nothing while none is signed.
    pub rule_facts: Vec<Fact>,
    pub rule_text: String,
    pub rule_form: Form,
}

/// A request with the two answers below it.
#[derive(Clone, Debug, Default)]
pub struct AskedGrant {
    pub facts: Vec<Fact>,
    pub case: Link,
    pub give: Form,
    pub deny: Form,
}

#[derive(Clone, Debug, Default)]
pub struct OwnGrant {
    pub case: Link,
    pub what: String,
    pub until: String,
    pub reason: String,
    pub standing: bool,
    /// Who gave it, and how.
    pub given: String,
    /// Empty where there is nothing to give back.
    pub give_back: String,
}

const RULE: &str = "自立案之日起至归档之日止，本案的承办人、审核人员、审批人员和听证主持人可以查看本案的音像资料；复制、归档后的查看和其他人员的查看，另行申请。每次查看均予登记。";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let mut template = template(&desk, &visitor).await?;
    let known = [("given", "已批准调阅。"), ("denied", "已答复不予批准。"), ("returned", "许可已归还。"), ("signed", "常设调阅规则已签署。")];
    template.frame.notes.extend(done_note(&asked.done, &known));
    Ok(page(template))
}

pub async fn sign_rule(State(desk): State<Desk>, mut visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let what = SignStandingRule { text: filled.one("text").into(), password: filled.one("password").into() };
    match sign_standing_rule(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to("/grants?done=signed").into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut template = template(&desk, &visitor).await?;
            template.rule_form = redrawn(template.rule_form, &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, "签署常设调阅规则", back())),
    }
}

pub async fn give(State(desk): State<Desk>, mut visitor: Visitor, Path(grant): Path<String>, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let until = moment(filled.one(&format!("until.{grant}")));
    let view_only = filled.one(&format!("view_only.{grant}")) == "yes";
    let given = give_grant(&desk.office, &visitor.caller, GiveGrant { grant: GrantId(grant.clone()), until, view_only }).await;
    answered(&desk, &visitor, &grant, &filled, given, "given").await
}

pub async fn deny(State(desk): State<Desk>, mut visitor: Visitor, Path(grant): Path<String>, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let reason = filled.one(&format!("reason.{grant}")).to_owned();
    let denied = deny_grant(&desk.office, &visitor.caller, DenyGrant { grant: GrantId(grant.clone()), reason }).await;
    answered(&desk, &visitor, &grant, &filled, denied, "denied").await
}

pub async fn give_back(State(desk): State<Desk>, mut visitor: Visitor, Path(grant): Path<String>, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    once(&mut visitor, &filled);
    let what = ReturnGrant { grant: GrantId(grant), reason: String::new() };
    match return_grant(&desk.office, &visitor.caller, what).await {
        Ok(_) => Ok(Redirect::to("/grants?done=returned").into_response()),
        Err(other) => Err(desk.problem(other, "归还调阅许可", back())),
    }
}

/// Fields carry the grant in their names, for many requests stand on one page.
async fn answered(
    desk: &Desk,
    visitor: &Visitor,
    grant: &str,
    filled: &Filled,
    outcome: Result<Receipt, ActError>,
    done: &str,
) -> Result<Response, Problem> {
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/grants?done={done}")).into_response()),
        Err(ActError::Invalid(mut problems)) => {
            problems.iter_mut().for_each(|p| p.field = format!("{}.{grant}", p.field));
            let mut template = template(desk, visitor).await?;
            let (gives, denies) = (format!("/grants/{grant}/give"), done == "denied");
            for one in template.asked.iter_mut().filter(|a| a.give.action == gives) {
                let form = if denies { &mut one.deny } else { &mut one.give };
                *form = redrawn(std::mem::take(form), filled, std::mem::take(&mut problems));
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, "答复调阅申请", back())),
    }
}

fn back() -> Link {
    Link::new("返回调阅许可", "/grants")
}

async fn template(desk: &Desk, visitor: &Visitor) -> Result<GrantsPage, Problem> {
    let failed = |e| desk.problem(e, "查看调阅许可", Link::new("回到工作台", "/"));
    let archivist = may(visitor, Power::GrantViewing);
    let (mut asked, mut in_force) = (vec![], Table::new(&["调阅人", "案件", "范围", "期限", "批准人"]).empty("目前没有有效的许可。", ""));
    if archivist {
        asked = desk.office.grants_asked(&visitor.caller).await.map_err(failed)?;
        for g in desk.office.grants_in_force(&visitor.caller).await.map_err(failed)? {
            let mut who = Cell::new(&g.person_name);
            if g.standing {
                who = who.chip("常设", "");
            }
            in_force.rows.push(vec![
                who,
                Cell::link(&g.case_title, format!("/cases/{}", g.case)).small(&g.reason),
                Cell::new(scope(&g)),
                Cell::new(term(&g)),
                Cell::new(&g.approver_name),
            ]);
        }
    }
    let own = desk.office.usable_grants(&visitor.caller).await.map_err(failed)?;
    let rule = desk.office.standing_viewing_rule().await.map_err(failed)?;
    Ok(GrantsPage {
        frame: desk.frame(visitor, "volumes").await,
        title: "调阅许可",
        archivist,
        asked: asked.iter().map(asked_grant).collect(),
        own: own
            .iter()
            .map(|g| OwnGrant {
                case: Link::new(&g.case_title, format!("/cases/{}/evidence", g.case)),
                what: scope(g),
                until: term(g),
                reason: g.reason.clone(),
                standing: g.standing,
                given: format!("{}，{}", g.approver_name, if g.standing { "按常设规则" } else { "逐次批准" }),
                // What the rule gives without a written grant cannot be given back.
                give_back: if g.id.is_empty() { String::new() } else { format!("/grants/{}/return", g.id) },
            })
            .collect(),
        in_force,
        rule_facts: rule
            .iter()
            .flat_map(|r| [Fact::new("签署", &r.signer_name), Fact::new("时间", words::full_moment_zh(r.signed_at))])
            .collect(),
        rule_form: Form {
            action: "/grants/rule".into(),
            act: "签署常设调阅规则".into(),
            once: once_key(),
            fields: vec![
                Field::area("text", "规则内容").required().article("本制度第二十六条").value(rule.as_ref().map_or(RULE, |r| r.text.as_str())),
                Field::password("password", "本人口令").required().autocomplete("current-password").hint("签署须再次输入口令"),
            ],
            ..Form::default()
        },
        rule_text: rule.map(|r| r.text).unwrap_or_default(),
    })
}

fn asked_grant(g: &GrantLine) -> AskedGrant {
    let mut fields = vec![
        Field::datetime(format!("until.{}", g.id), "许可截止")
            .value(g.until.map(words::moment_field).unwrap_or_default())
            .hint("不晚于申请的时间"),
    ];
    if g.mode == Mode::Copy {
        let only = vec![crate::look::form::Choice::new("yes", "只准查看，不准复制")];
        fields.push(Field::checks(format!("view_only.{}", g.id), "方式", only));
    }
    AskedGrant {
        facts: vec![
            Fact::new("申请人", &g.person_name),
            Fact::new("范围", scope(g)),
            Fact::new("方式", g.mode.title()),
            Fact::new("事由", &g.reason),
            Fact::new("申请时间", words::full_moment_zh(g.from)),
        ],
        case: Link::new(&g.case_title, format!("/cases/{}", g.case)),
        give: Form { action: format!("/grants/{}/give", g.id), act: "批准调阅".into(), once: once_key(), fields, ..Form::default() },
        deny: Form {
            action: format!("/grants/{}/deny", g.id),
            act: "不予批准".into(),
            once: once_key(),
            fields: vec![Field::text(format!("reason.{}", g.id), "不予批准的理由").required()],
            ..Form::default()
        },
    }
}

fn scope(g: &GrantLine) -> String {
    let what = if g.evidence_names.is_empty() { "本案全部音像资料".to_owned() } else { g.evidence_names.join("、") };
    format!("{}：{what}", g.mode.title())
}

fn term(g: &GrantLine) -> String {
    match g.until {
        Some(until) => format!("{} 至 {}", words::full_moment_zh(g.from), words::full_moment_zh(until)),
        None => format!("{}起，至归档", words::full_moment_zh(g.from)),
    }
}
