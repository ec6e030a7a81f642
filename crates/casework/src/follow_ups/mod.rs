//! Follow-ups: slow or outside work, each an idempotent job written in the act's transaction.

pub mod drop_upload;
pub mod forget;
pub mod issue;
pub mod runner;
