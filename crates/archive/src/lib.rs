//! The bound volume (卷宗, Art. 27) and the package that leaves the house with it.
//!
//! - [`bind`]: papers and scans become one PDF, its pages numbered as files are numbered.
//! - [`page_ranges`]: the numbers each part will bear, so that the catalogue can be printed
//!   before binding.
//! - [`write_package`], [`write_zip`]: a package whose files `sha256sum -c` checks and whose
//!   entries are proved against the ledger's head.
//! - [`verify_package`]: the same checks, done by us.
//!
//! This crate draws no paper and reads no clock; it knows the ledger only as proofs.

mod bind;
mod date;
mod manifest;
mod merge;
mod outline;
mod package;
mod pdf;
mod stamp;
mod verify;

pub use bind::{Bound, Part, PartSource, VolumeInfo, bind, page_ranges};
pub use date::MadeAt;
pub use manifest::{
    MANIFEST_PATH, Manifest, PackagedEntry, PackagedFile, SHA256_PATH, SM3_PATH, TreeHead,
};
pub use package::{PackageEntry, PackageError, check_path, safe_name, write_package, write_zip};
pub use pdf::{PdfError, pages_count};
pub use verify::{PackageProblem, PackageReport, verify_package};
