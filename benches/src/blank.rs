//! A case told once through the real acts becomes a blank; copies of it fill an office with as many
//! cases as a figure wants: the same entries, members and rows, under ids, names and handlers of
//! their own, written through the database's own commit with hashes and leaves of their own.

use crate::ground::Sql;
use anyhow::{Context, ensure};
use database::{
    BlobRow, CaseRow, Change, ClueRow, Commit, Database, DutyFilter, DutyRow, EvidenceRow, NewEntry, NewMember, PaperRow,
};
use ledger::disclosure::{Disclosure, Salt};
use ledger::entry::Entry;
use procedure::Case;
use procedure::ids::CaseId;
use seal::{KeyClass, KeyStore};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A case of which copies can be made.
pub struct Blank {
    pub case: Case,
    pub entries_count: usize,
    pieces: Vec<Piece>,
    ids: Vec<String>,
    /// Handlers of all cases, by turns those of the copies.
    officers: Vec<String>,
}

/// A piece of the blank's text: as it stands, or what each copy fills in.
enum Piece {
    Text(String),
    Id(usize),
    Name,
    Number(String),
    Handler(usize),
}

/// Everything a case wrote, as plain data.
#[derive(Serialize, Deserialize)]
struct Sheet {
    entries: Vec<Copied>,
    case: CaseRow,
    clues: Vec<ClueRow>,
    papers: Vec<PaperRow>,
    evidence: Vec<(EvidenceRow, usize)>,
    duties: Vec<DutyRow>,
    blobs: Vec<(BlobRow, usize)>,
    links: Vec<(String, String, String, usize)>,
    /// Document, scope, text.
    search: Vec<(String, String, String)>,
}

#[derive(Serialize, Deserialize)]
struct Copied {
    stream: String,
    kind: String,
    happened_from: String,
    happened_to: Option<String>,
    recorded_at: String,
    actor: String,
    station: String,
    edition: String,
    clear: Map<String, Value>,
    members: Map<String, Value>,
    /// Name, whether under the informant's key, value.
    protected: Vec<(String, bool, Value)>,
}

/// Characters of which copies' names are made; any two of them are a search.
const NAME_CHARACTERS: &str = "安邦昌晨诚达德东丰福富刚高冠光广国海汉豪浩和恒宏华辉汇吉佳嘉建江杰金京景久聚君凯康乐丽利\
    联隆龙美明宁鹏平启谦强庆全荣瑞润森胜盛世顺泰腾天通旺威伟祥新鑫信兴旭阳耀易益永优裕元远运泽展振正志众卓";

/// Characters of a party's name that each copy has of its own.
const OWN_CHARACTERS: usize = 4;

