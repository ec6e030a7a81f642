//! Turns within one process: acts on the same stream or number series decide one after the
//! other, so that guards fail only when another process was faster.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use tokio::sync::{Mutex, MutexGuard};

const STRIPES: usize = 1024;

pub(crate) struct Locks {
    stripes: Vec<Mutex<()>>,
}

impl Locks {
    pub fn new() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::new(())).collect() }
    }

    /// Takes the turns of all keys, in one order for everyone so that nobody waits in a circle.
    pub async fn lock(&self, keys: &[&str]) -> Vec<MutexGuard<'_, ()>> {
        let hasher = BuildHasherDefault::<DefaultHasher>::new();
        let wanted: BTreeSet<usize> = keys.iter().map(|k| (hasher.hash_one(k) % STRIPES as u64) as usize).collect();
        let mut turns = vec![];
        for stripe in wanted {
            turns.push(self.stripes[stripe].lock().await);
        }
        turns
    }
}
