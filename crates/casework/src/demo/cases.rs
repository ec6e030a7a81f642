//! The fictitious cases: a dozen and more, at every stage, each dated back from today.

use super::bureau::{password_of, told};
use super::main_line::{self, Milestone, Story};
use super::vocabulary::{Desk, Exhibit, Matter, Measure, Raised, day_zh, later};
use super::{media, working_day};
use crate::acts::give_delegation::{GiveDelegation, give_delegation};
use crate::acts::inform_impossible::{InformImpossible, inform_impossible};
use crate::acts::register_clue::RegisterClue;
use crate::acts::sign_standing_rule::{SignStandingRule, sign_standing_rule};
use crate::acts::start_before_filing::{StartBeforeFiling, start_before_filing};
use crate::office::Office;
use futures_util::future::BoxFuture;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, time};
use procedure::event::{ClueSource, Informant, Party, PartyKind};
use procedure::people::Role;
use serde_json::{Value, json};

const FIRST: [&str; 2] = ["zhaojianguo", "qianxiaomei"];
const SECOND: [&str; 2] = ["likun", "qianxiaomei"];
const THIRD: [&str; 2] = ["zhengwenbo", "wangxue"];
/// One of them holds a certificate that has expired.
const EXPIRED: [&str; 2] = ["zhengwenbo", "chuyan"];

/// Tells all cases together, in the order of time.
pub(super) async fn tell(office: &Office, today: Date) -> anyhow::Result<()> {
    let desk = Desk::new(office.clone());
    let archivist = desk.caller("heping").await?;
    let rule = SignStandingRule {
        text: "立案至归档期间，本案承办人、承办机构负责人、法制审核人员和行政机关负责人可以调阅本案音像记录。".into(),
        password: password_of("heping"),
    };
    sign_standing_rule(office, &archivist, rule).await.map_err(|e| told("standing rule", &e))?;
    let mut all: Vec<BoxFuture<'_, anyhow::Result<()>>> = vec![];
    for story in stories() {
        all.push(Box::pin(main_line::tell(&desk, today, story)));
    }
    all.push(Box::pin(only_registered(&desk, today)));
    all.push(Box::pin(declined(&desk, today, true)));
    all.push(Box::pin(declined(&desk, today, false)));
    all.push(Box::pin(started_early(&desk, today, 1, "likun", 20)));
    all.push(Box::pin(started_early(&desk, today, 6, "zhengwenbo", 21)));
    all.push(Box::pin(irregular(&desk, today)));
    all.push(Box::pin(delegates(&desk, today)));
    desk.together(all).await?;
    Ok(())
}

fn stories() -> Vec<Story> {
    use Milestone as M;
    let story = |matter: fn() -> Matter, source: ClueSource, handlers, until, since, hour| Story {
        clue: clue(&matter(), source),
        matter: matter(),
        handlers,
        until,
        since,
        hour,
        statement: None,
        order_to_correct: false,
        served_late: false,
        minors: false,
    };
    let points = vec![
        Raised {
            kind: "事实".into(),
            text: "当晚是新员工值班，没有故意放行。".into(),
            adopted: "不采纳".into(),
            reason: "查验证件是经营者的法定义务，与值班人员无关。".into(),
        },
        Raised {
            kind: "理由".into(),
            text: "已经完成整改，请求从轻处理。".into(),
            adopted: "采纳".into(),
            reason: "经核实整改属实，在幅度内从轻。".into(),
        },
    ];
    vec![
        story(book_shop, ClueSource::Assigned, THIRD, M::Accepted, 1, 10),
        story(performance, ClueSource::Other, THIRD, M::FilingAwaits, 1, 14),
        story(overcrowded, ClueSource::Inspection, FIRST, M::Filed, 2, 15),
        Story { minors: true, ..story(internet_cafe, ClueSource::Complaint, FIRST, M::Inquired, 1, 16) },
        story(low_price, ClueSource::Complaint, THIRD, M::ReportAwaits, 1, 9),
        story(game_hall, ClueSource::Inspection, SECOND, M::ReviewAwaits, 1, 10),
        story(itinerary, ClueSource::Transferred, THIRD, M::NoticeAwaits, 1, 15),
        Story { order_to_correct: true, ..story(registration, ClueSource::Inspection, FIRST, M::NoticeServed, 2, 9) },
        Story { statement: Some(points.clone()), ..story(karaoke, ClueSource::Transferred, SECOND, M::ExaminationAwaits, 1, 14) },
        story(no_contract, ClueSource::Complaint, THIRD, M::DecisionAwaits, 1, 10),
        story(hours, ClueSource::Inspection, FIRST, M::DecisionIssued, 3, 10),
        Story { served_late: true, ..story(guide, ClueSource::Complaint, THIRD, M::Served, 2, 16) },
        Story { order_to_correct: true, ..story(second_cafe, ClueSource::Inspection, SECOND, M::Concluded, 19, 15) },
        Story {
            statement: Some(points),
            order_to_correct: true,
            minors: true,
            ..story(second_karaoke, ClueSource::Complaint, FIRST, M::Archived, 12, 14)
        },
    ]
}

