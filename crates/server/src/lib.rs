//! The web pages and the HTTP API. Pages are plain HTML first; what a browser adds on top is in
//! `assets/`, how pages look in `templates/` and `look`.

pub mod api;
pub mod assets;
pub mod desk;
pub mod errors;
pub mod headers;
pub mod look;
pub mod metrics;
pub mod pages;
pub mod router;
pub mod serve;
