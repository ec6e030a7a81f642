//! Two published decisions told again, anonymised: an internet café (2021) and a KTV (2025). Days,
//! order and irregularities are as published; what is not published, amounts and the days after
//! the prior notice among them, is invented within the law's range.

use super::media;
use super::vocabulary::{Delivery, Desk, Docket, Exhibit, Matter, Measure, Raised, later};
use crate::acts::register_clue::RegisterClue;
use jiff::civil::{Date, DateTime, date};
use procedure::event::{ClueSource, Extraction, Party, PartyKind};
use serde_json::json;

/// The day before which the office's clock must stand, for each story.
pub const INTERNET_CAFE_BEGINS: Date = date(2021, 12, 15);
pub const KTV_BEGINS: Date = date(2025, 10, 28);

/// Footage a test brings with it; photographs and tones made in code where it is absent.
#[derive(Clone, Debug, Default)]
pub struct Footage {
    /// Film of the scene: file name and bytes.
    pub scene: Option<(String, Vec<u8>)>,
    /// Sound or film of the inquiry.
    pub inquiry: Option<(String, Vec<u8>)>,
}

const FIRST: [&str; 2] = ["zhaojianguo", "qianxiaomei"];

/// A. 网咖: on 16 December 2021 the police find two minors; the operator is heard on the 20th, before
/// the filing of the 22nd; the notice is served on the 25th, a Saturday; the party waives.
pub async fn internet_cafe(desk: &Desk, footage: Footage) -> anyhow::Result<Docket<'_>> {
    let at = |month, day, hour, minute| date(if month == 1 { 2022 } else { 2021 }, month, day).at(hour, minute, 0, 0);
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某网咖有限公司".into(),
        id_number: "91420112MA4K0A1B61".into(),
        legal_representative: "李某某".into(),
        address: "武汉市东西湖区某某大道100号3楼".into(),
        phone: "027-80010000".into(),
        ..Party::default()
    };
    let matter = Matter {
        cause: "internet-cafe-minors".into(),
        category: "网吧".into(),
        site: party.address.clone(),
        site_person: ("何某某".into(), "店长".into()),
        asked: ("李某某".into(), "420112197809099991".into(), "法定代表人（负责人）".into()),
        party,
        facts: vec![
            "2021年12月16日，公安机关检查发现当事人在经营场所内接纳两名未成年人上网。".into(),
            "当事人没有核对上述两人的有效身份证件，以他人身份信息为其开通上网。".into(),
        ],
        rests_on: rests_on(&["公安机关检查笔录", "询问"]),
        articles_violated: vec!["《互联网上网服务营业场所管理条例》第二十一条第一款".into()],
        articles_penalty: vec!["《互联网上网服务营业场所管理条例》第三十一条第（二）项".into()],
        range: "警告，可以并处一万五千元以下罚款；情节严重的，责令停业整顿，直至吊销许可证".into(),
        measures: fined(800_000),
        requirements: vec!["停止接纳未成年人进入营业场所".into()],
        circumstance: ("从轻".into(), "当事人如实陈述，积极配合调查。".into()),
    };
    let found = at(12, 16, 20, 30);
    let clue = RegisterClue {
        source: ClueSource::Transferred,
        channel: "公函".into(),
        received_at: at(12, 17, 9, 0),
        category: "网吧".into(),
        target: matter.party.name.clone(),
        content: "公安机关12月16日检查发现该场所内有两名未成年人上网，移送处理。".into(),
        informant: None,
        transferring_body: Some("某某公安局（演示）".into()),
        reply_wanted: true,
    };
    let clue = desk.clue(at(12, 17, 9, 20), FIRST[0], clue).await?;
    let docket = desk.accepts(at(12, 17, 10, 0), FIRST[0], &clue, &FIRST, matter).await?;
    let record = paper_exhibit("公安机关检查笔录复印件", "公安机关移送，与原件核对无异", "检查时有两名未成年人在场内上网", found, &docket);
    docket.attaches(at(12, 17, 10, 30), record).await?;
    let mut taken = scene(&docket, found, footage.scene)?;
    taken.source = "公安机关检查时摄制，随案移送".into();
    docket.attaches(at(12, 17, 10, 40), taken).await?;
    // The inquiry came before the filing: recorded as it was, with its flaw.
    docket.tells_rights(at(12, 20, 9, 30), at(12, 20, 9, 40)).await?;
    docket
        .inquires(at(12, 20, 10, 30), at(12, 20, 11, 20), json!({}))
        .await?;
    docket.attaches(at(12, 20, 14, 0), inquiry(&docket, at(12, 20, 10, 30), at(12, 20, 11, 20), footage.inquiry)).await?;
    docket.files(at(12, 22, 9, 0)).await?;
    docket.lists_evidence(at(12, 23, 9, 0)).await?;
    let course = "2021年12月16日公安机关检查发现；12月20日询问；12月22日立案；12月23日整理证据。";
    let report = docket.reports(at(12, 23, 9, 30), course, json!({})).await?;
    docket.approved(at(12, 23, 10, 0), &report).await?;
    let review = docket.reviews(at(12, 23, 16, 0)).await?;
    docket.approved(at(12, 23, 16, 40), &review).await?;
    let notice = docket.notifies(at(12, 24, 9, 0)).await?;
    docket.approved(at(12, 24, 9, 40), &notice).await?;
    docket.serves(at(12, 25, 10, 0), at(12, 25, 10, 30), &notice, docket.by_hand(&docket.matter.site)).await?;
    docket.waives(at(12, 25, 10, 20), at(12, 25, 10, 40)).await?;
    let approval = docket.asks_to_decide(at(12, 27, 9, 0)).await?;
    docket.approved(at(12, 27, 9, 30), &approval).await?;
    let course = "本机关根据公安机关移送的线索，于2021年12月22日立案，依法询问当事人，告知了拟处的决定和权利。";
    let decision = docket.decides(at(12, 27, 11, 0), course).await?;
    docket.serves(at(12, 28, 10, 0), at(12, 28, 10, 30), &decision, docket.by_hand(&docket.matter.site)).await?;
    docket.checks_performance(at(1, 12, 10, 0), at(1, 12, 10, 30)).await?;
    docket.closes(at(1, 13, 9, 0)).await?;
    docket.archives(at(1, 20, 10, 0)).await?;
    Ok(docket)
}

