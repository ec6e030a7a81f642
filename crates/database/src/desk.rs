//! What working tables answer: drafts that two people save, and counted sign-in failures.

use crate::rows::DraftRow;

/// What became of saving a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum DraftSaved {
    /// It is saved.
    Saved,
    /// Somebody saved it since; nothing was written. Both versions go to the person.
    Conflict {
        /// What is stored; none when the draft was dropped or submitted meanwhile.
        stored: Option<Box<DraftRow>>,
        /// What was to be saved.
        offered: Box<DraftRow>,
    },
}

/// Failures to sign in, counted, and until when no further attempt is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInFailures {
    /// For this account from this address in the last quarter of an hour.
    pub pair_count: u64,
    /// For this account in the last day.
    pub account_count: u64,
    /// From this address in the last hour.
    pub address_count: u64,
    /// Until when attempts are refused unheard.
    pub locked_until_us: Option<i64>,
}

const MINUTE_US: i64 = 60_000_000;

/// Attempts of one address at one account: few, so that the honest user elsewhere is not shut out.
pub(crate) const PAIR: Limit = Limit {
    count: 5,
    window_us: 15 * MINUTE_US,
};
/// Attempts at one account from anywhere.
pub(crate) const ACCOUNT: Limit = Limit {
    count: 100,
    window_us: 24 * 60 * MINUTE_US,
};
/// Attempts of one address at any account.
pub(crate) const ADDRESS: Limit = Limit {
    count: 1_000,
    window_us: 60 * MINUTE_US,
};

/// How many failures lock, counted in which stretch of time.
pub(crate) struct Limit {
    pub count: i64,
    pub window_us: i64,
}

impl Limit {
    /// Until when the lock stands, given the failures in the window and the last of them.
    pub fn locked_until_us(&self, count: i64, last_us: Option<i64>) -> Option<i64> {
        last_us
            .filter(|_| count >= self.count)
            .map(|last_us| last_us + 15 * MINUTE_US)
    }
}
