//! Footage under grants (Art. 26): the player of an opened viewing, its bytes by ranges, the
//! register of viewings, and the grants.

pub mod bytes;
pub mod grants;
pub mod register;
pub mod viewing;

use crate::router::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/viewings", register::show)
        .get("/viewings.csv", register::ask)
        .post("/viewings.csv", register::export)
        .get("/viewings/{viewing}", viewing::show)
        .get("/viewings/{viewing}/bytes", bytes::show)
        .post("/viewings/{viewing}/close", viewing::close)
        .get("/grants", grants::show)
        .post("/grants/rule", grants::sign_rule)
        .post("/grants/{grant}/give", grants::give)
        .post("/grants/{grant}/deny", grants::deny)
        .post("/grants/{grant}/return", grants::give_back)
}
