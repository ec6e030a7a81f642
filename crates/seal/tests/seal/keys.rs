//! Protected values and the folder of keys.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use rstest::rstest;
use seal::{KeyClass, KeyStore, SealError};

use crate::office;

const CASE: &str = "0197f0c4-7a51-7000-8000-00000000000a";
const OTHER: &str = "0197f0c4-7a51-7000-8000-00000000000b";
const AADS: &[u8] = b"clue 7, informant-name";

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        }
        found.push(path);
    }
    found
}

fn case_file(keys: &Path) -> PathBuf {
    files_below(&keys.join("cases"))
        .into_iter()
        .find(|p| p.file_name().is_some_and(|n| n == CASE))
        .unwrap()
}

#[test]
fn an_informants_name_opens_only_under_its_own_key_case_and_place() {
    let (_place, keys) = office();
    let sealed = keys
        .seal_member(KeyClass::Informant, CASE, AADS, "举报人甲".as_bytes())
        .unwrap();
    assert!(!sealed.windows(12).any(|w| w == "举报人甲".as_bytes()));
    keys.case_key(OTHER).unwrap();

    let opened = keys
        .open_member(KeyClass::Informant, CASE, AADS, &sealed)
        .unwrap();
    assert_eq!(opened.as_slice(), "举报人甲".as_bytes());
    for (class, id, aad) in [
        (KeyClass::Case, CASE, AADS),
        (KeyClass::Informant, OTHER, AADS),
        (
            KeyClass::Informant,
            CASE,
            b"clue 7, informant-phone".as_slice(),
        ),
    ] {
        let refused = keys.open_member(class, id, aad, &sealed);
        assert!(
            matches!(refused, Err(SealError::Tampered { .. })),
            "{class:?} {id}"
        );
    }
}

#[test]
fn every_changed_byte_of_a_sealed_value_is_noticed() {
    let (_place, keys) = office();
    let sealed = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"minor")
        .unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(matches!(
            keys.open_member(KeyClass::Case, CASE, AADS, &changed),
            Err(SealError::Tampered { .. })
        ));
    }
    for short in 0..sealed.len() {
        assert!(
            keys.open_member(KeyClass::Case, CASE, AADS, &sealed[..short])
                .is_err()
        );
    }
}

#[test]
fn equal_values_seal_to_different_bytes() {
    let (_place, keys) = office();
    let once = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"same")
        .unwrap();
    let again = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"same")
        .unwrap();
    assert_ne!(once, again);
}

#[test]
fn keys_are_the_same_after_a_restart() {
    let (place, keys) = office();
    let sealed = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"third party")
        .unwrap();
    let (signer, token) = (
        keys.checkpoint_key().verifying_key(),
        keys.index_token("name", "王某"),
    );
    let (head, session) = (*keys.head_key(), *keys.session_key());
    drop(keys);

    let keys = KeyStore::open(&place.path().join("keys")).unwrap();
    assert_eq!(
        keys.open_member(KeyClass::Case, CASE, AADS, &sealed)
            .unwrap()
            .as_slice(),
        b"third party"
    );
    assert_eq!(keys.checkpoint_key().verifying_key(), signer);
    assert_eq!(keys.index_token("name", "王某"), token);
    assert_eq!((*keys.head_key(), *keys.session_key()), (head, session));
    assert_ne!(head, session);
}

#[test]
fn an_index_token_tells_fields_and_offices_apart() {
    let (_a, here) = office();
    let (_b, there) = office();
    assert_ne!(
        here.index_token("name", "王某"),
        here.index_token("phone", "王某")
    );
    assert_ne!(here.index_token("ab", "c"), here.index_token("a", "bc"));
    assert_ne!(
        here.index_token("name", "王某"),
        there.index_token("name", "王某")
    );
}

