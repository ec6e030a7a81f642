//! Packages that leave the house.

use std::fs;
use std::io::{Cursor, Read, Write};

use archive::{
    Manifest, PackageEntry, PackageError, PackageProblem, PackagedEntry, PackagedFile, TreeHead,
    check_path, safe_name, verify_package, write_package, write_zip,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::digest::{sha256, sm3};
use ledger::entry::Entry;
use ledger::tree::{Hash, leaf_hash, node_hash};
use rstest::rstest;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::{MADE_AT, run};

const DECISION: &[u8] = b"%PDF the decision (demonstration)";
const FOOTAGE: &[u8] = &[0x47; 200_000];

fn entry(path: &str, bytes: &'static [u8]) -> PackageEntry<&'static [u8]> {
    PackageEntry {
        path: path.into(),
        source: bytes,
        size_bytes: bytes.len() as u64,
    }
}

fn file(path: &str, bytes: &[u8], sequence: Option<u64>) -> PackagedFile {
    PackagedFile {
        path: path.into(),
        sha256: sha256(bytes).to_string(),
        sm3: sm3(bytes).to_string(),
        size_bytes: bytes.len() as u64,
        sequence,
    }
}

fn leaf(sequence: u64, bytes: &[u8]) -> Vec<u8> {
    let clear = [("sha256".to_owned(), sha256(bytes).to_string().into())]
        .into_iter()
        .collect();
    Entry {
        sequence,
        stream: "case/0197f0c4-7a51-7000-8000-00000000000a".into(),
        version: sequence,
        kind: "paper-issued".into(),
        happened_from: "2026-11-23T09:00:00+08:00".into(),
        happened_to: None,
        recorded_at: "2026-11-23T09:00:00+08:00".into(),
        actor: "0197f0c4-7a51-7000-8000-0000000000aa".into(),
        station: "0197f0c4-7a51-7000-8000-0000000000ab".into(),
        edition: "2019-09-30".into(),
        clear,
        sd: Vec::new(),
    }
    .leaf()
    .unwrap()
}

/// A ledger of three entries of which the package holds the second and third; the proofs are
/// put together here by hand from RFC 9162's definition of the tree.
fn manifest() -> Manifest {
    let (second, third) = (leaf(2, DECISION), leaf(3, FOOTAGE));
    let (a, b, c) = (
        leaf_hash(b"another entry"),
        leaf_hash(&second),
        leaf_hash(&third),
    );
    let ab = node_hash(&a, &b);
    let text = |hash: &Hash| STANDARD.encode(hash);
    let mut manifest = Manifest::new(
        "当事人查阅包",
        "演示区文化和旅游局",
        "2026-11-23T09:05:07+08:00",
    );
    manifest.head = Some(TreeHead {
        size: 3,
        root: text(&node_hash(&ab, &c)),
    });
    manifest.files = vec![
        file("文书/行政处罚决定书.pdf", DECISION, Some(2)),
        file("视听资料/01.mp4", FOOTAGE, Some(3)),
    ];
    manifest.entries = vec![
        PackagedEntry {
            sequence: 2,
            leaf: STANDARD.encode(&second),
            disclosures: vec![],
            proof: vec![text(&a), text(&c)],
        },
        PackagedEntry {
            sequence: 3,
            leaf: STANDARD.encode(&third),
            disclosures: vec![],
            proof: vec![text(&ab)],
        },
    ];
    manifest
}

fn files() -> Vec<PackageEntry<&'static [u8]>> {
    vec![
        entry("文书/行政处罚决定书.pdf", DECISION),
        entry("视听资料/01.mp4", FOOTAGE),
    ]
}

fn package(manifest: &Manifest) -> Vec<u8> {
    write_package(Vec::new(), manifest, files(), MADE_AT).unwrap()
}

fn problems(package: &[u8]) -> Vec<PackageProblem> {
    verify_package(Cursor::new(package)).unwrap().problems
}

/// The package with one file exchanged, dropped (`None`) or added.
fn exchanged(package: &[u8], path: &str, bytes: Option<&[u8]>) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(package)).unwrap();
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut put = |name: &str, bytes: &[u8]| {
        out.start_file(name, options).unwrap();
        out.write_all(bytes).unwrap();
    };
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        if name != path {
            let mut old = Vec::new();
            file.read_to_end(&mut old).unwrap();
            put(&name, &old);
        }
    }
    if let Some(bytes) = bytes {
        put(path, bytes);
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn a_stranger_checks_the_digests_with_unzip_and_sha256sum() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("p.zip"), package(&manifest())).unwrap();
    let script = "import zipfile; z = zipfile.ZipFile('p.zip'); assert z.testzip() is None; z.extractall('.')";
    let Some(output) = run("python3", &["-c", script], place.path()) else {
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = run(
        "sha256sum",
        &["--strict", "-c", "manifest-sha256.txt"],
        place.path(),
    )
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 3);
    assert_eq!(
        fs::read(place.path().join("视听资料/01.mp4")).unwrap(),
        FOOTAGE
    );
    if let Some(output) = run(
        "openssl",
        &["dgst", "-sm3", "-r", "视听资料/01.mp4"],
        place.path(),
    ) {
        let list = fs::read_to_string(place.path().join("manifest-sm3.txt")).unwrap();
        let digest = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            list.contains(&format!("{}  视听资料/01.mp4\n", &digest[..64])),
            "{digest}"
        );
    }
    if let Some(output) = run("unzip", &["-t", "p.zip"], place.path()) {
        assert!(output.status.success());
    }
}

