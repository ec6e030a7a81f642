//! The main line of an ordinary penalty in working days, told as far as a case has come.

use super::media;
use super::vocabulary::{Desk, Docket, Exhibit, Matter, Raised, day_zh, later};
use super::working_day;
use crate::acts::register_clue::RegisterClue;
use jiff::civil::{Date, DateTime};
use procedure::event::Outcome;

/// How far a case has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Milestone {
    Accepted,
    /// The filing waits for the head's opinion.
    FilingAwaits,
    Filed,
    Inspected,
    Inquired,
    /// The report waits for the section head.
    ReportAwaits,
    /// The review waits for the head.
    ReviewAwaits,
    /// The prior notice waits for the head.
    NoticeAwaits,
    NoticeServed,
    /// The examination of the statement waits for the section head.
    ExaminationAwaits,
    /// The decision waits for the head's approval.
    DecisionAwaits,
    DecisionIssued,
    Served,
    Concluded,
    Archived,
}

/// Working days from the start to each step.
const FILED: i32 = 1;
const INSPECTED: i32 = 2;
const INQUIRED: i32 = 4;
const REPORTED: i32 = 6;
const REVIEWED: i32 = 7;
const NOTIFIED: i32 = 8;
const NOTICE_SERVED: i32 = 9;
const RECHECKED: i32 = 10;
const STATED: i32 = 11;
const EXAMINED: i32 = 12;
const DECIDED: i32 = 13;
const SERVED: i32 = 14;
const SERVED_LATE: i32 = 24;
const PERFORMED: i32 = 30;
const ARCHIVED: i32 = 36;

impl Milestone {
    /// Working days from the start to what this case has last seen.
    fn days(self) -> i32 {
        match self {
            Self::Accepted => 0,
            Self::FilingAwaits | Self::Filed => FILED,
            Self::Inspected => INSPECTED,
            Self::Inquired => INQUIRED,
            Self::ReportAwaits => REPORTED,
            Self::ReviewAwaits => REVIEWED,
            Self::NoticeAwaits => NOTIFIED,
            Self::NoticeServed => NOTICE_SERVED,
            Self::ExaminationAwaits => EXAMINED,
            Self::DecisionAwaits | Self::DecisionIssued => DECIDED,
            Self::Served => SERVED,
            Self::Concluded => PERFORMED + 1,
            Self::Archived => ARCHIVED,
        }
    }
}

/// One case as it shall be told.
pub(super) struct Story {
    pub matter: Matter,
    pub clue: RegisterClue,
    pub handlers: [&'static str; 2],
    pub until: Milestone,
    /// Working days between its last step and today, at least 1.
    pub since: i32,
    /// The hour its work is done at, so that nobody stands in two places.
    pub hour: i8,
    pub statement: Option<Vec<Raised>>,
    pub order_to_correct: bool,
    pub served_late: bool,
    pub minors: bool,
}

/// The days of one story.
struct Days<'a> {
    desk: &'a Desk,
    start: Date,
    hour: i8,
}

impl Days<'_> {
    fn at(&self, n: i32, minutes: i64) -> DateTime {
        later(working_day(self.desk.office().book(), self.start, n).at(self.hour, 0, 0, 0), minutes)
    }
}

