//! One module for each article of the bureau's rule that is upheld, `statutes` for the rules of
//! other laws, and the tests that hold rules and tests together. What is not upheld yet stands in
//! `untested.txt` with its reason.

mod article_04_traceable;
mod article_06_main_line;
mod article_08_papers;
mod article_09_recording;
mod article_12_filing;
mod article_13_clues;
mod article_14_officers;
mod article_15_records;
mod article_17_rights;
mod article_20_approval;
mod article_21_decision;
mod article_22_service;
mod article_23_performance;
mod article_27_volume;
mod article_28_retention;
mod article_33_in_force;
mod coverage;
mod facts;
mod statutes;
mod stories;
