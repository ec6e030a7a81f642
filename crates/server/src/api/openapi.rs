//! The API's description, OpenAPI 3.1: made from the same shapes that bodies are checked against.

use crate::api::problem::{KINDS, TYPE};
use crate::api::shape::{
    boolean, choice, day, described, integer, list, moment, named, natural, need, object, open_object, or_null, text,
};
use crate::api::{act_shapes, acts, uploads};
use crate::router::{Door, Routes};
use axum::Json;
use axum::routing::get;
use procedure::case::{PaperState, Stage};
use procedure::duties::DutyState;
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

pub fn routes() -> Routes {
    Routes::new().put("GET", "/api/openapi.json", Door::Open, get(|| async { Json(document()) }))
}

/// The whole description.
pub fn document() -> &'static Value {
    static CELL: OnceLock<Value> = OnceLock::new();
    CELL.get_or_init(make)
}

fn make() -> Value {
    let mut paths = Map::new();
    for act in acts::offered() {
        paths.insert(act.path(), json!({ "post": act_operation(act) }));
    }
    for (path, method, operation) in others() {
        let item = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(method.to_owned(), operation);
        }
    }
    let mut schemas = act_shapes::parts().clone();
    for act in acts::offered() {
        schemas.insert(pascal(act.name), act_shapes::of(act.name));
    }
    schemas.extend(answers());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "留痕接口",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "办案人员在页面上能做的每一件事，都可以经接口来做；权限、闸口和期限完全相同。\
                时间为 RFC 3339，带时区，回答中一律为 +08:00。金额以分为单位，是整数。\
                请求可带 Idempotency-Key：同一账号以同一个键重复同样的请求，得到第一次的回执；换了内容则不办理。",
        },
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": "liuhen" },
            },
        },
    })
}

fn act_operation(act: acts::ActOffered) -> Value {
    let answer = if act.name == "open-viewing" { "Viewing" } else { "Receipt" };
    let mut operation = operation(act.name, act.title, vec![once_header()], "201", "回执", named(answer));
    put(&mut operation, "tags", json!(["acts"]));
    let body = json!({ "required": true, "content": { "application/json": { "schema": named(&pascal(act.name)) } } });
    put(&mut operation, "requestBody", body);
    operation
}

/// Every operation that is no act: path, method, what it is.
fn others() -> Vec<(&'static str, &'static str, Value)> {
    let case = || in_path("id", "案件编号");
    let page = || vec![in_query("after", text(), "上一页的 next"), in_query("limit", natural(), "1 至 200，默认 50")];
    let stages = choice(Stage::ALL.map(Stage::code));
    vec![
        ("/api/v1/clues", "get", read("list-clues", "线索", [
            vec![in_query("state", text(), "状态"), in_query("q", text(), "文字，至少两个字")],
            page(),
        ].concat(), "CluePage")),
        ("/api/v1/clues/{id}", "get", read("show-clue", "一条线索", vec![in_path("id", "线索编号")], "Clue")),
        ("/api/v1/cases", "get", read("list-cases", "案件", [
            vec![
                in_query("stage", stages, "阶段"),
                in_query("cause", text(), "案由"),
                in_query("department", text(), "承办机构"),
                in_query("handler", text(), "承办人"),
                in_query("q", text(), "文字，至少两个字"),
                in_query("overdue", boolean(), "只要有超期事项的"),
            ],
            page(),
        ].concat(), "CasePage")),
        ("/api/v1/cases/{id}", "get", read("show-case", "一件案件", vec![case()], "Case")),
        ("/api/v1/cases/{id}/papers/{paper}", "get", read("show-paper", "一份文书", vec![case(), in_path("paper", "文书编号")], "PaperWhole")),
        ("/api/v1/cases/{id}/evidence", "post", upload("attach-evidence", "补充证据", vec![case()], &uploads::evidence_shape())),
        ("/api/v1/cases/{id}/papers/{paper}/scans", "post", upload("scan-paper", "归入签名扫描件", vec![case(), in_path("paper", "文书编号")], &uploads::scan_shape())),
        ("/api/v1/paper-kinds/{kind}", "get", read("show-paper-kind", "一种文书的格式", vec![in_path("kind", "文种")], "PaperKind")),
        ("/api/v1/duties", "get", read("list-duties", "应办事项", vec![in_query("scope", choice(["mine", "late"]), "自己的，或者全机关超期的")], "DutyList")),
        ("/api/v1/search", "get", read("search", "搜索", vec![required_query("q", text(), "至少两个字")], "SearchResult")),
        ("/api/v1/registers/{name}", "get", read("show-register", "登记", vec![in_path("name", "登记的名称"), in_query("on", day(), "这一天有效的")], "Register")),
        ("/api/v1/ledger/head", "get", read("ledger-head", "账本的头", vec![], "LedgerHead")),
        ("/api/v1/ledger/entries/{sequence}", "get", read("ledger-entry", "一条记录的叶和包含证明", vec![in_path("sequence", "序号，从 1 起")], "LedgerEntry")),
        ("/api/openapi.json", "get", open(operation("openapi", "本说明", vec![], "200", "OpenAPI 3.1", open_object()))),
        ("/healthz", "get", open(plain("healthz", "进程是否活着"))),
        ("/readyz", "get", readyz()),
        ("/metrics", "get", plain("metrics", "指标（Prometheus 文本）；本机或者凭令牌")),
    ]
}

