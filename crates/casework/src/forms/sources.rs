//! The words of `x-source`: what each says of the case, its party, its papers, its visits, the
//! cause and the bureau. A closed list; a test asks that every word of the schemas is one of it.
//!
//! Beside them stand, in the walk itself: `row` and `row.<member>` (in a list, the row of the list's
//! own source), and `words:…{source}…` (a sentence, if everything in its braces is known).

use super::course;
use super::prefill::{at_path, day, moment, time_of};
use super::schema::{self, Shape};
use crate::settings::Agency;
use jiff::civil::DateTime;
use procedure::case::{Case, Evidence, Paper, Service, Visit};
use procedure::duties;
use procedure::event::{ClueSource, Event, Party, PartyKind, Recorded, Span};
use procedure::facts::Subject;
use procedure::ids::PaperId;
use procedure::papers::PaperForm;
use procedure::people::{OfficerSeen, Person};
use procedure::rulebook::{Cause, Rulebook};
use serde_json::{Value, json};

/// The duty that says by when money is to be paid (行政处罚法67).
const PAYMENT_DUTY: &str = "party-pays";
/// 行政处罚法 64: five days from the notice.
const HEARING_DAYS: u32 = 5;
/// Measures that are paid in money.
const PAID: [&str; 2] = ["罚款", "没收违法所得"];
/// Papers in which measures are proposed or decided, as one follows the other.
const MEASURING: &str = "penalty-decision|decision-approval|statement-examination|prior-notice|investigation-report";

/// What is known when a form is opened.
pub(super) struct Known<'a> {
    form: &'a PaperForm,
    pub(super) case: &'a Case,
    book: &'a Rulebook,
    agency: &'a Agency,
    person: &'a Person,
    subject: &'a str,
    now: DateTime,
    /// The paper a proof of service is for.
    served: Option<&'a Paper>,
    party: Option<&'a Party>,
    cause: Option<&'a Cause>,
    visit: Option<&'a Visit>,
}

