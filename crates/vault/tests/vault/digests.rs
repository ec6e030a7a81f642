//! What comes out of a sealing is what other tools compute from the same bytes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tokio::io::AsyncReadExt;
use vault::{Class, Fixity, Sha256};

use crate::{MIB, SEGMENT_BYTES, empty_vault, footage, kept, openssl_sm3, place, sha256sum};

#[tokio::test]
async fn digests_agree_with_sha256sum_and_openssl_at_every_edge() {
    let (root, vault) = empty_vault();
    let outside = tempfile::tempdir().unwrap();
    let lengths = [
        0,
        1,
        55,
        64,
        MIB - 1,
        MIB,
        MIB + 1,
        SEGMENT_BYTES - 1,
        SEGMENT_BYTES,
        SEGMENT_BYTES + 1,
        2 * SEGMENT_BYTES + 12_345,
    ];
    for len_bytes in lengths {
        let bytes = footage(len_bytes, 20_261_123);
        let file = outside.path().join("original");
        fs::write(&file, &bytes).unwrap();

        let mut receiving = vault.receive(Class::Original, None).await.unwrap();
        // Pieces that fit neither chunk nor segment.
        for piece in bytes.chunks(700_001) {
            receiving.write(piece).await.unwrap();
        }
        let sealed = receiving.seal().await.unwrap();

        assert_eq!(
            sealed.sha256.to_string(),
            sha256sum(&file),
            "{len_bytes} bytes"
        );
        assert_eq!(
            sealed.sm3.to_string(),
            openssl_sm3(&file),
            "{len_bytes} bytes"
        );
        assert_eq!(sealed.len_bytes, len_bytes as u64);
        assert!(!sealed.already_there);
        let stored = place(root.path(), "originals", &sealed.sha256);
        assert_eq!(fs::read(stored).unwrap(), bytes);
        assert_eq!(vault.len(&sealed.sha256).unwrap(), len_bytes as u64);
    }
    assert_eq!(kept(&vault).len(), lengths.len());
    assert_eq!(
        fs::read_dir(root.path().join("receiving")).unwrap().count(),
        0
    );
}

#[tokio::test]
async fn the_published_vectors_for_abc() {
    // FIPS 180-4, example "abc"; GB/T 32905-2016, appendix A.1.
    let (_root, vault) = empty_vault();
    let sealed = vault.store(Class::Original, b"abc").await.unwrap();
    assert_eq!(
        sealed.sha256.to_string(),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(
        sealed.sm3.to_string(),
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    );
}

#[tokio::test]
async fn sealed_bytes_are_read_only_and_private_on_the_way() {
    let (root, vault) = empty_vault();
    let mut receiving = vault.receive(Class::Protected, Some(3)).await.unwrap();
    receiving.write(b"abc").await.unwrap();
    receiving.sync().await.unwrap();
    let id = receiving.id().to_string();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(&root.path().join("receiving").join(&id)), 0o600);
    assert_eq!(
        mode(&root.path().join("receiving").join(format!("{id}.state"))),
        0o600
    );

    let sealed = receiving.seal().await.unwrap();
    assert_eq!(
        mode(&place(root.path(), "protected", &sealed.sha256)),
        0o400
    );
    assert_eq!(mode(&root.path().join("protected")), 0o700);
}

#[tokio::test]
async fn the_same_bytes_twice_are_kept_once() {
    let (root, vault) = empty_vault();
    let bytes = footage(3 * MIB + 1, 9);
    let first = vault.store(Class::Original, &bytes).await.unwrap();
    let stored = place(root.path(), "originals", &first.sha256);
    let inode = |path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap());
    let before = inode(&stored);

    let second = vault.store(Class::Original, &bytes).await.unwrap();
    assert!(second.already_there);
    assert_eq!(
        (second.sha256, second.sm3, second.len_bytes),
        (first.sha256, first.sm3, first.len_bytes)
    );
    assert_eq!(inode(&stored), before);
    assert_eq!(kept(&vault).len(), 1);
    assert!(vault.abandoned().unwrap().is_empty());
}

#[tokio::test]
async fn any_range_can_be_read() {
    let (_root, vault) = empty_vault();
    let bytes = footage(5 * MIB, 3);
    let sealed = vault.store(Class::Derived, &bytes).await.unwrap();
    for (from, len) in [
        (0, 1),
        (MIB - 1, 2),
        (4 * MIB + 77, 1000),
        (5 * MIB - 3, 100),
        (9 * MIB, 4),
    ] {
        let reader = vault.reader(&sealed.sha256).unwrap();
        assert_eq!(
            (reader.len_bytes(), reader.class()),
            (5 * MIB as u64, Class::Derived)
        );
        let mut range = reader.range(from as u64, len as u64).await.unwrap();
        let mut read = Vec::new();
        range.read_to_end(&mut read).await.unwrap();
        let end = bytes.len().min(from + len);
        assert_eq!(read, bytes.get(from..end).unwrap_or_default());
    }
}

#[tokio::test]
async fn fixity_of_what_nobody_stored_is_missing() {
    let (_root, vault) = empty_vault();
    let unknown = Sha256::from_bytes([9; 32]);
    assert_eq!(vault.fixity(&unknown, None).await.unwrap(), Fixity::Missing);
    assert!(!vault.contains(&unknown).unwrap());
}
