//! What pages are made of: the frame every page stands in, and the parts (duties, acts, stop
//! boxes, steps, pagers) that `templates/macros.html` draws. All strings are already worded in
//! Chinese; an empty string means "nothing to show". Nothing here decides anything.

pub mod form;
pub mod kinds;
pub mod words;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::errors::Problem;

/// What stands around every page: bar, banners, notes and foot.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// Key of the menu entry of this page, as in [`NAV`].
    pub nav_current: &'static str,
    /// Keys of menu entries this person has no use for.
    pub nav_hidden: Vec<&'static str>,
    /// Nobody on the sign-in page and on errors met before signing in.
    pub person: Option<PersonBadge>,
    /// A demonstration says so on every page.
    pub demonstration: bool,
    /// Head and data share a file system, so one theft takes both (design: the ledger's head).
    pub head_shares_disk: bool,
    /// Whether this person looks after the machine, and so can mend that.
    pub is_system_admin: bool,
    /// Why nothing can be recorded at present; empty when recording works.
    pub read_only: String,
    /// Shown above the page's content, such as a missing calendar or "recorded".
    pub notes: Vec<Note>,
    /// Overdue duties of this person, beside the workbench's menu entry.
    pub late_count: u32,
    pub foot: Foot,
}

impl Frame {
    /// A frame around a page for nobody in particular.
    pub fn bare() -> Frame {
        Frame::default()
    }

    /// The menu as this person has it: entries appear with what they lead to.
    pub fn nav(&self) -> Vec<&'static NavEntry> {
        NAV.iter().filter(|entry| !self.nav_hidden.contains(&entry.key)).collect()
    }

    pub fn has_banners(&self) -> bool {
        self.demonstration || self.head_shares_disk || !self.read_only.is_empty()
    }

    /// What it means that the head lies beside the data, and who can mend it: for its reader.
    pub fn head_words(&self) -> &'static str {
        if self.is_system_admin {
            "核对账本用的“存证首”与数据放在同一块磁盘上：整块磁盘被换成旧副本时，系统自己查不出来。请停机后把存证首文件夹移到另一块磁盘或者另一台机器，用启动参数 --head 指明。"
        } else {
            "核对账本用的“存证首”与数据放在同一块磁盘上：整块磁盘被换成旧副本时，系统自己查不出来。您照常办理，记录不受影响；请转告系统管理员把存证首另放一处。"
        }
    }

    /// The account of the signed-in person, by which the browser tells its drafts apart.
    pub fn account(&self) -> &str {
        self.person
            .as_ref()
            .map_or("", |person| person.account.as_str())
    }
}

/// An entry of the main menu.
#[derive(Debug)]
pub struct NavEntry {
    pub key: &'static str,
    pub label: &'static str,
    pub href: &'static str,
}

/// The main menu; entries appear with the capabilities they show.
pub static NAV: [NavEntry; 7] = [
    NavEntry {
        key: "workbench",
        label: "工作台",
        href: "/",
    },
    NavEntry {
        key: "clues",
        label: "线索",
        href: "/clues",
    },
    NavEntry {
        key: "cases",
        label: "案件",
        href: "/cases",
    },
    NavEntry {
        key: "papers",
        label: "文书",
        href: "/papers",
    },
    NavEntry {
        key: "volumes",
        label: "档案",
        href: "/volumes",
    },
    NavEntry {
        key: "oversight",
        label: "监督",
        href: "/oversight",
    },
    NavEntry {
        key: "registers",
        label: "基础信息",
        href: "/registers",
    },
];

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct PersonBadge {
    pub account: String,
    pub name: String,
    /// The roles in Chinese, joined by 、.
    pub roles_zh: String,
}

/// The ledger's state in the foot of every page.
#[derive(Clone, Debug, Default)]
pub struct Foot {
    /// Number of entries.
    pub size: u64,
    /// The root as first four … last four hex digits; empty before the first entry.
    pub root_short: String,
}

impl Foot {
    pub fn size_zh(&self) -> String {
        words::grouped(self.size)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Link {
    pub label: String,
    pub href: String,
}

impl Link {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Link {
        Link {
            label: label.into(),
            href: href.into(),
        }
    }
}

/// How much a note matters; its words say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Near, or to be known: amber.
    #[default]
    Near,
    /// Late, refused or broken: vermilion.
    Late,
    /// Done as asked: green.
    Done,
    /// Said in passing.
    Plain,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Tone::Near => "",
            Tone::Late => "late",
            Tone::Done => "done",
            Tone::Plain => "plain",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Note {
    pub tone: Tone,
    pub text: String,
    pub link: Option<Link>,
}

impl Note {
    pub fn new(tone: Tone, text: impl Into<String>) -> Note {
        Note {
            tone,
            text: text.into(),
            link: None,
        }
    }

    pub fn link(mut self, label: impl Into<String>, href: impl Into<String>) -> Note {
        self.link = Some(Link::new(label, href));
        self
    }
}

/// A refusal before or after it happens: what cannot be done, all that is missing, where to mend.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// "现在还不能提交法制审核。"
    pub headline: String,
    pub missing: Vec<Missing>,
}

#[derive(Clone, Debug, Default)]
pub struct Missing {
    /// The predicate as a sentence without its full stop: "当事人权利告知尚未送达".
    pub sentence: String,
    /// "本制度第十七条"
    pub article: String,
    /// Where to mend it, such as 去补办.
    pub mend: Option<Link>,
}

/// The states of a duty, as `procedure` computes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DutyState {
    #[default]
    Open,
    Near,
    Overdue,
    Met,
    MetLate,
    Paused,
    Void,
    DateUnknown,
}

