//! The acts over HTTP: `POST /api/v1/acts/<name>` takes the act's own struct as JSON and answers
//! 201 with the receipt. A repeated request with the same key gets the first one's receipt.

use crate::api::caller::ApiCaller;
use crate::api::problem::ApiProblem;
use crate::api::{act_shapes, shape};
use crate::desk::Desk;
use crate::router::{Door, Routes};
use axum::body::to_bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use casework::clock::parse_rfc3339;
use casework::{ActError, Caller, Receipt};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::error::Error;

/// The largest body of an act.
const BODY_BYTES_MAX: usize = 2 << 20;

/// An act as the API offers it: its name, its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActOffered {
    pub name: &'static str,
    pub title: &'static str,
}

impl ActOffered {
    pub fn path(&self) -> String {
        format!("/api/v1/acts/{}", self.name)
    }
}

macro_rules! acts {
    ($($name:literal $title:literal $handler:ident $module:ident $what:ident;)*) => {
        /// Acts whose function takes caller and struct and answers with a receipt.
        const PLAIN: &[ActOffered] = &[$(ActOffered { name: $name, title: $title }),*];

        $(async fn $handler(State(desk): State<Desk>, request: Request) -> Result<Response, ApiProblem> {
            match read::<casework::acts::$module::$what>(&desk, request, $name).await? {
                Asked::Before(receipt) => Ok(created(&receipt)),
                Asked::Now(caller, what) => {
                    let receipt = casework::acts::$module::$handler(&desk.office, &caller, what).await?;
                    Ok(created(&kept(&desk, &caller, receipt).await?))
                }
            }
        })*

        fn plain_routes(routes: Routes) -> Routes {
            routes$(.put("POST", concat!("/api/v1/acts/", $name), Door::Token, post($handler)))*
        }

        /// The members each act's struct reads, for the test that compares them with its shape.
        #[cfg(test)]
        fn members_read() -> Vec<(&'static str, Vec<&'static str>)> {
            vec![$(($name, tests::members_of::<casework::acts::$module::$what>())),*]
        }
    };
}

acts! {
    "register-clue" "登记线索" register_clue register_clue RegisterClue;
    "accept-clue" "受案" accept_clue accept_clue AcceptClue;
    "assign-handlers" "指定、变更承办人" assign_handlers assign_handlers AssignHandlers;
    "record-party" "登记当事人" record_party record_party RecordParty;
    "choose-cause" "确定案由" choose_cause choose_cause ChooseCause;
    "start-before-filing" "记录先行启动" start_before_filing start_before_filing StartBeforeFiling;
    "inform-impossible" "记录无法告知" inform_impossible inform_impossible InformImpossible;
    "start-visit" "记录到达现场" start_visit start_visit StartVisit;
    "end-visit" "记录离开现场" end_visit start_visit EndVisit;
    "submit-paper" "制作文书" submit_paper submit_paper SubmitPaper;
    "give-opinion" "审批" give_opinion give_opinion GiveOpinion;
    "void-number" "文书编号作废" void_number void_number VoidNumber;
    "refuse-signature" "记录拒绝签名" refuse_signature refuse_signature RefuseSignature;
    "serve-paper" "送达文书" serve_paper serve_paper ServePaper;
    "conclude-case" "终结案件" conclude_case conclude_case ConcludeCase;
    "correct" "更正" correct correct Correct;
    "decide-flaw" "处理瑕疵" decide_flaw decide_flaw DecideFlaw;
    "raise-protection" "提高保密" raise_protection raise_protection RaiseProtection;
    "archive-case" "立卷归档" archive_case archive_case ArchiveCase;
    "sign-standing-rule" "签署常设调阅规则" sign_standing_rule sign_standing_rule SignStandingRule;
    "request-grant" "申请调阅" request_grant request_grant RequestGrant;
    "give-grant" "批准调阅" give_grant give_grant GiveGrant;
    "deny-grant" "不予批准调阅" deny_grant deny_grant DenyGrant;
    "return-grant" "归还调阅许可" return_grant return_grant ReturnGrant;
    "put-register" "变更登记" put_register put_register PutRegister;
    "give-delegation" "委托授权" give_delegation give_delegation GiveDelegation;
}

/// Acts with a body or an answer of their own.
const OTHERS: [ActOffered; 2] = [
    ActOffered { name: "open-viewing", title: "打开音像资料" },
    ActOffered { name: "close-viewing", title: "结束调阅" },
];

/// All acts the API offers.
pub fn offered() -> Vec<ActOffered> {
    PLAIN.iter().copied().chain(OTHERS).collect()
}

pub fn routes() -> Routes {
    plain_routes(Routes::new())
        .put("POST", "/api/v1/acts/open-viewing", Door::Token, post(open_viewing))
        .put("POST", "/api/v1/acts/close-viewing", Door::Token, post(close_viewing))
}

async fn open_viewing(State(desk): State<Desk>, request: Request) -> Result<Response, ApiProblem> {
    // Every opening is an entry of its own: a key does not make two of them one.
    let Asked::Now(caller, what) = read(&desk, request, "open-viewing").await? else { return Err(ActError::NotFound.into()) };
    let viewing = casework::acts::open_viewing::open_viewing(&desk.office, &caller, what).await?;
    let mut answer = receipt_json(&viewing.receipt);
    if let Some(object) = answer.as_object_mut() {
        object.insert("grant".into(), viewing.grant.0.into());
        object.insert("media_type".into(), viewing.media_type.into());
        object.insert("len_bytes".into(), viewing.len_bytes.into());
        object.insert("name".into(), viewing.name.into());
    }
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
}

