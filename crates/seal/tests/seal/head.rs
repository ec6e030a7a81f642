//! The head in its own place: rollback, power cuts, hands that meddle.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rstest::rstest;
use seal::{AGENCY_SIZE_BYTES_MAX, HeadError, HeadKeeper, HeadRecord, SealError};
use tempfile::TempDir;

const KEY: [u8; 32] = [7; 32];

fn place() -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("head");
    (place, dir)
}

fn record(size: u64) -> HeadRecord {
    HeadRecord {
        size,
        root: [size as u8; 32],
        agency: "江岸区文化和旅游局（演示）".into(),
    }
}

fn spoil(dir: &Path, at: u64) {
    let file = fs::OpenOptions::new()
        .write(true)
        .open(dir.join("head"))
        .unwrap();
    file.write_all_at(b"torn", at).unwrap();
}

#[test]
fn the_head_kept_is_the_head_read_after_a_restart() {
    let (_place, dir) = place();
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    assert_eq!(keeper.read().unwrap(), None);
    for size in [1, 2, 300, 301] {
        keeper.keep(&record(size)).unwrap();
        assert_eq!(keeper.read().unwrap(), Some(record(size)));
        assert_eq!(
            HeadKeeper::open(&dir, &KEY).unwrap().read().unwrap(),
            Some(record(size))
        );
        assert_eq!(HeadKeeper::look(&dir, &KEY).unwrap(), Some(record(size)));
    }
}

#[test]
fn a_shorter_or_a_different_ledger_is_refused_and_the_head_stays() {
    let (_place, dir) = place();
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    keeper.keep(&record(10)).unwrap();
    assert!(matches!(
        keeper.keep(&record(9)),
        Err(HeadError::Smaller {
            kept: 10,
            offered: 9
        })
    ));
    let forked = HeadRecord {
        root: [0xee; 32],
        ..record(10)
    };
    assert!(matches!(
        keeper.keep(&forked),
        Err(HeadError::Forked { size: 10 })
    ));
    let stranger = HeadRecord {
        agency: "另一机关".into(),
        ..record(11)
    };
    assert!(matches!(
        keeper.keep(&stranger),
        Err(HeadError::OtherAgency { .. })
    ));
    keeper.keep(&record(10)).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(record(10)));
}

#[test]
fn a_power_cut_while_writing_leaves_the_head_before_it() {
    let (_place, dir) = place();
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    keeper.keep(&record(1)).unwrap();
    keeper.keep(&record(2)).unwrap();
    // The second head went to the first slot.
    spoil(&dir, 30);
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(record(1)));
    keeper.keep(&record(3)).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(record(3)));
}

#[test]
fn both_slots_spoilt_is_an_error_and_never_a_fresh_start() {
    let (_place, dir) = place();
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    keeper.keep(&record(1)).unwrap();
    keeper.keep(&record(2)).unwrap();
    spoil(&dir, 30);
    spoil(&dir, 4096 + 500);
    assert!(matches!(keeper.read(), Err(HeadError::Tampered { .. })));
    assert!(matches!(
        keeper.keep(&record(3)),
        Err(HeadError::Tampered { .. })
    ));
    assert!(matches!(
        HeadKeeper::open(&dir, &KEY),
        Err(HeadError::Tampered { .. })
    ));
    assert!(matches!(
        HeadKeeper::look(&dir, &KEY),
        Err(HeadError::Tampered { .. })
    ));
}

#[rstest]
#[case::gone(None)]
#[case::emptied(Some(vec![]))]
#[case::blanked(Some(vec![0; 8192]))]
fn a_head_taken_away_is_an_error(#[case] left: Option<Vec<u8>>) {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY)
        .unwrap()
        .keep(&record(5))
        .unwrap();
    match left {
        None => fs::remove_file(dir.join("head")).unwrap(),
        Some(bytes) => fs::write(dir.join("head"), bytes).unwrap(),
    }
    assert!(matches!(
        HeadKeeper::open(&dir, &KEY),
        Err(HeadError::Tampered { .. })
    ));
    assert!(matches!(
        HeadKeeper::look(&dir, &KEY),
        Err(HeadError::Tampered { .. })
    ));
}

#[test]
fn a_crash_between_the_first_head_and_its_mark_loses_nothing() {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY)
        .unwrap()
        .keep(&record(5))
        .unwrap();
    fs::remove_file(dir.join("initialised")).unwrap();
    assert_eq!(
        HeadKeeper::open(&dir, &KEY).unwrap().read().unwrap(),
        Some(record(5))
    );
}

#[test]
fn a_first_head_torn_by_a_power_cut_is_still_the_first_use() {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY).unwrap();
    spoil(&dir, 4096);
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    assert_eq!(keeper.read().unwrap(), None);
    keeper.keep(&record(1)).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(record(1)));
}

#[test]
fn a_head_made_without_the_key_is_not_believed() {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY)
        .unwrap()
        .keep(&record(5))
        .unwrap();
    assert!(matches!(
        HeadKeeper::open(&dir, &[8; 32]),
        Err(HeadError::Tampered { .. })
    ));
}

#[test]
fn every_byte_of_a_slot_is_under_the_authentication() {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY)
        .unwrap()
        .keep(&record(5))
        .unwrap();
    let good = fs::read(dir.join("head")).unwrap();
    for at in 4096..4096 + 512 {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(dir.join("head"), &bad).unwrap();
        assert!(
            matches!(
                HeadKeeper::look(&dir, &KEY),
                Err(HeadError::Tampered { .. })
            ),
            "byte {at}"
        );
    }
}

#[test]
fn two_processes_keep_one_head() {
    let (_place, dir) = place();
    let (one, two) = (
        HeadKeeper::open(&dir, &KEY).unwrap(),
        HeadKeeper::open(&dir, &KEY).unwrap(),
    );
    one.keep(&record(1)).unwrap();
    two.keep(&record(2)).unwrap();
    assert!(matches!(
        one.keep(&record(1)),
        Err(HeadError::Smaller { .. })
    ));
    one.keep(&record(3)).unwrap();
    assert_eq!(two.read().unwrap(), Some(record(3)));
}

#[test]
fn looking_makes_nothing() {
    let (place, dir) = place();
    assert_eq!(HeadKeeper::look(&dir, &KEY).unwrap(), None);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn the_longest_name_fits_and_a_longer_one_is_refused() {
    let (_place, dir) = place();
    let keeper = HeadKeeper::open(&dir, &KEY).unwrap();
    let fits = HeadRecord {
        agency: "a".repeat(AGENCY_SIZE_BYTES_MAX),
        ..record(1)
    };
    keeper.keep(&fits).unwrap();
    assert_eq!(keeper.read().unwrap(), Some(fits));
    let long = HeadRecord {
        agency: "a".repeat(AGENCY_SIZE_BYTES_MAX + 1),
        ..record(2)
    };
    assert!(matches!(
        keeper.keep(&long),
        Err(HeadError::LongAgency { .. })
    ));
}

#[test]
fn a_folder_open_to_others_is_refused() {
    let (_place, dir) = place();
    HeadKeeper::open(&dir, &KEY).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(matches!(
        HeadKeeper::open(&dir, &KEY),
        Err(HeadError::Place(SealError::TooOpen { .. }))
    ));
}
