//! Whatever goes wrong on a page, as the visitor sees it: one variant per visible outcome, each
//! with what happened in plain words and a way on. The cause of a fault of ours goes to the log
//! under a reference number, never to the page.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::look::{Frame, Link, Stop, page_with};

/// What a handler of a page answers when it cannot answer with its page.
#[derive(Debug)]
pub enum Problem {
    /// Nobody is signed in. A navigation is sent to the sign-in page and back to `next`; any other
    /// request gets 401, upon which the page's script renews in place.
    SignIn {
        next: String,
        navigation: bool,
    },
    /// The permission table says no; `why` names the rule.
    Forbidden {
        why: String,
    },
    /// Not there, or not for this person: both read alike.
    NotFound,
    /// An act made here was refused: all that is missing, with articles and where to mend.
    Refused {
        act: String,
        stop: Stop,
        back: Link,
    },
    /// Two people edited the same thing.
    Conflict(Box<Conflict>),
    TooLarge {
        limit_zh: String,
    },
    /// A body or address that no form of ours sends; wrong fields re-draw their form instead.
    Unreadable {
        what: String,
    },
    /// A fault of ours, already logged under `reference`.
    Internal {
        reference: String,
    },
    /// Nothing can be recorded just now, or too much waits.
    Unavailable {
        why: String,
        retry_after_seconds: u32,
    },
}

/// Both versions of what two people edited.
#[derive(Clone, Debug, Default)]
pub struct Conflict {
    /// "乙 于 11月20日 10:12 保存了这份草稿。"
    pub what: String,
    /// Heading of the other version: "乙 11月20日 10:12".
    pub theirs_by: String,
    pub their_version: String,
    pub fields: Vec<VersionedField>,
    /// Where one goes on from one's own words, on top of the other version (POST of the fields).
    pub resume_action: String,
    pub theirs_href: String,
}

#[derive(Clone, Debug, Default)]
pub struct VersionedField {
    pub name: String,
    pub label: String,
    pub yours: String,
    pub theirs: String,
}

#[derive(Template)]
#[template(path = "errors/problem.html")]
struct ProblemPage {
    frame: Frame,
    title: String,
    status: u16,
    what: String,
    stop: Option<Stop>,
    reference: String,
    links: Vec<Link>,
}

#[derive(Template)]
#[template(path = "errors/conflict.html")]
struct ConflictPage {
    frame: Frame,
    title: &'static str,
    what: String,
    theirs_by: String,
    their_version: String,
    fields: Vec<VersionedField>,
    resume_action: String,
    theirs_href: String,
}