fn clue(matter: &Matter, source: ClueSource) -> RegisterClue {
    let complaint = source == ClueSource::Complaint;
    RegisterClue {
        source,
        channel: match source {
            ClueSource::Inspection => "现场检查",
            ClueSource::Complaint => "电话",
            ClueSource::Other => "信息网络",
            _ => "公函",
        }
        .into(),
        received_at: DateTime::ZERO,
        category: matter.category.clone(),
        target: matter.party.name.clone(),
        content: format!("反映{}涉嫌违法经营，请求核查。", matter.party.name),
        informant: complaint.then(|| Informant { name: "郑某某（演示）".into(), contact: "027-80000003".into(), reachable: true }),
        transferring_body: (source == ClueSource::Transferred).then(|| "某某区公安分局（演示）".into()),
        reply_wanted: complaint,
    }
}

fn on(desk: &Desk, today: Date, days: i32, at: Time) -> DateTime {
    working_day(desk.office().book(), today, -days).to_datetime(at)
}

/// Two clues of yesterday and the day before, not yet accepted; one is anonymous.
async fn only_registered(desk: &Desk, today: Date) -> anyhow::Result<()> {
    let matter = second_cafe();
    let mut first = clue(&matter, ClueSource::Complaint);
    first.received_at = on(desk, today, 2, time(16, 40, 0, 0));
    first.informant = Some(Informant { name: "匿名".into(), contact: "/".into(), reachable: false });
    first.reply_wanted = false;
    desk.clue(later(first.received_at, 20), "qianxiaomei", first).await?;
    let mut second = clue(&performance(), ClueSource::Transferred);
    second.received_at = on(desk, today, 1, time(11, 10, 0, 0));
    desk.clue(later(second.received_at, 20), "wangxue", second).await?;
    Ok(())
}