#[test]
fn a_sound_package_is_found_sound() {
    let report = verify_package(Cursor::new(package(&manifest()))).unwrap();
    assert_eq!(report.problems, []);
    assert_eq!((report.files_checked, report.entries_checked), (2, 2));
}

#[test]
fn equal_content_gives_equal_bytes() {
    assert_eq!(package(&manifest()), package(&manifest()));
}

#[test]
fn files_exchanged_dropped_or_added_are_named() {
    let whole = package(&manifest());
    let path = "文书/行政处罚决定书.pdf";
    assert_eq!(
        problems(&exchanged(&whole, path, Some(b"%PDF another"))),
        [PackageProblem::OtherBytes(path.into())]
    );
    assert_eq!(
        problems(&exchanged(&whole, path, None)),
        [PackageProblem::MissingFile(path.into())]
    );
    assert_eq!(
        problems(&exchanged(&whole, "x.exe", Some(b"MZ"))),
        [PackageProblem::UnknownFile("x.exe".into())]
    );
    let list = "manifest-sha256.txt";
    assert_eq!(
        problems(&exchanged(&whole, list, Some(b""))),
        [PackageProblem::OtherList(list.into())]
    );
    assert_eq!(
        problems(&exchanged(&whole, list, None)),
        [PackageProblem::MissingFile(list.into())]
    );
}

#[rstest]
#[case::another_leaf(|m: &mut Manifest| m.entries[0].leaf = STANDARD.encode(leaf(2, FOOTAGE)),
    vec![PackageProblem::NotIncluded(2), PackageProblem::NotNamed { path: "文书/行政处罚决定书.pdf".into(), sequence: 2 }])]
#[case::another_place(|m: &mut Manifest| m.entries[1].sequence = 4,
    vec![PackageProblem::BadLeaf(4), PackageProblem::NotNamed { path: "视听资料/01.mp4".into(), sequence: 3 }])]
#[case::another_proof(|m: &mut Manifest| m.entries[0].proof.reverse(), vec![PackageProblem::NotIncluded(2)])]
#[case::a_proof_cut_short(|m: &mut Manifest| m.entries[1].proof.clear(), vec![PackageProblem::NotIncluded(3)])]
#[case::no_head(|m: &mut Manifest| m.head = None, vec![PackageProblem::BadHead])]
#[case::a_foreign_disclosure(|m: &mut Manifest| m.entries[0].disclosures.push("W10".into()),
    vec![PackageProblem::ForeignDisclosure(2), PackageProblem::NotNamed { path: "文书/行政处罚决定书.pdf".into(), sequence: 2 }])]
