//! 提高保密 (Art. 30): a value that turns out to name an informant or a minor is sealed wherever it
//! stood open: beside its entry and every other that repeats it, in registers and search, in the
//! papers, scans and exhibits that show it, and in the register of parties. The proofs stay.

use crate::codec;
use crate::error::ActError;
use crate::office::{Caller, Decision, Office, Receipt};
use crate::permissions::Power;
use crate::projections::{self, screened};
use crate::registers::RegisterName;
use database::{Change, Guard, SealedMember, StoredEntry, ViewingFilter};
use procedure::Case;
use procedure::event::{Event, FileRef, Party, Span};
use procedure::ids::*;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Deserialize)]
pub struct RaiseProtection {
    pub case: CaseId,
    pub target: u64,
    pub member: String,
    pub reason: String,
}

/// Members besides the fields of papers that may turn out to name somebody.
const MEMBERS: &[&str] = &["party", "content", "target", "name", "proves", "source"];
const PAGE: u32 = 500;

pub async fn raise_protection(office: &Office, caller: &Caller, what: RaiseProtection) -> Result<Receipt, ActError> {
    if what.reason.trim().is_empty() {
        return Err(ActError::field("reason", "请说明理由"));
    }
    if !what.member.starts_with("fields.") && !MEMBERS.contains(&what.member.as_str()) {
        return Err(ActError::field("member", "这一内容不能提高保密"));
    }
    let opened = office.open_case(&what.case).await?;
    office.allow(caller, Power::Investigate, Some(&opened.case))?;
    let home = StreamId::case(&what.case);
    let seen = opened.case;
    let found = found(office, &what, &seen).await?;
    let more = changes_elsewhere(office, &what.case, &seen, &found).await?;
    // Bytes first: the sealed copies lie in the vault before an entry names them.
    let copies = office.sealed_copies(&home, clear_files(office, &seen, &found.places)).await?;
    let others = office.others_naming(&home, &copies).await?;
    let receipt = office
        .act_on_case(caller, &what.case, "raise-protection", |opened| {
            office.allow(caller, Power::Investigate, Some(&opened.case))?;
            if opened.case.versions != seen.versions {
                return Err(ActError::Conflict("案件刚刚有了新的记录，请重新提交".into()));
            }
            let mut decision = Decision::default();
            for place in &found.places {
                let event = Event::ProtectionRaised {
                    target: place.sequence,
                    member: place.member.clone(),
                    reason: what.reason.clone(),
                    value: place.value.clone(),
                    salt: place.salt.clone(),
                };
                decision = decision.and(home.clone(), Span::at(opened.now), office.envelope(caller), event);
                decision.changes.push(Change::Seal { sequence: place.sequence, members: vec![place.sealed.clone()] });
            }
            decision.changes.extend(more.changes.iter().cloned());
            decision.guards.extend(more.guards.iter().cloned());
            office.with_sealed_files(caller, opened, &others, &copies, decision)
        })
        .await?;
    office.wake_jobs();
    Ok(receipt)
}

/// A member that stands open beside its entry, and how it will stand from now on.
struct Place {
    stream: StreamId,
    sequence: u64,
    member: String,
    salt: String,
    value: Value,
    sealed: SealedMember,
}

/// Where the value stands, the strings that make it one, and the register it came into.
struct Found {
    places: Vec<Place>,
    words: BTreeSet<String>,
    /// The party's stream in the register, and its version.
    register: Option<(StreamId, u64)>,
}

/// The member named, and every other that repeats it: in the case, in what is linked to it from
/// other streams (grants, viewings, refusals), and in the register of parties.
async fn found(office: &Office, what: &RaiseProtection, case: &Case) -> Result<Found, ActError> {
    if !case.records.iter().any(|r| r.sequence == what.target) {
        return Err(ActError::NotFound);
    }
    let streams: Vec<String> = case.versions.keys().map(|s| s.0.clone()).collect();
    let mut stored = office.database().entries_of_many(&streams).await?;
    for link in office.database().links_of(&StreamId::case(&what.case).0).await? {
        let sequence = link.sequence.unsigned_abs();
        if stored.iter().all(|e| e.sequence != sequence) {
            stored.extend(office.database().entries_after(sequence.saturating_sub(1), 1).await?);
        }
    }
    let mut open = places(office, &stored)?;
    let named = open.iter().position(|p| p.sequence == what.target && p.member == what.member);
    let named = named.ok_or_else(|| ActError::field("member", "这项记录没有这一内容，或者已经封存"))?;
    let first = open.swap_remove(named);
    let words = words_of(office, &first);
    open.retain(|p| words.iter().any(|w| repeats(&p.value, w)));
    open.sort_by_key(|p| p.sequence);
    open.insert(0, first);
    let party = serde_json::from_value::<Party>(open[0].value.clone()).ok().filter(|p| !p.id_number.trim().is_empty());
    let mut register = None;
    if let Some(party) = party {
        let stream = StreamId::register(RegisterName::Parties.code(), &office.party_register_id(&party.id_number));
        let stored = office.database().entries_of_many(std::slice::from_ref(&stream.0)).await?;
        if let Some(last) = stored.last() {
            register = Some((stream, last.version));
            open.extend(places(office, &stored)?.into_iter().filter(|p| words.iter().any(|w| repeats(&p.value, w))));
        }
    }
    Ok(Found { places: open, words, register })
}

fn words_of(office: &Office, place: &Place) -> BTreeSet<String> {
    let raised = Event::ProtectionRaised {
        target: place.sequence,
        member: place.member.clone(),
        reason: String::new(),
        value: place.value.clone(),
        salt: String::new(),
    };
    codec::protected_words(&raised, office.book())
}

