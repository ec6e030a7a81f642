//! 第十二条、第二十条: an opinion belongs to the text that was seen. It asks for the password again, is given
//! by whoever may give it on that day, never on a paper of one's own, and a change is seen again.

mod support;

use casework::acts::give_delegation::{GiveDelegation, give_delegation};
use casework::acts::give_opinion::{GiveOpinion, give_opinion};
use casework::acts::submit_paper::{SubmitPaper, submit_paper};
use casework::demo::password_of;
use casework::demo::vocabulary::Docket;
use casework::{ActError, Caller};
use procedure::case::PaperState;
use procedure::event::Outcome;
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Map, Value, json};
use support::desk::*;
use tempfile::tempdir;

async fn version(docket: &Docket<'_>, paper: &PaperId) -> procedure::case::PaperVersion {
    docket.file().await.unwrap().paper(paper).unwrap().current().unwrap().clone()
}

async fn opinion(docket: &Docket<'_>, paper: &PaperId, account: &str, outcome: Outcome) -> GiveOpinion {
    let seen = version(docket, paper).await;
    GiveOpinion {
        case: docket.case.clone(),
        paper: paper.clone(),
        version: seen.version,
        digest: seen.digest,
        outcome,
        opinion: "同意立案。".into(),
        password: password_of(account),
        fields: None,
    }
}

fn changed(fields: &Map<String, Value>, summary: &str) -> Map<String, Value> {
    let mut fields = fields.clone();
    fields.insert("case_summary".into(), json!(summary));
    fields
}

