//! By someone with full rights: rows, leaves, hashes, files and whole directories are changed as an
//! attacker would, and verification finds and names each.

mod support;

use casework::verify::{VerifyReport, vault_unclaimed, verify};
use casework::{Office, OfficeNote};
use ledger::tree::{Frontier, leaf_hash};
use serde_json::Value;
use sqlx::{Connection, Row, SqliteConnection};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use support::*;
use tempfile::TempDir;

/// An office with one case, closed; its place and the evidence's files.
async fn a_day_of_work() -> (TempDir, String) {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    office.sign_checkpoint().await.unwrap();
    office.close().await;
    (place, case.0)
}

async fn verified(place: &Path) -> VerifyReport {
    verify(&settings(place), monday(), &mut |_| {}).await.unwrap()
}

/// The database as the attacker opens it, triggers out of the way.
async fn attacker(place: &Path) -> SqliteConnection {
    let url = format!("sqlite:{}", place.join("data/liuhen.db").display());
    let mut db = SqliteConnection::connect(&url).await.unwrap();
    let triggers: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetch_all(&mut db).await.unwrap();
    for trigger in triggers {
        let drop = format!("DROP TRIGGER \"{trigger}\"");
        sqlx::query(sqlx::AssertSqlSafe(drop)).execute(&mut db).await.unwrap();
    }
    db
}

fn says(report: &VerifyReport, part: &str) -> bool {
    report.findings.iter().any(|f| f.text_zh.contains(part))
}

fn told(report: &VerifyReport) -> String {
    report.findings.iter().map(|f| format!("{:?} {}\n", f.sequence, f.text_zh)).collect()
}

/// Every file of the vault.
fn originals(place: &Path) -> Vec<PathBuf> {
    fn below(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { below(&path, found) } else { found.push(path) }
        }
    }
    let mut found = vec![];
    below(&place.join("data/vault/originals"), &mut found);
    found.sort();
    found
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o400)).unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() { copy_all(&entry.path(), &target) } else { fs::copy(entry.path(), &target).map(|_| ()).unwrap() }
    }
}

