//! 归入扫描件: the sheet signed by hand, its pages counted, and where the paper itself lies. Scans
//! filed before are listed on the paper's page.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Field, Form, FormPage};
use crate::look::{Fact, Link, page, page_with};
use crate::pages::evidence::upload::{self, OfPaper};
use crate::pages::papers::files::keep;
use crate::pages::papers::path;
use crate::pages::papers::show::open;
use crate::pages::shared::{once, once_key, redrawn};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::scan_paper::{ScanPaper, scan_paper};
use casework::intake::Taken;
use casework::paper_file::PaperFile;
use casework::{ActError, FieldProblem};

const ACT: &str = "归入签名扫描件";

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path((id, paper)): Path<(String, String)>) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, ACT).await?;
    allowed(&seen)?;
    let form = form(&seen);
    Ok(page(sheet(&desk, &visitor, &seen, form).await))
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path((id, paper)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let seen = open(&desk, &visitor, &id, &paper, ACT).await?;
    // Before any byte is taken in: whoever may not file a scan uploads none.
    allowed(&seen)?;
    let posted = upload::read(&desk, &visitor, &OfPaper::new(&id, &paper), request).await?;
    let filled = posted.filled;
    once(&mut visitor, &filled);
    let done = match (posted.taken.clone(), posted.file_problem) {
        (_, Some(error)) => Err(error),
        (None, None) => Err(ActError::field("file", "请选择扫描件")),
        (Some(taken), None) => file_scan(&desk, &visitor, &seen, &taken, filled.one("pages_count"), filled.one("located")).await,
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=scanned", path(&id, &paper))).into_response()),
        Err(ActError::Invalid(problems)) => {
            // A file that is no scan is not offered again.
            let usable = problems.iter().all(|p| p.field != "file");
            let mut form = redrawn(form(&seen), &filled, problems);
            if let Some(taken) = posted.taken.filter(|_| usable) {
                keep(&desk, &visitor, &mut form, &taken)?;
            }
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, sheet(&desk, &visitor, &seen, form).await))
        }
        Err(other) => Err(desk.problem(other, ACT, Link::new("返回文书", path(&id, &paper)))),
    }
}

async fn file_scan(desk: &Desk, visitor: &Visitor, seen: &PaperFile, taken: &Taken, typed: &str, located: &str) -> Result<(), ActError> {
    let case = seen.file.case.id.as_str().into();
    let mut problems = vec![];
    let counted = match desk.office.scan_pages_count(&case, taken).await {
        Ok(counted) => counted,
        Err(ActError::Invalid(more)) => {
            problems.extend(more);
            None
        }
        Err(other) => return Err(other),
    };
    let typed: Option<u32> = typed.parse().ok().filter(|n| *n > 0);
    let pages_count = counted.or(typed);
    if pages_count.is_none() && problems.is_empty() {
        problems.push(FieldProblem { field: "pages_count".into(), message: "图片的页数系统数不出来，请填写这份扫描件有几页".into() });
    }
    if located.is_empty() {
        problems.push(FieldProblem { field: "located".into(), message: "请注明纸质原件存放在哪里（盒、架、页）".into() });
    }
    let Some(pages_count) = pages_count.filter(|_| problems.is_empty()) else { return Err(ActError::Invalid(problems)) };
    let what = ScanPaper { case, paper: seen.paper.id.clone(), taken: taken.clone(), pages_count, located: located.to_owned() };
    scan_paper(&desk.office, &visitor.caller, what).await.map(|_| ())
}

fn allowed(seen: &PaperFile) -> Result<(), Problem> {
    match seen.file.sight.may_act {
        true => Ok(()),
        false => Err(Problem::Forbidden { why: "扫描件由本案的承办人归入。".into() }),
    }
}

fn form(seen: &PaperFile) -> Form {
    let at = path(&seen.file.case.id, &seen.paper.id.0);
    Form {
        action: format!("{at}/scan"),
        act: ACT.into(),
        once: once_key(),
        back: at,
        fields: vec![
            Field::text("located", "纸质原件存放处").required().hint("盒、架、页，例如：综合科 3 号柜 12 盒 第5页").article("本制度第八条"),
            Field::number("pages_count", "页数").unit("页").half().hint("图片填写；PDF 由系统清点"),
            Field::file("file", "扫描件")
                .required()
                .accept("application/pdf,image/jpeg,image/png")
                .upload(OfPaper::new(&seen.file.case.id, &seen.paper.id.0).address())
                .hint("PDF、JPEG 或者 PNG。收下后读回核对，此后不能改动；页数与文书不符的照收，记为瑕疵。"),
        ],
        ..Form::default()
    }
}

async fn sheet(desk: &Desk, visitor: &Visitor, seen: &PaperFile, form: Form) -> FormPage {
    let issued = seen.paper.issued.as_ref().map_or("尚未成文".to_owned(), |i| format!("{} 页", i.pages_count));
    FormPage {
        frame: desk.frame(visitor, "cases").await,
        title: ACT.into(),
        about: Some(Link::new(seen.paper.title.clone(), path(&seen.file.case.id, &seen.paper.id.0))),
        stops: vec![],
        facts: vec![Fact::new("文书", issued), Fact::new("已归入", format!("{} 份", seen.paper.scans.len()))],
        form,
    }
}
