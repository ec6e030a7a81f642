//! The database's stories, each told on both engines.

mod backups;
mod crashes;
mod guards;
mod ledger_rows;
mod office;
mod registers;
mod schema;
mod search;
mod settings;
mod writing;
