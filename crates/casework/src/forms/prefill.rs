//! A form opens with everything the file already knows, so that nothing is typed twice: every
//! `x-source` of the schemas, and what the papers' own sense supplies.

use super::schema::{self, Shape};
use crate::settings::Agency;
use jiff::civil::{Date, DateTime};
use procedure::case::{Case, Paper};
use procedure::event::{Event, Party, Recorded};
use procedure::ids::PaperId;
use procedure::papers::PaperForm;
use procedure::people::Person;
use procedure::rulebook::{Cause, Rulebook};
use serde_json::{Map, Value, json};

/// What a paper's fields start with. `subject` is the party's id, the paper's id for a proof of
/// service, or whom a notice informs; empty for the whole case. Only values of the members'
/// own types are filled in; an optional object is filled whole or not at all.
///
/// A record says what was done: what the party answered, and when it began and ended, is never
/// supplied.
pub fn prefill(
    form: &PaperForm,
    case: &Case,
    book: &Rulebook,
    agency: &Agency,
    person: &Person,
    subject: &str,
    now: DateTime,
) -> Map<String, Value> {
    let served = case.paper(&PaperId(subject.to_owned()));
    let of_party = served.map_or(subject, |paper| paper.subject.as_str());
    let party = case.party(of_party).or_else(|| case.parties.first());
    let cause = case.cause.as_ref().and_then(|id| book.causes.get(&id.0));
    let known = Known { form, case, book, agency, person, subject, now, served, party, cause };
    let mut fields = known.object(&form.schema);
    known.after(&mut fields);
    fields
}

struct Known<'a> {
    form: &'a PaperForm,
    case: &'a Case,
    book: &'a Rulebook,
    agency: &'a Agency,
    person: &'a Person,
    subject: &'a str,
    now: DateTime,
    /// The paper a proof of service is for.
    served: Option<&'a Paper>,
    party: Option<&'a Party>,
    cause: Option<&'a Cause>,
}

