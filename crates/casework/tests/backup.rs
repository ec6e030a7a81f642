//! Backups taken while sixteen people write, restored into an empty place under the same root.

mod support;

use casework::Clock;
use casework::backup::{backup, backup_keys, restore};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::*;

async fn restored(from: &Path, place: &Path) -> casework::backup::RestoreReport {
    restore(from, &settings(place), Clock::at(monday()), &mut |_| {}).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_under_sixteen_writers_restores_to_its_root() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = Arc::new(people(&office).await);
    case_with_evidence(&office, &people).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..16)
        .map(|n| {
            let (office, people, stop) = (office.clone(), people.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    clue(&office, &people, &format!("第{n}人登记的线索")).await;
                }
            })
        })
        .collect();
    let into = place.path().join("backup");
    let first = backup(&settings(place.path()), &into, monday()).await.unwrap();
    let again = monday().saturating_add(jiff::Span::new().hours(1));
    let second = backup(&settings(place.path()), &into, again).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(first.is_whole() && second.is_whole(), "{:?} {:?}", first.problems, second.problems);
    assert_eq!(first.blobs_copied, 3);
    assert_eq!(second.blobs_copied, 0, "the vault's copy grows by what is new");
    assert!(second.head_size > first.head_size, "writers wrote meanwhile");
    assert!(office.head().0 >= second.head_size);
    office.close().await;

    let elsewhere = tempfile::tempdir().unwrap();
    copy_keys(place.path(), elsewhere.path());
    let report = restored(&into, elsewhere.path()).await;
    assert_eq!((report.head_size, &report.head_root), (second.head_size, &second.head_root));
    let said: Vec<_> = report.verified.findings.iter().map(|f| &f.text_zh).collect();
    assert!(report.verified.is_sound(), "{said:?}");
    assert_eq!(report.verified.blobs_checked, 3);
    // The restored ledger goes on where the backup ended, with the entry that says so.
    let office = reopen(elsewhere.path(), monday()).await;
    assert!(office.head().0 > report.head_size);
}

fn copy_keys(from: &Path, to: &Path) {
    let copy = from.join("keys-copy");
    backup_keys(&settings(from), &copy, Some("passphrase of the tests"), monday(), 30).unwrap();
    let now_us = casework::clock::micros(monday());
    seal::restore(&copy, &to.join("keys"), Some("passphrase of the tests"), now_us).unwrap();
}

#[tokio::test]
async fn a_restore_without_keys_keeps_the_ledger_and_says_what_is_sealed() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    case_with_evidence(&office, &people).await;
    office.sign_checkpoint().await.unwrap();
    office.close().await;
    let into = place.path().join("backup");
    let taken = backup(&settings(place.path()), &into, monday()).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let report = restored(&into, elsewhere.path()).await;
    assert_eq!(report.head_root, taken.head_root);
    assert!(report.notes.iter().any(|n| n.contains("没有先恢复密钥")));
    let said: Vec<_> = report.verified.findings.iter().map(|f| &f.text_zh).collect();
    assert!(report.verified.is_sound(), "{said:?}");
    assert!(report.verified.members_sealed >= 1);
}

#[tokio::test]
async fn a_restore_refuses_a_place_that_is_not_empty_and_a_backup_that_was_edited() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    case_with_evidence(&office, &people).await;
    office.close().await;
    let into = place.path().join("backup");
    backup(&settings(place.path()), &into, monday()).await.unwrap();
    let refused = restore(&into, &settings(place.path()), Clock::at(monday()), &mut |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("not empty"));
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(into.join("manifest.json")).unwrap()).unwrap();
    let database = into.join(manifest["generation"].as_str().unwrap()).join("database.jsonl");
    let edited = fs::read_to_string(&database).unwrap().replace("现场照片", "别处照片");
    fs::write(&database, edited).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let refused = restore(&into, &settings(elsewhere.path()), Clock::at(monday()), &mut |_| {}).await;
    assert!(refused.unwrap_err().to_string().contains("not what its manifest says"));
}

#[tokio::test]
async fn a_backup_holds_no_key_and_no_informant_in_clear() {
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    case_with_evidence(&office, &people).await;
    office.close().await;
    let into = place.path().join("backup");
    backup(&settings(place.path()), &into, monday()).await.unwrap();
    let mut keys = vec![];
    for entry in fs::read_dir(place.path().join("keys")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && fs::metadata(&path).unwrap().len() > 0 {
            keys.push(fs::read(path).unwrap());
        }
    }
    assert!(keys.len() >= 5);
    let mut files = 0;
    let mut folders = vec![into.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).unwrap();
            let holds = |part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
            assert!(!holds(INFORMANT.as_bytes()), "{}", path.display());
            assert!(keys.iter().all(|key| !holds(key)), "{}", path.display());
        }
    }
    assert!(files >= 6);
}

#[tokio::test]
async fn a_damaged_original_is_told_and_the_rest_is_backed_up() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let office = open(place.path()).await;
    let people = people(&office).await;
    let case = case_with_evidence(&office, &people).await;
    let file = {
        let file = office.case_file(&people.zhao, &case).await.unwrap();
        file.case.evidence[1].file.clone().unwrap()
    };
    office.close().await;
    let (a, b) = (&file.sha256[..2], &file.sha256[2..4]);
    let path = place.path().join("data/vault/originals").join(a).join(b).join(&file.sha256);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[0] ^= 1;
    fs::write(&path, bytes).unwrap();
    let report = backup(&settings(place.path()), &place.path().join("backup"), monday()).await.unwrap();
    assert!(!report.is_whole());
    assert!(report.problems.iter().all(|p| p.contains(&file.sha256)), "{:?}", report.problems);
    assert_eq!(report.blobs_copied, 2);
}