fn read(id: &str, summary: &str, parameters: Vec<Value>, answer: &str) -> Value {
    operation(id, summary, parameters, "200", "所读的内容", named(answer))
}

fn upload(id: &str, summary: &str, path: Vec<Value>, query: &Value) -> Value {
    let required: Vec<&str> = query["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut parameters = path;
    for (name, shape) in query["properties"].as_object().into_iter().flatten() {
        parameters.push(json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": shape }));
    }
    parameters.push(once_header());
    let mut operation = operation(id, summary, parameters, "201", "回执和文件的摘要", named("Stored"));
    put(&mut operation, "requestBody", json!({ "required": true, "content": { "application/octet-stream": {} } }));
    operation
}

fn operation(id: &str, summary: &str, parameters: Vec<Value>, status: &str, words: &str, answer: Value) -> Value {
    let good = json!({ "description": words, "content": { "application/json": { "schema": answer } } });
    json!({
        "operationId": id,
        "summary": summary,
        "parameters": parameters,
        "responses": { status: good, "default": {
            "description": "没有办成", "content": { "application/problem+json": { "schema": named("Problem") } },
        } },
    })
}

fn plain(id: &str, summary: &str) -> Value {
    let good = json!({ "description": summary, "content": { "text/plain": { "schema": text() } } });
    json!({ "operationId": id, "summary": summary, "responses": { "200": good, "default": {
        "description": "没有办成", "content": { "application/problem+json": { "schema": named("Problem") } },
    } } })
}

fn readyz() -> Value {
    let mut answer = operation("readyz", "是否可以办理", vec![], "200", "可以", named("Readiness"));
    let not = json!({ "description": "不可以", "content": { "application/json": { "schema": named("Readiness") } } });
    if let Some(responses) = answer.get_mut("responses") {
        put(responses, "503", not);
    }
    open(answer)
}

/// Needs neither token nor session.
fn open(mut operation: Value) -> Value {
    put(&mut operation, "security", json!([]));
    operation
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn in_path(name: &str, words: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": words, "schema": text() })
}
fn in_query(name: &str, shape: Value, words: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "description": words, "schema": shape })
}
fn required_query(name: &str, shape: Value, words: &str) -> Value {
    json!({ "name": name, "in": "query", "required": true, "description": words, "schema": shape })
}
fn once_header() -> Value {
    let shape = json!({ "type": "string", "minLength": 1, "maxLength": 255 });
    json!({ "name": "Idempotency-Key", "in": "header", "required": false, "description": "重复的请求只办一次", "schema": shape })
}

/// `register-clue` as `RegisterClue`.
fn pascal(name: &str) -> String {
    let word = |w: &str| w.chars().take(1).flat_map(char::to_uppercase).chain(w.chars().skip(1)).collect::<String>();
    name.split('-').map(word).collect()
}

fn code_and_title() -> Value {
    object([need("step", text()), need("role", text()), need("title", text())])
}

/// What comes back, by name.
fn answers() -> Vec<(String, Value)> {
    let lack = object([
        need("rule", text()),
        need("sentence", text()),
        need("article", text()),
        need("mend", described(text(), "补办的事项，如 submit(prior-notice)；不能补办的为空")),
    ]);
    let field = object([need("field", described(text(), "如 party.id_number")), need("message", text())]);
    let problem = json!({
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": choice(KINDS.map(|kind| format!("{TYPE}{kind}"))),
            "title": text(), "status": integer(), "detail": text(), "act": text(),
            "missing": described(list(named("Missing")), "依法不能办理时，缺少的每一项"),
            "fields": described(list(field), "内容有误时，每一处"),
            "reference": described(text(), "系统错误在日志中的编号"),
        },
    });
    let span = object([need("from", moment()), need("to", or_null(moment()))]);
    let file = object([need("sha256", text()), need("sm3", text()), need("len_bytes", natural()), need("media_type", text())]);
    let all = [
        ("Missing", lack),
        ("Problem", problem),
        ("Span", span),
        ("FileRef", file),
        ("Step", code_and_title()),
        ("Stored", uploads::stored_shape()),
        ("Viewing", viewing()),
        ("ClueLine", object(clue_line())),
        ("CluePage", page("ClueLine")),
        ("Clue", clue()),
        ("CaseLine", case_line()),
        ("CasePage", page("CaseLine")),
        ("Case", case()),
        ("PaperLine", object(paper_line())),
        ("PaperWhole", paper()),
        ("Evidence", evidence()),
        ("OwedDuty", owed()),
        ("Flaw", flaw()),
        ("Duty", duty()),
        ("DutyList", object([need("items", list(named("Duty")))])),
        ("PaperKind", paper_kind()),
        ("SearchResult", object([need("items", list(object([
            need("kind", text()),
            need("title", text()),
            need("number", text()),
            need("path", text()),
        ])))])),
        ("Register", register()),
        ("LedgerHead", object([need("size", natural()), need("root", text())])),
        ("LedgerEntry", ledger_entry()),
        ("Readiness", readiness()),
    ];
    all.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
}