impl Known<'_> {
    fn object(&self, schema: &Value) -> Map<String, Value> {
        schema::members(schema)
            .filter(|(_, member)| !schema::is_system(member))
            .filter_map(|(name, member)| {
                let required = schema::is_required(schema, name);
                Some((name.to_owned(), self.value(name, member, required)?))
            })
            .collect()
    }

    fn value(&self, name: &str, member: &Value, required: bool) -> Option<Value> {
        let sourced = match schema::word(member, "x-source") {
            "" => self.own(name, member),
            source => self.source(source, member),
        };
        if let Some(value) = sourced.and_then(|value| fit(member, &value)) {
            return Some(value);
        }
        match schema::shape(member) {
            Shape::Object => {
                // Half of an optional object would only be complained of.
                let filled = self.object(member);
                let whole = schema::members(member)
                    .all(|(inner, _)| !schema::is_required(member, inner) || filled.contains_key(inner));
                (!filled.is_empty() && (required || whole)).then_some(Value::Object(filled))
            }
            Shape::Text => match schema::options(member)[..] {
                [only] => Some(Value::from(only)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The closed list of sources.
    fn source(&self, source: &str, member: &Value) -> Option<Value> {
        if let Some(path) = source.strip_prefix("facts.") {
            let (kind, field) = path.split_once('.')?;
            return self.earlier(kind, field);
        }
        let text = |text: &str| Some(Value::from(text));
        match source {
            "agency.name" => text(&self.agency.name),
            "agency.address" => text(&self.agency.address),
            "case.number" => text(self.case.number.as_deref()?),
            "case.cause" => text(&self.case.cause_title),
            "case.title" => text(&self.case.title),
            "case.summary" => self.summary().map(Value::from),
            "case.filed_at" => match (self.case.filed_on, self.case.filed_at) {
                (Some(on), _) if schema::shape(member) == Shape::Date => Some(day(on)),
                (_, Some(at)) => Some(time_of(member, at)),
                _ => None,
            },
            "clue.source" => text(self.case.source?.title()),
            "clue.received_at" => Some(time_of(member, self.case.received_at?)),
            "clue.channel" => self.clue("channel").map(Value::from),
            "clue.content" => self.clue("content").map(Value::from),
            "party" => serde_json::to_value(self.party?).ok(),
            "parties" => serde_json::to_value(&self.case.parties).ok(),
            "handlers" => Some(self.officers()),
            "now.date" => Some(day(self.now.date())),
            "now.time" => Some(self.now.strftime("%H:%M").to_string().into()),
            "cause.articles_violated" => Some(self.cause?.strings("articles_violated").into()),
            "cause.articles_penalty" => Some(self.cause?.strings("articles_penalty").into()),
            "cause.range" => text(self.cause?.rest.get("range_text")?.as_str()?),
            // 行政复议法 20: sixty days; 行政诉讼法 46: six months.
            "remedies.review" => Some(
                format!("如不服{}，可以自收到之日起六十日内向{}申请行政复议", self.this(), self.agency.review_authority)
                    .into(),
            ),
            "remedies.suit" => {
                Some(format!("也可以自收到之日起六个月内依法向{}提起行政诉讼", self.agency.court).into())
            }
            "payment.account" => text(&self.agency.payment_account),
            "evidence" => Some(self.evidence()),
            _ => None,
        }
    }

    /// What has no source of its own but is known all the same, by the member's name.
    fn own(&self, name: &str, member: &Value) -> Option<Value> {
        let text = |text: &str| Some(Value::from(text));
        match name {
            "certificates_shown" => Some(json!({ "shown": true, "statement": self.shown() })),
            // What the party answered is theirs to say.
            "recusal" => Some(json!({ "told": true })),
            "rights" | "rights_told" | "duties" => ticked(member),
            "questions" => Some(self.cause?.questions.iter().map(|q| json!({ "q": q })).collect()),
            "recorder" | "compiler" => text(&self.person.name),
            "reviewer" => {
                Some(json!({ "name": self.person.name, "qualification_number": self.person.qualification }))
            }
            "contact" => Some(json!({
                "name": self.case.handlers.first().map_or(&self.person.name, |h| &h.name),
                "phone": self.agency.phone,
                "address": self.agency.address,
            })),
            "statement_days" => Some(self.agency.statement_days.into()),
            "fonds_number" => text(&self.agency.fonds_number),
            "session" => self.case.of_kind("inquiry-record").next().is_none().then(|| 1.into()),
            "place" => text(&self.case.visits.iter().rev().find(|v| v.ended.is_none())?.place),
            "conclusions" => Some(each_item(member)),
            "late_approval" => self.late_approval(),
            "notice" => self.notice(),
            "documents" => {
                let paper = self.served?;
                Some(json!([{ "title": paper.title, "number": paper.number, "copies": 1 }]))
            }
            "to_inform" => Some(self.to_inform()),
            "recipient" => self.informed(),
            "findings" => Some(self.findings()),
            _ => None,
        }
    }

    /// What other members of the paper decide.
    fn after(&self, fields: &mut Map<String, Value>) {
        let has = |name: &str| schema::member(&self.form.schema, name).is_some();
        if has("hearing_days") && fields.get("hearing_right") == Some(&Value::Bool(true)) {
            // 行政处罚法 64: five days from the notice.
            fields.insert("hearing_days".into(), 5.into());
        }
        let paid = fields.get("measures").and_then(Value::as_array).is_some_and(|rows| {
            rows.iter().any(|row| matches!(row["kind"].as_str(), Some("罚款" | "没收违法所得")))
        });
        let performance = fields.get_mut("performance").and_then(Value::as_object_mut);
        if let Some(performance) = performance.filter(|_| paid && self.form.kind == "penalty-decision") {
            // 行政处罚法 67 and 72.
            performance.insert("term".into(), "自收到本决定书之日起十五日内".into());
            performance.insert("way".into(), "到指定的银行或者通过电子支付系统缴纳".into());
            let late = "到期不缴纳罚款的，每日按罚款数额的百分之三加处罚款，加处罚款的数额不超过罚款的数额";
            performance.insert("late_surcharge".into(), late.into());
        }
        if self.waived() {
            let waived = "当事人明确放弃陈述、申辩";
            if has("statement_findings") && !fields.contains_key("statement_findings") {
                let row = json!([{ "point": waived, "adopted": "放弃", "reason": waived }]);
                fields.insert("statement_findings".into(), row);
            }
            if has("statement_result") && !fields.contains_key("statement_result") {
                fields.insert("statement_result".into(), format!("{waived}。").into());
            }
        }
    }

    /// A field of the last paper of a kind that still stands. A number counts once it is issued.
    fn earlier(&self, kind: &str, field: &str) -> Option<Value> {
        if field == "number" {
            let issued = self.standing(kind).find(|paper| paper.issued.is_some())?;
            return issued.number.clone().map(Value::from);
        }
        let written = |kind: &str| self.standing(kind).find_map(|paper| paper.field(field).cloned());
        written(kind).or_else(|| {
            // Measures come down from paper to paper; where one was not made, from the one before.
            let before = ["decision-approval", "statement-examination", "prior-notice", "investigation-report"];
            let from = before.iter().position(|k| *k == kind).filter(|_| field == "measures")?;
            before.iter().skip(from).find_map(|kind| written(kind))
        })
    }

    /// Standing papers of a kind, newest first; not those made for another party.
    fn standing<'k>(&'k self, kind: &'k str) -> impl Iterator<Item = &'k Paper> {
        let of_party = |subject: &str| match self.party.filter(|_| self.form.per_party) {
            Some(party) => subject.is_empty() || subject == party.id || self.case.party(subject).is_none(),
            None => true,
        };
        self.case.of_kind(kind).rev().filter(move |paper| of_party(&paper.subject))
    }

    /// The case in short, as the last paper that told it: a summary, or the facts established.
    fn summary(&self) -> Option<String> {
        let told = self.case.papers.iter().rev().filter(|p| !p.is_void()).find_map(|paper| {
            let summary = paper.text("case_summary");
            if !summary.is_empty() {
                return Some(summary.to_owned());
            }
            let facts = paper.field("facts")?.as_array()?;
            let texts: Vec<_> = facts.iter().filter_map(|f| f.get("text")?.as_str()).collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        });
        told.or_else(|| self.clue("content"))
    }

    /// A member of the clue the case came from.
    fn clue(&self, member: &str) -> Option<String> {
        self.case.records.iter().find_map(|record| match &record.event {
            Event::ClueRegistered { channel, content, .. } => {
                let written = if member == "channel" { channel } else { content };
                Some(self.effective(record, member, written))
            }
            _ => None,
        })
    }

    /// What a record says once corrected: the case keeps its records as they were written.
    fn effective(&self, record: &Recorded, member: &str, written: &str) -> String {
        let slips = self.case.slips.iter().rev();
        let mut slips = slips.filter(|slip| slip.target == record.sequence && slip.member == member);
        slips.find_map(|slip| slip.effective.as_str()).unwrap_or(written).to_owned()
    }

    /// The handlers; before there are any, the person who writes.
    fn officers(&self) -> Value {
        let own = [self.person.seen_on(self.now.date())];
        let seen = if self.case.handlers.is_empty() { &own[..] } else { &self.case.handlers[..] };
        seen.iter().map(|o| json!({ "name": o.name, "certificate": o.certificate })).collect()
    }

    fn shown(&self) -> String {
        let officers: Vec<_> = self
            .case
            .handlers
            .iter()
            .map(|o| format!("{}（执法证号{}）", o.name, o.certificate))
            .collect();
        match officers[..] {
            [] => "执法人员出示执法证件，表明身份。".to_owned(),
            _ => format!("执法人员{}出示执法证件，表明身份。", officers.join("、")),
        }
    }

    fn this(&self) -> &'static str {
        if self.form.title.contains("通知") { "本通知" } else { "本决定" }
    }

    fn waived(&self) -> bool {
        let party = |id: &str| self.party.is_none_or(|p| p.id == id);
        self.case.waivers.iter().any(|(id, _)| party(&id.0))
    }

    /// The evidence relied on, with the pages or seconds an earlier paper gave for it.
    fn evidence(&self) -> Value {
        let title = |code: &str| {
            let kind = self.book.evidence_kinds.iter().find(|k| k.code == code);
            kind.map_or(code.to_owned(), |k| k.title.clone())
        };
        let relied_on = self.case.evidence.iter().filter(|e| !e.withdrawn);
        relied_on
            .map(|e| {
                let number = format!("证{}", e.number);
                json!({
                    "number": number,
                    "name": e.name,
                    "kind": title(&e.kind),
                    "source": e.source,
                    "digest": e.file.as_ref().map(|f| &f.sha256),
                    "pages_or_seconds": self.extent(&number).or_else(|| footage_seconds(e)),
                    "proves": e.proves,
                })
            })
            .collect()
    }

    fn extent(&self, number: &str) -> Option<String> {
        let lists = self.case.papers.iter().rev().filter(|p| !p.is_void()).filter_map(|p| p.field("evidence")?.as_array());
        lists.flatten().find_map(|row| {
            let same = row.get("number").and_then(Value::as_str) == Some(number);
            row.get("pages_or_seconds").and_then(Value::as_str).filter(|_| same).map(str::to_owned)
        })
    }

    /// One row per point the party raised, in its own words: the examination answers each.
    fn findings(&self) -> Value {
        let statements = self.case.statements.iter().filter(|s| self.party.is_none_or(|p| p.id == s.party.0));
        statements
            .flat_map(|s| &s.points)
            .map(|point| json!({ "point": point.text, "examined_by": self.person.name }))
            .collect()
    }

    /// Only where the procedure did begin before the filing (本制度12).
    fn late_approval(&self) -> Option<Value> {
        self.case.records.iter().find_map(|record| match &record.event {
            Event::StartedBeforeFiling { reason, allowed_by, .. } => Some(json!({
                "started_at": moment(self.case.started_before_filing?),
                "allowed_by": self.effective(record, "allowed_by", allowed_by),
                "reason": self.effective(record, "reason", reason),
            })),
            _ => None,
        })
    }

    /// Number and service of the prior notice.
    fn notice(&self) -> Option<Value> {
        let notice = self.standing("prior-notice").find(|paper| paper.issued.is_some())?;
        let served = notice.services.last().map(|s| day(s.effective_on));
        Some(json!({ "number": notice.number, "served_on": served }))
    }

    fn to_inform(&self) -> Value {
        self.case
            .to_inform
            .iter()
            .map(|inform| match inform.whom.as_str() {
                "transferring-body" => {
                    json!({ "role": "移送机关", "name": inform.label, "reachable": inform.reachable })
                }
                // Who they are stays sealed; the label says so.
                _ => json!({ "role": "举报人", "reachable": inform.reachable }),
            })
            .collect()
    }

    /// Whom a notice of not filing informs.
    fn informed(&self) -> Option<Value> {
        let to_inform = &self.case.to_inform;
        let inform = to_inform.iter().find(|i| i.whom == self.subject || i.label == self.subject);
        let inform = inform.or_else(|| to_inform.first())?;
        Some(match inform.whom.as_str() {
            "transferring-body" => json!({ "role": "移送机关", "name": inform.label }),
            _ => json!({ "role": "举报人" }),
        })
    }
}

/// The length of footage, where it is known from when to when it runs.
fn footage_seconds(evidence: &procedure::case::Evidence) -> Option<String> {
    let to = evidence.happened.to.filter(|_| evidence.footage)?;
    let seconds = to.duration_since(evidence.happened.from).as_secs();
    (seconds > 0).then(|| format!("共{seconds}秒"))
}

fn ticked(checklist: &Value) -> Option<Value> {
    Some(schema::options(checklist.get("items")?).into())
}

/// A row for each thing that must be concluded upon, where a list asks for every one of them.
fn each_item(list: &Value) -> Value {
    let Some(items) = list.get("items") else { return Value::Null };
    let Some((name, first)) = schema::members(items).next() else { return Value::Null };
    let options = schema::options(first);
    if options.len() as u64 != schema::min_items(list) {
        return Value::Null;
    }
    options.into_iter().map(|item| json!({ name: item })).collect()
}

fn day(date: Date) -> Value {
    Value::String(date.strftime("%Y-%m-%d").to_string())
}

fn moment(at: DateTime) -> Value {
    Value::String(at.strftime("%Y-%m-%dT%H:%M").to_string())
}

fn time_of(member: &Value, at: DateTime) -> Value {
    if schema::shape(member) == Shape::Date { day(at.date()) } else { moment(at) }
}

/// The part of a value that is of the member's type; blanks and unknown members fall away.
fn fit(member: &Value, value: &Value) -> Option<Value> {
    match (schema::shape(member), value) {
        (Shape::Object, Value::Object(fields)) => {
            let kept: Map<String, Value> = schema::members(member)
                .filter_map(|(name, inner)| Some((name.to_owned(), fit(inner, fields.get(name)?)?)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        (Shape::Array, Value::Array(rows)) => {
            let items = member.get("items")?;
            let kept: Vec<_> = rows.iter().filter_map(|row| fit(items, row)).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        (Shape::Text, Value::String(text)) => {
            let options = schema::options(member);
            let allowed = options.is_empty() || options.contains(&text.as_str());
            (!text.trim().is_empty() && allowed).then(|| value.clone())
        }
        (Shape::Date, Value::String(text)) => text.parse::<Date>().is_ok().then(|| value.clone()),
        (Shape::Moment, Value::String(text)) => text.parse::<DateTime>().is_ok().then(|| value.clone()),
        (Shape::Integer | Shape::Money, Value::Number(_)) | (Shape::Boolean, Value::Bool(_)) => Some(value.clone()),
        _ => None,
    }
}