impl Blank {
    /// Makes a blank of a case. Protected members are opened here and sealed again in each copy.
    pub async fn of(case: Case, database: &Database, sql: &mut Sql, keys: &KeyStore, officers: &[String]) -> anyhow::Result<Blank> {
        let streams: Vec<String> = case.versions.keys().map(|s| s.0.clone()).collect();
        let stored = database.entries_of_many(&streams).await?;
        let places: BTreeMap<i64, usize> = stored.iter().enumerate().map(|(at, s)| (s.sequence as i64, at)).collect();
        let place = |sequence: i64| places.get(&sequence).copied();
        let mut entries = vec![];
        for one in &stored {
            let entry = Entry::from_leaf(one.leaf.as_bytes())?;
            let mut protected = vec![];
            for member in &one.sealed {
                let class = if member.key.starts_with("informant:") { KeyClass::Informant } else { KeyClass::Case };
                let opened = keys.open_member(class, &one.stream, member.name.as_bytes(), &member.sealed)?;
                let disclosure = Disclosure::decode(std::str::from_utf8(&opened)?)?;
                protected.push((member.name.clone(), class == KeyClass::Informant, disclosure.value().clone()));
            }
            entries.push(Copied {
                protected,
                stream: entry.stream,
                kind: entry.kind,
                happened_from: entry.happened_from,
                happened_to: entry.happened_to,
                recorded_at: entry.recorded_at,
                actor: entry.actor,
                station: entry.station,
                edition: entry.edition,
                clear: entry.clear,
                members: one.values(),
            });
        }
        let home = format!("case/{}", case.id);
        let filter = DutyFilter { stream: Some(home.clone()), ..DutyFilter::default() };
        let mut search = sql.searched(&case.id).await?;
        let clues = database.clues_of_case(&case.id).await?;
        for clue in &clues {
            search.extend(sql.searched(&clue.id).await?);
        }
        let mut blobs = vec![];
        let mut after: Option<(String, String)> = None;
        loop {
            let page = database.blobs(after.as_ref().map(|(a, b)| (a.as_str(), b.as_str())), 500).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.sha256.clone(), last.stream.clone()));
            blobs.extend(page.into_iter().filter(|b| streams.contains(&b.stream)).filter_map(|b| Some((place(b.sequence)?, b))));
        }
        let links = database.links_of(&home).await?;
        let sheet = Sheet {
            entries,
            case: database.case_row(&case.id).await?.context("a case has its row")?,
            clues,
            papers: database.papers_of_case(&case.id).await?,
            evidence: database
                .evidence_of_case(&case.id)
                .await?
                .into_iter()
                .filter_map(|e| Some((place(e.sequence), e)).and_then(|(at, e)| Some((e, at?))))
                .collect(),
            duties: database.duties(&filter, 500).await?,
            blobs: blobs.into_iter().map(|(at, b)| (b, at)).collect(),
            links: links.into_iter().filter_map(|l| Some((l.from_stream, l.to_stream, l.kind, place(l.sequence)?))).collect(),
            search,
        };
        let text = serde_json::to_string(&sheet)?;
        let house: BTreeSet<String> = database.accounts().await?.into_iter().map(|a| a.id).collect();
        let ids: Vec<String> = made_ids(&text).into_iter().filter(|id| !house.contains(id)).collect();
        let numbers: Vec<String> = sheet.clues.iter().filter_map(|c| c.number.clone()).chain(case.number.clone()).collect();
        let pieces = cut(&text, &case, &ids, &numbers);
        Ok(Blank { entries_count: stored.len(), case, pieces, ids, officers: officers.to_vec() })
    }

    /// The id that stands in copy `n` where `id` stands in the blank.
    pub fn id_in(&self, n: u32, id: &str) -> String {
        if self.ids.iter().any(|known| known == id) { copied_id(id, n) } else { id.to_owned() }
    }

    pub fn case_in(&self, n: u32) -> CaseId {
        CaseId(self.id_in(n, &self.case.id))
    }

    /// Who handles copy `n`, in the place of the blank's `at`-th handler.
    pub fn handler_in(&self, n: u32, at: usize) -> String {
        self.officers[(n as usize + at) % self.officers.len()].clone()
    }

    fn commit(&self, n: u32, keys: Option<&KeyStore>) -> anyhow::Result<Commit> {
        let mut text = String::with_capacity(64 << 10);
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Id(at) => text.push_str(&copied_id(&self.ids[*at], n)),
                Piece::Name => text.push_str(&name_of(n)),
                Piece::Number(number) => {
                    text.push_str(number);
                    text.push_str(&format!("之{n}"));
                }
                Piece::Handler(at) => text.push_str(&self.handler_in(n, *at)),
            }
        }
        let sheet: Sheet = serde_json::from_str(&text)?;
        let home = format!("case/{}", sheet.case.id);
        let mut entries = vec![];
        for (at, copied) in sheet.entries.into_iter().enumerate() {
            entries.push(new_entry(copied, n, at as u32, keys)?);
        }
        let mut changes = vec![Change::PutCase(sheet.case), Change::ReplaceDuties { stream: home, rows: sheet.duties }];
        changes.extend(sheet.clues.into_iter().map(Change::PutClue));
        changes.extend(sheet.papers.into_iter().map(Change::PutPaper));
        changes.extend(sheet.evidence.into_iter().map(|(row, at)| Change::PutEvidence { row, entry: Some(at) }));
        changes.extend(sheet.blobs.into_iter().map(|(row, entry)| Change::ClaimBlob { row, entry }));
        changes.extend(
            sheet.links.into_iter().map(|(from_stream, to_stream, kind, entry)| Change::Link { from_stream, to_stream, kind, entry }),
        );
        changes.extend(sheet.search.into_iter().map(|(doc, scope, text)| Change::Search { doc, scope, text }));
        Ok(Commit { entries, guards: vec![], changes, idempotency: None })
    }
}

/// A copy to be written: of which blank, its number, and whether its protected members can be opened.
/// Where they cannot, it is a case whose keys were destroyed after its term: a key for each of a
/// hundred thousand cases would be most of the time of filling.
pub type Copy = (usize, u32, bool);

