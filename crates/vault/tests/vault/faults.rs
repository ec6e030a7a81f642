//! Every durable step broken twice: failed and not done, failed but done. What
//! was acknowledged is there, what is visible is whole, and after a restart the
//! same bytes can be taken in.

use std::collections::BTreeMap;

use vault::testing::{Failure, Faults, Moment, Step};
use vault::{Class, Fixity, ReceivingId, Sealed, Settings, Vault, VaultError};

use crate::{MIB, SEGMENT_BYTES, empty_vault, footage, kept, settings};

const STEPS: [Step; 7] = [
    Step::Write,
    Step::Sync,
    Step::ReadBack,
    Step::Chmod,
    Step::Rename,
    Step::SyncFolder,
    Step::SaveState,
];

/// What the uploader was told: all that may be held against the vault.
#[derive(Default)]
struct Told {
    id: Option<ReceivingId>,
    synced: u64,
    sealed: Option<Sealed>,
}

async fn upload(vault: &Vault, bytes: &[u8], told: &mut Told) -> Result<(), VaultError> {
    let mut receiving = vault
        .receive(Class::Original, Some(bytes.len() as u64))
        .await?;
    told.id = Some(receiving.id());
    receiving.write(&bytes[..MIB + 7]).await?;
    told.synced = receiving.sync().await?;
    receiving.write(&bytes[MIB + 7..]).await?;
    told.synced = receiving.sync().await?;
    told.sealed = Some(receiving.seal().await?);
    Ok(())
}

