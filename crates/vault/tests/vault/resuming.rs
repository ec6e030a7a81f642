//! Uploads that break off and go on, in the same process and after a restart.

use std::fs;

use vault::{Class, Fixity, ReceivingId, Vault, VaultError};

use crate::{
    MIB, SEGMENT_BYTES, empty_vault, footage, kept, openssl_sm3, place, settings, sha256sum,
};

#[tokio::test]
async fn an_upload_broken_off_many_times_has_the_digests_of_the_whole() {
    let (root, vault) = empty_vault();
    let bytes = footage(SEGMENT_BYTES + 3 * MIB + 321, 77);
    let declared = Some(bytes.len() as u64);
    let mut receiving = vault.receive(Class::Original, declared).await.unwrap();
    let id = receiving.id();
    assert_eq!(receiving.sync().await.unwrap(), 0);
    drop(receiving);

    let synced_at = [1, 63, 64, 65, MIB, 2 * MIB + 17, SEGMENT_BYTES + 1];
    for to in synced_at {
        // A restart: nothing of the old vault is left in memory.
        let vault = Vault::open(root.path(), settings()).unwrap();
        let mut receiving = vault.resume(id).await.unwrap();
        assert_eq!(
            (receiving.class(), receiving.declared_bytes()),
            (Class::Original, declared)
        );
        let from = receiving.offset() as usize;
        receiving.write(&bytes[from..to]).await.unwrap();
        assert_eq!(receiving.sync().await.unwrap(), to as u64);
        // These come after the last sync and must not count.
        receiving.write(&bytes[to..to + 1000]).await.unwrap();
        drop(receiving);
        assert!(kept(&vault).is_empty());
    }
    let mut receiving = vault.resume(id).await.unwrap();
    assert_eq!(receiving.offset(), SEGMENT_BYTES as u64 + 1);
    receiving.write(&bytes[SEGMENT_BYTES + 1..]).await.unwrap();
    let sealed = receiving.seal().await.unwrap();

    let outside = tempfile::tempdir().unwrap();
    let original = outside.path().join("original");
    fs::write(&original, &bytes).unwrap();
    assert_eq!(sealed.sha256.to_string(), sha256sum(&original));
    assert_eq!(sealed.sm3.to_string(), openssl_sm3(&original));
    assert_eq!(
        sha256sum(&place(root.path(), "originals", &sealed.sha256)),
        sealed.sha256.to_string()
    );
    assert_eq!(
        vault
            .fixity(&sealed.sha256, Some(&sealed.sm3))
            .await
            .unwrap(),
        Fixity::Intact
    );
}

