//! 送达: the seven ways with the fields each needs, why not directly, and the voucher. What happened
//! is recorded as it was; the proof of service is made from it.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form, FormPage};
use crate::look::{Fact, Link, page, page_with, words};
use crate::pages::evidence::upload::{self, OfPaper};
use crate::pages::papers::files::keep;
use crate::pages::papers::list::subject_zh;
use crate::pages::papers::path;
use crate::pages::papers::show::open;
use crate::pages::shared::{once, once_key, redrawn, required_moment};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::serve_paper::{ServePaper, serve_paper};
use casework::intake::Taken;
use casework::paper_file::PaperFile;
use casework::{ActError, FieldProblem};
use procedure::event::ServiceMethod;
use procedure::ids::PersonId;

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "送达").await?;
    allowed(&seen)?;
    let form = form(&desk, &seen);
    Ok(page(sheet(&desk, &visitor, &seen, form).await))
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, "送达").await?;
    allowed(&seen)?;
    let posted = upload::read(&desk, &visitor, &OfPaper::new(&id, &paper), request).await?;
    let filled = posted.filled;
    once(&mut visitor, &filled);
    let done = match posted.file_problem {
        Some(error) => Err(error),
        None => match act(&seen, &filled, posted.taken.clone()) {
            Ok(what) => serve_paper(&desk.office, &visitor.caller, what).await,
            Err(problems) => Err(ActError::Invalid(problems)),
        },
    };
    match done {
        Ok(_) => Ok(Redirect::to(&format!("{}?done=served", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut form = redrawn(form(&desk, &seen), &filled, problems);
            if let Some(taken) = &posted.taken {
                keep(&desk, &visitor, &mut form, taken)?;
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, sheet(&desk, &visitor, &seen, form).await))
        }
        Err(ActError::Refused(refusal)) => {
            let stop = desk.stop(&format!("送达《{}》", seen.paper.title), &refusal.missing, &format!("/cases/{id}"));
            let mut form = redrawn(form(&desk, &seen), &filled, vec![]);
            if let Some(taken) = &posted.taken {
                keep(&desk, &visitor, &mut form, taken)?;
            }
            let mut sheet = sheet(&desk, &visitor, &seen, form).await;
            sheet.stops = vec![stop];
            Ok(page_with(StatusCode::CONFLICT, sheet))
        }
        Err(other) => Err(desk.problem(other, "送达", Link::new("返回文书", path(&id, &paper)))),
    }
}

fn act(seen: &PaperFile, filled: &Filled, proof: Option<Taken>) -> Result<ServePaper, Vec<FieldProblem>> {
    let mut problems = vec![];
    let at = required_moment(filled, "at", &mut problems);
    let method = ServiceMethod::parse(filled.one("method"));
    if method.is_none() {
        problems.push(FieldProblem { field: "method".into(), message: "请选择送达方式".into() });
    }
    let text = |name: &str| filled.one(name).to_owned();
    match (at, method, problems.is_empty()) {
        (Some(at), Some(method), true) => Ok(ServePaper {
            case: seen.file.case.id.as_str().into(),
            paper: seen.paper.id.clone(),
            to: text("to"),
            method,
            at,
            place: text("place"),
            officers: filled.many("officers").into_iter().map(PersonId::from).collect(),
            recipient: text("recipient"),
            relation: text("relation"),
            refusal: text("refusal"),
            witness: text("witness"),
            voucher: text("voucher"),
            why_not_direct: text("why_not_direct"),
            proof,
        }),
        _ => Err(problems),
    }
}

fn allowed(seen: &PaperFile) -> Result<(), Problem> {
    if !seen.form.served {
        return Err(Problem::NotFound);
    }
    match seen.file.sight.may_act {
        true => Ok(()),
        false => Err(Problem::Forbidden { why: "送达由本案的承办人记录。".into() }),
    }
}