/// 不予立案: the informant is told, or cannot be reached, which is noted.
async fn declined(desk: &Desk, today: Date, reachable: bool) -> anyhow::Result<()> {
    let matter = if reachable { game_hall() } else { book_shop() };
    let handlers = if reachable { SECOND } else { THIRD };
    let days = if reachable { 9 } else { 14 };
    let mut what = clue(&matter, ClueSource::Complaint);
    what.received_at = on(desk, today, days, time(9, 20, 0, 0));
    let (name, contact) = if reachable { ("孔某某（演示）", "027-80000031") } else { ("匿名来电人", "未留联系方式") };
    what.informant = Some(Informant { name: name.into(), contact: contact.into(), reachable });
    let clue = desk.clue(later(what.received_at, 30), handlers[0], what).await?;
    let docket = desk.accepts(on(desk, today, days, time(11, 5, 0, 0)), handlers[0], &clue, &handlers, matter).await?;
    let mut row = json!({ "role": "举报人", "name": name, "reachable": reachable, "way": "书面告知" });
    if !reachable {
        row["way"] = "/".into();
        row["reason_not"] = "来电没有留下姓名和联系方式。".into();
    }
    let verification = format!("{}到场检查并调取监控录像，所反映的时段没有发现违法行为。", day_zh(on(desk, today, days - 1, Time::midnight()).date()));
    docket
        .declines(on(desk, today, days - 2, time(9, 45, 0, 0)), "监控录像与现场情况均不能证明所反映的行为存在。", &verification, json!([row]))
        .await?;
    let label = docket.file().await?.to_inform.first().map(|i| i.label.clone()).unwrap_or_default();
    if reachable {
        let recipient = json!({ "role": "举报人", "name": name });
        docket.informs(on(desk, today, days - 3, time(9, 50, 0, 0)), recipient, &label).await?;
    } else {
        desk.reach(on(desk, today, days - 3, time(10, 15, 0, 0))).await;
        let what = InformImpossible {
            case: docket.case.clone(),
            whom: label,
            reason: "匿名来电，没有留下姓名和联系方式，无法告知。".into(),
            at: None,
        };
        inform_impossible(desk.office(), &docket.writer().await?, what).await.map_err(|e| told("informing", &e))?;
    }
    Ok(())
}

/// 先行启动: the late approval is owed in two working days, or overdue.
async fn started_early(desk: &Desk, today: Date, days: i32, first: &'static str, hour: i8) -> anyhow::Result<()> {
    let matter = if first == "likun" { second_karaoke() } else { performance() };
    let second = if first == "likun" { "qianxiaomei" } else { "wangxue" };
    let mut what = clue(&matter, ClueSource::Inspection);
    let start = on(desk, today, days, time(hour, 0, 0, 0));
    what.received_at = start;
    let clue = desk.clue(later(start, 10), first, what).await?;
    let docket = desk.accepts(later(start, 15), first, &clue, &[first, second], matter).await?;
    desk.reach(later(start, 20)).await;
    let what = StartBeforeFiling {
        case: docket.case.clone(),
        reason: "夜间检查当场发现，监控录像存在被覆盖的可能，先行调查取证。".into(),
        allowed_by: "周明远".into(),
        allowed_at: later(start, 5),
        at: Some(later(start, 20)),
    };
    start_before_filing(desk.office(), &docket.writer().await?, what).await.map_err(|e| told("early start", &e))?;
    let findings = "一、场所正在营业。二、现场发现涉嫌违法的情况，已经拍照。三、监控主机运行正常。";
    docket.inspects(later(start, 30), later(start, 75), findings, json!({})).await?;
    let photo = Exhibit {
        kind: "audio-visual".into(),
        name: "现场照片：检查发现的情况".into(),
        source: format!("{}由执法人员在现场拍摄", day_zh(start.date())),
        proves: "检查时现场的情况".into(),
        file_name: "照片1.png".into(),
        bytes: media::photograph(&docket.case.0)?,
        footage: true,
        from: later(start, 50),
        to: None,
        extraction: None,
    };
    docket.attaches(later(start, 150), photo).await?;
    Ok(())
}

/// Recorded as it was: an inspection by one officer, an inquiry with an expired certificate.
async fn irregular(desk: &Desk, today: Date) -> anyhow::Result<()> {
    let matter = Matter { facts: vec!["检查时场内消费者超过核定人数。".into()], ..overcrowded() };
    let mut what = clue(&matter, ClueSource::Inspection);
    let at = |days, hour| on(desk, today, days, time(hour, 0, 0, 0));
    what.received_at = at(12, 11);
    let clue = desk.clue(later(at(12, 11), 20), EXPIRED[0], what).await?;
    let docket = desk.accepts(later(at(12, 11), 40), EXPIRED[0], &clue, &EXPIRED, matter).await?;
    docket.files(later(at(11, 11), 10)).await?;
    let alone: Vec<Value> = docket
        .file()
        .await?
        .handlers
        .iter()
        .take(1)
        .map(|o| json!({ "name": o.name, "certificate": o.certificate }))
        .collect();
    docket
        .inspects(at(9, 11), later(at(9, 11), 40), "场内人数经清点超过核定人数。另一名执法人员在场外维持秩序。", json!({ "officers": alone }))
        .await?;
    docket.tells_rights(later(at(9, 11), 5), later(at(9, 11), 160)).await?;
    docket.inquires(at(5, 11), later(at(5, 11), 40), json!({})).await?;
    Ok(())
}

