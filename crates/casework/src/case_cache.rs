//! Folded cases kept in memory, so that an act or a page does not read and open every entry of a case
//! again. Nothing is decided by it alone: a kept case is used only while the versions of its streams
//! are the latest written, and the guards of the commit state them once more. Entries never
//! change; where a value was sealed later the case is forgotten.

use crate::codec;
use crate::error::ActError;
use crate::office::{Office, Opened};
use procedure::Case;
use procedure::event::Recorded;
use procedure::ids::CaseId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries of all kept cases together; about four kilobytes each with what is folded from them.
const RECORDS_MAX: usize = 16_384;

/// A case as it was folded last.
#[derive(Clone)]
pub(crate) struct Kept {
    pub case: Case,
    pub words: BTreeSet<String>,
}

/// The cases used last.
#[derive(Default)]
pub(crate) struct CaseCache {
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    cases: HashMap<String, (u64, Kept)>,
    /// When each was used, in order: the first is the next to go.
    used: BTreeMap<u64, String>,
    uses: u64,
    records: usize,
}

impl CaseCache {
    /// Takes a case out: whoever acts on it puts it back.
    pub fn take(&self, id: &str) -> Option<Kept> {
        self.shelf().remove(id)
    }

    /// A copy, for whoever only reads.
    pub fn copy(&self, id: &str) -> Option<Kept> {
        let mut shelf = self.shelf();
        let kept = shelf.remove(id)?;
        let copy = kept.clone();
        shelf.put(kept);
        Some(copy)
    }

    /// Puts a case in, and those out that were not used for longest.
    pub fn put(&self, kept: Kept) {
        self.shelf().put(kept);
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // A panic elsewhere leaves at worst a shelf with too much or too little on it.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn remove(&mut self, id: &str) -> Option<Kept> {
        let (used, kept) = self.cases.remove(id)?;
        self.used.remove(&used);
        self.records -= kept.case.records.len();
        Some(kept)
    }

    fn put(&mut self, kept: Kept) {
        let id = kept.case.id.clone();
        drop(self.remove(&id));
        self.uses += 1;
        self.records += kept.case.records.len();
        self.used.insert(self.uses, id.clone());
        self.cases.insert(id, (self.uses, kept));
        while self.records > RECORDS_MAX
            && let Some((_, oldest)) = self.used.first_key_value().map(|(used, id)| (*used, id.clone()))
        {
            drop(self.remove(&oldest));
        }
    }
}

impl Office {
    /// A kept case, where nobody has written to its streams since.
    pub(crate) async fn still_true(&self, kept: Kept) -> Result<Option<Opened>, ActError> {
        let Kept { case, words } = kept;
        for (stream, version) in &case.versions {
            if self.database().latest_version(&stream.0).await? != *version {
                return Ok(None);
            }
        }
        Ok(Some(Opened { case, words, now: self.now(), next_case_number: None }))
    }

    /// The case for an act, taken out of what is kept: [`Office::put_back`] keeps it again.
    pub(crate) async fn take_case(&self, id: &CaseId) -> Result<Opened, ActError> {
        if let Some(kept) = self.inner().cases.take(&id.0)
            && let Some(opened) = self.still_true(kept).await?
        {
            return Ok(opened);
        }
        self.load_case(id).await
    }

    /// Keeps a case as it is now.
    pub(crate) fn put_back(&self, case: Case, words: BTreeSet<String>) {
        self.inner().cases.put(Kept { case, words });
    }

    /// Keeps a case after an act, with what the act recorded.
    pub(crate) fn keep_after(&self, opened: Opened, recorded: Vec<Recorded>) {
        let Opened { case, mut words, .. } = opened;
        // An act may write into other streams too; a case is folded of its own.
        let own: Vec<Recorded> = recorded.into_iter().filter(|r| case.versions.contains_key(&r.stream)).collect();
        words.extend(own.iter().flat_map(|r| codec::protected_words(&r.event, self.book())));
        self.put_back(case.and(own), words);
    }
}

#[cfg(test)]
mod tests;