fn page(of: &str) -> Value {
    object([need("items", list(named(of))), need("next", or_null(text()))])
}

fn viewing() -> Value {
    let entry = object([need("sequence", integer()), need("entry_hash", text())]);
    object([
        need("entries", list(entry)),
        need("id", described(text(), "调阅的编号")),
        need("grant", text()),
        need("media_type", text()),
        need("len_bytes", natural()),
        need("name", text()),
    ])
}

fn clue_line() -> Vec<crate::api::shape::Member> {
    vec![
        need("id", text()),
        need("number", or_null(text())),
        need("source", text()),
        need("channel", text()),
        need("received_at", moment()),
        need("registered_at", moment()),
        need("state", text()),
        need("summary", text()),
        need("department", text()),
        need("case", or_null(text())),
    ]
}

fn clue() -> Value {
    let mut members = clue_line();
    members.extend([
        need("category", text()),
        need("target", text()),
        need("content", text()),
        need("has_informant", boolean()),
        need("informant", described(or_null(named("Informant")), "只对可以知道的人给出")),
        need("transferring_body", or_null(text())),
        need("reply_wanted", boolean()),
        need("may_accept", boolean()),
    ]);
    object(members)
}

fn case_line() -> Value {
    object([
        need("id", text()),
        need("number", or_null(text())),
        need("title", text()),
        need("procedure", text()),
        need("cause", text()),
        need("stage", text()),
        need("parties", text()),
        need("department", text()),
        need("handlers", list(text())),
        need("opened_at", moment()),
        need("filed_on", or_null(day())),
        need("concluded_on", or_null(day())),
        need("archived_on", or_null(day())),
        need("flaws_count", integer()),
        need("missing_count", integer()),
    ])
}

