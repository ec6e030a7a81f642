//! Sealed bytes against whoever has full rights on the disk, and the listing.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};

use vault::{Class, Fixity, Kept, Vault, VaultError};

use crate::{MIB, empty_vault, footage, kept, place, settings, sha256sum};

#[tokio::test]
async fn a_flipped_bit_on_disk_is_found_and_named() {
    let (root, vault) = empty_vault();
    let sealed = vault
        .store(Class::Original, &footage(2 * MIB, 5))
        .await
        .unwrap();
    let stored = place(root.path(), "originals", &sealed.sha256);
    let fixity = vault
        .fixity(&sealed.sha256, Some(&sealed.sm3))
        .await
        .unwrap();
    assert_eq!(fixity, Fixity::Intact);

    fs::set_permissions(&stored, PermissionsExt::from_mode(0o600)).unwrap();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&stored)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 1_234_567).unwrap();
    file.write_all_at(&[byte[0] ^ 0x10], 1_234_567).unwrap();
    file.sync_all().unwrap();

    match vault.fixity(&sealed.sha256, None).await.unwrap() {
        Fixity::Changed { found } => assert_eq!(found.sha256.to_string(), sha256sum(&stored)),
        other => panic!("{other:?}"),
    }
    // The listing goes by name; only fixity looks inside.
    assert_eq!(kept(&vault).len(), 1);
}