#[tokio::test]
async fn what_lies_behind_the_synced_offset_is_cut_off() {
    let (root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(b"ab").await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id();
    drop(receiving);
    // As a crash leaves it: bytes that were written and never acknowledged.
    let file = root.path().join("receiving").join(id.to_string());
    fs::write(&file, b"abXXXXXXXX").unwrap();
    let mut receiving = vault.resume(id).await.unwrap();
    receiving.write(b"c").await.unwrap();
    let sealed = receiving.seal().await.unwrap();
    // FIPS 180-4, example "abc".
    assert_eq!(&sealed.sha256.to_string()[..8], "ba7816bf");
    assert_eq!(sealed.len_bytes, 3);
    assert_eq!(
        fs::read(place(root.path(), "originals", &sealed.sha256)).unwrap(),
        b"abc"
    );
}

#[tokio::test]
async fn bytes_added_behind_a_receiving_s_back_are_caught_before_sealing() {
    let (root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(b"abc").await.unwrap();
    receiving.sync().await.unwrap();
    let file = root
        .path()
        .join("receiving")
        .join(receiving.id().to_string());
    fs::write(&file, b"abc and more").unwrap();
    let caught = receiving.seal().await;
    assert!(
        matches!(caught, Err(VaultError::ReadBackDiffers { .. })),
        "{caught:?}"
    );
    assert!(kept(&vault).is_empty());
}

#[tokio::test]
async fn only_one_caller_holds_a_receiving() {
    let (_root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id();
    assert!(matches!(
        vault.resume(id).await,
        Err(VaultError::Busy { .. })
    ));
    assert!(matches!(
        vault.discard(id).await,
        Err(VaultError::Busy { .. })
    ));
    assert!(vault.abandoned().unwrap().is_empty());
    drop(receiving);
    assert_eq!(vault.abandoned().unwrap()[0].id, id);
    assert_eq!(vault.resume(id).await.unwrap().offset(), 0);
}

#[tokio::test]
async fn discarded_and_sealed_receivings_leave_nothing() {
    let (root, vault) = empty_vault();
    let left = || fs::read_dir(root.path().join("receiving")).unwrap().count();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(&footage(2 * MIB, 8)).await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id();
    receiving.discard().await.unwrap();
    assert_eq!(left(), 0);
    assert!(matches!(
        vault.resume(id).await,
        Err(VaultError::NotResumable { .. })
    ));

    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(b"abc").await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id();
    receiving.seal().await.unwrap();
    assert_eq!(left(), 0);
    assert!(matches!(
        vault.resume(id).await,
        Err(VaultError::NotResumable { .. })
    ));

    let dropped = vault.receive(Class::Original, None).await.unwrap();
    let id = dropped.id();
    drop(dropped);
    // Never synced: it may be swept, and cannot be resumed.
    assert!(matches!(
        vault.resume(id).await,
        Err(VaultError::NotResumable { .. })
    ));
    vault.discard(id).await.unwrap();
    assert_eq!(left(), 0);
    vault.discard(id).await.unwrap();
}

#[tokio::test]
async fn abandoned_receivings_tell_their_length() {
    let (_root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    receiving.write(&footage(1234, 1)).await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id();
    drop(receiving);
    let abandoned = vault.abandoned().unwrap();
    assert_eq!(abandoned.len(), 1);
    assert_eq!((abandoned[0].id, abandoned[0].len_bytes), (id, 1234));
}

#[tokio::test]
async fn a_damaged_state_or_file_is_refused() {
    let (root, vault) = empty_vault();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let mut receiving = vault.receive(Class::Original, None).await.unwrap();
        receiving.write(&footage(5000, 6)).await.unwrap();
        receiving.sync().await.unwrap();
        ids.push(receiving.id());
    }
    let receiving = |name: String| root.path().join("receiving").join(name);
    let state = receiving(format!("{}.state", ids[0]));
    let text = fs::read_to_string(&state).unwrap();
    // One digit of the running SHA-256.
    let at = text.find("\"sha256_state\":\"").unwrap() + 20;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    fs::write(&state, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(receiving(ids[1].to_string()))
        .unwrap()
        .set_len(4999)
        .unwrap();
    for id in ids {
        let resumed = vault.resume(id).await.map(|_| ());
        assert!(
            matches!(resumed, Err(VaultError::NotResumable { .. })),
            "{resumed:?}"
        );
    }
}

#[tokio::test]
async fn more_or_fewer_bytes_than_declared_are_refused() {
    let (_root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, Some(3)).await.unwrap();
    let surplus = receiving.write(b"abcd").await;
    assert!(matches!(
        surplus,
        Err(VaultError::TooLong {
            declared_bytes: 3,
            ..
        })
    ));
    // Refused whole: the right bytes may still come.
    receiving.write(b"ab").await.unwrap();
    let short = receiving.seal().await;
    assert!(matches!(
        short,
        Err(VaultError::TooShort {
            declared_bytes: 3,
            received_bytes: 2,
            ..
        })
    ));
    assert!(kept(&vault).is_empty());
}

#[tokio::test]
async fn a_cancelled_write_takes_the_receiving_out_of_use() {
    let (_root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Original, None).await.unwrap();
    let bytes = footage(64 * MIB, 2);
    {
        // Far more than the queues hold, so the first poll cannot finish.
        let mut writing = std::pin::pin!(receiving.write(&bytes));
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        assert!(std::future::Future::poll(writing.as_mut(), &mut context).is_pending());
    }
    assert!(matches!(
        receiving.write(b"x").await,
        Err(VaultError::Broken { .. })
    ));
    assert!(matches!(
        receiving.seal().await,
        Err(VaultError::Broken { .. })
    ));
    assert!(kept(&vault).is_empty());
}

#[tokio::test]
async fn an_unknown_id_is_not_resumable() {
    let (_root, vault) = empty_vault();
    let id: ReceivingId = "00112233445566778899aabbccddeeff".parse().unwrap();
    assert!(matches!(
        vault.resume(id).await,
        Err(VaultError::NotResumable { .. })
    ));
}