#[test]
fn destroying_a_cases_keys_erases_its_values_for_good() {
    let (place, keys) = office();
    let dir = place.path().join("keys");
    let sealed = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"gone")
        .unwrap();
    let kept = keys
        .seal_member(KeyClass::Case, OTHER, AADS, b"stays")
        .unwrap();
    let second_process = KeyStore::open(&dir).unwrap();
    second_process
        .open_member(KeyClass::Case, CASE, AADS, &sealed)
        .unwrap();
    let wrapped = fs::read(case_file(&dir)).unwrap();
    assert!(keys.has(CASE).unwrap());

    keys.destroy_case_keys(CASE).unwrap();
    keys.destroy_case_keys(CASE).unwrap();

    assert!(!keys.has(CASE).unwrap());
    for process in [&keys, &second_process, &KeyStore::open(&dir).unwrap()] {
        assert!(matches!(
            process.open_member(KeyClass::Case, CASE, AADS, &sealed),
            Err(SealError::Missing { .. })
        ));
        // A fresh key under the old id would make the loss look like damage.
        assert!(matches!(
            process.seal_member(KeyClass::Case, CASE, AADS, b"x"),
            Err(SealError::Missing { .. })
        ));
        assert_eq!(
            process
                .open_member(KeyClass::Case, OTHER, AADS, &kept)
                .unwrap()
                .as_slice(),
            b"stays"
        );
    }
    for path in files_below(&dir).iter().filter(|p| p.is_file()) {
        assert_ne!(fs::read(path).unwrap(), wrapped);
    }
}

#[test]
fn a_destruction_cut_short_by_a_crash_already_holds() {
    let (place, keys) = office();
    let sealed = keys
        .seal_member(KeyClass::Case, CASE, AADS, b"gone")
        .unwrap();
    let file = case_file(&place.path().join("keys"));
    let mark = file.with_file_name(format!("{CASE}.destroyed"));
    fs::write(&mark, b"").unwrap();

    assert!(matches!(
        keys.open_member(KeyClass::Case, CASE, AADS, &sealed),
        Err(SealError::Missing { .. })
    ));
    assert!(!keys.has(CASE).unwrap());
    fs::set_permissions(&mark, fs::Permissions::from_mode(0o600)).unwrap();
    keys.destroy_case_keys(CASE).unwrap();
    assert!(!file.exists());
}

#[test]
fn what_was_never_sealed_here_is_missing() {
    let (_place, keys) = office();
    assert!(matches!(
        keys.open_member(KeyClass::Case, CASE, AADS, &[0; 40]),
        Err(SealError::Missing { .. })
    ));
    assert!(matches!(
        keys.destroy_case_keys(CASE),
        Err(SealError::Missing { .. })
    ));
    assert!(!keys.has(CASE).unwrap());
}

#[test]
fn one_cases_key_file_put_in_anothers_place_is_noticed() {
    let (place, keys) = office();
    keys.case_key(CASE).unwrap();
    keys.case_key(OTHER).unwrap();
    let dir = place.path().join("keys");
    let other = files_below(&dir)
        .into_iter()
        .find(|p| p.file_name().is_some_and(|n| n == OTHER))
        .unwrap();
    fs::copy(case_file(&dir), other).unwrap();
    assert!(matches!(
        KeyStore::open(&dir).unwrap().case_key(OTHER),
        Err(SealError::Tampered { .. })
    ));
}

#[rstest]
#[case("../../../etc/passwd")]
#[case("鄂汉文综罚字〔2026〕1号")]
#[case("a.destroyed")]
#[case(".")]
fn any_id_stays_inside_the_folder(#[case] id: &str) {
    let (place, keys) = office();
    let sealed = keys.seal_member(KeyClass::Case, id, b"", b"value").unwrap();
    assert_eq!(
        keys.open_member(KeyClass::Case, id, b"", &sealed)
            .unwrap()
            .as_slice(),
        b"value"
    );
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
    assert_eq!(
        files_below(&place.path().join("keys/cases"))
            .iter()
            .filter(|p| p.is_file())
            .count(),
        1
    );
}

#[test]
fn more_cases_than_fit_in_memory_all_open() {
    let (_place, keys) = office();
    let sealed: Vec<_> = (0..1100)
        .map(|n| {
            keys.seal_member(
                KeyClass::Case,
                &format!("case-{n}"),
                b"",
                format!("{n}").as_bytes(),
            )
            .unwrap()
        })
        .collect();
    for (n, sealed) in sealed.iter().enumerate() {
        let opened = keys
            .open_member(KeyClass::Case, &format!("case-{n}"), b"", sealed)
            .unwrap();
        assert_eq!(opened.as_slice(), format!("{n}").as_bytes());
    }
}

#[test]
fn threads_asking_for_a_new_case_get_one_key() {
    let (_place, keys) = office();
    let sealed: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| keys.seal_member(KeyClass::Case, CASE, b"", b"v").unwrap()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    for sealed in sealed {
        assert_eq!(
            keys.open_member(KeyClass::Case, CASE, b"", &sealed)
                .unwrap()
                .as_slice(),
            b"v"
        );
    }
}

