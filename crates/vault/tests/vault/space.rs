//! The reserve, the ballast, and a disk that is full.

use std::fs;
use std::os::unix::fs::MetadataExt;

use vault::testing::{Failure, Faults, Moment, Step};
use vault::{Class, Settings, Vault, VaultError};

use crate::{MIB, empty_vault, footage, kept, settings};

#[tokio::test]
async fn what_would_touch_the_reserve_is_refused_before_it_begins() {
    let root = tempfile::tempdir().unwrap();
    let reserve_bytes = Some(u64::MAX / 2);
    let vault = Vault::open(
        root.path(),
        Settings {
            reserve_bytes,
            ..settings()
        },
    )
    .unwrap();
    match vault.receive(Class::Original, Some(1)).await.map(|_| ()) {
        Err(VaultError::Full {
            free_bytes,
            needed_bytes,
            source: None,
        }) => {
            assert!(free_bytes < needed_bytes);
            assert_eq!(needed_bytes, u64::MAX / 2 + 1);
        }
        other => panic!("{other:?}"),
    }
    assert!(vault.abandoned().unwrap().is_empty());
    assert!(vault.degraded().is_none());
}

#[tokio::test]
async fn a_declared_length_beyond_the_disk_is_refused() {
    let (_root, vault) = empty_vault();
    let refused = vault.receive(Class::Original, Some(u64::MAX)).await;
    assert!(matches!(refused, Err(VaultError::Full { .. })));
}

#[test]
fn the_reserve_is_the_larger_of_five_gib_and_five_percent() {
    let root = tempfile::tempdir().unwrap();
    let vault = Vault::open(
        root.path(),
        Settings {
            reserve_bytes: None,
            ..settings()
        },
    )
    .unwrap();
    let disk = rustix::fs::statvfs(root.path()).unwrap();
    let five_percent = disk.f_blocks * disk.f_frsize / 20;
    assert_eq!(
        vault.reserve_bytes().unwrap(),
        five_percent.max(5_368_709_120)
    );
}

#[tokio::test]
async fn a_disk_that_fills_up_midway_loses_nothing_acknowledged_and_recovers() {
    for (step, nth) in [
        (Step::Write, 2),
        (Step::Sync, 1),
        (Step::SaveState, 2),
        (Step::Rename, 1),
    ] {
        let root = tempfile::tempdir().unwrap();
        let faults = Faults::planned();
        let vault = Vault::open(
            root.path(),
            Settings {
                faults: faults.clone(),
                ..settings()
            },
        )
        .unwrap();
        let sealed = vault.store(Class::Original, b"kept before").await.unwrap();

        faults.fail(Moment::Before, step, nth, Failure::NoSpace);
        let bytes = footage(3 * MIB, 4);
        let mut receiving = vault
            .receive(Class::Original, Some(bytes.len() as u64))
            .await
            .unwrap();
        let id = receiving.id();
        let attempt = async {
            receiving.write(&bytes[..MIB]).await?;
            receiving.sync().await?;
            receiving.write(&bytes[MIB..]).await?;
            receiving.sync().await?;
            receiving.seal().await
        };
        match attempt.await {
            Err(VaultError::Full {
                source: Some(_), ..
            }) => {}
            other => panic!("{step}: {other:?}"),
        }
        assert!(faults.spent());
        assert_eq!(kept(&vault).len(), 1, "{step}");
        assert!(vault.contains(&sealed.sha256).unwrap());

        // Space has returned: the same process goes on.
        assert!(vault.degraded().is_none());
        let offset = match vault.resume(id).await {
            Ok(mut receiving) => {
                let offset = receiving.offset();
                receiving.write(&bytes[offset as usize..]).await.unwrap();
                receiving.seal().await.unwrap();
                offset
            }
            Err(VaultError::NotResumable { .. }) => {
                vault.store(Class::Original, &bytes).await.unwrap();
                0
            }
            Err(error) => panic!("{step}: {error}"),
        };
        let synced = match step {
            Step::Sync => 0,
            Step::Rename => 3 * MIB,
            _ => MIB,
        };
        assert_eq!(offset, synced as u64, "{step}");
        assert_eq!(kept(&vault).len(), 2);
    }
}

#[tokio::test]
async fn the_ballast_takes_real_space_is_given_up_and_made_again() {
    let root = tempfile::tempdir().unwrap();
    let ballast_bytes = 8 * MIB as u64;
    let vault = Vault::open(
        root.path(),
        Settings {
            ballast_bytes,
            ..settings()
        },
    )
    .unwrap();
    let ballast = root.path().join("ballast");
    let about = fs::metadata(&ballast).unwrap();
    assert_eq!(about.len(), ballast_bytes);
    assert!(
        about.blocks() * 512 >= ballast_bytes,
        "a sparse ballast keeps no space"
    );

    assert!(vault.release_ballast().unwrap());
    assert!(!ballast.exists());
    assert!(!vault.release_ballast().unwrap());

    vault.store(Class::Original, b"abc").await.unwrap();
    assert_eq!(fs::metadata(&ballast).unwrap().len(), ballast_bytes);
}

#[test]
fn no_ballast_is_made_out_of_the_reserve() {
    let root = tempfile::tempdir().unwrap();
    let reserve_bytes = Some(u64::MAX / 2);
    let made = Settings {
        reserve_bytes,
        ballast_bytes: MIB as u64,
        ..settings()
    };
    let vault = Vault::open(root.path(), made).unwrap();
    assert!(!root.path().join("ballast").exists());
    assert!(!vault.restore_ballast().unwrap());
}