impl DutyState {
    pub fn class(self) -> &'static str {
        match self {
            DutyState::Overdue => "late",
            DutyState::Near => "soon",
            state if state.is_done() => "met",
            _ => "",
        }
    }

    /// Nothing is to be done any more.
    pub fn is_done(self) -> bool {
        matches!(self, DutyState::Met | DutyState::MetLate | DutyState::Void)
    }

    /// The class of the date where it stands in a table's cell.
    pub fn text_class(self) -> &'static str {
        match self {
            DutyState::Overdue => "late-text",
            DutyState::Near => "soon-text",
            _ => "",
        }
    }

    /// In a table only what is late stands out.
    pub fn text_weight(self) -> &'static str {
        if self == DutyState::Overdue {
            "strong"
        } else {
            ""
        }
    }
}

/// One duty as a line: what is owed, under which article, by whom, by when and why that day.
#[derive(Clone, Debug, Default)]
pub struct Duty {
    pub state: DutyState,
    /// "补办立案审批"
    pub what: String,
    /// In brackets after it: "先行检查".
    pub detail: String,
    /// Where it is done; without it the line is text.
    pub href: String,
    /// The small line: article, person, case.
    pub about: String,
    /// "还有 4 个工作日", "超期 1 个工作日"
    pub due: String,
    /// "11月26日"
    pub due_small: String,
    /// How the date came about; unfolds under "这一天怎么来的".
    pub derivation: String,
}

/// How many of these duties want nothing any more.
pub fn done_count(duties: &[Duty]) -> usize {
    duties.iter().filter(|duty| duty.state.is_done()).count()
}

/// One act of a timeline.
#[derive(Clone, Debug, Default)]
pub struct Act {
    /// Anchor, such as `e48213` for the entry's sequence.
    pub anchor: String,
    /// "15:42"
    pub time: String,
    /// Machine-readable moment for `<time datetime>`.
    pub datetime: String,
    /// "制作询问笔录"
    pub what: String,
    /// What it made: the paper, the file.
    pub link: Option<Link>,
    /// Plain words after it.
    pub text: String,
    pub chips: Vec<String>,
    /// The second line: who, and the particulars.
    pub more: String,
    /// Recorded later than it happened: "11月19日 10:05 补录"; empty when in time.
    pub late_entry: String,
    /// The flaw it carries, with its article.
    pub flaw: String,
    /// The article in the margin.
    pub gloss: String,
    pub refused: bool,
}

/// The acts of one day, newest first.
#[derive(Clone, Debug, Default)]
pub struct Day {
    /// "11月20日 星期五"
    pub label: String,
    pub acts: Vec<Act>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StepState {
    Done,
    Now,
    #[default]
    Ahead,
    /// Returned for changes (退回).
    Returned,
    Refused,
}

impl StepState {
    pub fn class(self) -> &'static str {
        match self {
            StepState::Done => "done",
            StepState::Now => "now",
            StepState::Ahead => "",
            StepState::Returned => "returned",
            StepState::Refused => "refused",
        }
    }

    /// The state in words, for those who do not see the colour.
    pub fn word(self) -> &'static str {
        match self {
            StepState::Done => "已完成",
            StepState::Now => "正在进行",
            StepState::Ahead => "尚未开始",
            StepState::Returned => "已退回",
            StepState::Refused => "不同意",
        }
    }
}

/// One step of the case's rail.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub label: String,
    pub small: String,
    pub state: StepState,
}

/// One step of an approval.
#[derive(Clone, Debug, Default)]
pub struct ApprovalStep {
    pub state: StepState,
    /// "承办机构负责人"
    pub role: String,
    pub person: String,
    /// "同意立案。" or why it was returned.
    pub opinion: String,
    /// "11月17日 08:40"
    pub when: String,
}

#[derive(Clone, Debug, Default)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub current: bool,
}

/// A labelled fact in the head of a page.
#[derive(Clone, Debug, Default)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Fact {
        Fact {
            label: label.into(),
            value: value.into(),
        }
    }
}

/// Something one can do next: a link styled as a button that says the act.
#[derive(Clone, Debug, Default)]
pub struct NextAct {
    pub label: String,
    pub href: String,
    /// The first thing to do; at most one on a page.
    pub primary: bool,
}

/// A number on top of a page.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    pub label: String,
    pub count: String,
    pub href: String,
    pub late: bool,
}

/// Keyset paging: no page numbers, only the first page and the next.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// "本页 50 件"
    pub shown: String,
    /// Empty on the first page.
    pub first_href: String,
    /// Empty on the last page.
    pub next_href: String,
}

/// What stands where nothing is yet: what will appear, and how.
#[derive(Clone, Debug, Default)]
pub struct Empty {
    pub what: String,
    pub how: String,
    pub link: Option<Link>,
}

/// A recording under a grant, for the macro `player`.
#[derive(Clone, Debug, Default)]
pub struct Player {
    pub video: bool,
    pub src: String,
    /// "第2段 记录仪 0012"
    pub label: String,
    pub marks: Vec<Mark>,
}

/// A place in a recording one can jump to.
#[derive(Clone, Debug, Default)]
pub struct Mark {
    pub label: String,
    /// "123.4"
    pub seconds: String,
}

/// A page as an answer. A template that cannot be rendered is a fault of ours.
pub fn page(template: impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// A page with another status, such as 422 for a form with errors in place.
pub fn page_with(status: StatusCode, template: impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}