/// Hashes, nodes, frontier and the database's own head made again from the leaves as they are now.
async fn recompute(db: &mut SqliteConnection) {
    let leaves: Vec<(i64, String)> =
        sqlx::query_as("SELECT sequence, leaf FROM entries ORDER BY sequence").fetch_all(&mut *db).await.unwrap();
    let mut frontier = Frontier::default();
    let mut nodes = vec![];
    for (sequence, leaf) in &leaves {
        let hash = leaf_hash(leaf.as_bytes());
        sqlx::query("UPDATE entries SET leaf_hash = ? WHERE sequence = ?")
            .bind(hash.to_vec())
            .bind(sequence)
            .execute(&mut *db)
            .await
            .unwrap();
        frontier.append(hash, |level, index, hash| nodes.push((i64::from(level), index as i64, hash.to_vec())));
    }
    for (level, index, hash) in nodes {
        sqlx::query("UPDATE tree_nodes SET hash = ? WHERE level = ? AND idx = ?")
            .bind(hash)
            .bind(level)
            .bind(index)
            .execute(&mut *db)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE head SET size = ?, root = ?, frontier = ?")
        .bind(frontier.size() as i64)
        .bind(frontier.root().to_vec())
        .bind(frontier.to_string())
        .execute(&mut *db)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_untouched_office_is_sound() {
    let (place, _) = a_day_of_work().await;
    let report = verified(place.path()).await;
    assert!(report.is_sound(), "{}", told(&report));
    assert_eq!(report.blobs_checked, 3);
    assert_eq!(report.cases_checked, 1);
    assert!(report.checkpoints_agreed >= 1);
    assert!(report.members_opened > 20 && report.members_sealed == 0);
}

#[tokio::test]
async fn verification_works_beside_a_running_office_and_changes_nothing() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    case_with_evidence(&office, &people).await;
    let report = verified(place.path()).await;
    assert!(report.is_sound(), "{}", told(&report));
    clue(&office, &people, "验证之后仍能登记").await;
}

#[tokio::test]
async fn without_keys_it_says_what_it_could_not_open() {
    let (place, _) = a_day_of_work().await;
    let mut without = settings(place.path());
    without.keys = place.path().join("no-keys");
    let report = verify(&without, monday(), &mut |_| {}).await.unwrap();
    assert!(report.is_sound(), "{}", told(&report));
    assert!(report.members_sealed >= 1, "the informant is sealed");
    assert!(report.notes.iter().any(|n| n.contains("没有可用的密钥")));
}

#[tokio::test]
async fn an_edited_value_beside_its_leaf_is_named() {
    let (place, _) = a_day_of_work().await;
    let mut db = attacker(place.path()).await;
    let row = sqlx::query("SELECT v.sequence, v.ordinary FROM entry_values v JOIN entries e USING (sequence) WHERE e.kind = 'evidence-attached' ORDER BY 1")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let sequence: i64 = row.get(0);
    let edited = row.get::<String, _>(1).replace("现场照片", "别处照片");
    sqlx::query("UPDATE entry_values SET ordinary = ? WHERE sequence = ?").bind(edited).bind(sequence).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let report = verified(place.path()).await;
    let named = report.findings.iter().any(|f| f.sequence == Some(sequence as u64) && f.text_zh.contains("“name”"));
    assert!(named, "{}", told(&report));
}

#[tokio::test]
async fn a_value_and_its_leaf_edited_with_all_hashes_made_again_are_found_by_the_head_kept_apart() {
    let (place, _) = a_day_of_work().await;
    let mut db = attacker(place.path()).await;
    let row = sqlx::query("SELECT e.sequence, e.leaf, v.ordinary FROM entry_values v JOIN entries e USING (sequence) WHERE e.kind = 'evidence-attached' ORDER BY 1")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let sequence: i64 = row.get(0);
    let mut entry = ledger::entry::Entry::from_leaf(row.get::<String, _>(1).as_bytes()).unwrap();
    let mut ordinary: Value = serde_json::from_str(&row.get::<String, _>(2)).unwrap();
    let salt: ledger::disclosure::Salt = ordinary["name"][0].as_str().unwrap().parse().unwrap();
    let digest = |value: &str| ledger::disclosure::Disclosure::new(salt, "name", Value::from(value)).unwrap().digest();
    let (old, new) = (digest("现场照片"), digest("别处照片"));
    let slot = entry.sd.iter_mut().find(|d| **d == old).unwrap();
    *slot = new;
    entry.sd.sort();
    ordinary["name"][1] = Value::from("别处照片");
    let leaf = String::from_utf8(entry.leaf().unwrap()).unwrap();
    sqlx::query("UPDATE entries SET leaf = ? WHERE sequence = ?").bind(leaf).bind(sequence).execute(&mut db).await.unwrap();
    sqlx::query("UPDATE entry_values SET ordinary = ? WHERE sequence = ?").bind(ordinary.to_string()).bind(sequence).execute(&mut db).await.unwrap();
    sqlx::query("UPDATE evidence SET name = '别处照片' WHERE sequence = ?").bind(sequence).execute(&mut db).await.unwrap();
    recompute(&mut db).await;
    db.close().await.unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "另处保存的存证首"), "{}", told(&report));
    assert!(says(&report, "被改写"), "{}", told(&report));
    // And the server refuses to write on it.
    let office = reopen(place.path(), monday()).await;
    assert!(office.notes().iter().any(|n| matches!(n, OfficeNote::RolledBack(_))));
}

#[tokio::test]
async fn an_edited_register_row_is_named() {
    let (place, case) = a_day_of_work().await;
    let mut db = attacker(place.path()).await;
    sqlx::query("UPDATE cases SET handlers = '[\"somebody\"]' WHERE id = ?").bind(&case).execute(&mut db).await.unwrap();
    sqlx::query("UPDATE evidence SET sha256 = ? WHERE number = '2'").bind("0".repeat(64)).execute(&mut db).await.unwrap();
    sqlx::query("DELETE FROM numbers").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "承办人与账本重算的结果不符"), "{}", told(&report));
    assert!(says(&report, "证2登记行"), "{}", told(&report));
    assert!(says(&report, "编号线索/2026"), "{}", told(&report));
}

#[tokio::test]
async fn an_edited_duty_is_named() {
    let (place, _) = a_day_of_work().await;
    let mut db = attacker(place.path()).await;
    let changed = sqlx::query("UPDATE duties SET who = '[\"nobody\"]'").execute(&mut db).await.unwrap();
    assert!(changed.rows_affected() > 0, "the case owes something");
    db.close().await.unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "应办事项"), "{}", told(&report));
}

#[tokio::test]
async fn a_flipped_byte_is_named_by_its_entry() {
    let (place, _) = a_day_of_work().await;
    let file = &originals(place.path())[0];
    let mut bytes = fs::read(file).unwrap();
    bytes[10] ^= 1;
    overwrite(file, &bytes);
    let report = verified(place.path()).await;
    assert_eq!(report.findings.len(), 1, "{}", told(&report));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(report.findings[0].sequence.is_some() && says(&report, &name) && says(&report, "内容被改动"));
}