/// B. KTV: a minor is present on 29 October 2025; on 4 November the police ask, and two officers
/// check the same day; filed on the 6th; the authorised agent is heard on the 11th; what speaks
/// for the party is taken on the 12th, recorded and examined; there were no illegal gains.
pub async fn ktv(desk: &Desk, footage: Footage) -> anyhow::Result<Docket<'_>> {
    let at = |month, day, hour, minute| date(2025, month, day).at(hour, minute, 0, 0);
    let party = Party {
        kind: PartyKind::Organisation,
        name: "武汉某某歌舞娱乐有限公司".into(),
        id_number: "91420112MA4K0C3D0A".into(),
        legal_representative: "张某某".into(),
        address: "武汉市东西湖区某某路18号".into(),
        phone: "027-80010001".into(),
        ..Party::default()
    };
    let matter = Matter {
        cause: "entertainment-minors".into(),
        category: "歌舞娱乐".into(),
        site: party.address.clone(),
        site_person: ("何某某".into(), "店长".into()),
        asked: ("陈㛃堃".into(), "420112198502149987".into(), "委托代理人".into()),
        party,
        facts: vec![
            "2025年10月29日晚，当事人允许一名未成年人进入其营业性歌舞娱乐场所。".into(),
            "该未成年人没有消费，当事人没有违法所得。".into(),
        ],
        rests_on: rests_on(&["场所监控录像", "当事人提交的自证材料"]),
        articles_violated: vec!["《中华人民共和国未成年人保护法》第五十八条".into()],
        articles_penalty: vec!["《中华人民共和国未成年人保护法》第一百二十三条".into()],
        range: "责令限期改正，给予警告，没收违法所得，可以并处五万元以下罚款".into(),
        measures: fined(1_000_000),
        requirements: vec!["停止允许未成年人进入".into(), "对难以判明是否成年的，要求出示身份证件".into()],
        circumstance: ("从轻".into(), "当事人主动整改，如实陈述。".into()),
    };
    let clue = RegisterClue {
        source: ClueSource::Transferred,
        channel: "公函".into(),
        received_at: at(11, 4, 9, 10),
        category: "歌舞娱乐".into(),
        target: matter.party.name.clone(),
        content: "公安机关商请处理：2025年10月29日晚该场所内有一名未成年人。".into(),
        informant: None,
        transferring_body: Some("某某区公安分局（演示）".into()),
        reply_wanted: true,
    };
    let clue = desk.clue(at(11, 4, 9, 30), FIRST[0], clue).await?;
    let docket = desk.accepts(at(11, 4, 10, 0), FIRST[0], &clue, &FIRST, matter).await?;
    let (from, to) = (at(11, 4, 15, 0), at(11, 4, 16, 10));
    docket.tells_rights(later(from, 5), later(to, 5)).await?;
    let minor = json!({
        "minors": [{
            "name": "乙某（演示）", "birth": "2008-05-06", "id_number": "420112200805069992",
            "checked_by": "公安机关核实", "guardian_phone": "027-80000089",
        }],
        "witness": { "name": "吴某某", "unit": "某某社区居民委员会（演示）" },
        "measures_taken": "调取2025年10月29日的监控录像。",
    });
    let findings = "一、场所入口处设有“未成年人禁止入内”标志。二、监控录像显示，10月29日21时12分一名未成年人进入3号包房，值班人员没有查验身份证件。三、该包房没有消费记录。";
    docket.inspects(from, to, findings, minor).await?;
    let letter = paper_exhibit("公安机关商请函", "公安机关2025年11月4日来函", "案件来源", at(11, 4, 9, 10), &docket);
    docket.attaches(at(11, 4, 18, 0), letter).await?;
    let mut film = scene(&docket, from, footage.scene)?;
    film.name = "场所监控录像".into();
    film.source = "2025年11月4日自当事人监控主机提取，持有人确认".into();
    film.extraction = Some(Extraction {
        source: "当事人监控主机".into(),
        holder: docket.matter.party.name.clone(),
        method: "现场复制，计算摘要值".into(),
        extractor: "赵建国、钱晓梅".into(),
        at: "2025-11-04T15:40".into(),
        witness: "吴某某".into(),
    });
    docket.attaches(at(11, 4, 18, 10), film).await?;
    docket.files(at(11, 6, 9, 0)).await?;
    docket.summons(at(11, 7, 9, 0), at(11, 11, 10, 0)).await?;
    docket.orders_correction(at(11, 7, 14, 0), date(2025, 11, 14), date(2025, 11, 17)).await?;
    docket.inquires(at(11, 11, 10, 0), at(11, 11, 11, 5), json!({})).await?;
    docket.attaches(at(11, 11, 14, 0), inquiry(&docket, at(11, 11, 10, 0), at(11, 11, 11, 5), footage.inquiry)).await?;
    let own = paper_exhibit("当事人提交的自证材料", "当事人2025年11月12日提交", "当事人已培训员工、该未成年人没有消费", at(11, 12, 9, 30), &docket);
    docket.attaches(at(11, 12, 9, 45), own).await?;
    let raised = [
        Raised {
            kind: "事实".into(),
            text: "该未成年人没有消费，本店没有违法所得。".into(),
            adopted: "采纳".into(),
            reason: "包房没有消费记录，与监控录像和询问笔录一致，认定没有违法所得。".into(),
        },
        Raised {
            kind: "证据".into(),
            text: "提交员工培训签到表，证明平时有培训。".into(),
            adopted: "部分采纳".into(),
            reason: "培训属实，作为从轻情节；当晚未查验身份证件的事实不因此改变。".into(),
        },
    ];
    // The material came before the notice was out: its number is struck.
    docket
        .states(at(11, 12, 10, 0), at(11, 12, 10, 30), "书面陈述申辩", &raised, json!({ "notice_number": "/" }))
        .await?;
    let examination = docket
        .examines(at(11, 13, 9, 0), "核对监控录像、包房消费记录和培训签到表。", &raised, "没有违法所得；培训作为从轻情节。")
        .await?;
    docket.approved(at(11, 13, 9, 40), &examination).await?;
    docket.lists_evidence(at(11, 14, 9, 0)).await?;
    let course = "2025年11月4日收到公安机关商请函并于当日检查；11月6日立案；11月11日询问委托代理人；11月12日收到当事人提交的材料并复核。";
    let report = docket.reports(at(11, 14, 9, 30), course, json!({})).await?;
    docket.approved(at(11, 14, 10, 0), &report).await?;
    // The order named the 17th.
    docket.checks_correction(at(11, 17, 8, 40), at(11, 17, 9, 0)).await?;
    let review = docket.reviews(at(11, 17, 10, 0)).await?;
    docket.approved(at(11, 17, 10, 40), &review).await?;
    let notice = docket.notifies(at(11, 18, 9, 0)).await?;
    docket.approved(at(11, 18, 9, 40), &notice).await?;
    docket.serves(at(11, 19, 10, 0), at(11, 19, 10, 30), &notice, docket.by_hand(&docket.matter.site)).await?;
    docket.waives(at(11, 19, 11, 20), at(11, 19, 11, 40)).await?;
    let approval = docket.asks_to_decide(at(11, 21, 9, 0)).await?;
    docket.approved(at(11, 21, 9, 30), &approval).await?;
    let course = "本机关根据公安机关商请，于2025年11月4日检查，11月6日立案，依法询问，复核了当事人提交的材料，告知了拟处的决定和权利。";
    let decision = docket.decides(at(11, 21, 11, 0), course).await?;
    let how = Delivery { recipient: "陈㛃堃".into(), relation: "委托代理人".into(), ..docket.by_hand(&docket.matter.site) };
    docket.serves(at(11, 24, 10, 0), at(11, 24, 10, 30), &decision, how).await?;
    docket.checks_performance(at(12, 10, 10, 0), at(12, 10, 10, 30)).await?;
    docket.closes(at(12, 11, 9, 0)).await?;
    docket.archives(at(12, 18, 10, 0)).await?;
    Ok(docket)
}