fn form(desk: &Desk, seen: &PaperFile) -> Form {
    let (case, paper) = (&seen.file.case, &seen.paper);
    let at = path(&case.id, &paper.id.0);
    let to: Vec<Choice> = if seen.form.kind == "non-filing-notice" {
        case.to_inform.iter().map(|i| Choice::new(&i.label, &i.label)).collect()
    } else {
        case.parties.iter().map(|p| Choice::new(&p.id, subject_zh(desk, &seen.file, &p.id))).collect()
    };
    let subject = match to.as_slice() {
        [only] => only.value.clone(),
        _ => paper.subject.clone(),
    };
    let known_address = case.party(&subject).filter(|p| !p.minor || seen.file.sight.protected).map(|p| p.address.clone()).unwrap_or_default();
    let methods = [
        (ServiceMethod::Direct, "当面交付，签收人、签收时间照实填写"),
        (ServiceMethod::Leaving, "拒收的：拒收事由，见证人或者全程音像记录"),
        (ServiceMethod::Post, "回执或者查询单号，以回执载明的收件日期为准"),
        (ServiceMethod::Electronic, "须经确认同意；系统显示到达的日期"),
        (ServiceMethod::Entrusted, "受委托机关和回证"),
        (ServiceMethod::HandedOn, "转交的部队、监所等机关和签收"),
        (ServiceMethod::PublicNotice, "其他方式无法送达的；自发布之日起经过三十日视为送达"),
    ];
    let methods = methods.into_iter().map(|(m, note)| Choice::new(m.code(), m.title()).note(note)).collect();
    let directory = desk.office.directory();
    let today = seen.file.now.date();
    let officers = directory.persons.values().filter(|p| !p.certificates.is_empty());
    let officers = officers.map(|p| Choice::new(&p.id.0, &p.name).note(p.seen_on(today).certificate)).collect();
    let handlers = case.handlers.iter().map(|h| h.id.0.clone());
    Form {
        action: format!("{at}/serve"),
        act: format!("送达{}", paper.title),
        once: once_key(),
        back: at,
        fields: vec![
            Field::select("to", "受送达人", to).value(subject).required().half(),
            Field::datetime("at", "发生时间").value(words::moment_field(seen.file.now)).required().half().hint("交付、留置、收件、到达或者发布的时间"),
            Field::radios("method", "送达方式", methods).value(ServiceMethod::Direct.code()).required().article("本制度第二十二条"),
            Field::area("why_not_direct", "不能直接送达的原因").hint("直接送达以外的方式都要写明").article("民事诉讼法第八十八条至第九十五条"),
            Field::text("place", "送达地点").value(known_address).required().hint("留置、邮寄写地址；电子送达写号码或者邮箱；公告写发布的载体"),
            Field::officers("officers", "送达人", officers).chosen(handlers).required().article("本制度第十四条"),
            Field::text("recipient", "签收人").half().hint("直接、委托、转交送达填写；本人签收写本人姓名"),
            Field::text("relation", "与受送达人的关系").half().hint("本人、同住成年家属、负责收件的人、代理人"),
            Field::area("refusal", "拒收事由").hint("留置送达填写"),
            Field::text("witness", "见证人").half().hint("留置送达：姓名、单位；以音像记录代替的写明记录编号"),
            Field::text("voucher", "凭证号").half().hint("邮寄单号、电子送达回执号、公告期号"),
            Field::file("file", "送达凭证").upload(OfPaper::new(&case.id, &paper.id.0).address()).hint("回执、截图、报纸页面、照片等；收下后不能改动"),
        ],
        ..Form::default()
    }
}

async fn sheet(desk: &Desk, visitor: &Visitor, seen: &PaperFile, form: Form) -> FormPage {
    let paper = &seen.paper;
    let mut facts = vec![Fact::new("文号", paper.number.clone().unwrap_or_else(|| "无".into()))];
    let served = paper.services.iter().map(|s| format!("{} {}", subject_zh(desk, &seen.file, &s.to), words::full_date_zh(s.effective_on)));
    let served = served.collect::<Vec<_>>().join("；");
    facts.push(Fact::new("已送达", if served.is_empty() { "还没有".to_owned() } else { served }));
    FormPage {
        frame: desk.frame(visitor, "cases").await,
        title: format!("送达{}", paper.title),
        about: Some(Link::new(paper.title.clone(), path(&seen.file.case.id, &paper.id.0))),
        stops: vec![],
        facts,
        form,
    }
}
