//! The vocabulary of the tests. `given` states cases in the office's words and asks the rules
//! alone; `source` reads the repository for the tests that hold the house together.

pub mod given;
pub mod happened;
pub mod source;
