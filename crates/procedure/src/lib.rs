//! The law as a pure function: rulebook, events, the fold of a case, what an act
//! lacks, what is owed and by when. No clock, disk, network or database.

pub mod acts;
pub mod calendar;
pub mod case;
pub mod causes;
pub mod checks;
pub mod deadline;
pub mod decide;
pub mod duties;
pub mod event;
pub mod facts;
pub mod identifiers;
pub mod ids;
pub mod money;
pub mod papers;
pub mod people;
pub mod rulebook;

pub use case::Case;
pub use decide::Refusal;
pub use event::{Event, Recorded};
pub use rulebook::Rulebook;
