//! Whatever goes wrong, as a program reads it: problem details (RFC 9457) in Chinese, with what is
//! missing for a refused act and what is wrong with each field of an invalid one.

use crate::desk::article_zh;
use crate::errors::Problem;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use casework::{ActError, FieldProblem};
use procedure::event::Missing;
use serde_json::{Map, Value, json};

pub const MEDIA_TYPE: &str = "application/problem+json";
/// Every `type` begins so; none can be fetched.
pub const TYPE: &str = "urn:liuhen:problem:";
/// The last part of every `type` there is.
pub const KINDS: [&str; 14] = [
    "malformed", "unauthorized", "forbidden", "not-found", "method", "conflict", "refused", "too-large", "media-type",
    "invalid", "key-reused", "fault", "unavailable", "no-space",
];

/// A problem on its way to the caller.
#[derive(Debug)]
pub struct ApiProblem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    more: Map<String, Value>,
    authenticate: Option<&'static str>,
    retry_after_seconds: Option<u32>,
}

impl ApiProblem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, title, detail: detail.into(), more: Map::new(), authenticate: None, retry_after_seconds: None }
    }

    /// Nobody is known: no token or session, or one that counts no more.
    pub fn unauthorized(detail: &str, token_given: bool) -> Self {
        let challenge = if token_given { "Bearer realm=\"liuhen\", error=\"invalid_token\"" } else { "Bearer realm=\"liuhen\"" };
        let mut problem = Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "需要身份凭证", detail);
        problem.authenticate = Some(challenge);
        problem
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "请求无法识别", detail)
    }

    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "找不到", "没有这一项，或者它不在您可以查看的范围内。")
    }

    pub fn media_type(wanted: &str) -> Self {
        let detail = format!("请求体的类型（Content-Type）应当是 {wanted}。");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "内容类型不符", detail)
    }

    pub fn too_large(limit_zh: &str) -> Self {
        let detail = format!("请求体一次最多 {limit_zh}。文件请用上传接口。");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "内容过大", detail)
    }

    pub fn no_space() -> Self {
        let detail = "磁盘的可用空间已到保留线，没有收下文件。已保存的内容不受影响。";
        let mut problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "no-space", "空间不足", detail);
        problem.retry_after_seconds = Some(300);
        problem
    }

    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = "有内容需要更正，什么也没有记录。";
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "内容有误", detail);
        problem.more.insert("fields".into(), json!(fields));
        problem
    }

    pub fn field(field: &str, message: &str) -> Self {
        Self::invalid(vec![FieldProblem { field: field.into(), message: message.into() }])
    }

    pub fn fault(error: &(dyn std::error::Error + 'static)) -> Self {
        let reference = match Problem::internal(error) {
            Problem::Internal { reference } => reference,
            _ => String::new(),
        };
        let detail = "系统出了错，这次操作没有完成。已经确认过的记录不受影响。";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", "系统错误", detail);
        problem.more.insert("reference".into(), reference.into());
        problem
    }

    /// What the router answers by itself: no such path, no such method.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(status, "method", "方法不符", "这个地址不接受这种方法。"),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large("2 MiB"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::media_type("application/json"),
            _ => {
                let mut problem = Self::malformed("地址或者参数不是这个接口所要的。");
                problem.status = status;
                problem
            }
        }
    }
}

impl From<ActError> for ApiProblem {
    fn from(error: ActError) -> Self {
        match error {
            ActError::Invalid(fields) => Self::invalid(fields),
            ActError::Refused(refusal) => {
                let detail = "依法现在不能办理，缺少的事项见 missing。这次申请已经记录在案。";
                let mut problem = Self::new(StatusCode::CONFLICT, "refused", "未被接受", detail);
                problem.more.insert("act".into(), refusal.act.into());
                problem.more.insert("missing".into(), refusal.missing.iter().map(missing).collect());
                problem
            }
            ActError::NotAllowed(why) => Self::new(StatusCode::FORBIDDEN, "forbidden", "无权办理", why),
            ActError::NotFound => Self::not_found(),
            ActError::Conflict(what) => Self::new(StatusCode::CONFLICT, "conflict", "与现状冲突", what),
            ActError::KeyReused => {
                let detail = "同一个 Idempotency-Key 用在了不同的请求上，没有办理。";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", "请求编号重复使用", detail)
            }
            ActError::NotWritable(why) => {
                let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "暂时不能办理", why);
                problem.retry_after_seconds = Some(30);
                problem
            }
            ActError::Failure(error) => Self::fault(error.as_ref()),
        }
    }
}

/// One thing an act lacks: the rule, the sentence, the article in words, and the act that mends it.
pub fn missing(lack: &Missing) -> Value {
    json!({ "rule": lack.rule, "sentence": lack.sentence, "article": article_zh(&lack.article), "mend": lack.mend })
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), format!("{TYPE}{}", self.kind).into());
        body.insert("title".into(), self.title.into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.into());
        let mut answer = (self.status, Value::Object(body).to_string()).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(challenge) = self.authenticate {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