#[tokio::test]
async fn two_files_swapped_are_named_as_swapped() {
    let (place, _) = a_day_of_work().await;
    let files = originals(place.path());
    let (a, b) = (fs::read(&files[0]).unwrap(), fs::read(&files[1]).unwrap());
    overwrite(&files[0], &b);
    overwrite(&files[1], &a);
    let report = verified(place.path()).await;
    assert_eq!(report.findings.iter().filter(|f| f.text_zh.contains("被掉换")).count(), 2, "{}", told(&report));
}

#[tokio::test]
async fn a_deleted_original_is_named() {
    let (place, _) = a_day_of_work().await;
    fs::remove_file(&originals(place.path())[2]).unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "原件不在了"), "{}", told(&report));
}

#[tokio::test]
async fn a_tail_cut_off_with_all_hashes_made_again_is_found() {
    let (place, _) = a_day_of_work().await;
    let mut db = attacker(place.path()).await;
    let size: i64 = sqlx::query_scalar("SELECT MAX(sequence) FROM entries").fetch_one(&mut db).await.unwrap();
    for table in ["entry_values", "entry_sealed", "blobs", "evidence", "links", "numbers", "entries"] {
        let delete = format!("DELETE FROM {table} WHERE sequence = {size}");
        sqlx::query(sqlx::AssertSqlSafe(delete)).execute(&mut db).await.unwrap();
    }
    recompute(&mut db).await;
    db.close().await.unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, &format!("第{size}项至第{size}项已不在")), "{}", told(&report));
}

#[tokio::test]
async fn yesterday_restored_under_the_head_of_today_is_found_at_start_and_by_verification() {
    let (place, _) = a_day_of_work().await;
    let yesterday = place.path().join("yesterday");
    copy_all(&place.path().join("data"), &yesterday);
    let office = reopen(place.path(), monday().saturating_add(jiff::Span::new().days(1))).await;
    let people = people(&office).await;
    clue(&office, &people, "今天的线索").await;
    office.close().await;
    fs::rename(place.path().join("data"), place.path().join("today")).unwrap();
    fs::rename(&yesterday, place.path().join("data")).unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "整库被换回旧时"), "{}", told(&report));
    let office: Office = reopen(place.path(), monday()).await;
    assert!(office.notes().iter().any(|n| matches!(n, OfficeNote::RolledBack(_))));
}

#[tokio::test]
async fn a_forged_checkpoint_is_found() {
    let (place, _) = a_day_of_work().await;
    let path = place.path().join("data/ledger/checkpoint");
    let note = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = note.lines().map(str::to_owned).collect();
    lines[1] = "3".into();
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let report = verified(place.path()).await;
    assert!(says(&report, "签名不成立"), "{}", told(&report));
}

#[tokio::test]
async fn bytes_nobody_names_are_told_and_are_no_error() {
    let (place, _) = a_day_of_work().await;
    let office = reopen(place.path(), monday()).await;
    let mut intake = office.take_in("broken-off.bin", None).await.unwrap();
    intake.write(b"an upload whose act never came").await.unwrap();
    let taken = intake.seal().await.unwrap();
    office.close().await;
    let report = verified(place.path()).await;
    assert!(report.is_sound(), "{}", told(&report));
    let unclaimed = vault_unclaimed(&settings(place.path())).await.unwrap();
    assert_eq!(unclaimed.iter().map(|u| u.sha256.as_str()).collect::<Vec<_>>(), [taken.file.sha256.as_str()]);
}

#[tokio::test]
async fn a_checkpoint_is_signed_once_for_a_head_and_never_for_a_shorter_ledger() {
    let (place, _) = a_day_of_work().await;
    let office = reopen(place.path(), monday()).await;
    let first = office.sign_checkpoint().await.unwrap().unwrap();
    assert_eq!(office.sign_checkpoint().await.unwrap().unwrap(), first);
    let key: ledger::checkpoint::VerifierKey = office.verifier_key().parse().unwrap();
    let signed = ledger::checkpoint::SignedCheckpoint::parse(&first).unwrap();
    let stated = signed.verify(&key).unwrap();
    let (size, root) = office.head();
    assert_eq!((stated.size, hex::encode(stated.root)), (size, root));
    let people = people(&office).await;
    clue(&office, &people, "又一条").await;
    let second = office.sign_checkpoint().await.unwrap().unwrap();
    assert_ne!(first, second);
    office.close().await;
    // A checkpoint beyond the ledger: whoever cut the ledger gets no signature.
    let forged = second.replacen(&format!("\n{}\n", office.head().0), "\n9999\n", 1);
    fs::write(place.path().join("data/ledger/checkpoint"), forged).unwrap();
    let office = reopen(place.path(), monday()).await;
    assert!(office.sign_checkpoint().await.is_err());
}
