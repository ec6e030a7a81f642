//! Accounts: signing in and the password.

pub mod change_password;
pub mod session;
pub mod sign_in;

use crate::router::{Door, Routes};
use axum::routing::{get, post};

pub fn routes() -> Routes {
    Routes::new()
        .put("GET", "/sign-in", Door::Open, get(sign_in::show).post(sign_in::submit))
        .put("POST", "/sign-out", Door::Open, post(session::sign_out))
        .put("GET", "/session", Door::Open, get(session::show))
        .put("POST", "/session/renew", Door::Open, post(session::renew))
        .put("GET", "/account/password", Door::SignedIn, get(change_password::show).post(change_password::submit))
}
