//! Counting days: calendars, bounds for years without one, and terms.

mod bounds;
mod calendars;
mod common;
mod counted_days;
mod deadlines;
