//! The desk behind every page: the office, who stands before it, and the frame around a page.

use crate::errors::Problem;
use crate::look::{Foot, Frame, Link, Missing, Note, PersonBadge, Stop, Tone, words};
use axum::extract::{ConnectInfo, FromRef, FromRequestParts};
use axum::http::{Method, request::Parts};
use axum_extra::extract::CookieJar;
use casework::people::SignedIn;
use casework::permissions::{self, Power};
use casework::{ActError, Caller, Office, OfficeNote};
use procedure::event::Missing as Lack;
use procedure::people::Role;
use procedure::rulebook::split_call;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Shared by all handlers.
#[derive(Clone)]
pub struct Desk {
    pub office: Office,
    pub settings: Arc<DeskSettings>,
}

/// How this server is reached, and what a demonstration shows on its sign-in page.
#[derive(Clone, Debug, Default)]
pub struct DeskSettings {
    /// Cookies are `Secure` and named `__Host-` when pages come over TLS.
    pub secure: bool,
    /// Only this peer's `X-Forwarded-For` is believed.
    pub proxy: Option<IpAddr>,
    /// Role, account, password.
    pub demo_accounts: Vec<(String, String, String)>,
}

impl FromRef<Desk> for Office {
    fn from_ref(desk: &Desk) -> Office {
        desk.office.clone()
    }
}

impl Desk {
    pub fn cookie_name(&self) -> &'static str {
        if self.settings.secure { "__Host-liuhen" } else { "liuhen" }
    }

    /// The frame of a page for a visitor.
    pub async fn frame(&self, visitor: &Visitor, nav_current: &'static str) -> Frame {
        let mut frame = self.bare_frame();
        frame.nav_current = nav_current;
        frame.late_count = self.office.overdue_count(&visitor.caller).await.unwrap_or_default() as u32;
        let person = &visitor.caller.person;
        frame.is_system_admin = person.holds(Role::SystemAdmin);
        for (key, power) in [
            ("clues", Power::SeeClues),
            ("cases", Power::SeeCases),
            ("papers", Power::SeeCases),
            ("volumes", Power::SeeCases),
            ("registers", Power::SeeRegisters),
        ] {
            if permissions::reach(person, power).is_none() {
                frame.nav_hidden.push(key);
            }
        }
        frame.person = Some(PersonBadge {
            account: visitor.account.clone(),
            name: person.name.clone(),
            roles_zh: person.roles.iter().map(|r| r.title()).collect::<Vec<_>>().join("、"),
        });
        frame
    }

    /// The frame of a page for nobody in particular.
    pub fn bare_frame(&self) -> Frame {
        let (size, root) = self.office.head();
        let mut frame = Frame::bare();
        frame.demonstration = self.office.is_demonstration();
        frame.foot = Foot { size, root_short: words::short_hex(&root) };
        for note in self.office.notes() {
            match note {
                OfficeNote::HeadBesideData => frame.head_shares_disk = true,
                OfficeNote::RolledBack(_) => {
                    frame.read_only = "数据库比存证首旧，可能被换成了旧的副本。请立即联系系统管理员。".into();
                }
            }
        }
        frame
    }

    /// What went wrong with an act, as the visitor sees it. Wrong fields are the page's own to show.
    pub fn problem(&self, error: ActError, act: &str, back: Link) -> Problem {
        match error {
            ActError::Invalid(problems) => Problem::Unreadable {
                what: problems.into_iter().map(|p| p.message).collect::<Vec<_>>().join("；"),
            },
            ActError::Refused(refusal) => {
                let base = back.href.clone();
                Problem::Refused { act: act.to_owned(), stop: self.stop(act, &refusal.missing, &base), back }
            }
            ActError::NotAllowed(why) => Problem::Forbidden { why },
            ActError::NotFound => Problem::NotFound,
            ActError::Conflict(what) => Problem::Conflict(Box::new(crate::errors::Conflict {
                what,
                theirs_href: back.href,
                ..Default::default()
            })),
            ActError::KeyReused => Problem::Unreadable { what: "同一个请求编号用在了不同的内容上".into() },
            ActError::NotWritable(why) => Problem::Unavailable { why, retry_after_seconds: 30 },
            ActError::Failure(error) => Problem::internal(error.as_ref()),
        }
    }

    /// The box that says what is missing, with articles and links to where it is mended.
    pub fn stop(&self, act: &str, missing: &[Lack], case_path: &str) -> Stop {
        Stop {
            headline: format!("现在还不能{act}。"),
            missing: missing
                .iter()
                .map(|m| Missing { sentence: m.sentence.clone(), article: article_zh(&m.article), mend: mend(&m.mend, case_path) })
                .collect(),
        }
    }
}

/// Somebody signed in, with a session that is not stale.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub caller: Caller,
    pub account: String,
    pub must_change: bool,
    pub token: String,
}

impl FromRequestParts<Desk> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Problem> {
        let navigation = parts.method == Method::GET && !parts.headers.contains_key("hx-request");
        let next = parts.uri.path_and_query().map(|p| p.as_str().to_owned()).unwrap_or_default();
        let unsigned = || Problem::SignIn { next: next.clone(), navigation };
        let jar = CookieJar::from_headers(&parts.headers);
        let token = jar.get(desk.cookie_name()).map(|c| c.value().to_owned()).ok_or_else(unsigned)?;
        let signed_in = desk.office.session(&token).await.map_err(|e| desk.problem(e, "", Link::default()))?;
        let SignedIn { person, account, must_change, stale } = signed_in.ok_or_else(unsigned)?;
        if stale {
            return Err(unsigned());
        }
        let mut caller = Caller::new(person, station(parts, desk));
        if let Some(key) = parts.headers.get("idempotency-key").and_then(|v| v.to_str().ok()) {
            caller.once = Some((key.to_owned(), String::new()));
        }
        Ok(Visitor { caller, account, must_change, token })
    }
}

