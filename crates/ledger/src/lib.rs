//! The ledger, pure: canonical entries, salted disclosures, the Merkle tree
//! and its proofs, signed checkpoints, tile paths, and the walk that verifies
//! a stored ledger from its content.
//!
//! Nothing here knows a clock, a disk, a network, a database or a source of
//! randomness: times, salts and keys are passed in, bytes are handed back.

#![warn(missing_docs)]

pub mod canonical;
pub mod checkpoint;
pub mod digest;
pub mod disclosure;
pub mod entry;
pub mod proof;
pub mod tiles;
pub mod tree;
pub mod verification;
