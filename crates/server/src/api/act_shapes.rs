//! What each act reads, as its struct in `casework::acts` has it.

use crate::api::shape::{any, boolean, choice, day, described, integer, list, may, moment, named, natural, need, object, open_object, text};
use casework::registers::RegisterName;
use procedure::event::{ClueSource, ServiceMethod};
use procedure::people::Role;
use serde_json::{Map, Value};
use std::sync::OnceLock;

/// The shape of an act's body; of an unknown act, nothing is accepted.
pub fn of(act: &str) -> Value {
    let case = || need("case", text());
    let paper = || need("paper", text());
    let reason = || need("reason", text());
    let at = || may("at", described(moment(), "发生时间；不写为现在"));
    match act {
        "register-clue" => object([
            need("source", choice(ClueSource::ALL.map(ClueSource::code))),
            need("channel", text()),
            need("received_at", moment()),
            need("category", text()),
            need("target", text()),
            need("content", text()),
            may("informant", named("Informant")),
            may("transferring_body", text()),
            may("reply_wanted", boolean()),
        ]),
        "accept-clue" => object([need("clue", text()), need("opinion", text()), need("handlers", list(text())), at()]),
        "assign-handlers" => object([case(), need("handlers", list(text())), reason(), at()]),
        "record-party" => object([case(), need("party", named("Party"))]),
        "choose-cause" => object([case(), need("cause", text())]),
        "start-before-filing" => object([case(), reason(), need("allowed_by", text()), need("allowed_at", moment()), at()]),
        "inform-impossible" => object([case(), need("whom", text()), reason(), at()]),
        "start-visit" => object([
            case(),
            need("place", text()),
            need("purpose", text()),
            need("officers", list(text())),
            may("certificates_shown", boolean()),
            may("present", text()),
            need("arrived_at", moment()),
            may("left_at", moment()),
        ]),
        "end-visit" => object([case(), need("visit", text()), need("left_at", moment()), may("note", text())]),
        "submit-paper" => object([
            case(),
            need("kind", text()),
            may("paper", text()),
            may("base_version", described(natural(), "依据的版本；已有更新的版本时回答 409")),
            may("subject", text()),
            need("fields", described(open_object(), "按 /api/v1/paper-kinds/{kind} 所给的格式；其中的时间是机关所在地时间")),
            may("opinion", text()),
        ]),
        "give-opinion" => object([
            case(),
            paper(),
            need("version", natural()),
            need("digest", described(text(), "审批人所看到的那一版的摘要")),
            need("outcome", choice(["approve", "approve-with-changes", "return", "refuse"])),
            need("opinion", text()),
            need("password", described(text(), "审批人的密码，再次确认")),
            may("fields", open_object()),
        ]),
        "void-number" => object([case(), paper(), reason()]),
        "refuse-signature" => object([
            case(),
            paper(),
            need("who", text()),
            reason(),
            may("witness", text()),
            may("no_witness_reason", text()),
            at(),
        ]),
        "serve-paper" => object([
            case(),
            paper(),
            need("to", described(text(), "当事人编号，或者应当告知的人")),
            need("method", choice(ServiceMethod::ALL.map(ServiceMethod::code))),
            need("at", moment()),
            need("place", text()),
            need("officers", list(text())),
            may("recipient", text()),
            may("relation", text()),
            may("refusal", text()),
            may("witness", text()),
            may("voucher", text()),
            may("why_not_direct", text()),
        ]),
        "conclude-case" => object([case(), need("outcome", text()), at()]),
        "correct" => object([
            case(),
            need("target", described(natural(), "被更正的记录的序号")),
            need("member", described(text(), "如 party.name、fields.place、happened.from、withdrawn")),
            need("effective", any()),
            reason(),
        ]),
        "decide-flaw" => object([case(), need("target", natural()), need("rule", text()), need("rely", boolean()), reason()]),
        "raise-protection" => object([case(), need("target", natural()), need("member", text()), reason()]),
        "archive-case" => object([
            case(),
            may("compiler", text()),
            need("checker", text()),
            may("missing", text()),
            may("changes", text()),
        ]),
        "sign-standing-rule" => object([need("text", text()), need("password", text())]),
        "request-grant" => object([
            case(),
            need("evidence", list(text())),
            reason(),
            need("mode", choice(["view", "copy"])),
            need("until", moment()),
            may("seconds", object([need("from", natural()), need("to", natural())])),
        ]),
        "give-grant" => object([need("grant", text()), may("until", moment()), may("view_only", boolean())]),
        "deny-grant" => object([need("grant", text()), reason()]),
        "return-grant" => object([need("grant", text()), may("reason", text())]),
        "open-viewing" => object([case(), need("evidence", text()), reason(), need("mode", choice(["view", "copy"]))]),
        "close-viewing" => object([need("viewing", text())]),
        "put-register" => object([
            need("register", choice(RegisterName::ALL.map(RegisterName::code))),
            may("id", described(text(), "要变更的那一项；不写为新增")),
            need("name", text()),
            may("valid_from", day()),
            may("valid_to", day()),
            may("data", open_object()),
        ]),
        "give-delegation" => object([
            need("to", text()),
            need("role", choice(Role::ALL.map(Role::code))),
            need("starts", moment()),
            need("ends", moment()),
        ]),
        _ => object([]),
    }
}

/// What several acts share, by name.
pub fn parts() -> &'static Map<String, Value> {
    static CELL: OnceLock<Map<String, Value>> = OnceLock::new();
    CELL.get_or_init(|| {
        let informant = object([need("name", text()), need("contact", text()), need("reachable", boolean())]);
        let party = object([
            may("id", described(text(), "已登记的当事人的编号；新登记的留空")),
            need("kind", choice(["person", "organisation", "individual-business"])),
            need("name", text()),
            may("id_number", text()),
            may("legal_representative", text()),
            may("address", text()),
            may("phone", text()),
            may("minor", boolean()),
        ]);
        let entry = object([need("sequence", integer()), need("entry_hash", text())]);
        let receipt = object([
            need("entries", list(entry)),
            need("id", described(text(), "新产生的事项的编号；没有产生新事项的为空")),
        ]);
        [("Informant", informant), ("Party", party), ("Receipt", receipt)]
            .into_iter()
            .map(|(name, shape)| (name.to_owned(), shape))
            .collect()
    })
}