/// Goes on as an uploader would after a restart: from the synced offset if the
/// vault still knows it, else from the start.
async fn upload_on(vault: &Vault, bytes: &[u8], told: &Told) -> Sealed {
    if let Some(id) = told.id {
        match vault.resume(id).await {
            Ok(mut receiving) => {
                let offset = receiving.offset();
                assert!(
                    offset >= told.synced,
                    "{offset} of {} acknowledged",
                    told.synced
                );
                receiving.write(&bytes[offset as usize..]).await.unwrap();
                return receiving.seal().await.unwrap();
            }
            Err(VaultError::NotResumable { .. }) => {
                // Acknowledged bytes are gone from the receiving only because
                // they stand sealed.
                assert!(told.synced == 0 || kept(vault).len() == 2);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    vault.store(Class::Original, bytes).await.unwrap()
}

#[tokio::test]
async fn each_step_failing_at_each_time_breaks_no_promise() {
    let bytes = footage(3 * MIB, 11);
    let segments = || Settings {
        segment_bytes: MIB as u64,
        ..settings()
    };
    let (_aside, reference) = empty_vault();
    let expected = reference.store(Class::Original, &bytes).await.unwrap();
    let mut struck: BTreeMap<String, usize> = BTreeMap::new();

    for step in STEPS {
        for moment in [Moment::Before, Moment::After] {
            // Every time the step is done, until an upload goes through unharmed.
            for nth in 1.. {
                let what = format!("{moment:?} {step}, time {nth}");
                let root = tempfile::tempdir().unwrap();
                let faults = Faults::planned();
                let vault = Vault::open(
                    root.path(),
                    Settings {
                        faults: faults.clone(),
                        ..segments()
                    },
                )
                .unwrap();
                let earlier = vault
                    .store(Class::Original, b"acknowledged earlier")
                    .await
                    .unwrap();

                faults.fail(moment, step, nth, Failure::Io);
                let mut told = Told::default();
                let outcome = upload(&vault, &bytes, &mut told).await;
                if !faults.spent() {
                    outcome.unwrap();
                    assert_eq!(told.sealed.unwrap().sha256, expected.sha256);
                    break;
                }
                *struck.entry(step.to_string()).or_default() += 1;

                match outcome {
                    Err(VaultError::Step { step: failed, .. }) => {
                        assert_eq!(failed, step, "{what}")
                    }
                    other => panic!("{what}: {other:?}"),
                }
                assert!(told.sealed.is_none());
                // Nothing more is taken in, and reading goes on.
                assert_eq!(vault.degraded(), Some(step), "{what}");
                let refused = vault.receive(Class::Original, None).await;
                assert!(
                    matches!(refused, Err(VaultError::Degraded { .. })),
                    "{what}"
                );
                let fixity = vault.fixity(&earlier.sha256, Some(&earlier.sm3)).await;
                assert_eq!(fixity.unwrap(), Fixity::Intact, "{what}");
                for one in kept(&vault) {
                    let fixity = vault.fixity(&one.sha256, None).await.unwrap();
                    assert_eq!(
                        fixity,
                        Fixity::Intact,
                        "{what}: something half-made is visible"
                    );
                }
                drop(vault);

                let vault = Vault::open(root.path(), settings()).unwrap();
                let sealed = upload_on(&vault, &bytes, &told).await;
                assert_eq!(
                    (sealed.sha256, sealed.sm3),
                    (expected.sha256, expected.sm3),
                    "{what}"
                );
                let fixity = vault.fixity(&sealed.sha256, Some(&expected.sm3)).await;
                assert_eq!(fixity.unwrap(), Fixity::Intact, "{what}");
                assert_eq!(kept(&vault).len(), 2, "{what}");
            }
        }
    }
    // Counted by hand, before and after each: were a step dropped from the code,
    // its number here would fall. The upload is written as 1 MiB, 7 bytes, 1 MiB
    // and the rest; each piece is synced and read back, the whole synced once
    // more with its mode; two syncs save a state and sync one folder each, the
    // sealing syncs three folders on the target's side and `receiving`.
    let expected = [
        ("chmod", 2),
        ("read back", 8),
        ("rename", 2),
        ("save state", 4),
        ("sync", 10),
        ("sync folder", 12),
        ("write", 8),
    ];
    assert_eq!(
        struck,
        expected
            .map(|(step, times)| (step.to_owned(), times))
            .into()
    );
}

#[tokio::test]
async fn a_bit_flipped_between_receiving_and_writing_is_caught_before_sealing() {
    let bytes = footage(SEGMENT_BYTES + MIB + 5, 13);
    for at_byte in [0, 1, MIB, SEGMENT_BYTES - 1, SEGMENT_BYTES, bytes.len() - 1] {
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
        faults.flip_bit(at_byte as u64);
        let caught = vault.store(Class::Original, &bytes).await;
        assert!(
            matches!(caught, Err(VaultError::ReadBackDiffers { .. })),
            "{caught:?}"
        );
        assert!(faults.spent());
        assert!(kept(&vault).is_empty());
    }
}

#[tokio::test]
async fn a_flip_is_caught_at_a_sync_and_the_earlier_offset_holds() {
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
    let bytes = footage(2 * MIB, 17);
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    let id = receiving.id();
    receiving.write(&bytes[..MIB]).await.unwrap();
    receiving.sync().await.unwrap();
    faults.flip_bit(MIB as u64 + 99);
    receiving.write(&bytes[MIB..]).await.unwrap();
    assert!(matches!(
        receiving.sync().await,
        Err(VaultError::ReadBackDiffers { .. })
    ));
    assert!(matches!(
        receiving.sync().await,
        Err(VaultError::Broken { .. })
    ));
    drop(receiving);

    let mut receiving = vault.resume(id).await.unwrap();
    assert_eq!(receiving.offset(), MIB as u64);
    receiving.write(&bytes[MIB..]).await.unwrap();
    let sealed = receiving.seal().await.unwrap();
    let fixity = vault
        .fixity(&sealed.sha256, Some(&sealed.sm3))
        .await
        .unwrap();
    assert_eq!(fixity, Fixity::Intact);
}

#[tokio::test]
async fn an_upload_under_way_stops_when_another_one_meets_a_failing_disk() {
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
    let mut under_way = vault.receive(Class::Original, None).await.unwrap();
    under_way.write(b"abc").await.unwrap();
    faults.fail_after(Step::Sync);
    assert!(vault.store(Class::Original, b"other").await.is_err());
    assert!(matches!(
        under_way.seal().await,
        Err(VaultError::Degraded { since: Step::Sync })
    ));
    assert!(kept(&vault).is_empty());
}