#[test]
fn everything_written_is_for_the_owner_alone() {
    let (place, keys) = office();
    keys.case_key(CASE).unwrap();
    let dir = place.path().join("keys");
    for path in files_below(&dir).iter().chain([&dir]) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(
            mode,
            if path.is_dir() { 0o700 } else { 0o600 },
            "{}",
            path.display()
        );
    }
}

#[rstest]
#[case("", 0o750)]
#[case("master.key", 0o640)]
#[case("checkpoint.key", 0o604)]
#[case("cases", 0o711)]
fn keys_others_could_read_are_refused_by_name(#[case] name: &str, #[case] mode: u32) {
    let (place, keys) = office();
    drop(keys);
    let dir = place.path().join("keys");
    let path = if name.is_empty() {
        dir.clone()
    } else {
        dir.join(name)
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    match KeyStore::open(&dir) {
        Err(SealError::TooOpen {
            path: refused,
            mode: found,
            ..
        }) => assert_eq!((refused, found), (path, mode)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_link_in_place_of_a_key_is_refused() {
    let (place, keys) = office();
    drop(keys);
    let dir = place.path().join("keys");
    let away = place.path().join("elsewhere");
    fs::rename(dir.join("master.key"), &away).unwrap();
    symlink(&away, dir.join("master.key")).unwrap();
    assert!(matches!(
        KeyStore::open(&dir),
        Err(SealError::NotPlain { .. })
    ));
}

#[test]
fn keys_of_another_user_are_refused() {
    let (place, keys) = office();
    drop(keys);
    let dir = place.path().join("keys");
    // Only root can give a file away; for others the check is the same code with one owner.
    if std::os::unix::fs::chown(dir.join("head.key"), Some(65534), None).is_ok() {
        assert!(matches!(
            KeyStore::open(&dir),
            Err(SealError::ForeignOwner { owner: 65534, .. })
        ));
    }
}

#[test]
fn a_lost_key_is_never_replaced_by_a_fresh_one() {
    let (place, keys) = office();
    drop(keys);
    let dir = place.path().join("keys");
    fs::remove_file(dir.join("master.key")).unwrap();
    assert!(matches!(KeyStore::open(&dir), Err(SealError::Missing { what }) if what == "master"));
    assert!(!dir.join("master.key").exists());
}

#[test]
fn a_flipped_bit_or_a_swapped_key_file_is_noticed_at_the_start() {
    let (place, keys) = office();
    drop(keys);
    let dir = place.path().join("keys");
    let good = fs::read(dir.join("checkpoint.key")).unwrap();
    for at in [0, 31, 32, 39] {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(dir.join("checkpoint.key"), &bad).unwrap();
        assert!(matches!(
            KeyStore::open(&dir),
            Err(SealError::Tampered { .. })
        ));
    }
    fs::copy(dir.join("session.key"), dir.join("checkpoint.key")).unwrap();
    assert!(matches!(
        KeyStore::open(&dir),
        Err(SealError::Tampered { .. })
    ));
    fs::write(dir.join("checkpoint.key"), &good[..20]).unwrap();
    assert!(matches!(
        KeyStore::open(&dir),
        Err(SealError::Tampered { .. })
    ));
}

#[test]
fn a_first_start_cut_short_is_finished_by_the_next() {
    let (place, keys) = office();
    let signer = keys.checkpoint_key().verifying_key();
    drop(keys);
    let dir = place.path().join("keys");
    fs::remove_file(dir.join("initialised")).unwrap();
    fs::remove_file(dir.join("session.key")).unwrap();
    fs::write(dir.join("session.key.0011223344556677.tmp"), b"half").unwrap();
    assert_eq!(
        KeyStore::open(&dir)
            .unwrap()
            .checkpoint_key()
            .verifying_key(),
        signer
    );
}

#[test]
fn verification_makes_no_keys() {
    let place = tempfile::tempdir().unwrap();
    assert!(matches!(
        KeyStore::open_existing(&place.path().join("keys")),
        Err(SealError::Missing { .. })
    ));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn paths_on_one_disk_are_told_from_paths_on_two() {
    let place = tempfile::tempdir().unwrap();
    let (data, head) = (place.path().join("data/not/yet"), place.path().join("head"));
    assert!(seal::same_file_system(&data, &head).unwrap());
    assert!(!seal::same_file_system(place.path(), Path::new("/proc")).unwrap());
}