fn case() -> Value {
    let cause = object([need("id", text()), need("title", text()), need("verified", boolean())]);
    let visit = object([
        need("id", text()),
        need("place", text()),
        need("purpose", text()),
        need("from", moment()),
        need("to", or_null(moment())),
        need("officers", list(text())),
        need("certificates_shown", boolean()),
    ]);
    let entry = object([
        need("sequence", natural()),
        need("kind", text()),
        need("happened", named("Span")),
        need("recorded_at", moment()),
        need("by", text()),
    ]);
    object([
        need("id", text()),
        need("number", or_null(text())),
        need("title", text()),
        need("procedure", text()),
        need("edition", text()),
        need("department", text()),
        need("stage", choice(Stage::ALL.map(Stage::code))),
        need("clue", or_null(text())),
        need("source", or_null(text())),
        need("cause", or_null(cause)),
        need("handlers", list(object([need("id", text()), need("name", text())]))),
        need("received_at", or_null(moment())),
        need("opened_at", or_null(moment())),
        need("filed_on", or_null(day())),
        need("declined_at", or_null(moment())),
        need("concluded_on", or_null(day())),
        need("outcome", text()),
        need("archived_at", or_null(moment())),
        need("archive_number", or_null(text())),
        need("parties", list(named("Party"))),
        need("papers", list(named("PaperLine"))),
        need("evidence", list(named("Evidence"))),
        need("visits", list(visit)),
        need("duties", list(named("OwedDuty"))),
        need("flaws", list(named("Flaw"))),
        need("next_act", described(text(), "案件所处的下一道闸口")),
        need("missing", described(list(named("Missing")), "过这道闸口还缺少的")),
        need("next", list(object([need("act", text()), need("title", text()), need("missing", list(named("Missing")))]))),
        need("entries", list(entry)),
        need("sees", object([need("protected", boolean()), need("informant", boolean()), need("may_act", boolean())])),
        need("now", moment()),
    ])
}

fn paper_line() -> Vec<crate::api::shape::Member> {
    let states = [
        PaperState::Awaiting { step: 0 },
        PaperState::Returned,
        PaperState::Refused,
        PaperState::Approved,
        PaperState::Numbered,
        PaperState::Issued,
        PaperState::Void,
    ];
    vec![
        need("id", text()),
        need("kind", text()),
        need("title", text()),
        need("subject", text()),
        need("state", choice(states.map(PaperState::code))),
        need("version", or_null(natural())),
        need("number", or_null(text())),
        need("made_at", or_null(moment())),
        need("approved_at", or_null(moment())),
        need("issued_at", or_null(moment())),
        need("pages_count", or_null(natural())),
        need("awaiting", or_null(named("Step"))),
        need("signed_at", or_null(moment())),
        need("served_count", natural()),
    ]
}

fn paper() -> Value {
    let opinion = object([
        need("step", text()),
        need("title", text()),
        need("by", text()),
        need("name", text()),
        need("outcome", text()),
        need("opinion", text()),
        need("at", moment()),
        need("on_behalf_of", or_null(text())),
    ]);
    let version = object([
        need("version", natural()),
        need("sequence", natural()),
        need("digest", described(text(), "审批绑定于它")),
        need("by", text()),
        need("by_name", text()),
        need("happened", named("Span")),
        need("recorded_at", moment()),
        need("steps", list(named("Step"))),
        need("opinions", list(opinion)),
        need("fields", open_object()),
    ]);
    let scan = object([
        need("at", moment()),
        need("file", named("FileRef")),
        need("pages_count", natural()),
        need("pages_expected", natural()),
        need("located", text()),
        need("sequence", natural()),
    ]);
    let service = object([
        need("at", moment()),
        need("to", text()),
        need("method", text()),
        need("recipient", text()),
        need("relation", text()),
        need("voucher", text()),
        need("effective_on", day()),
        need("sequence", natural()),
    ]);
    let refusal = object([
        need("at", moment()),
        need("who", text()),
        need("reason", text()),
        need("witness", text()),
        need("no_witness_reason", text()),
    ]);
    let mut members = paper_line();
    members.extend([
        need("versions", list(version)),
        need("scans", list(scan)),
        need("services", list(service)),
        need("signature_refused", or_null(refusal)),
        need("file", or_null(named("FileRef"))),
        need("opinion_is_mine", boolean()),
    ]);
    object(members)
}