fn rests_on(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn fined(fen: i64) -> Vec<Measure> {
    vec![
        Measure { kind: "警告".into(), content: "警告".into(), amount_fen: None },
        Measure { kind: "罚款".into(), content: format!("罚款人民币{}元", fen / 100), amount_fen: Some(fen) },
    ]
}

fn paper_exhibit(name: &str, source: &str, proves: &str, from: DateTime, docket: &Docket<'_>) -> Exhibit {
    Exhibit {
        kind: "documentary".into(),
        name: name.into(),
        source: source.into(),
        proves: proves.into(),
        file_name: format!("{name}.pdf"),
        bytes: media::scan(&format!("{name} {}", docket.case), 1),
        footage: false,
        from,
        to: None,
        extraction: None,
    }
}

fn scene(docket: &Docket<'_>, from: DateTime, given: Option<(String, Vec<u8>)>) -> anyhow::Result<Exhibit> {
    let filmed = given.is_some();
    let (file_name, bytes) = match given {
        Some(given) => given,
        None => ("现场照片.png".to_owned(), media::photograph(&docket.case.0)?),
    };
    Ok(Exhibit {
        kind: "audio-visual".into(),
        name: if filmed { "现场录像" } else { "现场照片" }.into(),
        source: "检查时在现场摄制".into(),
        proves: "未成年人在场所内".into(),
        file_name,
        bytes,
        footage: true,
        from,
        to: filmed.then(|| later(from, 20)),
        extraction: None,
    })
}

fn inquiry(docket: &Docket<'_>, from: DateTime, to: DateTime, given: Option<(String, Vec<u8>)>) -> Exhibit {
    let (file_name, bytes) = given.unwrap_or_else(|| ("询问录音.wav".into(), media::sound(&docket.case.0, 4)));
    Exhibit {
        kind: "audio-visual".into(),
        name: "询问录音录像".into(),
        source: "询问时由执法人员录制".into(),
        proves: "询问过程完整，程序合法".into(),
        file_name,
        bytes,
        footage: true,
        from,
        to: Some(to),
        extraction: None,
    }
}
