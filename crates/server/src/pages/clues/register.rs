//! 登记线索: the five sources; who informs is sealed apart under a key of its own.

use crate::desk::{Desk, Visitor, article_zh};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form, FormPage};
use crate::look::{Link, page, page_with, words};
use crate::pages::shared;
use axum::extract::{Form as Body, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::acts::register_clue::{RegisterClue, problems, register_clue};
use casework::permissions::{self, Power};
use casework::{ActError, FieldProblem};
use jiff::civil::DateTime;
use procedure::Rulebook;
use procedure::event::{ClueSource, Informant};

pub async fn show(State(desk): State<Desk>, visitor: Visitor) -> Result<Response, Problem> {
    if permissions::reach(&visitor.caller.person, Power::RegisterClue).is_none() {
        return Err(Problem::Forbidden { why: "您的岗位不能登记线索。".into() });
    }
    let form = form(desk.office.now(), desk.office.book());
    Ok(page(drawn(&desk, &visitor, form).await))
}

pub async fn submit(State(desk): State<Desk>, mut visitor: Visitor, Body(pairs): Body<Vec<(String, String)>>) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    // Everything wrong is said at once: what cannot be read, and what the office would not take.
    let (what, mut wrong) = read(&filled, desk.office.now());
    let done = if wrong.is_empty() {
        register_clue(&desk.office, &visitor.caller, what).await
    } else {
        wrong.extend(problems(&desk.office, &what));
        Err(ActError::Invalid(wrong))
    };
    match done {
        Ok(receipt) => Ok(Redirect::to(&format!("/clues/{}?done=register-clue", receipt.id)).into_response()),
        Err(ActError::Invalid(problems)) => {
            let form = shared::redrawn(form(desk.office.now(), desk.office.book()), &filled, problems);
            Ok(page_with(StatusCode::UNPROCESSABLE_ENTITY, drawn(&desk, &visitor, form).await))
        }
        Err(other) => Err(desk.problem(other, "登记线索", Link::new("返回线索", "/clues"))),
    }
}

async fn drawn(desk: &Desk, visitor: &Visitor, form: Form) -> FormPage {
    FormPage {
        frame: desk.frame(visitor, "clues").await,
        title: "登记线索".into(),
        about: Some(Link::new("返回线索", "/clues")),
        stops: vec![],
        facts: vec![],
        form,
    }
}

/// What was filled in, and beside which fields nothing can be read: those stand as if they were
/// the least, so that the rest can still be looked at.
fn read(filled: &Filled, now: DateTime) -> (RegisterClue, Vec<FieldProblem>) {
    let mut wrong = vec![];
    let one = |name: &str| filled.one(name).to_owned();
    let source = ClueSource::parse(filled.one("source"));
    if source.is_none() {
        wrong.push(FieldProblem { field: "source".into(), message: "请选择案源途径".into() });
    }
    let received_at = shared::required_moment(filled, "received_at", &mut wrong);
    let informant = Informant {
        name: one("informant.name"),
        contact: one("informant.contact"),
        // Whoever left a way to be reached can be told; an anonymous call cannot be answered.
        reachable: !filled.one("informant.contact").is_empty(),
    };
    let known = !informant.name.is_empty() || !informant.contact.is_empty();
    // A report without a name still has somebody behind it, whom the file must try to inform.
    let informant = (known || source == Some(ClueSource::Complaint)).then_some(informant);
    let what = RegisterClue {
        source: source.unwrap_or(ClueSource::Other),
        channel: one("channel"),
        received_at: received_at.unwrap_or(now),
        category: one("category"),
        target: one("target"),
        content: one("content"),
        informant,
        transferring_body: Some(one("transferring_body")).filter(|b| !b.is_empty()),
        reply_wanted: filled.one("reply_wanted") == "yes",
    };
    (what, wrong)
}

/// Ways and categories are those of the clue's own sheet, which is filled from here.
fn form(now: DateTime, book: &Rulebook) -> Form {
    let listed = |field: &str| -> Vec<Choice> { book.paper("clue-sheet").map_or(vec![], |sheet| sheet.choices(field).map(|c| Choice::new(c, c)).collect()) };
    let sources = ClueSource::ALL.map(|s| Choice::new(s.code(), s.title())).to_vec();
    let fields = vec![
        Field::radios("source", "案源途径", sources).required().article(article_zh("本制度13")),
        Field::datetime("received_at", "接收时间").value(words::moment_field(now)).required().hint("实际收到的时间；登记时间由系统记下").half(),
        Field::select("channel", "接收方式", listed("channel")).required().half(),
        Field::select("category", "类别", listed("category")).required().half(),
        Field::text("target", "被反映的单位或者场所").required().half(),
        Field::area("content", "线索内容").required().hint("不要在这里写投诉人、举报人的姓名和联系方式"),
        Field::text("transferring_body", "交办或者移送的机关").hint("其他机关移送的必填").half(),
        Field::checks("reply_wanted", "答复", vec![Choice::new("yes", "投诉人、举报人要求答复")]).half(),
        Field::text("informant.name", "投诉人、举报人姓名").protected().article(article_zh("本制度30")).hint("另行加密封存；匿名的不填").half(),
        Field::text("informant.contact", "投诉人、举报人联系方式").protected().hint("手机、座机、电子邮箱或者通信地址；没有联系方式的，不予立案时记明无法告知").half(),
    ];
    Form { action: "/clues/new".into(), fields, act: "登记线索".into(), once: shared::once_key(), back: "/clues".into(), ..Form::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(pairs: &[(&str, &str)]) -> Filled {
        Filled::from(pairs.iter().map(|(n, v)| (n.to_string(), v.to_string())).collect::<Vec<_>>())
    }

    #[test]
    fn an_anonymous_report_has_an_informant_nobody_can_reach() {
        let now = jiff::civil::date(2026, 11, 16).at(10, 0, 0, 0);
        let (what, wrong) = read(&filled(&[("source", "complaint"), ("received_at", "2026-11-16T09:00")]), now);
        assert!(wrong.is_empty());
        assert_eq!(what.informant, Some(Informant { name: String::new(), contact: String::new(), reachable: false }));
        let (found, _) = read(&filled(&[("source", "inspection"), ("received_at", "2026-11-16T09:00")]), now);
        assert_eq!(found.informant, None);
    }

    #[test]
    fn the_informants_fields_are_never_kept_on_the_device() {
        let form = form(jiff::civil::date(2026, 11, 16).at(9, 0, 0, 0), crate::pages::cases::testing::book());
        let protected: Vec<&str> = form.fields.iter().filter(|f| f.protected).map(|f| f.name.as_str()).collect();
        assert_eq!(protected, ["informant.name", "informant.contact"]);
        assert_eq!(form.fields[0].choices.len(), 5, "the five sources");
        let offered = |name: &str| form.fields.iter().find(|f| f.name == name).expect("a field").choices.iter().any(|c| c.value == "公函" || c.value == "网吧");
        assert!(offered("channel") && offered("category"), "as the clue's sheet lists them");
    }
}