#[tokio::test]
async fn a_truncated_and_a_swapped_file_are_found() {
    let (root, vault) = empty_vault();
    let one = vault
        .store(Class::Original, &footage(MIB, 1))
        .await
        .unwrap();
    let two = vault
        .store(Class::Original, &footage(MIB, 2))
        .await
        .unwrap();
    let paths = [&one, &two].map(|sealed| place(root.path(), "originals", &sealed.sha256));
    let aside = root.path().join("aside");
    fs::rename(&paths[0], &aside).unwrap();
    fs::rename(&paths[1], &paths[0]).unwrap();
    fs::rename(&aside, &paths[1]).unwrap();
    for (sealed, other) in [(&one, &two), (&two, &one)] {
        match vault
            .fixity(&sealed.sha256, Some(&sealed.sm3))
            .await
            .unwrap()
        {
            Fixity::Changed { found } => {
                assert_eq!((found.sha256, found.sm3), (other.sha256, Some(other.sm3)));
            }
            other => panic!("{other:?}"),
        }
    }
    fs::set_permissions(&paths[0], PermissionsExt::from_mode(0o600)).unwrap();
    OpenOptions::new()
        .write(true)
        .open(&paths[0])
        .unwrap()
        .set_len(17)
        .unwrap();
    match vault.fixity(&one.sha256, None).await.unwrap() {
        Fixity::Changed { found } => assert_eq!(found.len_bytes, 17),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_wrong_sm3_is_a_change_even_when_sha256_holds() {
    let (_root, vault) = empty_vault();
    let sealed = vault.store(Class::Original, b"abc").await.unwrap();
    let wrong = vault::Sm3::from_bytes([0; 32]);
    let fixity = vault.fixity(&sealed.sha256, Some(&wrong)).await.unwrap();
    assert!(matches!(fixity, Fixity::Changed { .. }));
}

#[tokio::test]
async fn sending_bytes_whose_kept_copy_has_changed_is_refused_and_changes_nothing() {
    let (root, vault) = empty_vault();
    let bytes = footage(MIB, 7);
    let sealed = vault.store(Class::Original, &bytes).await.unwrap();
    let stored = place(root.path(), "originals", &sealed.sha256);
    fs::set_permissions(&stored, PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(&stored, b"something else").unwrap();

    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(&bytes).await.unwrap();
    let id = receiving.id();
    receiving.sync().await.unwrap();
    match receiving.seal().await {
        Err(VaultError::Occupied { sha256, found, .. }) => {
            assert_eq!((sha256, found.len_bytes), (sealed.sha256, 14));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&stored).unwrap(), b"something else");

    // The good bytes are still in hand: with the bad copy out of the way they
    // can be sealed without being sent again.
    fs::remove_file(&stored).unwrap();
    let mended = vault.resume(id).await.unwrap().seal().await.unwrap();
    assert_eq!(mended.sha256, sealed.sha256);
    assert_eq!(fs::read(&stored).unwrap(), bytes);
}

#[tokio::test]
async fn a_link_planted_at_the_target_is_not_followed() {
    let (root, vault) = empty_vault();
    let outside = tempfile::tempdir().unwrap();
    let sealed = vault.store(Class::Original, b"abc").await.unwrap();
    let stored = place(root.path(), "originals", &sealed.sha256);
    let victim = outside.path().join("victim");
    fs::write(&victim, b"abc").unwrap();
    fs::remove_file(&stored).unwrap();
    symlink(&victim, &stored).unwrap();

    let again = vault.store(Class::Original, b"abc").await;
    assert!(
        matches!(again, Err(VaultError::NotAFile { .. })),
        "{again:?}"
    );
    assert_eq!(fs::read(&victim).unwrap(), b"abc");
    assert_ne!(
        fs::metadata(&victim).unwrap().permissions().mode() & 0o777,
        0o400
    );
    assert!(matches!(
        vault.reader(&sealed.sha256),
        Err(VaultError::NotAFile { .. })
    ));
    assert!(matches!(
        vault.path_of(&sealed.sha256),
        Err(VaultError::NotAFile { .. })
    ));
    let fixity = vault.fixity(&sealed.sha256, None).await;
    assert!(matches!(fixity, Err(VaultError::NotAFile { .. })));
    let listed: Vec<_> = vault.list().collect();
    assert!(matches!(&listed[..], [Err(VaultError::Stray { path })] if *path == stored));
}

#[tokio::test]
async fn a_linked_folder_on_the_way_is_not_followed() {
    let (root, vault) = empty_vault();
    let outside = tempfile::tempdir().unwrap();
    // "abc" has the digest ba78…: its first folder leads out of the vault.
    symlink(outside.path(), root.path().join("originals/ba")).unwrap();
    let stored = vault.store(Class::Original, b"abc").await;
    assert!(
        matches!(stored, Err(VaultError::NotAFile { .. })),
        "{stored:?}"
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(vault.degraded().is_none());
}

#[tokio::test]
async fn the_list_shows_every_class_and_names_what_does_not_belong() {
    let (root, vault) = empty_vault();
    let mut expected = Vec::new();
    for (n, class) in Class::ALL.into_iter().cycle().take(12).enumerate() {
        let sealed = vault
            .store(class, &footage(100 + n, n as u64 + 1))
            .await
            .unwrap();
        expected.push(Kept {
            class,
            sha256: sealed.sha256,
            len_bytes: sealed.len_bytes,
        });
    }
    expected.sort();
    assert_eq!(kept(&vault), expected);

    let stray = root.path().join("originals/readme.txt");
    fs::write(&stray, "put here by hand").unwrap();
    let moved = place(root.path(), "derived", &expected[11].sha256);
    let elsewhere = root.path().join("derived/00/00");
    fs::create_dir_all(&elsewhere).unwrap();
    let elsewhere = elsewhere.join(moved.file_name().unwrap());
    fs::rename(&moved, &elsewhere).unwrap();
    let strays: Vec<_> = vault
        .list()
        .filter_map(|found| match found {
            Err(VaultError::Stray { path }) => Some(path),
            _ => None,
        })
        .collect();
    assert_eq!(strays, [stray, elsewhere]);
}

#[tokio::test]
async fn opened_for_reading_it_changes_nothing() {
    let (root, vault) = empty_vault();
    let sealed = vault.store(Class::Original, b"abc").await.unwrap();
    let beside = Vault::open_read_only(root.path()).unwrap();
    assert_eq!(
        beside
            .fixity(&sealed.sha256, Some(&sealed.sm3))
            .await
            .unwrap(),
        Fixity::Intact
    );
    assert!(matches!(
        beside.receive(Class::Original, None).await,
        Err(VaultError::ReadOnly)
    ));
    assert!(matches!(
        beside.release_ballast(),
        Err(VaultError::ReadOnly)
    ));

    let empty = tempfile::tempdir().unwrap();
    let nothing = Vault::open_read_only(empty.path()).unwrap();
    assert!(kept(&nothing).is_empty() && nothing.abandoned().unwrap().is_empty());
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

#[test]
fn a_segment_outside_its_bounds_is_refused() {
    let root = tempfile::tempdir().unwrap();
    for segment_bytes in [0, 1024, 65 * 1024 * 1024] {
        let opened = Vault::open(
            root.path(),
            vault::Settings {
                segment_bytes,
                ..settings()
            },
        );
        assert!(matches!(
            opened,
            Err(VaultError::Setting {
                name: "segment_bytes",
                ..
            })
        ));
    }
}

#[test]
fn digests_and_ids_have_one_spelling() {
    let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(text.parse::<vault::Sha256>().unwrap().to_string(), text);
    for wrong in [
        text.to_uppercase().as_str(),
        &text[1..],
        "../../etc/passwd",
        "",
    ] {
        assert!(wrong.parse::<vault::Sha256>().is_err());
        assert!(wrong.parse::<vault::ReceivingId>().is_err());
    }
}

#[tokio::test]
async fn one_copy_is_removed_and_the_other_stays() {
    let (root, vault) = empty_vault();
    let bytes = footage(MIB, 7);
    let sealed = vault.store(Class::Original, &bytes).await.unwrap();
    vault.store(Class::Derived, &bytes).await.unwrap();
    assert!(vault.remove(Class::Original, &sealed.sha256).await.unwrap());
    assert!(!place(root.path(), "originals", &sealed.sha256).exists());
    assert!(vault.contains(&sealed.sha256).unwrap());
    assert!(!vault.remove(Class::Original, &sealed.sha256).await.unwrap());
    let beside = Vault::open_read_only(root.path()).unwrap();
    assert!(matches!(
        beside.remove(Class::Derived, &sealed.sha256).await,
        Err(VaultError::ReadOnly)
    ));
    assert_eq!(kept(&vault).len(), 1);
}