/// Tells a story up to its milestone.
pub(super) async fn tell(desk: &Desk, today: Date, mut story: Story) -> anyhow::Result<()> {
    let late = if story.served_late { SERVED_LATE - SERVED } else { 0 };
    let length = if story.until >= Milestone::Served { story.until.days() + late } else { story.until.days() };
    let start = working_day(desk.office().book(), today, -(length + story.since.max(1)));
    let days = Days { desk, start, hour: story.hour };
    story.clue.received_at = days.at(0, 0);
    let [first, second] = story.handlers;
    let clue = desk.clue(days.at(0, 15), first, story.clue).await?;
    let docket = desk.accepts(days.at(0, 60), first, &clue, &[first, second], with_day(story.matter, days.at(INSPECTED, 0))).await?;
    let until = story.until;
    if until < Milestone::FilingAwaits {
        return Ok(());
    }
    if until == Milestone::FilingAwaits {
        let paper = docket.asks_to_file(days.at(FILED, 0)).await?;
        return docket.opinion(days.at(FILED, 40), &paper, Outcome::Approve, "情况属实，同意，报请审批。").await;
    }
    docket.files(days.at(FILED, 0)).await?;
    if until < Milestone::Inspected {
        return Ok(());
    }
    investigates(&docket, &days, until, story.order_to_correct, story.minors).await?;
    if until < Milestone::ReviewAwaits {
        return Ok(());
    }
    prosecutes(&docket, &days, until, story.statement.as_deref(), story.order_to_correct).await?;
    if until < Milestone::Served {
        return Ok(());
    }
    ends(&docket, &days, until, late).await
}

async fn investigates(docket: &Docket<'_>, days: &Days<'_>, until: Milestone, ordered: bool, minors: bool) -> anyhow::Result<()> {
    let (from, to) = (days.at(INSPECTED, 0), days.at(INSPECTED, 50));
    docket.tells_rights(later(from, 5), later(to, 5)).await?;
    let findings = format!("一、当事人证照悬挂在入口处。二、{}三、监控设备运行正常。", docket.matter.facts.join(""));
    let present = if minors { super::cases::minor_present() } else { serde_json::json!({}) };
    docket.inspects(from, to, &findings, present).await?;
    let place = docket.matter.site.clone();
    for (i, name) in ["现场照片：经营场所入口", "现场照片：检查发现的情况"].iter().enumerate() {
        let taken = later(from, 10 + 10 * i as i64);
        let exhibit = Exhibit {
            kind: "audio-visual".into(),
            name: (*name).into(),
            source: format!("{}由执法人员在{place}拍摄", day_zh(from.date())),
            proves: "检查时现场的情况".into(),
            file_name: format!("照片{}.png", i + 1),
            bytes: media::photograph(&format!("{} {i}", docket.case))?,
            footage: true,
            from: taken,
            to: None,
            extraction: None,
        };
        docket.attaches(later(to, 100), exhibit).await?;
    }
    docket.attaches(later(to, 110), recording(docket, from, "现场检查录音")).await?;
    let licence = Exhibit {
        kind: "documentary".into(),
        name: "营业执照和许可证复印件".into(),
        source: "当事人提供，与原件核对无异".into(),
        proves: "当事人的主体资格".into(),
        file_name: "营业执照.pdf".into(),
        bytes: media::scan(&format!("licence of {}", docket.case), 1),
        footage: false,
        from: later(from, 30),
        to: None,
        extraction: None,
    };
    docket.attaches(later(to, 120), licence).await?;
    if until < Milestone::Inquired {
        return Ok(());
    }
    if ordered {
        let deadline = days.at(RECHECKED - 1, 0).date();
        docket.orders_correction(days.at(INSPECTED + 1, 0), deadline, days.at(RECHECKED, 0).date()).await?;
    }
    docket.inquires(days.at(INQUIRED, 0), days.at(INQUIRED, 45), serde_json::json!({})).await?;
    docket.attaches(days.at(INQUIRED, 130), recording(docket, days.at(INQUIRED, 0), "询问录音")).await?;
    if until < Milestone::ReportAwaits {
        return Ok(());
    }
    docket.lists_evidence(days.at(REPORTED, 0)).await?;
    let course = format!("{}立案；{}现场检查；{}询问。", day_zh(days.at(FILED, 0).date()), day_zh(from.date()), day_zh(days.at(INQUIRED, 0).date()));
    let report = docket.reports(days.at(REPORTED, 30), &course, serde_json::json!({})).await?;
    if until == Milestone::ReportAwaits {
        return Ok(());
    }
    docket.approved(days.at(REPORTED, 60), &report).await
}