#[derive(Deserialize)]
struct CloseViewing {
    viewing: String,
}

async fn close_viewing(State(desk): State<Desk>, request: Request) -> Result<Response, ApiProblem> {
    match read::<CloseViewing>(&desk, request, "close-viewing").await? {
        Asked::Before(receipt) => Ok(created(&receipt)),
        Asked::Now(caller, what) => {
            let receipt = casework::acts::close_viewing::close_viewing(&desk.office, &caller, &what.viewing).await?;
            Ok(created(&kept(&desk, &caller, receipt).await?))
        }
    }
}

/// A request as read: done before, or to be done now.
enum Asked<T> {
    Before(Receipt),
    Now(Caller, T),
}

async fn read<T: DeserializeOwned>(desk: &Desk, request: Request, act: &str) -> Result<Asked<T>, ApiProblem> {
    let (mut parts, body) = request.into_parts();
    let caller = ApiCaller::from_request_parts(&mut parts, desk).await?;
    if !is_json(&parts.headers) {
        return Err(ApiProblem::media_type("application/json"));
    }
    let body = to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| match error.source() {
        Some(source) if source.is::<http_body_util::LengthLimitError>() => ApiProblem::too_large("2 MiB"),
        _ => ApiProblem::malformed("请求体没有传完。"),
    })?;
    let caller = caller.once(&parts, &body);
    if let Some(receipt) = desk.office.done_before(&caller).await? {
        return Ok(Asked::Before(receipt));
    }
    let mut value: Value = serde_json::from_slice(&body).map_err(|error| {
        ApiProblem::malformed(format!("请求体不是有效的 JSON（第{}行第{}列）。", error.line(), error.column()))
    })?;
    let problems = shape::check(&mut value, &act_shapes::of(act), act_shapes::parts());
    if !problems.is_empty() {
        return Err(ApiProblem::invalid(problems));
    }
    match act {
        "correct" => localise(&mut value),
        "record-party" => name_new_party(&mut value),
        _ => {}
    }
    let what = serde_json::from_value(value).map_err(|_| ApiProblem::malformed("请求体不是这一事项所要的内容。"))?;
    Ok(Asked::Now(caller, what))
}

/// A corrected time of the record itself is local time there; times inside a paper's fields are
/// written as its form has them and stay as they are.
fn localise(value: &mut Value) {
    let member = value.get("member").and_then(Value::as_str).unwrap_or_default();
    let of_record = member.starts_with("happened.") || (!member.starts_with("fields.") && member.ends_with("_at"));
    let local = value.get("effective").and_then(Value::as_str).and_then(parse_rfc3339);
    if let (true, Some(local)) = (of_record, local) {
        if let Some(slot) = value.get_mut("effective") {
            *slot = local.to_string().into();
        }
    }
}

/// A party without an id is a new one: its struct reads that as an empty id.
fn name_new_party(value: &mut Value) {
    if let Some(party) = value.get_mut("party").and_then(Value::as_object_mut) {
        party.entry("id").or_insert_with(|| Value::from(""));
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let line = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    line.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The receipt as it is kept: of two equal requests at once, both get the one that was recorded.
pub async fn kept(desk: &Desk, caller: &Caller, receipt: Receipt) -> Result<Receipt, ApiProblem> {
    Ok(desk.office.done_before(caller).await?.unwrap_or(receipt))
}

fn created(receipt: &Receipt) -> Response {
    (StatusCode::CREATED, axum::Json(receipt_json(receipt))).into_response()
}

pub fn receipt_json(receipt: &Receipt) -> Value {
    json!({ "entries": receipt.entries, "id": receipt.id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::{self, Visitor};
    use serde::forward_to_deserialize_any;
    use std::collections::BTreeSet;

    /// Takes down which members a struct asks for, and gives it nothing.
    struct Listener<'a>(&'a mut Vec<&'static str>);

    impl<'de> de::Deserializer<'de> for Listener<'_> {
        type Error = de::value::Error;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
            Err(de::Error::custom("no struct"))
        }
        fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, members: &'static [&'static str], _: V) -> Result<V::Value, Self::Error> {
            self.0.extend(members);
            Err(de::Error::custom("listened"))
        }
        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    pub fn members_of<T: DeserializeOwned>() -> Vec<&'static str> {
        let mut members = vec![];
        let _ = T::deserialize(Listener(&mut members)).is_ok();
        members
    }

    fn shape_members(shape: &Value) -> BTreeSet<&str> {
        shape["properties"].as_object().expect("an object").keys().map(String::as_str).collect()
    }

    #[test]
    fn the_shape_of_every_act_has_the_members_its_struct_reads() {
        let mut all = members_read();
        all.push(("open-viewing", members_of::<casework::acts::open_viewing::OpenViewing>()));
        all.push(("close-viewing", members_of::<CloseViewing>()));
        assert_eq!(all.len(), offered().len());
        for (act, read) in all {
            assert!(!read.is_empty(), "{act} is read from a struct");
            assert_eq!(shape_members(&act_shapes::of(act)), read.into_iter().collect(), "{act}");
        }
    }

    #[test]
    fn shared_parts_have_the_members_of_their_structs() {
        let parts = act_shapes::parts();
        let read = |members: Vec<&'static str>| members.into_iter().collect::<BTreeSet<_>>();
        assert_eq!(shape_members(&parts["Party"]), read(members_of::<procedure::event::Party>()));
        assert_eq!(shape_members(&parts["Informant"]), read(members_of::<procedure::event::Informant>()));
    }
}