/// The machine somebody sits at: the peer, or what the named proxy says of it.
pub fn station(parts: &Parts, desk: &Desk) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let forwarded = || {
        let line = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
        line.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
    };
    let address = if peer.is_some() && peer == desk.settings.proxy { forwarded().or(peer) } else { peer };
    address.map(|a| a.to_string()).unwrap_or_else(|| "unknown".into())
}

/// Whether a request comes from our own script rather than a navigation.
pub fn is_fragment(headers: &axum::http::HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

/// What may stand between the first and the last article of a range.
const RANGE_MARKS: [char; 7] = ['-', '‐', '–', '—', '－', '~', '至'];

/// `本制度12` as `本制度第十二条`, `行政处罚法44, 62` as `行政处罚法第四十四条、第六十二条`,
/// `民事诉讼法87—95` as `民事诉讼法第八十七条至第九十五条`.
pub fn article_zh(article: &str) -> String {
    let one = |law: &str| {
        let law = law.trim();
        let split = law.find(|c: char| c.is_ascii_digit()).unwrap_or(law.len());
        let (name, numbers) = law.split_at(split);
        let numbers: Vec<String> = numbers
            .split([',', '，'])
            .map(str::trim)
            .filter(|n| !n.is_empty())
            .map(|n| {
                let (number, rest) = n.split_at(n.find(|c: char| !c.is_ascii_digit()).unwrap_or(n.len()));
                let range = rest.trim_start().trim_start_matches(RANGE_MARKS);
                if let (Ok(first), Ok(last), true) = (number.parse(), range.trim().parse(), range != rest) {
                    return format!("第{}条至第{}条", number_zh(first), number_zh(last));
                }
                let paragraph = match rest.trim_start_matches(['(', '（']).trim_end_matches([')', '）']) {
                    "" => String::new(),
                    p => match p.parse::<u32>() {
                        Ok(p) => format!("（{}）", number_zh(p)),
                        Err(_) => rest.to_owned(),
                    },
                };
                number.parse().map_or_else(|_| n.to_owned(), |n| format!("第{}条{paragraph}", number_zh(n)))
            })
            .collect();
        format!("{name}{}", numbers.join("、"))
    };
    article.split(';').map(one).collect::<Vec<_>>().join("；")
}

/// Chinese numerals below ten thousand, as articles are cited.
fn number_zh(n: u32) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let (thousands, hundreds, tens, ones) = (n / 1000 % 10, n / 100 % 10, n / 10 % 10, n % 10);
    let mut text = String::new();
    if thousands > 0 {
        text.push_str(DIGITS[thousands as usize]);
        text.push('千');
        if hundreds == 0 && (tens > 0 || ones > 0) {
            text.push('零');
        }
    }
    if hundreds > 0 {
        text.push_str(DIGITS[hundreds as usize]);
        text.push('百');
    }
    match tens {
        0 if hundreds > 0 && ones > 0 => text.push('零'),
        0 => {}
        1 if hundreds == 0 && thousands == 0 => text.push('十'),
        t => {
            text.push_str(DIGITS[t as usize]);
            text.push('十');
        }
    }
    text.push_str(DIGITS[ones as usize]);
    text
}

/// Where something missing is mended: an act's own page in the case, else words.
pub fn mend(mend: &str, case_path: &str) -> Option<Link> {
    let (name, args) = split_call(mend);
    let href = act_path(mend, case_path)?;
    let label = if name == "submit" && !args.is_empty() { "去制作" } else { "去补办" };
    Some(Link::new(label, href))
}

/// The page of an act, `submit(prior-notice)` or `conclude-case`, within a case.
pub fn act_path(act: &str, case_path: &str) -> Option<String> {
    let (name, args) = split_call(act);
    let kind = args.first().copied().unwrap_or_default();
    Some(match name {
        "submit" | "record" => format!("{case_path}/papers/new/{kind}"),
        "serve" | "scan" | "papers" | "issue" | "give-opinion" => format!("{case_path}/papers"),
        "attach-evidence" => format!("{case_path}/evidence/new"),
        "register-clue" => "/clues/new".into(),
        "record-party" | "choose-cause" | "start-before-filing" | "start-visit" | "end-visit" | "assign-handlers"
        | "conclude-case" | "decide-flaw" | "correct" | "inform-impossible" => format!("{case_path}/{name}"),
        "archive-case" => format!("{case_path}/volume"),
        "make-statement" => format!("{case_path}/papers/new/statement-record"),
        "request-grant" => format!("{case_path}/evidence"),
        _ => return None,
    })
}

/// A note at the head of the page after an act was recorded.
pub fn recorded(text: impl Into<String>) -> Note {
    Note::new(Tone::Done, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_are_worded_as_the_office_cites_them() {
        assert_eq!(article_zh("本制度22; 民事诉讼法87—95"), "本制度第二十二条；民事诉讼法第八十七条至第九十五条");
        assert_eq!(article_zh("民事诉讼法87-95, 270"), "民事诉讼法第八十七条至第九十五条、第二百七十条");
        assert_eq!(article_zh("行政处罚法44, 62"), "行政处罚法第四十四条、第六十二条");
        assert_eq!(article_zh("本制度33(2)"), "本制度第三十三条（二）");
        assert_eq!(article_zh("行政强制法10"), "行政强制法第十条");
        assert_eq!(article_zh("民法典1010, 1260, 1007"), "民法典第一千零一十条、第一千二百六十条、第一千零七条");
    }
}
