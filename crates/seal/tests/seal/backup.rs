//! Copies of the keys: complete, checked, and gone after their term.

use std::fs;

use rstest::rstest;
use seal::{BackupError, BackupTerm, KeyClass, backup_keys, restore};

use crate::office;

const TERM: BackupTerm = BackupTerm {
    made_at_micros: 1_000,
    expires_at_micros: 9_000,
};

#[rstest]
#[case::plain(None)]
#[case::with_passphrase(Some("江城 秋水 七月"))]
fn a_copy_brings_every_key_back(#[case] passphrase: Option<&str>) {
    let (place, keys) = office();
    let (dir, copy, back) = (
        place.path().join("keys"),
        place.path().join("copy"),
        place.path().join("back"),
    );
    let sealed = keys
        .seal_member(KeyClass::Informant, "case-1", b"", b"value")
        .unwrap();
    let gone = keys
        .seal_member(KeyClass::Case, "case-2", b"", b"gone")
        .unwrap();
    keys.destroy_case_keys("case-2").unwrap();

    let note = backup_keys(&dir, &copy, passphrase, TERM).unwrap();
    assert_eq!(note.files.len(), 5 + 2);
    let restored = restore(&copy, &back, passphrase, 8_999).unwrap();

    assert_eq!(
        restored
            .open_member(KeyClass::Informant, "case-1", b"", &sealed)
            .unwrap()
            .as_slice(),
        b"value"
    );
    assert_eq!(
        restored.checkpoint_key().to_bytes(),
        keys.checkpoint_key().to_bytes()
    );
    assert_eq!(restored.head_key(), keys.head_key());
    // What was destroyed before the copy stays destroyed.
    assert!(
        restored
            .open_member(KeyClass::Case, "case-2", b"", &gone)
            .is_err()
    );
    assert!(restored.case_key("case-2").is_err());
    drop(restored);
    seal::KeyStore::open(&back).unwrap();
}

#[test]
fn a_copy_under_a_passphrase_shows_no_key_and_opens_with_no_other() {
    let (place, keys) = office();
    let (dir, copy, back) = (
        place.path().join("keys"),
        place.path().join("copy"),
        place.path().join("back"),
    );
    backup_keys(&dir, &copy, Some("right"), TERM).unwrap();
    let copied = fs::read(copy.join("head.key")).unwrap();
    assert!(!copied.windows(32).any(|w| w == keys.head_key()));
    for passphrase in [None, Some("wrong")] {
        assert!(matches!(
            restore(&copy, &back, passphrase, 2_000),
            Err(BackupError::Passphrase)
        ));
        assert!(!back.exists());
    }
}

#[test]
fn an_expired_copy_is_refused() {
    let (place, _keys) = office();
    let (dir, copy, back) = (
        place.path().join("keys"),
        place.path().join("copy"),
        place.path().join("back"),
    );
    backup_keys(&dir, &copy, None, TERM).unwrap();
    assert!(matches!(
        restore(&copy, &back, None, 9_000),
        Err(BackupError::Expired)
    ));
    let backwards = BackupTerm {
        made_at_micros: 9_000,
        expires_at_micros: 9_000,
    };
    assert!(matches!(
        backup_keys(&dir, &place.path().join("c2"), None, backwards),
        Err(BackupError::BadTerm)
    ));
}

#[test]
fn a_damaged_or_incomplete_copy_brings_nothing_back() {
    let (place, keys) = office();
    keys.case_key("case-1").unwrap();
    let (dir, copy, back) = (
        place.path().join("keys"),
        place.path().join("copy"),
        place.path().join("back"),
    );
    backup_keys(&dir, &copy, None, TERM).unwrap();

    let good = fs::read(copy.join("index.key")).unwrap();
    let mut bad = good.clone();
    bad[3] ^= 1;
    fs::write(copy.join("index.key"), bad).unwrap();
    assert!(
        matches!(restore(&copy, &back, None, 2_000), Err(BackupError::Damaged { file }) if file == "index.key")
    );
    fs::remove_file(copy.join("index.key")).unwrap();
    assert!(
        matches!(restore(&copy, &back, None, 2_000), Err(BackupError::Damaged { file }) if file == "index.key")
    );
    assert!(!back.exists());
    fs::remove_file(copy.join("BACKUP.json")).unwrap();
    assert!(matches!(
        restore(&copy, &back, None, 2_000),
        Err(BackupError::NoNote { .. })
    ));
}

#[test]
fn a_note_cannot_lead_out_of_the_folder() {
    let (place, _keys) = office();
    let (dir, copy, back) = (
        place.path().join("keys"),
        place.path().join("copy"),
        place.path().join("back"),
    );
    backup_keys(&dir, &copy, None, TERM).unwrap();
    let note = fs::read_to_string(copy.join("BACKUP.json")).unwrap();
    fs::write(
        copy.join("BACKUP.json"),
        note.replace("\"index.key\"", "\"../index.key\""),
    )
    .unwrap();
    assert!(matches!(
        restore(&copy, &back, None, 2_000),
        Err(BackupError::Damaged { .. })
    ));
}

#[test]
fn nothing_is_written_over() {
    let (place, _keys) = office();
    let (dir, copy) = (place.path().join("keys"), place.path().join("copy"));
    backup_keys(&dir, &copy, None, TERM).unwrap();
    assert!(matches!(
        backup_keys(&dir, &copy, None, TERM),
        Err(BackupError::NotEmpty { .. })
    ));
    assert!(matches!(
        restore(&copy, &dir, None, 2_000),
        Err(BackupError::NotEmpty { .. })
    ));
}
