//! Import of a register from a table: chosen as a file or pasted, previewed row by row with what is
//! wrong and what it would do, then confirmed. Nothing is changed before the confirmation.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::{Frame, Link, page, page_with};
use crate::pages::shared::{Cell, Table, once, once_key, redrawn, require};
use askama::Template;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::ActError;
use casework::import::{ImportAction, ImportName, Preview};
use casework::permissions::edits_register;

#[derive(Template)]
#[template(path = "registers/import.html")]
pub struct ImportPage {
    pub frame: Frame,
    pub title: String,
    pub about: Link,
    /// The columns a file may have; those that must be there first.
    pub columns: String,
    pub preview: Option<Table>,
    pub preview_small: String,
    pub form: Form,
    pub confirm: Option<Form>,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(name): Path<String>) -> Result<Response, Problem> {
    let name = named(&name)?;
    require(&visitor, edits_register(name.register()))?;
    Ok(page(template(&desk, &visitor, name).await))
}

pub async fn submit(State(desk): State<Desk>, mut visitor: Visitor, Path(name): Path<String>, request: Request) -> Result<Response, Problem> {
    let name = named(&name)?;
    require(&visitor, edits_register(name.register()))?;
    let (filled, file) = read(request).await?;
    once(&mut visitor, &filled);
    if filled.one("step") == "import" {
        let skip = filled.one("skip_bad") == "yes";
        return match desk.office.import(&visitor.caller, name, &file, skip).await {
            Ok(_) => Ok(Redirect::to(&format!("/registers/{}?done=imported", name.register().code())).into_response()),
            Err(ActError::Invalid(problems)) => {
                // Rows that were sound at the preview are so no longer: the preview is drawn again.
                let text = String::from_utf8_lossy(&file).into_owned();
                let preview = desk.office.import_preview(&visitor.caller, name, &file).await.ok();
                let mut template = template(&desk, &visitor, name).await;
                if let Some(preview) = &preview {
                    previewed(&mut template, name, preview, &text);
                }
                template.form.error = problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("；");
                Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
            }
            Err(other) => Err(desk.problem(other, "导入登记", back(name))),
        };
    }
    let mut template = template(&desk, &visitor, name).await;
    if file.is_empty() {
        template.form.put_error("file", "请选择文件，或者在下面粘贴表格内容");
        return Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template));
    }
    match desk.office.import_preview(&visitor.caller, name, &file).await {
        Ok(preview) => {
            let text = readable(&file);
            previewed(&mut template, name, &preview, &text);
            template.form = template.form.refill(&filled);
            Ok(page(template))
        }
        Err(ActError::Invalid(problems)) => {
            template.form = redrawn(template.form, &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, template))
        }
        Err(other) => Err(desk.problem(other, "导入登记", back(name))),
    }
}

fn named(name: &str) -> Result<ImportName, Problem> {
    ImportName::parse(name).ok_or(Problem::NotFound)
}

fn back(name: ImportName) -> Link {
    Link::new(name.register().title(), format!("/registers/{}", name.register().code()))
}

/// The posted fields, and the table as bytes: a chosen file before what was pasted.
async fn read(request: Request) -> Result<(Filled, Vec<u8>), Problem> {
    let unreadable = |what: String| Problem::Unreadable { what };
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (mut pairs, mut file) = (vec![], vec![]);
    if kind.starts_with("multipart/form-data") {
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|e| unreadable(e.body_text()))?;
        while let Some(field) = multipart.next_field().await.map_err(|e| unreadable(e.body_text()))? {
            let name = field.name().unwrap_or_default().to_owned();
            let is_file = field.file_name().is_some();
            let bytes = field.bytes().await.map_err(|e| unreadable(e.body_text()))?;
            if is_file {
                file = bytes.to_vec();
            } else {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| unreadable("表单的文字不是 UTF-8".into()))?;
                pairs.push((name, text));
            }
        }
    } else {
        let form = axum::extract::Form::<Vec<(String, String)>>::from_request(request, &()).await;
        pairs = form.map_err(|e| unreadable(e.body_text()))?.0;
    }
    let filled = Filled::from(pairs);
    if file.is_empty() {
        file = filled.one("text").as_bytes().to_vec();
    }
    Ok((filled, file))
}

/// The table as text for the confirmation, decoded as the import decodes it.
fn readable(file: &[u8]) -> String {
    casework::import::text_of(file).unwrap_or_default()
}

async fn template(desk: &Desk, visitor: &Visitor, name: ImportName) -> ImportPage {
    let mut columns = name.columns();
    columns.sort_by_key(|c| !c.required);
    let columns: Vec<String> = columns.iter().map(|c| if c.required { format!("{}（必填）", c.title) } else { c.title.to_owned() }).collect();
    ImportPage {
        frame: desk.frame(visitor, "registers").await,
        title: format!("导入{}", name.title()),
        about: back(name),
        columns: columns.join("、"),
        preview: None,
        preview_small: String::new(),
        form: Form {
            action: format!("/registers/{}/import", name.code()),
            act: "预览".into(),
            fields: vec![
                Field::file("file", "CSV 文件").accept(".csv,text/csv").hint("UTF-8 或者 GB18030 编码，第一行是栏目名称"),
                Field::area("text", "或者粘贴表格内容"),
            ],
            back: format!("/registers/{}", name.register().code()),
            ..Form::default()
        },
        confirm: None,
    }
}

fn previewed(template: &mut ImportPage, name: ImportName, preview: &Preview, text: &str) {
    let mut titles = vec!["行"];
    titles.extend(preview.columns.iter().map(|c| c.title));
    titles.push("结果");
    let mut table = Table::new(&titles);
    for row in &preview.rows {
        let mut cells = vec![Cell::new(row.line.to_string())];
        cells.extend(row.values.iter().map(Cell::new));
        cells.push(match (row.problems.is_empty(), row.action) {
            (false, _) => Cell::default().chip("有问题", "late").small(row.problems.join("；")),
            (true, ImportAction::New) => Cell::default().chip("新增", "met"),
            (true, ImportAction::Change) => Cell::default().chip("变更", "soon"),
            (true, ImportAction::Same) => Cell::default().chip("相同", ""),
        });
        table.rows.push(cells);
    }
    let bad = preview.rows.iter().filter(|r| !r.problems.is_empty()).count();
    template.preview_small = format!("{} 行，其中 {bad} 行有问题", preview.rows.len());
    template.preview = Some(table);
    let mut fields = vec![Field::hidden("step", "import"), Field::hidden("text", text)];
    if bad > 0 {
        let skip = vec![Choice::new("yes", format!("跳过有问题的 {bad} 行，导入其余各行"))];
        fields.push(Field::checks("skip_bad", "有问题的行", skip).hint("不勾选时，改好文件再导入，一行也不会写入"));
    }
    template.confirm = Some(Form {
        action: format!("/registers/{}/import", name.code()),
        act: "导入".into(),
        once: once_key(),
        fields,
        ..Form::default()
    });
}
