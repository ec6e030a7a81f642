//! Whether writes are taken, and the head as last acknowledged: what the writer tells everybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use tokio::sync::watch;

use crate::error::{DatabaseError, Head, RolledBack};

/// Whether the database takes writes, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Serving,
    /// Opened for reading.
    ReadOnly,
    /// Rolled back or rewritten: read-only.
    RolledBack(RolledBack),
    /// Its rows contradict each other: read-only.
    Damaged(Arc<str>),
    /// A durable step failed: read-only until restart.
    Degraded(Arc<str>),
}

impl Standing {
    /// What a write is refused with.
    pub(crate) fn refusal(&self) -> Option<DatabaseError> {
        match self {
            Self::Serving => None,
            Self::ReadOnly => Some(DatabaseError::ReadOnly),
            Self::RolledBack(found) => Some(DatabaseError::RolledBack(*found)),
            Self::Damaged(what) => Some(DatabaseError::Damaged { what: what.clone() }),
            Self::Degraded(reason) => Some(DatabaseError::Degraded {
                reason: reason.clone(),
            }),
        }
    }
}

pub(crate) struct Shared {
    standing: RwLock<Standing>,
    pub head: watch::Sender<Head>,
    /// Versions of the streams this process wrote last. It is the only one that writes, so that
    /// they need not be asked for; an act states them once more as guards.
    versions: Mutex<HashMap<String, u64>>,
}

/// Streams whose versions are remembered, about a hundred bytes each.
const VERSIONS_MAX: usize = 32_768;

impl Shared {
    pub fn new(standing: Standing, head: Head) -> Self {
        Self {
            standing: RwLock::new(standing),
            head: watch::Sender::new(head),
            versions: Mutex::default(),
        }
    }

    /// Remembers versions that are durable now.
    pub fn remember(&self, written: impl IntoIterator<Item = (String, u64)>) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if versions.len() > VERSIONS_MAX {
            versions.clear();
        }
        versions.extend(written);
    }

    /// The version of a stream, where it was written not long ago.
    pub fn remembered(&self, stream: &str) -> Option<u64> {
        let versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.get(stream).copied()
    }

    pub fn standing(&self) -> Standing {
        self.standing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The first reason stands: what follows from it must not hide it.
    pub fn stop(&self, standing: Standing) {
        let mut current = self
            .standing
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if *current == Standing::Serving {
            tracing::error!(?standing, "the database takes no more writes");
            *current = standing;
        }
    }
}