#[case::a_file_resting_on_the_wrong_entry(|m: &mut Manifest| m.files[0].sequence = Some(3),
    vec![PackageProblem::NotNamed { path: "文书/行政处罚决定书.pdf".into(), sequence: 3 }])]
#[case::another_checkpoint(|m: &mut Manifest| m.checkpoint = Some("example.gov.cn/liuhen\n2\nAAAA\n\n".into()),
    vec![PackageProblem::OtherCheckpoint])]
fn an_entry_that_is_not_proved_is_named(
    #[case] forge: fn(&mut Manifest),
    #[case] expected: Vec<PackageProblem>,
) {
    let mut forged = manifest();
    forge(&mut forged);
    assert_eq!(problems(&package(&forged)), expected);
}

#[test]
fn a_package_never_says_what_it_does_not_hold() {
    let manifest = manifest();
    let write = |files: Vec<PackageEntry<&'static [u8]>>| {
        write_package(Vec::new(), &manifest, files, MADE_AT)
    };
    let [one, two] = <[_; 2]>::try_from(files()).unwrap();
    let other = PackageEntry {
        source: &b"%PDF the decision (demonstratioN)"[..],
        path: one.path.clone(),
        ..one
    };
    assert!(matches!(
        write(vec![other, two]),
        Err(PackageError::OtherBytes { .. })
    ));
    let [one, two] = <[_; 2]>::try_from(files()).unwrap();
    assert!(matches!(
        write(vec![two, one]),
        Err(PackageError::OutOfTurn { .. })
    ));
    let [one, _] = <[_; 2]>::try_from(files()).unwrap();
    assert!(
        matches!(write(vec![one]), Err(PackageError::OutOfTurn { path }) if path == "视听资料/01.mp4")
    );
}

#[test]
fn a_source_longer_or_shorter_than_announced_stops_the_package() {
    for announced in [2, 4] {
        let file = PackageEntry {
            path: "a".into(),
            source: &b"abc"[..],
            size_bytes: announced,
        };
        assert!(matches!(
            write_zip(Vec::new(), [file], MADE_AT),
            Err(PackageError::OtherLength { .. })
        ));
    }
}

#[test]
fn two_names_that_some_system_takes_for_one_are_refused() {
    let files = [entry("证据/A.pdf", b"a"), entry("证据/a.PDF", b"b")];
    assert!(matches!(
        write_zip(Vec::new(), files, MADE_AT),
        Err(PackageError::Twice { .. })
    ));
}

#[rstest]
#[case("../x")]
#[case("/etc/passwd")]
#[case("a/../b")]
#[case("a//b")]
#[case("a\\..\\b")]
#[case("a\nb")]
#[case("a\0b")]
#[case("C:x")]
#[case("a/con.txt")]
#[case("COM1")]
#[case("x.")]
#[case("")]
#[case("a/")]
#[case("invoice\u{202e}fdp.exe")]
fn a_dangerous_path_is_refused_and_its_title_made_harmless(#[case] path: &str) {
    assert!(matches!(
        check_path(path),
        Err(PackageError::BadPath { .. })
    ));
    check_path(&safe_name(path)).unwrap();
}

#[rstest]
#[case("文书/行政处罚决定书 鄂汉文综罚字〔2026〕1号.pdf")]
#[case("data/𠮷.mp4")]
fn an_ordinary_path_is_accepted(#[case] path: &str) {
    check_path(path).unwrap();
}

#[test]
fn a_long_title_is_cut_between_characters() {
    let name = safe_name(&"案".repeat(300));
    assert_eq!(name, "案".repeat(66));
}