impl Problem {
    /// A fault of ours: logs the chain of causes and keeps only a reference for the page.
    pub fn internal(error: &(dyn Error + 'static)) -> Problem {
        let reference = new_reference();
        let mut causes = Vec::new();
        let mut cause = Some(error);
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        tracing::error!(%reference, causes = causes.join(": "), "page failed");
        Problem::Internal { reference }
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Problem::SignIn {
                navigation: true, ..
            } => StatusCode::SEE_OTHER,
            Problem::SignIn { .. } => StatusCode::UNAUTHORIZED,
            Problem::Forbidden { .. } => StatusCode::FORBIDDEN,
            Problem::NotFound => StatusCode::NOT_FOUND,
            Problem::Refused { .. } | Problem::Conflict(_) => StatusCode::CONFLICT,
            Problem::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Problem::Unreadable { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Problem::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Problem::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The page of this problem inside `frame`; `into_response` uses a bare frame.
    pub fn page(self, frame: Frame) -> Response {
        let status = self.status();
        let workbench = || Link::new("回到工作台", "/");
        let plain = |title: &str, what: String, links: Vec<Link>| ProblemPage {
            frame: frame.clone(),
            title: title.to_owned(),
            status: status.as_u16(),
            what,
            stop: None,
            reference: String::new(),
            links,
        };
        let shown = match self {
            Problem::SignIn { next, navigation } => {
                let address = sign_in_href(&next);
                if navigation {
                    return (status, [(header::LOCATION, address)]).into_response();
                }
                plain(
                    "请先登录",
                    "登录已过期，或者还没有登录。".into(),
                    vec![Link::new("去登录", address)],
                )
            }
            Problem::Forbidden { why } => plain("无权办理", why, vec![workbench()]),
            Problem::NotFound => {
                let what = "没有这一页，或者它不在您可以查看的范围内。";
                plain(
                    "找不到",
                    what.into(),
                    vec![workbench(), Link::new("搜索", "/search")],
                )
            }
            Problem::Refused { act, stop, back } => {
                let what =
                    "这次操作没有生效，已记入您的操作记录。您填写的内容仍在原处。".to_owned();
                let page = plain(&format!("{act} · 未被接受"), what, vec![back]);
                ProblemPage {
                    stop: Some(stop),
                    ..page
                }
            }
            Problem::Conflict(conflict) => {
                let Conflict {
                    what,
                    theirs_by,
                    their_version,
                    fields,
                    resume_action,
                    theirs_href,
                } = *conflict;
                let title = "两人同时修改";
                let page = ConflictPage {
                    frame,
                    title,
                    what,
                    theirs_by,
                    their_version,
                    fields,
                    resume_action,
                    theirs_href,
                };
                return page_with(status, page);
            }
            Problem::TooLarge { limit_zh } => plain(
                "内容过大",
                format!("一次最多 {limit_zh}。较大的文件请从“证据”页上传。"),
                vec![workbench()],
            ),
            Problem::Unreadable { what } => plain("请求无法识别", what, vec![workbench()]),
            Problem::Internal { reference } => {
                let what = "系统出了错，这次操作没有完成。已经确认过的记录不受影响。".to_owned();
                ProblemPage {
                    reference,
                    ..plain("系统错误", what, vec![workbench()])
                }
            }
            Problem::Unavailable {
                why,
                retry_after_seconds,
            } => {
                let mut answer = page_with(status, plain("暂时不能办理", why, vec![workbench()]));
                answer
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
                return answer;
            }
        };
        page_with(status, shown)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.page(Frame::bare())
    }
}

impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Problem {
        Problem::internal(error.as_ref())
    }
}

/// The sign-in page that leads back to `next`, which must be a path of our own: an address of
/// another site would make our sign-in page lead there.
pub fn sign_in_href(next: &str) -> String {
    if !is_own_path(next) || next == "/" {
        return "/sign-in".to_owned();
    }
    let mut address = String::from("/sign-in?next=");
    for byte in next.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                address.push(byte as char)
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// Whether a path given by a request stays on this site: `/…`, but neither `//…` nor `/\…`.
pub fn is_own_path(path: &str) -> bool {
    let mut bytes = path.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && !path
            .chars()
            .any(|character| character.is_control() || character == '\\')
}

/// Eight digits that find the cause in the log and say nothing else.
fn new_reference() -> String {
    let random = RandomState::new().build_hasher().finish();
    format!("{:08x}", random as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn read(response: Response) -> String {
        let body = response
            .into_body()
            .collect()
            .await
            .expect("body")
            .to_bytes();
        String::from_utf8(body.to_vec()).expect("UTF-8")
    }

    #[test]
    fn sign_in_never_leads_to_another_site() {
        for foreign in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\\b",
            "/\t/evil.example",
        ] {
            assert_eq!(sign_in_href(foreign), "/sign-in", "{foreign}");
        }
        assert_eq!(
            sign_in_href("/cases/7?tab=文书"),
            "/sign-in?next=/cases/7%3Ftab%3D%E6%96%87%E4%B9%A6"
        );
    }

    #[test]
    fn a_navigation_is_sent_to_sign_in_and_a_script_gets_401() {
        let page = Problem::SignIn {
            next: "/cases".into(),
            navigation: true,
        }
        .into_response();
        assert_eq!(page.status(), StatusCode::SEE_OTHER);
        assert_eq!(page.headers()[header::LOCATION], "/sign-in?next=/cases");
        let script = Problem::SignIn {
            next: "/cases".into(),
            navigation: false,
        }
        .into_response();
        assert_eq!(script.status(), StatusCode::UNAUTHORIZED);
    }

    #[tokio::test]
    async fn a_fault_shows_a_reference_and_never_its_cause() {
        let answer = Problem::from(anyhow::anyhow!("身份证 410303200801011234").context("render"))
            .into_response();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let html = read(answer).await;
        assert!(html.contains("请把编号"));
        assert!(!html.contains("410303200801011234"));
    }

    #[tokio::test]
    async fn a_conflict_shows_both_versions_and_carries_ones_own_words_on() {
        let field = VersionedField {
            name: "facts".into(),
            label: "违法事实".into(),
            yours: "我写的<事实>".into(),
            theirs: "对方写的事实".into(),
        };
        let conflict = Conflict {
            fields: vec![field],
            their_version: "8".into(),
            ..Conflict::default()
        };
        let answer = Problem::Conflict(Box::new(conflict)).into_response();
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        let html = read(answer).await;
        assert!(html.contains("对方写的事实"));
        assert!(
            !html.contains("我写的<事实>"),
            "what people write is escaped"
        );
        assert!(html.contains("name=\"facts\" value=\"我写的&#60;事实&#62;\""));
    }
}
