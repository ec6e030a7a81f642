//! The second face: the same acts over HTTP, and what an operator asks.

mod act_shapes;
mod acts;
mod caller;
mod openapi;
mod operator;
mod problem;
mod reads;
mod shape;
mod uploads;

pub use acts::{ActOffered, offered};
pub use caller::ApiCaller;
pub use openapi::document;
pub use problem::ApiProblem;

use crate::router::Routes;
use axum::http::header;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::any;

/// `/api/v1`, its description, and the operator's three.
pub fn routes() -> Routes {
    let mut routes = Routes::new().and(acts::routes()).and(uploads::routes()).and(reads::routes()).and(openapi::routes());
    let unknown = any(|| async { ApiProblem::not_found() });
    routes.router = routes.router.route("/api/{*rest}", unknown).layer(map_response(as_problem));
    routes.and(operator::routes())
}

/// What the router itself says in plain words (no such method, an unreadable path) in the form of
/// all our problems.
async fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let typed = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes() == problem::MEDIA_TYPE.as_bytes());
    if typed || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let mut problem = ApiProblem::of_status(status).into_response();
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}
