//! Entries: the leaf and its one spelling, members concealed and opened.

use ledger::canonical::{parse_strict, to_canonical};
use ledger::disclosure::{Disclosure, Member, Salt, Secrecy};
use ledger::entry::{Entry, EntryError, LEAF_SIZE_BYTES_MAX};
use ledger::tree::leaf_hash;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

pub fn paper_served(sequence: u64, stream: &str, version: u64) -> Entry {
    let clear = json!({"article": "22", "paper": "0198-7a31", "fine_fen": 500_000});
    Entry {
        sequence,
        stream: stream.into(),
        version,
        kind: "paper-served".into(),
        happened_from: "2026-02-12T09:30:00+08:00".into(),
        happened_to: None,
        recorded_at: "2026-02-12T10:00:00.25+08:00".into(),
        actor: "a7".into(),
        station: "s1".into(),
        edition: "2019-09-30".into(),
        clear: clear.as_object().cloned().unwrap(),
        sd: Vec::new(),
    }
}

/// Two members of a service, of a fictitious person.
pub fn members(salt: u8) -> Vec<(Member, Salt)> {
    let member = |name: &str, value: Value, secrecy| Member {
        name: name.into(),
        value,
        secrecy,
    };
    vec![
        (
            member("recipient", json!("王某某"), Secrecy::Ordinary),
            Salt([salt; 16]),
        ),
        (
            member(
                "informant",
                json!({"name": "周某某", "phone": "000"}),
                Secrecy::Protected { key: "k1".into() },
            ),
            Salt([!salt; 16]),
        ),
    ]
}

fn text(entry: &Entry) -> String {
    String::from_utf8(entry.leaf().unwrap()).unwrap()
}

#[test]
fn a_leaf_is_this_text() {
    assert_eq!(
        text(&paper_served(12, "case/0198", 3)),
        concat!(
            r#"{"_sd_alg":"sha-256","actor":"a7","clear":{"article":"22","fine_fen":500000,"paper":"0198-7a31"},"#,
            r#""edition":"2019-09-30","happened_from":"2026-02-12T09:30:00+08:00","kind":"paper-served","#,
            r#""recorded_at":"2026-02-12T10:00:00.25+08:00","sequence":12,"station":"s1","stream":"case/0198","v":1,"version":3}"#,
        )
    );
}

