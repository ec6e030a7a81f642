//! What the keys promise, told as the office would meet it.

mod backup;
mod head;
mod keys;
mod streams;

use seal::KeyStore;
use tempfile::TempDir;

/// A key folder of its own for one test.
fn office() -> (TempDir, KeyStore) {
    let place = tempfile::tempdir().unwrap();
    let keys = KeyStore::open(&place.path().join("keys")).unwrap();
    (place, keys)
}
