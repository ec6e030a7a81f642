//! The commands, one file each.

pub mod backup;
pub mod config;
pub mod deadline;
pub mod demo;
pub mod serve;
pub mod user;
pub mod vault;
pub mod verify;
