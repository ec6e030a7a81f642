//! Papers as pages: rendering off the async threads, previews, and the check before submission
//! that a font has every character.

use crate::error::{ActError, FieldProblem};
use crate::forms;
use crate::office::Office;
use jiff::civil::DateTime;
use papers::{Order, PaperError, Sheet};
use procedure::papers::PaperForm;
use serde_json::{Map, Value};

impl Office {
    pub(crate) async fn render(
        &self,
        kind: String,
        fields: Map<String, Value>,
        id: String,
        made_at: DateTime,
        attachments: Vec<(String, Vec<u8>)>,
    ) -> Result<Sheet, ActError> {
        let office = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let fields = Value::Object(fields);
            let order = Order { kind: &kind, fields: &fields, id: &id, made_at, attachments: &attachments };
            office.inner().press.render(&order)
        })
        .await
        .map_err(|e| ActError::Failure(e.into()))?;
        done.map_err(|error| paper_problem(error, None))
    }

    /// Pages of a draft as pictures, one SVG a page.
    pub async fn preview(&self, kind: &str, fields: Map<String, Value>) -> Result<Vec<String>, ActError> {
        let office = self.clone();
        let made_at = self.now();
        let (drawn, wanted) = (fields.clone(), kind.to_owned());
        let done = tokio::task::spawn_blocking(move || {
            let fields = Value::Object(drawn);
            let order = Order { kind: &wanted, fields: &fields, id: "preview", made_at, attachments: &[] };
            office.inner().press.preview(&order)
        })
        .await
        .map_err(|e| ActError::Failure(e.into()))?;
        done.map_err(|error| paper_problem(error, self.book().paper(kind).map(|form| (form, &fields))))
    }

    /// Refuses a paper whose characters no font has, before it is submitted.
    pub(crate) async fn try_render(&self, form: &PaperForm, fields: &Map<String, Value>) -> Result<(), ActError> {
        let office = self.clone();
        let made_at = self.now();
        let (drawn, kind) = (Value::Object(fields.clone()), form.kind.clone());
        let done = tokio::task::spawn_blocking(move || {
            let order = Order { kind: &kind, fields: &drawn, id: "check", made_at, attachments: &[] };
            office.inner().press.render(&order).map(|_| ())
        })
        .await
        .map_err(|e| ActError::Failure(e.into()))?;
        done.map_err(|error| paper_problem(error, Some((form, fields))))
    }
}

/// A character no font has is told where it stands, if that is in a field.
fn paper_problem(error: PaperError, paper: Option<(&PaperForm, &Map<String, Value>)>) -> ActError {
    match error {
        PaperError::Uncovered { chars } => {
            let places = paper.map(|(form, fields)| forms::unprintable(form, fields, &chars)).unwrap_or_default();
            if !places.is_empty() {
                return ActError::Invalid(places);
            }
            let list: Vec<String> = chars.iter().map(|c| format!("“{c}”（U+{:04X}）", u32::from(*c))).collect();
            ActError::Invalid(vec![FieldProblem {
                field: String::new(),
                message: format!("没有字体能够印出下列字符，请改用其他写法：{}", list.join("、")),
            }])
        }
        other => ActError::Failure(other.into()),
    }
}