async fn prosecutes(docket: &Docket<'_>, days: &Days<'_>, until: Milestone, statement: Option<&[Raised]>, ordered: bool) -> anyhow::Result<()> {
    let review = docket.reviews(days.at(REVIEWED, 0)).await?;
    if until == Milestone::ReviewAwaits {
        return Ok(());
    }
    docket.approved(days.at(REVIEWED, 40), &review).await?;
    let notice = docket.notifies(days.at(NOTIFIED, 0)).await?;
    if until == Milestone::NoticeAwaits {
        return docket.opinion(days.at(NOTIFIED, 40), &notice, Outcome::Approve, "同意发出，报请审批。").await;
    }
    docket.approved(days.at(NOTIFIED, 40), &notice).await?;
    let at = days.at(NOTICE_SERVED, 0);
    docket.serves(at, later(at, 30), &notice, docket.by_hand(&docket.matter.site)).await?;
    if until == Milestone::NoticeServed {
        return Ok(());
    }
    if ordered {
        docket.checks_correction(days.at(RECHECKED, 0), days.at(RECHECKED, 20)).await?;
    }
    let at = days.at(STATED, 0);
    match statement {
        None => {
            docket.waives(at, later(at, 20)).await?;
        }
        Some(raised) => {
            docket.states(at, later(at, 30), "当面陈述申辩", raised, serde_json::json!({})).await?;
            let paper = docket.examines(days.at(EXAMINED, 0), "核对当事人提交的材料，复看现场照片。", raised, "按复核意见处理。").await?;
            if until == Milestone::ExaminationAwaits {
                return Ok(());
            }
            docket.approved(days.at(EXAMINED, 40), &paper).await?;
        }
    }
    let approval = docket.asks_to_decide(days.at(DECIDED, 0)).await?;
    if until <= Milestone::DecisionAwaits {
        return docket.opinion(days.at(DECIDED, 30), &approval, Outcome::Approve, "同意，报请审批。").await;
    }
    docket.approved(days.at(DECIDED, 30), &approval).await?;
    let course = format!("本机关于{}立案，依法进行了检查、询问，告知了拟处的决定和权利。", day_zh(days.at(FILED, 0).date()));
    docket.decides(days.at(DECIDED, 90), &course).await?;
    Ok(())
}

async fn ends(docket: &Docket<'_>, days: &Days<'_>, until: Milestone, late: i32) -> anyhow::Result<()> {
    let decision = docket.last("penalty-decision").await?;
    let at = days.at(SERVED + late, 0);
    docket.serves(at, later(at, 30), &decision, docket.by_hand(&docket.matter.site)).await?;
    if until == Milestone::Served {
        return Ok(());
    }
    let from = days.at(PERFORMED + late, 0);
    docket.checks_performance(from, later(from, 30)).await?;
    docket.closes(days.at(PERFORMED + late + 1, 0)).await?;
    if until == Milestone::Archived {
        docket.archives(days.at(ARCHIVED + late, 0)).await?;
    }
    Ok(())
}

fn recording(docket: &Docket<'_>, from: DateTime, name: &str) -> Exhibit {
    Exhibit {
        kind: "audio-visual".into(),
        name: name.into(),
        source: format!("{}由执法人员录制", day_zh(from.date())),
        proves: "过程完整，程序合法".into(),
        file_name: format!("{name}.wav"),
        bytes: media::sound(&format!("{} {name}", docket.case), 4),
        footage: true,
        from,
        to: Some(later(from, 40)),
        extraction: None,
    }
}

/// Facts say `{day}` where the day of the inspection belongs.
fn with_day(mut matter: Matter, inspected: DateTime) -> Matter {
    let day = day_zh(inspected.date());
    for fact in &mut matter.facts {
        *fact = fact.replace("{day}", &day);
    }
    matter
}
