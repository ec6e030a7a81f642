//! 第三十条: no name, number, telephone or address of the demonstration's people stands in clear in a leaf
//! or a log line; those of informants and minors stand nowhere on the disk outside what is sealed.

mod support;

use casework::demo;
use casework::{Caller, Office};
use jiff::civil::date;
use procedure::event::Event;
use procedure::ids::*;
use procedure::people::Role;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use support::desk::*;
use tempfile::tempdir;
use tracing::field::{Field, Visit};
use tracing::span;

/// Writes down every event and span with all their fields.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field} {value:?}").unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Whom the demonstration knows: everybody, and those who are protected.
#[derive(Default)]
struct Named {
    all: BTreeSet<String>,
    protected: BTreeSet<String>,
}

impl Named {
    fn add(&mut self, text: &str) {
        if text.chars().count() >= 2 && !matches!(text, "匿名") {
            self.all.insert(text.to_owned());
        }
    }

    fn add_protected(&mut self, text: &str) {
        if text.chars().count() >= 2 && !matches!(text, "匿名") {
            self.all.insert(text.to_owned());
            self.protected.insert(text.to_owned());
        }
    }
}

fn table(name: &str, columns: &[&str], into: &mut Named) {
    let text = std::fs::read_to_string(support::repository().join("regulation/demo").join(name)).unwrap();
    let mut lines = text.lines().map(|l| l.split(',').collect::<Vec<_>>());
    let head = lines.next().unwrap();
    for row in lines {
        for column in columns {
            into.add(row[head.iter().position(|h| h == column).unwrap()]);
        }
    }
}

async fn everybody(office: &Office) -> Named {
    let mut named = Named::default();
    table("officers.csv", &["name", "phone", "certificate", "qualification"], &mut named);
    table("parties.csv", &["name", "id_number", "legal_representative", "address", "phone"], &mut named);
    let head = who(office, Role::AgencyHead);
    let mut records = vec![];
    for row in office.cases(&head, Default::default(), None, 100).await.unwrap() {
        records.extend(office.case_file(&head, &CaseId(row.id)).await.unwrap().case.records);
    }
    let informed = office.clues(&head, Default::default(), None, 100).await.unwrap();
    for clue in informed {
        records.extend(office.clue(&head, &ClueId(clue.id)).await.unwrap().records.into_iter().map(Into::into));
    }
    for record in &records {
        match &record.event {
            Event::ClueRegistered { informant: Some(informant), .. } => {
                named.add_protected(&informant.name);
                named.add_protected(&informant.contact);
            }
            Event::PartyRecorded { party } => {
                for text in [&party.name, &party.id_number, &party.legal_representative, &party.address, &party.phone] {
                    named.add(text);
                }
            }
            Event::PaperSubmitted { fields, .. } => {
                for minor in fields.get("minors").and_then(Value::as_array).into_iter().flatten() {
                    for member in ["name", "id_number", "guardian_phone"] {
                        named.add_protected(minor[member].as_str().unwrap_or_default());
                    }
                }
                let person = fields.get("person");
                for member in ["name", "id_number"] {
                    named.add(person.and_then(|p| p.get(member)).and_then(Value::as_str).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    named
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn article_30_leaves_and_logs_name_nobody_and_the_disk_names_no_informant_and_no_minor() {
    let log = Log::default();
    // Every thread of the office writes into it: this binary holds nothing else.
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let place = tempdir().unwrap();
    let named = runtime.block_on(async {
        let today = date(2026, 11, 23);
        let office = demo::open(support::settings(place.path()), today).await.unwrap();
        demo::fill(&office, today).await.unwrap();
        office.sign_checkpoint().await.unwrap();
        // A refusal and a failed sign-in are told in the log as well.
        let head = who(&office, Role::AgencyHead);
        let row = office.cases(&head, Default::default(), None, 1).await.unwrap().remove(0);
        let stranger = Caller::new(office.person(&head.person.id).unwrap(), "test");
        let what = casework::acts::archive_case::ArchiveCase {
            case: CaseId(row.id),
            compiler: "赵建国".into(),
            checker: "钱晓梅".into(),
            missing: String::new(),
            changes: String::new(),
        };
        assert!(casework::acts::archive_case::archive_case(&office, &stranger, what).await.is_err());
        assert!(office.sign_in("zhaojianguo", "wrong password", "test").await.unwrap().is_err());
        let named = everybody(&office).await;
        office.close().await;
        named
    });
    for known in ["赵建国", "027-80000104", "91420112MA4K0C3D0A", "武汉市东西湖区某某路18号", "420112198806209993", "17011200101"] {
        assert!(named.all.contains(known), "{known} is looked for");
    }
    for known in ["郑某某（演示）", "027-80000003", "甲某（演示）", "420112201203059994", "027-80000088"] {
        assert!(named.protected.contains(known), "{known} is protected");
    }

    let leaves: Vec<(i64, String)> = runtime.block_on(async {
        let mut db = database(place.path()).await;
        sqlx::query_as("SELECT sequence, leaf FROM entries ORDER BY sequence").fetch_all(&mut db).await.unwrap()
    });
    assert!(leaves.len() > 500, "{} entries", leaves.len());
    let mut wrong = vec![];
    for (sequence, leaf) in &leaves {
        wrong.extend(named.all.iter().filter(|n| leaf.contains(n.as_str())).map(|n| format!("{n} in leaf {sequence}")));
    }
    let told = log.0.lock().unwrap().clone();
    wrong.extend(named.all.iter().filter(|n| told.contains(n.as_str())).map(|n| format!("{n} in the log")));

    let mut all = vec![];
    files(&place.path().join("data"), &mut all);
    files(&place.path().join("head"), &mut all);
    let mut pdfs = 0;
    for path in &all {
        let bytes = std::fs::read(path).unwrap();
        let words = support::words_of(path, &bytes);
        pdfs += usize::from(words.is_some());
        for name in &named.protected {
            if holds(&bytes, name) || words.as_ref().is_some_and(|w| w.contains(name.as_str())) {
                wrong.push(format!("{name} in {}", path.strip_prefix(place.path()).unwrap().display()));
            }
        }
    }
    assert!(pdfs > 100, "{pdfs} papers were read");
    assert!(all.iter().any(|p| p.to_string_lossy().contains("protected")), "something is sealed");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