/// The head is away for some days; the deputy approves in his place.
async fn delegates(desk: &Desk, today: Date) -> anyhow::Result<()> {
    let at = on(desk, today, 1, time(17, 20, 0, 0));
    desk.reach(at).await;
    let what = GiveDelegation {
        to: desk.person("tangyi").await?,
        role: Role::AgencyHead,
        starts: at,
        ends: today.saturating_add(7.days()).at(0, 0, 0, 0),
    };
    give_delegation(desk.office(), &desk.caller("zhoumingyuan").await?, what).await.map_err(|e| told("delegation", &e))?;
    Ok(())
}

/// A minor met on the scene: sealed, and named nowhere else.
pub(super) fn minor_present() -> Value {
    json!({ "minors": [{
        "name": "甲某（演示）", "birth": "2012-03-05", "id_number": "420112201203059994",
        "checked_by": "电话联系监护人并核对户籍信息", "guardian_phone": "027-80000088",
    }] })
}

fn organisation(name: &str, id_number: &str, head: &str, address: &str, phone: &str) -> Party {
    let kind = if id_number.starts_with("92") { PartyKind::IndividualBusiness } else { PartyKind::Organisation };
    Party {
        id: String::new(),
        kind,
        name: name.into(),
        id_number: id_number.into(),
        legal_representative: head.into(),
        address: address.into(),
        phone: phone.into(),
        minor: false,
    }
}

/// A matter with what most of them have in common.
fn matter(cause: &str, category: &str, party: Party, facts: &[&str], fine_fen: Option<i64>) -> Matter {
    let mut measures = vec![Measure { kind: "警告".into(), content: "警告".into(), amount_fen: None }];
    if let Some(fen) = fine_fen {
        let content = format!("罚款人民币{}元", fen / 100);
        measures.push(Measure { kind: "罚款".into(), content, amount_fen: Some(fen) });
    }
    let head = party.legal_representative.clone();
    let citizen = party.kind == PartyKind::Person;
    let asked = if citizen {
        (party.name.clone(), party.id_number.clone(), "当事人".into())
    } else {
        (head.clone(), "420112197809099991".into(), "法定代表人（负责人）".into())
    };
    Matter {
        cause: cause.into(),
        category: category.into(),
        site: party.address.clone(),
        site_person: if citizen { (party.name.clone(), "本人".into()) } else { ("何某某".into(), "店长".into()) },
        asked,
        party,
        facts: facts.iter().map(|f| (*f).to_owned()).collect(),
        rests_on: vec![],
        articles_violated: vec![],
        articles_penalty: vec![],
        range: String::new(),
        measures,
        requirements: vec!["立即停止违法行为".into(), "对全体员工进行培训并留存记录".into()],
        circumstance: ("从轻".into(), "当事人初次违法，积极配合调查。".into()),
    }
}