/// The open members of entries, each with its sealed form.
fn places(office: &Office, stored: &[StoredEntry]) -> Result<Vec<Place>, ActError> {
    let mut open = vec![];
    for entry in stored {
        for disclosure in entry.disclosures() {
            let stream = StreamId(entry.stream.clone());
            open.push(Place {
                sequence: entry.sequence,
                member: disclosure.name().to_owned(),
                salt: disclosure.salt().to_string(),
                value: disclosure.value().clone(),
                sealed: codec::sealed_member(&office.inner().keys, &stream, &disclosure)?,
                stream,
            });
        }
    }
    Ok(open)
}

fn repeats(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text.contains(word),
        Value::Array(rows) => rows.iter().any(|row| repeats(row, word)),
        Value::Object(members) => members.values().any(|member| repeats(member, word)),
        _ => false,
    }
}

/// Files of the case that show the value: the papers, services and exhibits one of whose entries
/// repeats it, and with any of them the bound volume.
fn clear_files(office: &Office, case: &Case, places: &[Place]) -> Vec<FileRef> {
    let touched: BTreeSet<u64> = places.iter().map(|p| p.sequence).collect();
    let of_paper = |r: &procedure::event::Recorded| projections::paper_of(&r.event).cloned();
    let papers: BTreeSet<PaperId> = case.records.iter().filter(|r| touched.contains(&r.sequence)).filter_map(|r| of_paper(r)).collect();
    let mut files: Vec<FileRef> = vec![];
    for paper in case.papers.iter().filter(|p| papers.contains(&p.id)) {
        files.extend(paper.issued.iter().map(|i| i.file.clone()));
        files.extend(paper.scans.iter().map(|s| s.file.clone()));
        files.extend(paper.services.iter().filter_map(|s| s.proof.clone()));
    }
    let exhibits = case.evidence.iter().filter(|e| touched.contains(&e.sequence));
    files.extend(exhibits.filter_map(|e| e.file.clone()));
    files.extend(case.archived.iter().map(|(volume, ..)| volume.clone()));
    files.retain(|f| !office.is_protected(f));
    files
}

/// Changes outside the case's own rows, which follow its entries by themselves.
#[derive(Default)]
struct Elsewhere {
    changes: Vec<Change>,
    guards: Vec<Guard>,
}

async fn changes_elsewhere(office: &Office, id: &CaseId, case: &Case, found: &Found) -> Result<Elsewhere, ActError> {
    let mut more = Elsewhere { changes: clue_without(office, case, &found.places).await?, guards: vec![] };
    let words = &found.words;
    for mut grant in office.database().grants_of_case(&id.0).await? {
        if screened(&grant.reason, words) != grant.reason {
            grant.reason = projections::SEALED_TEXT.into();
            more.changes.push(Change::PutGrant(grant));
        }
    }
    let filter = ViewingFilter { case_id: Some(id.0.clone()), ..ViewingFilter::default() };
    let mut after = None;
    loop {
        let rows = office.database().viewings(&filter, after.as_ref(), PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(database::After { place: last.opened_us, id: last.id.clone() });
        for mut viewing in rows {
            if screened(&viewing.reason, words) != viewing.reason {
                viewing.reason = projections::SEALED_TEXT.into();
                more.changes.push(Change::PutViewing(viewing));
            }
        }
    }
    // What decide saw of the other streams must still be so.
    let mut streams: BTreeMap<&StreamId, u64> = BTreeMap::new();
    for place in found.places.iter().filter(|p| !case.versions.contains_key(&p.stream)) {
        streams.insert(&place.stream, 0);
    }
    for (stream, version) in &mut streams {
        *version = office.database().stream_version(&stream.0).await?;
    }
    if let Some((stream, version)) = &found.register {
        more.changes.extend(unregistered(office, stream, *version));
        streams.insert(stream, *version);
    }
    more.guards = streams.into_iter().map(|(stream, version)| Guard::StreamAt { stream: stream.0.clone(), version }).collect();
    Ok(more)
}

/// The party leaves the register, and the city platform is told that it did; not who it was.
fn unregistered(office: &Office, stream: &StreamId, version: u64) -> Vec<Change> {
    let register = RegisterName::Parties.code().to_owned();
    let kind = "city-platform".to_owned();
    let id = stream.0.rsplit('/').next().unwrap_or_default().to_owned();
    let mut changes = vec![Change::DropRegister { register: register.clone(), id: id.clone() }];
    changes.extend((1..=version).map(|v| Change::DropOutbox { kind: kind.clone(), key: format!("{stream}/{v}") }));
    changes.push(Change::Outbox {
        kind,
        key: format!("{stream}/withdrawn"),
        payload: json!({ "register": register, "id": id, "withdrawn": true }).to_string(),
        created_us: office.clock().now_us(),
    });
    changes
}

/// The clue's row and what search finds of it, where the value stands in the clue.
async fn clue_without(office: &Office, case: &Case, places: &[Place]) -> Result<Vec<Change>, ActError> {
    let registered = case.records.iter().filter(|r| places.iter().any(|p| p.sequence == r.sequence)).map(|r| (&r.stream, &r.event));
    let mut registered = registered.filter_map(|(stream, event)| match event {
        Event::ClueRegistered { number, .. } => Some((stream, number)),
        _ => None,
    });
    let Some((stream, number)) = registered.next() else { return Ok(vec![]) };
    let mut row = office.database().clue_row(stream.subject()).await?.ok_or(ActError::NotFound)?;
    row.summary = projections::SEALED_TEXT.into();
    let text = format!("{number}\n{}", row.summary);
    Ok(vec![Change::Search { doc: stream.0.clone(), scope: row.id.clone(), text }, Change::PutClue(row)])
}
