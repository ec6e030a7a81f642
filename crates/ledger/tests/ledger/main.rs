//! The ledger against published vectors and against other implementations.

mod checkpoints;
mod entries;
mod trees;
mod walks;