fn cafe() -> Party {
    organisation("武汉某某网咖有限公司", "91420112MA4K0A1B61", "李某某", "武汉市东西湖区某某大道100号3楼", "027-80010000")
}
fn lounge() -> Party {
    organisation("武汉某某歌舞娱乐有限公司", "91420112MA4K0C3D0A", "张某某", "武汉市东西湖区某某路18号", "027-80010001")
}
fn games() -> Party {
    organisation("东西湖区某某游艺厅", "92420112MA4K0B2C3J", "冯某某", "武汉市东西湖区某某路8号", "027-80010002")
}
fn agency() -> Party {
    organisation("武汉某某国际旅行社有限公司", "91420112MA4K0E5F5M", "陈某某", "武汉市东西湖区某某路66号", "027-80010003")
}
fn stage() -> Party {
    organisation("武汉某某文化传播有限公司", "91420112MA4K0G7HXU", "刘某某", "武汉市东西湖区某某路9号", "027-80010004")
}
fn books() -> Party {
    organisation("东西湖区某某书店", "92420112MA4K0J9K5A", "黄某某", "武汉市东西湖区某某街3号", "027-80010005")
}
fn network() -> Party {
    organisation("武汉龘腾网络科技有限公司", "91420112MA4K0L1M6K", "陈㛃堃", "武汉市东西湖区某某大道12号", "027-80010006")
}
fn citizen() -> Party {
    Party {
        kind: PartyKind::Person,
        name: "许某某".into(),
        id_number: "420112198806209993".into(),
        address: "武汉市东西湖区某某小区2栋".into(),
        phone: "027-80010007".into(),
        ..Party::default()
    }
}

fn internet_cafe() -> Matter {
    matter("internet-cafe-minors", "网吧", cafe(), &["{day}，当事人在经营场所内允许一名未成年人进入并上网。", "当事人没有要求其出示身份证件。"], Some(500_000))
}
fn second_cafe() -> Matter {
    matter("internet-cafe-minors", "网吧", network(), &["{day}，当事人在经营场所内允许一名未成年人进入。", "当事人没有查验身份证件。"], Some(300_000))
}
fn registration() -> Matter {
    matter("internet-cafe-registration", "网吧", network(), &["{day}，当事人没有按规定核对、登记两名上网消费者的有效身份证件。"], Some(200_000))
}
fn hours() -> Matter {
    matter("internet-cafe-hours", "网吧", cafe(), &["{day}凌晨，当事人在规定的营业时间以外营业。"], Some(300_000))
}
fn karaoke() -> Matter {
    Matter {
        articles_violated: vec!["《中华人民共和国未成年人保护法》第五十八条".into()],
        articles_penalty: vec!["《中华人民共和国未成年人保护法》第一百二十三条".into()],
        range: "责令限期改正，给予警告，没收违法所得，可以并处五万元以下罚款".into(),
        ..matter("entertainment-minors", "歌舞娱乐", lounge(), &["{day}，当事人在经营场所内允许一名未成年人进入包房。"], Some(1_000_000))
    }
}
fn second_karaoke() -> Matter {
    Matter { measures: karaoke().measures, ..karaoke() }
}
fn game_hall() -> Matter {
    matter("entertainment-game-machines", "游艺娱乐", games(), &["{day}，当事人在国家法定节假日外向未成年人提供电子游戏机。"], Some(1_000_000))
}
fn overcrowded() -> Matter {
    matter("entertainment-overcrowding", "歌舞娱乐", lounge(), &["{day}，当事人场所内的消费者超过核定人数。"], Some(1_000_000))
}
fn performance() -> Matter {
    matter("performance-venue", "营业性演出", stage(), &["{day}，当事人为未经批准的营业性演出提供场地。"], Some(3_000_000))
}
fn low_price() -> Matter {
    matter("tourism-unreasonable-low-price", "旅游", agency(), &["{day}查明，当事人以不合理的低价组织旅游活动，诱骗旅游者。"], Some(3_000_000))
}
fn itinerary() -> Matter {
    matter("tourism-itinerary-change", "旅游", agency(), &["{day}查明，当事人在旅游行程中擅自变更行程安排，严重损害旅游者权益。"], Some(3_000_000))
}
fn no_contract() -> Matter {
    matter("tourism-no-contract", "旅游", agency(), &["{day}查明，当事人没有与旅游者签订旅游合同。"], Some(2_000_000))
}
fn guide() -> Matter {
    matter("tourism-guiding-without-certificate", "旅游", citizen(), &["{day}查明，当事人没有取得导游证从事导游活动。"], Some(100_000))
}
fn book_shop() -> Matter {
    matter("publication-unlicensed-distribution", "出版物", books(), &["{day}，当事人涉嫌未经许可从事出版物发行业务。"], None)
}
