//! Fault points, so that tests can break every durable step twice: failed and
//! not done, failed but done. Hand a [`Faults::planned`] to
//! [`Settings::faults`](crate::Settings::faults) and keep a clone to plan on;
//! the default has no plan and costs one comparison a step.
//!
//! ```
//! use vault::{Step, testing::Faults};
//!
//! let faults = Faults::planned();
//! faults.fail_after(Step::Rename);
//! let settings = vault::Settings { faults, ..vault::Settings::default() };
//! # let _ = settings;
//! ```

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;

pub use crate::Step;

/// When a planned fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The step is not done, and reports failure.
    Before,
    /// The step is done, and reports failure all the same.
    After,
}

/// What the step reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// EIO: the device failed.
    Io,
    /// ENOSPC: the disk is full.
    NoSpace,
}

/// The faults planned for a vault. Clones share one plan. Each fault strikes once.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    plan: Option<Arc<Mutex<Plan>>>,
}

#[derive(Debug, Default)]
struct Plan {
    failures: Vec<PlannedFailure>,
    flips: Vec<u64>,
}

#[derive(Debug)]
struct PlannedFailure {
    moment: Moment,
    step: Step,
    /// How many times the step still goes well.
    passes: usize,
    failure: Failure,
}

impl Faults {
    /// An empty plan that can be added to, also while the vault is in use.
    pub fn planned() -> Self {
        Self {
            plan: Some(Arc::default()),
        }
    }

    /// The next time, `step` fails with EIO and is not done.
    pub fn fail_before(&self, step: Step) {
        self.fail(Moment::Before, step, 1, Failure::Io);
    }

    /// The next time, `step` is done and fails with EIO.
    pub fn fail_after(&self, step: Step) {
        self.fail(Moment::After, step, 1, Failure::Io);
    }

    /// The `nth` time from now (1 is the next), `step` fails as told.
    pub fn fail(&self, moment: Moment, step: Step, nth: usize, failure: Failure) {
        self.change(|plan| {
            let passes = nth.saturating_sub(1);
            plan.failures.push(PlannedFailure {
                moment,
                step,
                passes,
                failure,
            });
        });
    }

    /// Inverts the lowest bit of the byte at `at_byte` of the next receiving that
    /// reaches so far, after it was hashed and before it is written.
    pub fn flip_bit(&self, at_byte: u64) {
        self.change(|plan| plan.flips.push(at_byte));
    }

    /// Whether everything planned has struck.
    pub fn spent(&self) -> bool {
        let mut spent = true;
        self.change(|plan| spent = plan.failures.is_empty() && plan.flips.is_empty());
        spent
    }

    pub(crate) fn strike(&self, moment: Moment, step: Step) -> io::Result<()> {
        let mut struck = None;
        self.change(|plan| {
            plan.failures.retain_mut(|fault| {
                if fault.moment != moment || fault.step != step {
                    return true;
                }
                if fault.passes > 0 || struck.is_some() {
                    fault.passes = fault.passes.saturating_sub(1);
                    return true;
                }
                struck = Some(fault.failure);
                false
            });
        });
        match struck {
            None => Ok(()),
            Some(Failure::Io) => Err(Errno::IO.into()),
            Some(Failure::NoSpace) => Err(Errno::NOSPC.into()),
        }
    }

    /// The chunk as it reaches the disk when a bit of it is to flip on the way.
    pub(crate) fn flipped(&self, chunk: &[u8], from: u64) -> Option<Vec<u8>> {
        let mut flipped = None;
        self.change(|plan| {
            let to = from + chunk.len() as u64;
            if let Some(found) = plan.flips.iter().position(|at| (from..to).contains(at)) {
                let at = plan.flips.remove(found) - from;
                let mut bytes = chunk.to_vec();
                bytes[at as usize] ^= 1;
                flipped = Some(bytes);
            }
        });
        flipped
    }

    fn change(&self, act: impl FnOnce(&mut Plan)) {
        if let Some(plan) = &self.plan {
            act(&mut plan.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