#[test]
fn a_leaf_without_optional_fields_leaves_them_out() {
    let mut entry = paper_served(1, "case/0198", 1);
    entry.clear = Map::new();
    assert!(
        !text(&entry).contains("clear")
            && !text(&entry).contains("happened_to")
            && !text(&entry).contains("\"_sd\"")
    );
    entry.happened_to = Some("2026-02-13".into());
    assert!(text(&entry).contains(r#""happened_to":"2026-02-13","kind""#));
    assert_eq!(Entry::from_leaf(&entry.leaf().unwrap()).unwrap(), entry);
}

#[test]
fn what_is_concealed_stands_in_no_leaf_and_is_opened_by_its_disclosure() {
    let (entry, disclosures) = paper_served(12, "case/0198", 3)
        .conceal(&members(5))
        .unwrap();
    let leaf = text(&entry);
    for secret in ["王某某", "周某某", "recipient", "informant", "k1"] {
        assert!(!leaf.contains(secret), "{leaf}");
    }
    assert_eq!(
        disclosures.iter().map(Disclosure::name).collect::<Vec<_>>(),
        ["recipient", "informant"]
    );
    assert_eq!(entry.sd.len(), 2);
    assert!(entry.sd.is_sorted());
    let read = Entry::from_leaf(leaf.as_bytes()).unwrap();
    for disclosure in &disclosures {
        assert!(read.discloses(disclosure));
        // What was handed over as text opens it as well.
        assert!(read.discloses(&Disclosure::decode(disclosure.encode()).unwrap()));
    }
    let altered = Disclosure::new(disclosures[0].salt(), "recipient", json!("李某某")).unwrap();
    let resalted = Disclosure::new(Salt([6; 16]), "recipient", json!("王某某")).unwrap();
    assert!(!read.discloses(&altered) && !read.discloses(&resalted));
}

#[test]
fn the_same_value_under_another_salt_looks_unlike() {
    let (one, _) = paper_served(1, "case/0198", 1)
        .conceal(&members(1))
        .unwrap();
    let (other, _) = paper_served(1, "case/0198", 1)
        .conceal(&members(2))
        .unwrap();
    assert!(one.sd.iter().all(|digest| !other.sd.contains(digest)));
}

#[test]
fn a_member_is_named_once() {
    let mut twice = members(1);
    twice[1].0.name = "recipient".into();
    assert!(matches!(
        paper_served(1, "case/0198", 1).conceal(&twice),
        Err(EntryError::MemberTwice(_))
    ));
    twice[1].0.name = "article".into();
    assert!(matches!(
        paper_served(1, "case/0198", 1).conceal(&twice),
        Err(EntryError::MemberTwice(_))
    ));
}

#[test]
fn money_as_a_fraction_enters_no_entry() {
    let mut members = members(1);
    members[0].0.value = json!(5000.5);
    assert!(matches!(
        paper_served(1, "case/0198", 1).conceal(&members),
        Err(EntryError::Conceal(_))
    ));
    let mut entry = paper_served(1, "case/0198", 1);
    entry.clear.insert("fine".into(), json!([{"fen": 0.5}]));
    assert!(matches!(entry.leaf(), Err(EntryError::Clear(_))));
}

#[test]
fn a_leaf_is_at_most_65_535_bytes() {
    let mut entry = paper_served(1, "case/0198", 1);
    entry.clear.insert("long".into(), json!(""));
    let room = LEAF_SIZE_BYTES_MAX - entry.leaf().unwrap().len();
    entry.clear.insert("long".into(), json!("x".repeat(room)));
    assert_eq!(entry.leaf().unwrap().len(), 65_535);
    assert!(Entry::from_leaf(&entry.leaf().unwrap()).is_ok());
    entry
        .clear
        .insert("long".into(), json!("x".repeat(room + 1)));
    assert!(matches!(
        entry.leaf(),
        Err(EntryError::TooLarge { size_bytes: 65_536 })
    ));
}

#[test]
fn only_the_canonical_leaf_is_read() {
    let (entry, _) = paper_served(12, "case/0198", 3)
        .conceal(&members(5))
        .unwrap();
    let leaf = text(&entry);
    let (first, second) = (&entry.sd[0], &entry.sd[1]);
    for changed in [
        leaf.replace("\"v\":1", "\"v\": 1"),
        leaf.replace("\"v\":1", "\"v\":2"),
        leaf.replace("\"v\":1", "\"v\":1.0"),
        leaf.replace("\"v\":1", "\"v\":1,\"v\":1"),
        leaf.replace("\"v\":1", "\"u\":1,\"v\":1"),
        leaf.replace("\"v\":1,", ""),
        leaf.replace("sha-256", "sha-512"),
        leaf.replace(
            "\"article\":\"22\"",
            "\"article\":\"22\",\"article\":\"22\"",
        ),
        leaf.replace("\"article\":\"22\"", "\"article\":\"\\u0032\\u0032\""),
        leaf.replace("500000", "5e5"),
        leaf.replace("500000", "9007199254740993"),
        leaf.replace("\"clear\"", "\"happened_to\":null,\"clear\""),
        leaf.replace("\"kind\"", "\"happened_to\":null,\"kind\""),
        leaf.replace("\"sequence\":12", "\"sequence\":0"),
        leaf.replace("\"version\":3", "\"version\":-3"),
        leaf.replace("case/0198", "case"),
        leaf.replace("paper-served", "Paper served"),
        leaf.replace("10:00:00.25+08:00", "02:00:00.25Z"),
        leaf.replace("10:00:00.25+08:00", "10:00+08:00"),
        leaf.replace("10:00:00.25+08:00", "25:00:00+08:00"),
        leaf.replace("10:00:00.25+08:00", "10:00:00.+08:00"),
        leaf.replace(first.as_str(), second),
        leaf.replace(first.as_str(), "AAAA"),
        format!("{leaf} "),
        leaf[..leaf.len() - 1].to_owned(),
        "[".repeat(60_000),
    ] {
        assert_ne!(changed, leaf);
        assert!(Entry::from_leaf(changed.as_bytes()).is_err(), "{changed}");
    }
}

#[test]
fn the_leaf_hash_is_what_other_tools_compute() {
    let leaf = paper_served(12, "case/0198", 3).leaf().unwrap();
    assert_eq!(leaf_hash(&leaf), tlog_tiles::record_hash(&leaf).0);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z\u{0}-\u{1f}\"\\\\\u{7f}\u{2028}\u{fb33}\u{1f600}/]{0,12}"
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any_text(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    /// The leaf's frame is written by hand; the canonical writer must agree.
    #[test]
    fn a_leaf_is_spelt_as_the_canonical_writer_spells_it(
        (texts, clear) in (prop::collection::vec(any_text(), 5), prop::collection::btree_map(any_text(), any_value(), 0..5)),
        (sequence, version) in (1_u64..=9_007_199_254_740_991, 1_u64..=9_007_199_254_740_991),
        salt: u8,
    ) {
        let entry = Entry {
            sequence,
            stream: format!("case/{}.", texts[0]),
            version,
            actor: format!("a{}", texts[1]),
            station: texts[2].clone(),
            edition: texts[3].clone(),
            happened_to: Some(format!("2026{}", texts[4])),
            clear: clear.into_iter().filter(|(name, _)| name != "recipient" && name != "informant").collect(),
            ..paper_served(1, "case/0198", 1)
        };
        let (entry, _) = entry.conceal(&members(salt)).unwrap();
        let leaf = entry.leaf().unwrap();
        prop_assert_eq!(&to_canonical(&parse_strict(&leaf).unwrap()).unwrap(), &leaf);
        prop_assert_eq!(Entry::from_leaf(&leaf).unwrap(), entry);
    }

    #[test]
    fn a_disclosure_survives_its_text(name in "[a-z_]{1,12}", value in any_value(), salt: [u8; 16]) {
        prop_assume!(name != "_sd");
        let disclosure = Disclosure::new(Salt(salt), name, value).unwrap();
        prop_assert_eq!(Disclosure::decode(disclosure.encode()).unwrap(), disclosure);
    }

    #[test]
    fn no_bytes_make_a_reader_crash(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any_text()) {
        prop_assert!(Entry::from_leaf(&bytes).is_err());
        prop_assert!(Disclosure::decode(&text).is_err());
        let _ = parse_strict(&bytes);
    }
}