impl<'a> Known<'a> {
    pub(super) fn new(
        form: &'a PaperForm,
        case: &'a Case,
        book: &'a Rulebook,
        agency: &'a Agency,
        person: &'a Person,
        subject: &'a str,
        now: DateTime,
    ) -> Known<'a> {
        let served = case.paper(&PaperId(subject.to_owned()));
        let of_party = served.map_or(subject, |paper| paper.subject.as_str());
        let party = case.party(of_party).or_else(|| case.parties.first());
        let cause = case.cause.as_ref().and_then(|id| book.causes.get(&id.0));
        let visit = visit(form, case, book, now);
        Known { form, case, book, agency, person, subject, now, served, party, cause, visit }
    }

    pub(super) fn source(&self, source: &str, member: &Value) -> Option<Value> {
        if let Some(path) = source.strip_prefix("facts.") {
            let (kinds, path) = path.split_once('.')?;
            return self.earlier(kinds, path);
        }
        let (subject, what) = source.split_once('.').unwrap_or((source, ""));
        match subject {
            "agency" => self.of_agency(what),
            "case" => self.of_case(what, member),
            "clue" => self.of_clue(what, member),
            "party" => self.of_party(what),
            "parties" => serde_json::to_value(&self.case.parties).ok(),
            "handlers" => match what {
                "shown" => Some(json!({ "shown": true, "statement": shown(&self.case.handlers, true) })),
                _ => Some(self.officers()),
            },
            "person" => self.of_person(what),
            "now" => Some(match what {
                "date" => day(self.now.date()),
                "time" => self.now.strftime("%H:%M").to_string().into(),
                _ => time_of(member, self.now),
            }),
            "cause" => self.of_cause(what),
            "remedies" => self.remedy(what),
            "payment" => self.of_payment(what),
            "visit" => self.of_visit(what, member),
            "evidence" => Some(self.evidence()),
            "decision" => self.decided(),
            "statement" => self.of_statement(what),
            "hearing" => self.of_hearing(what),
            "notice" => self.notice(),
            "approved" => {
                let approved = self.standing(what).find_map(|paper| paper.approved_at)?;
                Some(time_of(member, approved))
            }
            "inquiry" => self.case.of_kind("inquiry-record").next().is_none().then(|| 1.into()),
            "start" => self.started_early(),
            "served" => {
                let paper = self.served?;
                Some(json!([{ "title": paper.title, "number": paper.number, "copies": 1 }]))
            }
            "service" => self.of_service(what, member),
            "inform" if what == "recipient" => self.informed(),
            "inform" => Some(self.to_inform()),
            "checklist" => Some(schema::options(member.get("items")?).into()),
            "each" => each_item(member),
            _ => None,
        }
    }

    fn of_agency(&self, what: &str) -> Option<Value> {
        let agency = self.agency;
        Some(match what {
            "name" => Value::from(agency.name.as_str()),
            "address" => Value::from(agency.address.as_str()),
            "fonds_number" => Value::from(agency.fonds_number.as_str()),
            "statement_days" => agency.statement_days.into(),
            "contact" => json!({
                "name": self.case.handlers.first().map_or(&self.person.name, |h| &h.name),
                "phone": agency.phone,
                "address": agency.address,
            }),
            _ => return None,
        })
    }

    fn of_case(&self, what: &str, member: &Value) -> Option<Value> {
        Some(match what {
            "number" => Value::from(self.case.number.as_deref()?),
            "cause" => Value::from(self.case.cause_title.as_str()),
            "title" => Value::from(self.case.title.as_str()),
            "summary" => Value::from(self.summary()?),
            "course" => Value::from(course::told(self.case)?),
            "filed_at" => match (self.case.filed_on, self.case.filed_at) {
                (Some(on), _) if schema::shape(member) == Shape::Date => day(on),
                (_, Some(at)) => time_of(member, at),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// What was said of the clue the case came from, as corrected.
    fn of_clue(&self, what: &str, member: &Value) -> Option<Value> {
        match what {
            "source" => return Some(Value::from(self.case.source?.title())),
            "received_at" => return Some(time_of(member, self.case.received_at?)),
            "opinion" => {
                return self.case.records.iter().find_map(|record| match &record.event {
                    Event::ClueAccepted { opinion, .. } => Some(Value::from(opinion.as_str())),
                    _ => None,
                });
            }
            _ => {}
        }
        self.case.records.iter().find_map(|record| {
            let Event::ClueRegistered { channel, category, target, content, informant, transferring_body, reply_wanted, source, .. } =
                &record.event
            else {
                return None;
            };
            let effective = |written: &str| Value::from(self.effective(record, what, written));
            match what {
                "channel" => Some(effective(channel)),
                "category" => Some(effective(category)),
                "target" => Some(effective(target)),
                "content" => Some(effective(content)),
                "reply_wanted" => Some(Value::Bool(*reply_wanted)),
                "transferring_body" => Some(json!({ "name": transferring_body.as_deref()? })),
                "informant" => match informant {
                    Some(informant) => Some(json!({
                        "anonymous": informant.name.trim().is_empty(), "name": informant.name, "phone": informant.contact,
                    })),
                    None => (*source == ClueSource::Complaint).then(|| json!({ "anonymous": true })),
                },
                _ => None,
            }
        })
    }

    fn of_party(&self, what: &str) -> Option<Value> {
        let party = self.party?;
        if what.is_empty() {
            return serde_json::to_value(party).ok();
        }
        let natural = party.kind == PartyKind::Person;
        let what = match what.strip_prefix("person.") {
            // Of the human being himself: of an organisation there is none.
            Some(_) if !natural => return None,
            Some(own) => own,
            None => what,
        };
        let speaks = match party.legal_representative.trim() {
            "" if natural => party.name.as_str(),
            name => name,
        };
        Some(Value::from(match what {
            "name" => party.name.as_str(),
            "id_number" => party.id_number.as_str(),
            "address" => party.address.as_str(),
            "phone" => party.phone.as_str(),
            "representative" => speaks,
            "role" if party.kind == PartyKind::Organisation => "法定代表人（负责人）",
            "role" => "当事人",
            _ => return None,
        }))
    }

    fn of_person(&self, what: &str) -> Option<Value> {
        match what {
            "name" => Some(Value::from(self.person.name.as_str())),
            "reviewer" => Some(json!({ "name": self.person.name, "qualification_number": self.person.qualification })),
            _ => None,
        }
    }

    fn of_cause(&self, what: &str) -> Option<Value> {
        let cause = self.cause?;
        match what {
            "articles_violated" | "articles_penalty" => Some(cause.strings(what).into()),
            "range" => Some(Value::from(cause.rest.get("range_text")?.as_str()?)),
            "questions" => Some(cause.questions.iter().map(|q| json!({ "q": q })).collect()),
            _ => None,
        }
    }

    /// 行政复议法 20: sixty days; 行政诉讼法 46: six months.
    fn remedy(&self, what: &str) -> Option<Value> {
        let this = if self.form.title.contains("通知") { "本通知" } else { "本决定" };
        Some(Value::from(match what {
            "review" => {
                format!("如不服{this}，可以自收到之日起六十日内向{}申请行政复议", self.agency.review_authority)
            }
            "suit" => format!("也可以自收到之日起六个月内依法向{}提起行政诉讼", self.agency.court),
            _ => return None,
        }))
    }

    /// How the decision is performed; where money is paid, as 行政处罚法 67 and 72 say.
    fn of_payment(&self, what: &str) -> Option<Value> {
        let measures = self.earlier(MEASURING, "measures")?;
        let paid = measures.as_array()?.iter().any(is_paid);
        Some(Value::from(match what {
            "term" if paid => "自收到本决定书之日起十五日内",
            "way" if paid => "到指定的银行或者通过电子支付系统缴纳",
            "account" if paid => self.agency.payment_account.as_str(),
            "late" if paid => "到期不缴纳罚款的，每日按罚款数额的百分之三加处罚款，加处罚款的数额不超过罚款的数额",
            "term" => "本决定自送达之日起生效",
            "way" => "无需缴款",
            _ => return None,
        }))
    }

    /// What was recorded of the visit the paper tells of.
    fn of_visit(&self, what: &str, member: &Value) -> Option<Value> {
        let visit = self.visit?;
        Some(match what {
            "place" => Value::from(visit.place.as_str()),
            "open_place" => Value::from(visit.ended.is_none().then_some(visit.place.as_str())?),
            "started" => time_of(member, visit.started),
            "ended" => time_of(member, visit.ended?),
            "officers" => visit.officers.iter().map(officer).collect(),
            "shown" => json!({ "shown": visit.certificates_shown, "statement": shown(&visit.officers, visit.certificates_shown) }),
            "present" => {
                let mut records = self.case.records.iter();
                Value::from(records.find_map(|r| match &r.event {
                    Event::VisitStarted { visit: id, present, .. } if *id == visit.id => Some(self.effective(r, "present", present)),
                    _ => None,
                })?)
            }
            "recordings" => self.taken_then(visit, |e| e.file.as_ref().is_some_and(|f| is_recording(&f.media_type)))
                .map(|e| json!({ "recording": format!("证{}", e.number), "from_second": 0, "to_second": seconds(e), "shows": e.name }))
                .filter(|row| !row["to_second"].is_null())
                .collect(),
            "pictures" => self.taken_then(visit, |e| e.file.as_ref().is_some_and(|f| f.media_type.starts_with("image/")))
                .map(|e| json!({ "name": e.name, "caption": e.proves }))
                .collect(),
            _ => return None,
        })
    }

    /// Evidence taken during a visit.
    fn taken_then<'v>(&'v self, visit: &Visit, is_such: impl Fn(&Evidence) -> bool + 'v) -> impl Iterator<Item = &'v Evidence> {
        let (from, to) = (visit.started, visit.ended.unwrap_or(self.now));
        self.relied_on().filter(move |e| e.happened.from >= from && e.happened.from <= to && is_such(e))
    }

    fn relied_on(&self) -> impl Iterator<Item = &'a Evidence> {
        self.case.evidence.iter().filter(|e| !e.withdrawn)
    }

    /// A member of the newest paper of these kinds (`a|b`) that has it and still stands. A number
    /// counts once its paper is issued.
    fn earlier(&self, kinds: &str, path: &str) -> Option<Value> {
        if path == "number" {
            let issued = self.standing(kinds).find(|paper| paper.issued.is_some())?;
            return issued.number.clone().map(Value::from);
        }
        self.standing(kinds).find_map(|paper| {
            let fields = Value::Object(paper.current()?.fields.clone());
            at_path(&fields, path).filter(|found| !is_blank(found))
        })
    }

    /// Standing papers of these kinds, newest first; not those made for another party.
    fn standing<'k>(&'k self, kinds: &'k str) -> impl Iterator<Item = &'k Paper> {
        let of_party = |subject: &str| match self.party.filter(|_| self.form.per_party) {
            Some(party) => subject.is_empty() || subject == party.id || self.case.party(subject).is_none(),
            None => true,
        };
        let is_such = move |paper: &&Paper| kinds.split('|').any(|kind| kind == paper.kind.0) && !paper.is_void();
        self.case.papers.iter().rev().filter(is_such).filter(move |paper| of_party(&paper.subject))
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
        told.or_else(|| self.of_clue("content", &Value::Null)?.as_str().map(str::to_owned))
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
        seen.iter().map(officer).collect()
    }

    /// The evidence relied on, with the pages or seconds an earlier paper gave for it.
    fn evidence(&self) -> Value {
        let title = |code: &str| {
            let kind = self.book.evidence_kinds.iter().find(|k| k.code == code);
            kind.map_or(code.to_owned(), |k| k.title.clone())
        };
        self.relied_on()
            .map(|e| {
                let number = format!("证{}", e.number);
                json!({
                    "number": number,
                    "name": e.name,
                    "kind": title(&e.kind),
                    "source": e.source,
                    "digest": e.file.as_ref().map(|f| &f.sha256),
                    "pages_or_seconds": self.extent(&number).or_else(|| measured(e)),
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

    /// The measures decided, with the day by which money is due.
    fn decided(&self) -> Option<Value> {
        let mut measures = self.earlier("penalty-decision", "measures")?;
        let party = self.party.map_or("", |p| p.id.as_str());
        let owed = duties::owed(self.case, self.book, self.now);
        let is_theirs = |subject: &Subject| matches!(subject, Subject::Party(id) if id == party);
        let payment = owed.iter().find(|o| o.rule == PAYMENT_DUTY && is_theirs(&o.subject));
        let due = payment.and_then(|o| o.binding());
        for row in measures.as_array_mut()? {
            if let (true, Some(due)) = (is_paid(row), due) {
                row["due_on"] = day(due.date());
            }
        }
        Some(measures)
    }

    /// The points the party raised, in its own words; its waiver, where it raised none.
    fn of_statement(&self, what: &str) -> Option<Value> {
        const WAIVED: &str = "当事人明确放弃陈述、申辩";
        let of_party = |id: &str| self.party.is_none_or(|p| p.id == id);
        let waived = || self.case.waivers.iter().any(|(id, _)| of_party(&id.0));
        match what {
            "points" => {
                let statements = self.case.statements.iter().filter(|s| of_party(&s.party.0));
                Some(statements.flat_map(|s| &s.points).map(|point| json!({ "text": point.text })).collect())
            }
            "waived" => waived().then(|| format!("{WAIVED}。").into()),
            "waived_finding" => waived().then(|| json!([{ "point": WAIVED, "adopted": "放弃", "reason": WAIVED }])),
            _ => None,
        }
    }

    /// The hearing, as the report, the notice and the statement tell of it.
    fn of_hearing(&self, what: &str) -> Option<Value> {
        let right = self.earlier("prior-notice|investigation-report", "hearing_right")?.as_bool()?;
        match what {
            "days" => right.then(|| HEARING_DAYS.into()),
            "reason" => {
                let hearing = self.cause.filter(|_| right)?.rest.get("hearing")?;
                Some(Value::from(hearing.get("reason")?.as_str()?))
            }
            "none" => (!right).then(|| Value::from("无听证权利")),
            "state" if !right => Some(Value::from("无听证权利")),
            "state" => {
                let asked = self.earlier("statement-record", "hearing_requested")?;
                asked.as_str().map(|asked| Value::from(format!("当事人{asked}")))
            }
            _ => None,
        }
    }

    /// Number and service of the prior notice.
    fn notice(&self) -> Option<Value> {
        let notice = self.standing("prior-notice").find(|paper| paper.issued.is_some())?;
        let served = notice.services.last().map(|s| day(s.effective_on));
        Some(json!({ "number": notice.number, "served_on": served }))
    }

    /// Only where the procedure did begin before the filing (本制度12).
    fn started_early(&self) -> Option<Value> {
        self.case.records.iter().find_map(|record| match &record.event {
            Event::StartedBeforeFiling { reason, allowed_by, .. } => Some(json!({
                "started_at": moment(self.case.started_before_filing?),
                "allowed_by": self.effective(record, "allowed_by", allowed_by),
                "reason": self.effective(record, "reason", reason),
            })),
            _ => None,
        })
    }

    /// The service already recorded of the paper a proof is for.
    fn of_service(&self, what: &str, member: &Value) -> Option<Value> {
        let service: &Service = self.served?.services.last()?;
        let relation = if service.relation.trim().is_empty() { "本人" } else { service.relation.as_str() };
        Some(match what {
            "method" => Value::from(service.method.title()),
            "at" => time_of(member, service.at),
            "receiver" if service.recipient.trim().is_empty() => return None,
            "receiver" => json!({ "name": service.recipient, "relation": relation }),
            "voucher" => Value::from(service.voucher.as_str()),
            _ => return None,
        })
    }

    fn to_inform(&self) -> Value {
        let to_inform = self.case.to_inform.iter();
        to_inform
            .map(|inform| match inform.whom.as_str() {
                "transferring-body" => {
                    json!({ "role": "移送机关", "name": inform.label, "reachable": inform.reachable })
                }
                _ => json!({ "role": "举报人", "name": self.informant(), "reachable": inform.reachable }),
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
            _ => json!({ "role": "举报人", "name": self.informant() }),
        })
    }

    /// The member it goes into is as sealed as the clue's.
    fn informant(&self) -> Option<Value> {
        self.of_clue("informant", &Value::Null)?.get("name").cloned()
    }
}

/// The last visit a paper of this kind can tell of: for a record of a visit, one that none tells of
/// yet; for any other paper, simply the last.
fn visit<'a>(form: &PaperForm, case: &'a Case, book: &Rulebook, now: DateTime) -> Option<&'a Visit> {
    let tells = |form: &PaperForm| {
        schema::member(&form.schema, "from").is_some_and(|from| schema::sources(from).any(|s| s == "visit.started"))
    };
    let told = |visit: &Visit| {
        let stayed = Span::between(visit.started, visit.ended.unwrap_or(now));
        let records = case.papers.iter().filter(|p| !p.is_void() && book.paper(&p.kind.0).is_some_and(&tells));
        records.filter_map(|p| p.current()).any(|v| v.happened.overlaps(&stayed))
    };
    case.visits.iter().rev().find(|visit| !tells(form) || !told(visit))
}

fn officer(seen: &OfficerSeen) -> Value {
    json!({ "name": seen.name, "certificate": seen.certificate })
}

fn shown(officers: &[OfficerSeen], shown: bool) -> String {
    if !shown {
        return "执法人员没有出示执法证件。".to_owned();
    }
    let officers: Vec<_> = officers.iter().map(|o| format!("{}（执法证号{}）", o.name, o.certificate)).collect();
    match officers[..] {
        [] => "执法人员出示执法证件，表明身份。".to_owned(),
        _ => format!("执法人员{}出示执法证件，表明身份。", officers.join("、")),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::String(text) => matches!(text.trim(), "" | "/"),
        Value::Array(rows) => rows.is_empty(),
        other => other.is_null(),
    }
}

fn is_paid(measure: &Value) -> bool {
    measure["kind"].as_str().is_some_and(|kind| PAID.contains(&kind))
}

fn is_recording(media_type: &str) -> bool {
    media_type.starts_with("video/") || media_type.starts_with("audio/")
}

/// The length of footage, where it is known from when to when it runs.
fn seconds(evidence: &Evidence) -> Option<i64> {
    let to = evidence.happened.to.filter(|_| evidence.footage)?;
    Some(to.duration_since(evidence.happened.from).as_secs()).filter(|seconds| *seconds > 0)
}

/// What can be said of a piece of evidence without opening it.
fn measured(evidence: &Evidence) -> Option<String> {
    let picture = evidence.file.as_ref().is_some_and(|f| f.media_type.starts_with("image/"));
    match seconds(evidence) {
        Some(seconds) => Some(format!("共{seconds}秒")),
        None => picture.then(|| "共1张".to_owned()),
    }
}

/// A row for each thing that must be concluded upon, where a list asks for every one of them.
fn each_item(list: &Value) -> Option<Value> {
    let items = list.get("items")?;
    let (name, first) = schema::members(items).next()?;
    let options = schema::options(first);
    (options.len() as u64 == schema::min_items(list)).then(|| options.into_iter().map(|item| json!({ name: item })).collect())
}
