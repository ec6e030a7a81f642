//! Every route of the server, with its method: the table of contents, and what the test that
//! visits every route as every role reads.

use crate::desk::Desk;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};

/// Who may come without signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Open,
    SignedIn,
    Token,
}

/// One route: method, path pattern, door.
#[derive(Clone, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub door: Door,
}

/// A router that remembers what was put into it.
#[derive(Default)]
pub struct Routes {
    pub router: Router<Desk>,
    pub list: Vec<Route>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn get<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Desk>,
        T: 'static,
    {
        self.put("GET", path, Door::SignedIn, get(handler))
    }

    pub fn post<H, T>(self, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Desk>,
        T: 'static,
    {
        self.put("POST", path, Door::SignedIn, post(handler))
    }

    /// A route with a door and a method router of its own, such as an upload without a body limit.
    pub fn put(mut self, method: &'static str, path: &'static str, door: Door, route: MethodRouter<Desk>) -> Self {
        self.list.push(Route { method, path, door });
        self.router = self.router.route(path, route);
        self
    }

    pub fn and(mut self, other: Routes) -> Self {
        self.router = self.router.merge(other.router);
        self.list.extend(other.list);
        self
    }
}

/// Forms are small; uploads name a limit of their own.
const FORM_BYTES_MAX: usize = 2 << 20;

/// All routes.
pub fn routes() -> Routes {
    let mut routes = Routes::new().and(crate::pages::routes()).and(crate::api::routes());
    routes.router = routes.router.layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).merge(crate::assets::router());
    routes.router = crate::metrics::measured(routes.router);
    routes
}