/// Writes copies.
pub async fn fill(database: &Database, keys: &Arc<KeyStore>, blanks: &[Arc<Blank>], copies: Vec<Copy>) -> anyhow::Result<()> {
    let (copies, next) = (Arc::new(copies), Arc::new(AtomicUsize::new(0)));
    let blanks: Arc<Vec<Arc<Blank>>> = Arc::new(blanks.to_vec());
    let mut writers = tokio::task::JoinSet::new();
    // Enough to fill the batches of the group commit.
    for _ in 0..256 {
        let (database, keys, copies, next, blanks) = (database.clone(), keys.clone(), copies.clone(), next.clone(), blanks.clone());
        writers.spawn(async move {
            while let Some(&(blank, n, open)) = copies.get(next.fetch_add(1, Ordering::Relaxed)) {
                database.commit(blanks[blank].commit(n, open.then_some(keys.as_ref()))?).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(())
}

/// The name's own characters in copy `n`.
pub fn name_of(n: u32) -> String {
    let characters: Vec<char> = NAME_CHARACTERS.chars().filter(|c| !c.is_whitespace()).collect();
    // A fixed step spreads neighbours over all characters (Knuth's multiplicative hash).
    let mut rest = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let mut name = String::new();
    for _ in 0..OWN_CHARACTERS {
        let count = characters.len() as u64;
        name.push(characters[(rest % count) as usize]);
        rest /= count;
    }
    name
}

fn new_entry(copied: Copied, n: u32, at: u32, keys: Option<&KeyStore>) -> anyhow::Result<NewEntry> {
    let mut place = 0_u32;
    let mut salt = || {
        let mut salt = [0; 16];
        for (at, part) in [n, at, place].into_iter().enumerate() {
            salt[at * 4..at * 4 + 4].copy_from_slice(&part.to_be_bytes());
        }
        place += 1;
        Salt(salt)
    };
    let mut members: Vec<NewMember> =
        copied.members.into_iter().map(|(name, value)| NewMember::Ordinary { name, salt: salt(), value }).collect();
    for (name, informant, value) in copied.protected {
        let (class, under) = if informant { (KeyClass::Informant, "informant") } else { (KeyClass::Case, "case") };
        let disclosure = Disclosure::new(salt(), &name, value)?;
        let text = disclosure.encode();
        let sealed = match keys {
            Some(keys) => keys.seal_member(class, &copied.stream, name.as_bytes(), text.as_bytes())?,
            None => vec![0; text.len() + 28],
        };
        members.push(NewMember::Protected { digest: disclosure.digest(), key: format!("{under}:{}", copied.stream), name, sealed });
    }
    Ok(NewEntry {
        stream: copied.stream,
        kind: copied.kind,
        happened_from: copied.happened_from,
        happened_to: copied.happened_to,
        recorded_at: copied.recorded_at,
        actor: copied.actor,
        station: copied.station,
        edition: copied.edition,
        clear: copied.clear,
        members,
    })
}

/// The same id with its last eight digits, which are random, replaced.
fn copied_id(id: &str, n: u32) -> String {
    format!("{}{n:08x}", &id[..id.len() - 8])
}

/// Ids the office made (UUID version 7) that occur in a text.
fn made_ids(text: &str) -> BTreeSet<String> {
    let is_id = |bytes: &[u8]| {
        bytes.iter().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => *b == b'-',
            14 => *b == b'7',
            _ => b.is_ascii_hexdigit(),
        })
    };
    text.as_bytes().windows(36).filter(|w| is_id(w)).filter_map(|w| String::from_utf8(w.to_vec()).ok()).collect()
}

/// Cuts the text where copies differ.
fn cut(text: &str, case: &Case, ids: &[String], numbers: &[String]) -> Vec<Piece> {
    let mut marks: Vec<(String, Box<dyn Fn() -> Piece>)> = vec![];
    for (at, id) in ids.iter().enumerate() {
        marks.push((id.clone(), Box::new(move || Piece::Id(at))));
    }
    for (at, handler) in case.handlers.iter().enumerate() {
        marks.push((handler.id.0.clone(), Box::new(move || Piece::Handler(at))));
    }
    for number in numbers {
        let number = number.clone();
        marks.push((number.clone(), Box::new(move || Piece::Number(number.clone()))));
    }
    for party in &case.parties {
        let own: String = party.name.chars().take(OWN_CHARACTERS).collect();
        marks.push((own, Box::new(|| Piece::Name)));
    }
    let mut pieces = vec![];
    let mut rest = text;
    while let Some((at, mark)) = marks.iter().filter_map(|m| Some((rest.find(&m.0)?, m))).min_by_key(|(at, m)| (*at, usize::MAX - m.0.len())) {
        pieces.push(Piece::Text(rest[..at].to_owned()));
        pieces.push(mark.1());
        rest = &rest[at + mark.0.len()..];
    }
    pieces.push(Piece::Text(rest.to_owned()));
    pieces
}

/// Copies must not share an id: checked once for each office that is filled.
pub fn ensure_apart(blanks: &[Arc<Blank>]) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    for blank in blanks {
        for id in &blank.ids {
            ensure!(seen.insert(copied_id(id, 0)), "two ids become one in a copy");
        }
    }
    Ok(())
}