fn evidence() -> Value {
    object([
        need("id", text()),
        need("number", natural()),
        need("kind", text()),
        need("name", text()),
        need("source", text()),
        need("proves", text()),
        need("footage", described(boolean(), "现场音像：凭调阅许可查看")),
        need("located", text()),
        need("happened", named("Span")),
        need("attached_at", moment()),
        need("sequence", natural()),
        need("withdrawn", boolean()),
        need("file", or_null(named("FileRef"))),
    ])
}

fn duty_states() -> Value {
    use DutyState as S;
    choice([S::Overdue, S::Near, S::Open, S::DateUnknown, S::Paused, S::MetLate, S::Met, S::Void].map(S::code))
}

fn owed() -> Value {
    let derivation = object([
        need("trigger", moment()),
        need("trigger_name", text()),
        need("article", text()),
        need("term", described(text(), "如 2 working days")),
        need("lines", list(text())),
        need("missing_years", list(integer())),
    ]);
    object([
        need("rule", text()),
        need("subject", text()),
        need("title", text()),
        need("article", text()),
        need("who", described(list(text()), "人员编号，或者 role:岗位")),
        need("from", moment()),
        need("due", described(or_null(moment()), "过此时即为逾期；依法没有期限的为空")),
        need("earliest", or_null(moment())),
        need("latest", or_null(moment())),
        need("met_at", or_null(moment())),
        need("state", duty_states()),
        need("mend", text()),
        need("derivation", or_null(derivation)),
    ])
}

fn duty() -> Value {
    object([
        need("stream", described(text(), "如 case/编号")),
        need("rule", text()),
        need("subject", text()),
        need("title", text()),
        need("case_title", text()),
        need("article", text()),
        need("state", duty_states()),
        need("due_earliest", or_null(moment())),
        need("due_latest", or_null(moment())),
        need("derivation", list(text())),
    ])
}

fn flaw() -> Value {
    let decided = object([need("rely", boolean()), need("reason", text()), need("by", text())]);
    object([
        need("sequence", natural()),
        need("rule", text()),
        need("article", text()),
        need("severity", choice(["note", "grave"])),
        need("text", text()),
        need("mend", text()),
        need("at", moment()),
        need("cured", or_null(text())),
        need("decided", or_null(decided)),
        need("open", boolean()),
    ])
}

fn paper_kind() -> Value {
    object([
        need("kind", text()),
        need("title", text()),
        need("article", text()),
        need("approval", list(named("Step"))),
        need("served", boolean()),
        need("hand_signed", boolean()),
        need("schema", described(open_object(), "fields 的 JSON Schema")),
    ])
}

fn register() -> Value {
    let line = object([
        need("id", text()),
        need("name", text()),
        need("valid_from", or_null(day())),
        need("valid_to", or_null(day())),
        need("in_force", boolean()),
        need("is_current", boolean()),
        need("unverified", boolean()),
        need("sequence", natural()),
        need("data", open_object()),
    ]);
    object([
        need("register", text()),
        need("columns", list(object([need("key", text()), need("title", text())]))),
        need("lines", list(line)),
    ])
}

fn ledger_entry() -> Value {
    let inclusion = object([
        need("tree_size", natural()),
        need("root", text()),
        need("hashes", described(list(text()), "RFC 6962 2.1.1，自叶向上")),
    ]);
    object([
        need("sequence", natural()),
        need("kind", text()),
        need("recorded_at", moment()),
        need("leaf", described(text(), "规范 JSON（RFC 8785），逐字节即所计算摘要者")),
        need("entry_hash", text()),
        need("inclusion", inclusion),
    ])
}

fn readiness() -> Value {
    object([
        need("ready", boolean()),
        need("now", moment()),
        need("last_append", or_null(object([need("sequence", natural()), need("at", moment())]))),
        need("head", object([need("agrees", boolean()), need("standing", text()), need("size", natural()), need("root", text())])),
        need("space", object([need("enough", boolean()), need("free_bytes", natural()), need("reserve_bytes", natural())])),
        need("vault", object([need("degraded", or_null(text()))])),
        need("clock", object([need("agrees", boolean()), need("behind_us", natural())])),
        need("waiting", object([need("jobs", natural()), need("outbox", natural())])),
        need("last_fixity", described(or_null(moment()), "最近一次完整的比对；没有记录的为空")),
    ])
}
