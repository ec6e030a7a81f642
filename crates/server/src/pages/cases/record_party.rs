//! 登记当事人: identity with its check digits; a minor's record is sealed.

use crate::desk::{Desk, Visitor};
use crate::errors::Problem;
use crate::look::form::{Choice, Field, Filled, Form};
use crate::look::page;
use crate::pages::cases::act::{ActDesk, ActPage, Choosing, ChoosingItem};
use crate::pages::cases::sight::Hidden;
use crate::pages::shared;
use axum::extract::{Form as Body, Path, Query, State};
use axum::response::Response;
use casework::acts::record_party::{RecordParty, record_party};
use casework::permissions::Power;
use procedure::event::{Party, PartyKind};
use serde::Deserialize;

const ACT: &str = "record-party";
const KINDS: [PartyKind; 3] = [PartyKind::Organisation, PartyKind::IndividualBusiness, PartyKind::Person];

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    party: String,
}

pub async fn show(State(desk): State<Desk>, visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    let hidden = Hidden::of(&act.file, desk.office.book());
    let known = act.file.case.party(&asked.party).cloned();
    let items = act.file.case.parties.iter().map(|p| ChoosingItem {
        label: hidden.party_name(p),
        small: p.kind.title().into(),
        href: format!("{}/{ACT}?party={}", act.path, p.id),
        verb: "更新信息".into(),
    });
    let items: Vec<ChoosingItem> = items.collect();
    let choice = (!items.is_empty()).then(|| Choosing { heading: "已登记的当事人".into(), items, empty: String::new() });
    let form = act.form(fields(&known.unwrap_or_default()));
    Ok(page(ActPage { choice, ..act.page(Some(form)).await }))
}

pub async fn submit(
    State(desk): State<Desk>,
    mut visitor: Visitor,
    Path(id): Path<String>,
    Body(pairs): Body<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let filled = Filled::from(pairs);
    shared::once(&mut visitor, &filled);
    let act = ActDesk::open(&desk, &visitor, id, ACT, Power::Investigate).await?;
    let party = party(&filled);
    let form: Form = act.form(fields(&party));
    let what = RecordParty { case: act.id.clone(), party };
    let done = record_party(&desk.office, &visitor.caller, what).await;
    act.answer(done, form, &filled, vec![]).await
}

/// Each kind's code as the party carries it.
fn code(kind: PartyKind) -> &'static str {
    match kind {
        PartyKind::Person => "person",
        PartyKind::Organisation => "organisation",
        PartyKind::IndividualBusiness => "individual-business",
    }
}

fn party(filled: &Filled) -> Party {
    let one = |name: &str| filled.one(&format!("party.{name}")).to_owned();
    Party {
        id: one("id"),
        kind: KINDS.into_iter().find(|k| code(*k) == one("kind")).unwrap_or_default(),
        name: one("name"),
        id_number: one("id_number").to_uppercase(),
        legal_representative: one("legal_representative"),
        address: one("address"),
        phone: one("phone"),
        minor: one("minor") == "yes",
    }
}

fn fields(party: &Party) -> Vec<Field> {
    let kinds = KINDS.map(|k| Choice::new(code(k), k.title())).to_vec();
    vec![
        Field::hidden("party.id", party.id.clone()),
        Field::radios("party.kind", "当事人类型", kinds).value(code(party.kind)).required(),
        Field::text("party.name", "名称（姓名）").value(party.name.clone()).required().half(),
        Field::text("party.id_number", "统一社会信用代码（身份证件号码）")
            .value(party.id_number.clone())
            .hint("按校验位核对；没有证件的可以不填")
            .half(),
        Field::text("party.legal_representative", "法定代表人（负责人、经营者）").value(party.legal_representative.clone()).half(),
        Field::tel("party.phone", "电话").value(party.phone.clone()).half(),
        Field::text("party.address", "地址").value(party.address.clone()),
        Field::checks("party.minor", "未成年人", vec![Choice::new("yes", "当事人未满十八周岁，信息封存")])
            .chosen(party.minor.then_some("yes"))
            .article("本制度第三十条")
            .hint("身份证号码显示未满十八周岁的，系统自动封存"),
    ]
}