fn revised(docket: &Docket<'_>, paper: &PaperId, base_version: u32, fields: Map<String, Value>) -> SubmitPaper {
    SubmitPaper {
        case: docket.case.clone(),
        kind: "filing-approval".into(),
        paper: Some(paper.clone()),
        base_version,
        subject: docket.party.0.clone(),
        fields,
        opinion: "符合立案条件，建议立案。".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn article_20_an_opinion_binds_to_the_digest_and_asks_for_the_password_again() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = accepted(&desk, 17, FIRST).await;
    let office = desk.office();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    let section = desk.caller("sunlihua").await.unwrap();
    let seen = opinion(&docket, &paper, "sunlihua", Outcome::Approve).await;

    let wrong = GiveOpinion { password: "不是我的密码".into(), ..seen.clone() };
    assert_eq!(complaints(give_opinion(office, &section, wrong).await), [("password".into(), "口令不正确，意见没有提交".into())]);
    let silent = GiveOpinion { opinion: " ".into(), ..seen.clone() };
    assert_eq!(refusal(give_opinion(office, &section, silent).await), ["没有写明审批意见（本制度12, 20）"]);
    let other = GiveOpinion { digest: "0".repeat(64), ..seen.clone() };
    assert!(matches!(give_opinion(office, &section, other).await, Err(ActError::Conflict(why)) if why.contains("请重新查看再审批")));

    // The handler changes one word after the section head looked: what was seen is no longer there.
    let zhao = docket.writer().await.unwrap();
    let fields = version(&docket, &paper).await.fields;
    submit_paper(office, &zhao, revised(&docket, &paper, 1, changed(&fields, "改过的案情。"))).await.unwrap();
    assert!(matches!(give_opinion(office, &section, seen).await, Err(ActError::Conflict(_))));
    let seen = opinion(&docket, &paper, "sunlihua", Outcome::Approve).await;
    give_opinion(office, &section, seen).await.unwrap();

    // The section head agreed to version 2; version 3 begins the chain again.
    submit_paper(office, &zhao, revised(&docket, &paper, 2, changed(&fields, "再改的案情。"))).await.unwrap();
    let file = docket.file().await.unwrap();
    let now = file.paper(&paper).unwrap();
    assert_eq!(now.awaiting().unwrap().role, "section-head");
    let digests: std::collections::BTreeSet<&str> = now.versions.iter().map(|v| v.digest.as_str()).collect();
    assert_eq!(digests.len(), 3);
    assert_eq!(now.versions[1].opinions.iter().filter(|o| o.step == "section-head").count(), 1, "what was said of version 2 stays there");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_20_approval_with_changes_is_seen_by_everybody_again() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = accepted(&desk, 17, FIRST).await;
    let office = desk.office();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    docket.opinion(at(17, 9, 30), &paper, Outcome::Approve, "同意。").await.unwrap();
    let head = who(office, Role::AgencyHead);
    let before = version(&docket, &paper).await;
    let mut what = opinion(&docket, &paper, "zhoumingyuan", Outcome::ApproveWithChanges).await;
    assert_eq!(complaints(give_opinion(office, &head, what.clone()).await)[0].0, "fields");
    let wrong = GiveOpinion { fields: Some(changed(&before.fields, "")), ..what.clone() };
    assert!(complaints(give_opinion(office, &head, wrong).await).iter().any(|(field, _)| field == "case_summary"));
    what.fields = Some(changed(&before.fields, "负责人改过的案情。"));
    give_opinion(office, &head, what).await.unwrap();
    let file = docket.file().await.unwrap();
    let now = file.paper(&paper).unwrap();
    assert!(file.filed_at.is_none() && now.awaiting().is_some(), "a change needs approval again");
    assert_eq!(now.current().unwrap().version, 2);
    assert_eq!(now.text("case_summary"), "负责人改过的案情。");
    assert_ne!(now.current().unwrap().digest, before.digest);
    assert_eq!(now.versions[0].fields, before.fields, "and the first text stands as it was");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_20_nobody_approves_what_he_submitted_or_without_the_role() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    // The section head handles this case herself.
    let docket = accepted(&desk, 17, ["sunlihua", "zhaojianguo"]).await;
    let office = desk.office();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    let own = opinion(&docket, &paper, "sunlihua", Outcome::Approve).await;
    let sun = desk.caller("sunlihua").await.unwrap();
    assert_eq!(refusal(give_opinion(office, &sun, own).await), ["不能审批自己提交的文书（本制度12, 20）"]);
    for (account, why) in [("gaochao", "承办机构意见由本案承办机构的负责人作出"), ("zhaojianguo", "须由承办机构负责人作出"), ("tangyi", "须由承办机构负责人作出")] {
        let caller: Caller = desk.caller(account).await.unwrap();
        let what = opinion(&docket, &paper, account, Outcome::Approve).await;
        let said = refusal(give_opinion(office, &caller, what).await);
        assert!(said[0].contains(why), "{account}: {said:?}");
    }
    // Each refusal is an entry in the stream of whoever asked.
    let report = office.case_file(&sun, &docket.case).await.unwrap();
    assert!(report.beside.len() >= 4, "refusals stand beside the case: {}", report.beside.len());
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_20_a_deputy_approves_within_the_days_of_the_delegation_only() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let office = desk.office();
    let docket = accepted(&desk, 17, FIRST).await;
    let head = who(office, Role::AgencyHead);
    let deputy = desk.caller("tangyi").await.unwrap();
    let delegation = GiveDelegation { to: deputy.person.id.clone(), role: Role::AgencyHead, starts: at(18, 0, 0), ends: at(20, 0, 0) };
    let mine = GiveDelegation { to: head.person.id.clone(), ..delegation.clone() };
    assert_eq!(complaints(give_delegation(office, &head, mine).await)[0].1, "不能委托给自己");
    let turned = GiveDelegation { ends: at(17, 0, 0), ..delegation.clone() };
    assert!(complaints(give_delegation(office, &head, turned).await).iter().any(|(field, _)| field == "ends"));
    let zhao = docket.writer().await.unwrap();
    assert!(matches!(give_delegation(office, &zhao, delegation.clone()).await, Err(ActError::NotAllowed(_))));
    give_delegation(office, &head, delegation).await.unwrap();

    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    docket.opinion(at(17, 9, 30), &paper, Outcome::Approve, "同意。").await.unwrap();
    let what = opinion(&docket, &paper, "tangyi", Outcome::Approve).await;
    assert!(refusal(give_opinion(office, &deputy, what.clone()).await)[0].contains("须由行政机关负责人作出"), "the day before");
    desk.reach(at(20, 0, 0)).await;
    assert!(refusal(give_opinion(office, &deputy, what.clone()).await)[0].contains("须由行政机关负责人作出"), "the last moment is not included");
    office.close().await;
    let place = tempdir().unwrap();
    let desk = support::desk::desk(place.path()).await;
    let office = desk.office();
    let docket = accepted(&desk, 17, FIRST).await;
    let head = who(office, Role::AgencyHead);
    let deputy = desk.caller("tangyi").await.unwrap();
    give_delegation(office, &head, GiveDelegation { to: deputy.person.id.clone(), role: Role::AgencyHead, starts: at(18, 0, 0), ends: at(20, 0, 0) }).await.unwrap();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    docket.opinion(at(17, 9, 30), &paper, Outcome::Approve, "同意。").await.unwrap();
    desk.reach(at(19, 16, 0)).await;
    let what = opinion(&docket, &paper, "tangyi", Outcome::Approve).await;
    give_opinion(office, &deputy, what).await.unwrap();
    let file = docket.file().await.unwrap();
    assert!(file.filed_at.is_some());
    let said = file.paper(&paper).unwrap().current().unwrap().opinions.last().unwrap().clone();
    assert_eq!((said.name.as_str(), said.on_behalf_of), ("唐毅", Some(head.person.id)), "in whose place stands in the entry");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn article_20_what_is_returned_comes_back_as_the_next_version_and_what_is_refused_ends() {
    let place = tempdir().unwrap();
    let desk = desk(place.path()).await;
    let docket = accepted(&desk, 17, FIRST).await;
    let office = desk.office();
    let paper = docket.asks_to_file(at(17, 9, 0)).await.unwrap();
    docket.opinion(at(17, 9, 30), &paper, Outcome::Return, "案情没有写明时间，退回补充。").await.unwrap();
    let file = docket.file().await.unwrap();
    let returned = file.paper(&paper).unwrap();
    assert_eq!(returned.state, PaperState::Returned);
    assert_eq!(returned.current().unwrap().opinions.last().unwrap().opinion, "案情没有写明时间，退回补充。");
    let what = opinion(&docket, &paper, "zhoumingyuan", Outcome::Approve).await;
    assert!(matches!(give_opinion(office, &who(office, Role::AgencyHead), what).await, Err(ActError::Conflict(why)) if why.contains("不等待审批")));
    let zhao = docket.writer().await.unwrap();
    let fields = returned.current().unwrap().fields.clone();
    submit_paper(office, &zhao, revised(&docket, &paper, 1, changed(&fields, "8月15日晚允许未成年人进入。"))).await.unwrap();
    let file = docket.file().await.unwrap();
    let again = file.paper(&paper).unwrap();
    assert_eq!(again.versions.len(), 2);
    let differing: Vec<&String> = again.versions[1].fields.iter().filter(|(name, value)| again.versions[0].fields.get(*name) != Some(*value)).map(|(n, _)| n).collect();
    assert_eq!(differing, ["case_summary"], "the difference is what was changed");

    docket.opinion(at(17, 11, 0), &paper, Outcome::Approve, "同意。").await.unwrap();
    docket.opinion(at(17, 11, 30), &paper, Outcome::Refuse, "不符合立案条件。").await.unwrap();
    let file = docket.file().await.unwrap();
    assert_eq!(file.paper(&paper).unwrap().state, PaperState::Refused);
    assert!(file.filed_at.is_none());
    let late = submit_paper(office, &zhao, revised(&docket, &paper, 2, fields)).await;
    assert!(matches!(&late, Err(ActError::Conflict(_))), "{late:?}");
    office.close().await;
}
