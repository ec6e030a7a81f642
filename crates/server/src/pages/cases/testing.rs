//! A file to draw in tests: the regulation as it ships, and entries as an office writes them.

use casework::people::Directory;
use casework::views::{CaseFile, Sight};
use jiff::civil::DateTime;
use procedure::{Case, Rulebook, duties};
use procedure::event::{ClueSource, Envelope, Event, Recorded, Span};
use procedure::ids::{ClueId, DepartmentId, PersonId, StreamId};
use procedure::people::{OfficerSeen, Person, Role};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

pub fn book() -> &'static Rulebook {
    static BOOK: OnceLock<Rulebook> = OnceLock::new();
    BOOK.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../regulation");
        let mut files = BTreeMap::new();
        gather(&root, &root, &mut files);
        Rulebook::parse(files).expect("the regulation parses")
    })
}

fn gather(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).expect("a folder of the regulation") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(root, &path, files);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let name = path.strip_prefix(root).expect("inside").to_string_lossy().into_owned();
            files.insert(name, text);
        }
    }
}

pub fn officer(name: &str, certificate: &str) -> OfficerSeen {
    OfficerSeen { id: PersonId(format!("id-{name}")), name: name.into(), certificate: certificate.into(), valid: true }
}

/// An entry of case 7, written down by 甲 the moment it happened.
pub fn record(sequence: u64, at: DateTime, event: Event) -> Recorded {
    Recorded {
        sequence,
        stream: StreamId("case/7".into()),
        version: sequence,
        happened: Span::at(at),
        recorded_at: at,
        actor: PersonId("id-甲".into()),
        envelope: Envelope { by: "甲".into(), ..Envelope::default() },
        event,
    }
}

pub fn case_opened() -> Event {
    Event::CaseOpened {
        clue: ClueId("c1".into()),
        title: "某某网咖涉嫌违法案".into(),
        procedure: "ordinary-penalty".into(),
        edition: "2019-09-30".into(),
        department: DepartmentId("yizd".into()),
        source: ClueSource::Complaint,
        received_at: jiff::civil::date(2026, 3, 1).at(9, 0, 0, 0),
        to_inform: vec![],
        handlers: vec![officer("甲", "17011200123"), officer("乙", "17011200145")],
    }
}

/// The file of a case on the afternoon of 4 March 2026, as somebody with this sight reads it.
pub fn file(records: Vec<Recorded>, sight: Sight) -> CaseFile {
    let case = Case::fold(records);
    let now = jiff::civil::date(2026, 3, 4).at(15, 0, 0, 0);
    CaseFile {
        duties: duties::owed(&case, book(), now),
        flaws: duties::flaws(&case, book(), now),
        next_act: "submit(filing-approval)",
        missing: vec![],
        next: vec![],
        beside: vec![],
        sight,
        now,
        case,
    }
}

pub fn directory() -> Directory {
    let person = |name: &str| Person {
        id: PersonId(format!("id-{name}")),
        name: name.into(),
        roles: vec![Role::Officer],
        department: DepartmentId("yizd".into()),
        certificates: vec![],
        qualification: None,
    };
    Directory { persons: ["甲", "乙", "丙"].map(|n| (format!("id-{n}"), person(n))).into() }
}
