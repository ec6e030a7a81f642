//! 收入证据: the form, with the file last. Wrong fields keep what was typed, and a file once received
//! need not be sent again: the form comes back with its handle.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form, FormPage};
use crate::look::{Link, page, page_with, words};
use crate::pages::evidence::upload::{self, PROTECTED, Posted};
use crate::pages::shared::{moment, once, once_key, redrawn, required_moment};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::attach_evidence::{AttachEvidence, attach_evidence};
use casework::intake::Taken;
use casework::{ActError, FieldProblem};
use procedure::event::Extraction;
use procedure::ids::CaseId;

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>) -> Result<Response, Problem> {
    let title = allowed(&desk, &visitor, &id).await?;
    Ok(page(form_page(&desk, &visitor, &id, &title, form(&desk, &id)).await))
}

pub async fn submit(State(desk): State<Desk>, mut visitor: Visitor, Path(id): Path<String>, request: Request) -> Result<Response, Problem> {
    // Before the first byte is taken: a stranger's upload must not fill the disk.
    let title = allowed(&desk, &visitor, &id).await?;
    let Posted { filled, taken, file_problem } = upload::read_evidence(&desk, &visitor, &CaseId(id.clone()), request).await?;
    once(&mut visitor, &filled);
    let mut problems = vec![];
    match file_problem {
        Some(ActError::Invalid(wrong)) => problems.extend(wrong),
        Some(ActError::NotWritable(why)) => problems.push(FieldProblem { field: "file".into(), message: why }),
        Some(other) => return Err(desk.problem(other, "收入证据", back(&id))),
        None => {}
    }
    let from = required_moment(&filled, "from", &mut problems);
    let outcome = match from {
        Some(from) if problems.is_empty() => {
            let what = AttachEvidence {
                case: CaseId(id.clone()),
                kind: filled.one("kind").into(),
                name: filled.one("name").into(),
                source: filled.one("source").into(),
                proves: filled.one("proves").into(),
                footage: filled.one("footage") != "no",
                place: filled.one("place").into(),
                from,
                to: moment(filled.one("to")),
                located: filled.one("located").into(),
                extraction: extraction(&filled),
                protected: filled.one(PROTECTED.0) == PROTECTED.1,
                taken: taken.clone(),
            };
            attach_evidence(&desk.office, &visitor.caller, what).await
        }
        _ => Err(ActError::Invalid(problems)),
    };
    match outcome {
        Ok(_) => Ok(Redirect::to(&format!("/cases/{id}/evidence?done=attached")).into_response()),
        Err(ActError::Invalid(problems)) => {
            let mut form = redrawn(form(&desk, &id), &filled, problems);
            if let Some(taken) = &taken {
                keep(&desk, &visitor, &mut form, taken)?;
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, form_page(&desk, &visitor, &id, &title, form).await))
        }
        Err(other) => Err(desk.problem(other, "收入证据", back(&id))),
    }
}

/// Whether this person may attach evidence here at all; gives the case's title.
async fn allowed(desk: &Desk, visitor: &Visitor, id: &str) -> Result<String, Problem> {
    let file = desk.office.case_file(&visitor.caller, &CaseId(id.to_owned())).await.map_err(|e| desk.problem(e, "收入证据", back(id)))?;
    if !file.sight.may_act {
        return Err(Problem::Forbidden { why: "只有本案的承办人可以收入证据。".into() });
    }
    Ok(file.case.title)
}

fn back(id: &str) -> Link {
    Link::new("返回证据", format!("/cases/{id}/evidence"))
}

async fn form_page(desk: &Desk, visitor: &Visitor, id: &str, title: &str, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "cases").await,
        title: "收入证据".into(),
        about: Some(Link::new(title, format!("/cases/{id}/evidence"))),
        stops: vec![],
        facts: vec![],
        form,
    }
}

fn form(desk: &Desk, id: &str) -> Form {
    let kinds = desk.office.book().evidence_kinds.iter().map(|k| Choice::new(&k.code, &k.title)).collect();
    let footage = vec![
        Choice::new("yes", "是").note("只能凭调阅许可查看，每次查看都登记"),
        Choice::new("no", "否").note("有权查看案件的人可以下载"),
    ];
    let protected = vec![
        Choice::new("no", "否"),
        Choice::new(PROTECTED.1, "是").note("加密存放，只有承办人、审核审批人员和档案管理员可以取得"),
    ];
    let extraction = "音像、电子数据取自他人的，填写提取记录；自行拍摄的不填";
    Form {
        action: format!("/cases/{id}/evidence/new"),
        act: "收入证据".into(),
        once: once_key(),
        back: format!("/cases/{id}/evidence"),
        fields: vec![
            Field::select("kind", "证据种类", kinds).required().article("行政处罚法第四十六条").half(),
            Field::text("name", "证据名称").required().half().hint("例如：歌舞厅大厅照片第3张"),
            Field::text("source", "来源").half().hint("由谁提供、从哪里取得"),
            Field::text("place", "形成地点").half(),
            Field::datetime("from", "形成时间").required().half().value(words::moment_field(desk.office.now())),
            Field::datetime("to", "结束时间").half().hint("录音录像填写；照片、书证不填"),
            Field::area("proves", "证明内容"),
            Field::radios("footage", "是否现场拍摄的照片、录音、录像", footage).required().article("本制度第二十六条").value("yes"),
            Field::radios(PROTECTED.0, "是否涉及未成年人或者其他应予保密的人", protected).required().article("本制度第三十条").value("no"),
            Field::text("located", "原物存放处").hint("没有文件的证据（物证等）必须填写"),
            Field::text("extraction.source", "提取自").half().hint(extraction).article("本制度第二条"),
            Field::text("extraction.holder", "持有人").half(),
            Field::text("extraction.method", "提取方法").half(),
            Field::text("extraction.extractor", "提取人").half(),
            Field::datetime("extraction.at", "提取时间").half(),
            Field::text("extraction.witness", "见证人").half(),
            Field::file("file", "文件").upload(format!("/uploads?case={id}")).hint(
                "大小不限。收下的文件同时计算 SHA-256 和 SM3，写入后读回核对，此后不能改动。栏目有误时文件不会丢，改正后不必重新上传。",
            ),
        ],
        ..Form::default()
    }
}

/// Keeps a file already received in the form that is drawn again.
fn keep(desk: &Desk, visitor: &Visitor, form: &mut Form, taken: &Taken) -> Result<(), Problem> {
    let handle = desk.office.handle_of(&visitor.caller, taken).map_err(|e| desk.problem(e, "收入证据", Link::default()))?;
    let file = &taken.file;
    let received = format!("{} · {} · SHA-256 {}", file.original_name, words::size(file.len_bytes), words::short_hex(&file.sha256));
    if let Some(input) = form.fields.iter_mut().find(|f| f.name == "file") {
        input.label = "换一个文件".into();
        input.hint = "不选就用上面已收到的文件。".into();
    }
    let at = form.fields.len().saturating_sub(1);
    form.fields.insert(at, Field::fixed("", "已收到的文件", received));
    form.fields.insert(at, Field::hidden("file", handle));
    Ok(())
}

fn extraction(filled: &Filled) -> Option<Extraction> {
    let text = |name: &str| filled.one(&format!("extraction.{name}")).to_owned();
    let extraction = Extraction {
        source: text("source"),
        holder: text("holder"),
        method: text("method"),
        extractor: text("extractor"),
        at: text("at"),
        witness: text("witness"),
    };
    (extraction != Extraction::default()).then_some(extraction)
}
