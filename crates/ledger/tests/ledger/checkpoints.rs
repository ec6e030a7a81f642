//! Checkpoints and keys against the published vectors of Go's `sumdb/note`
//! and against a separate implementation of signed notes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use ledger::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, VerifierKey, sign};
use ledger::tree::leaf_hash;
use signed_note::{Note, StandardSigner, StandardVerifier, VerifierList};

// The key pair printed in the documentation of golang.org/x/mod/sumdb/note.
const SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

fn signing_key() -> SigningKey {
    // PRIVATE+KEY+name+id+base64 of the algorithm and the seed.
    let base64 = SIGNER.splitn(5, '+').nth(4).unwrap();
    let bytes = STANDARD.decode(base64).unwrap();
    SigningKey::from_bytes(bytes[1..].try_into().unwrap())
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: "PeterNeumann".into(),
        size: 48_213,
        root: leaf_hash(b"a leaf"),
    }
}

fn signed() -> SignedCheckpoint {
    sign(&checkpoint(), "PeterNeumann", &signing_key()).unwrap()
}

#[test]
fn a_verifier_key_is_the_published_text() {
    let key = VerifierKey::new("PeterNeumann", signing_key().verifying_key()).unwrap();
    assert_eq!(key.to_string(), VERIFIER);
    assert_eq!(hex::encode(key.id()), "c74f20a3");
    assert_eq!(VERIFIER.parse(), Ok(key));
}

#[test]
fn a_mangled_verifier_key_is_refused() {
    for cut in 0..VERIFIER.len() {
        assert!(VERIFIER[..cut].parse::<VerifierKey>().is_err(), "{cut}");
        let mut bytes = VERIFIER.as_bytes().to_vec();
        bytes[cut] += 1;
        assert!(
            String::from_utf8(bytes)
                .unwrap()
                .parse::<VerifierKey>()
                .is_err(),
            "{cut}"
        );
    }
    // Of another algorithm (the same text with 0x02), of another length.
    for text in [
        "PeterNeumann+c74f20a3+AhGLY2gcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(CheckpointError::Key));
    }
}

#[test]
fn a_checkpoint_of_the_go_checksum_database_is_opened() {
    // Signed by sum.golang.org in January 2026; its key is in every Go.
    let note = "go.sum database tree\n49189689\nftjbAOzaupaIvaPo/G+Dk63nxOZ2s1OPOKIaPtXs7S4=\n\n\
        — sum.golang.org Az3grlKZssqRoMNPpZfKt0TphbbcF+pzXqElURJKRNFKfaUAgqeI5k2AORH0QAhg/ebRwyIqD/OqP4oLtLnNumvOBAM=\n";
    let key: VerifierKey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
        .parse()
        .unwrap();
    let read = SignedCheckpoint::parse(note).unwrap();
    let checkpoint = read.verify(&key).unwrap();
    assert_eq!(
        (checkpoint.origin.as_str(), checkpoint.size),
        ("go.sum database tree", 49_189_689)
    );
    assert_eq!(read.to_string(), note);
    let larger = SignedCheckpoint::parse(&note.replace("49189689", "49189690")).unwrap();
    assert_eq!(
        larger.verify(&key),
        Err(CheckpointError::BadSignature("sum.golang.org".into()))
    );
}

#[test]
fn the_other_implementation_opens_our_checkpoint() {
    let text = signed().to_string();
    let note = Note::from_bytes(text.as_bytes()).unwrap();
    let known = VerifierList::new(vec![Box::new(StandardVerifier::new(VERIFIER).unwrap())]);
    let (verified, unverified) = note.verify(&known).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!(
        (read.origin(), read.size(), read.hash().0),
        ("PeterNeumann", 48_213, checkpoint().root)
    );
}

#[test]
fn we_open_a_checkpoint_of_the_other_implementation() {
    let body = tlog_tiles::Checkpoint::new(
        "PeterNeumann",
        48_213,
        tlog_tiles::Hash(checkpoint().root),
        "",
    )
    .unwrap();
    let mut note = Note::new(&body.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&StandardSigner::new(SIGNER).unwrap()])
        .unwrap();
    let text = String::from_utf8(note.to_bytes()).unwrap();
    let read = SignedCheckpoint::parse(&text).unwrap();
    assert_eq!(read.verify(&VERIFIER.parse().unwrap()), Ok(&checkpoint()));
    // Ed25519 is deterministic: both wrote the same bytes.
    assert_eq!(signed().to_string(), text);
}

#[test]
fn every_changed_byte_of_a_checkpoint_is_noticed() {
    let text = signed().to_string();
    let key: VerifierKey = VERIFIER.parse().unwrap();
    for index in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[index] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else {
            continue;
        };
        let read = SignedCheckpoint::parse(&changed);
        assert!(
            read.and_then(|read| read.verify(&key).cloned()).is_err(),
            "{changed}"
        );
    }
}

#[test]
fn signatures_of_others_are_kept_and_prove_nothing_of_ours() {
    let witness = SigningKey::from_bytes(&[7; 32]);
    let witness_key = VerifierKey::new("witness.example", witness.verifying_key()).unwrap();
    let mut both = signed();
    both.add_signature("witness.example", &witness).unwrap();
    let both = SignedCheckpoint::parse(&both.to_string()).unwrap();
    assert!(both.verify(&witness_key).is_ok() && both.verify(&VERIFIER.parse().unwrap()).is_ok());
    assert_eq!(
        signed().verify(&witness_key),
        Err(CheckpointError::Unsigned("witness.example".into()))
    );
    // The same name, another key.
    let impostor = VerifierKey::new("PeterNeumann", witness.verifying_key()).unwrap();
    assert_eq!(
        signed().verify(&impostor),
        Err(CheckpointError::Unsigned("PeterNeumann".into()))
    );
}

#[test]
fn a_malformed_note_is_refused() {
    let text = signed().to_string();
    let (body, signature) = text.split_once("\n\n").unwrap();
    let root = body.lines().last().unwrap();
    for wrong in [
        String::new(),
        body.to_owned(),
        format!("{body}\n\n"),
        format!("{body}\n{signature}"),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        text.replace("— ", "- "),
        text.replace('\n', "\r\n"),
        format!("\n48213\n{root}\n\n{signature}"),
        format!("PeterNeumann\n048213\n{root}\n\n{signature}"),
        format!("PeterNeumann\n-1\n{root}\n\n{signature}"),
        format!("PeterNeumann\n48213\n{}\n\n{signature}", &root[4..]),
        format!("PeterNeumann\n48213\n\n{signature}"),
        format!("{body}\n\n— Peter+Neumann AAAAAAA=\n"),
        format!("{body}\n\n— PeterNeumann AAAAAA==\n"),
    ] {
        assert!(SignedCheckpoint::parse(&wrong).is_err(), "{wrong:?}");
    }
    assert!(SignedCheckpoint::parse(&format!("{body}\nan extension\n\n{signature}")).is_ok());
    for name in ["", "two words", "plus+plus", "line\nend"] {
        assert!(
            matches!(
                sign(&checkpoint(), name, &signing_key()),
                Err(CheckpointError::Name(_))
            ),
            "{name:?}"
        );
        let nameless = Checkpoint {
            origin: "two\nlines".into(),
            ..checkpoint()
        };
        assert!(matches!(
            sign(&nameless, "PeterNeumann", &signing_key()),
            Err(CheckpointError::Origin(_))
        ));
    }
}
