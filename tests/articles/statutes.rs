//! Rules of other laws: the penalty law as revised in 2021, and those it works with.

use crate::stories::*;
use serde_json::json;
use tests::given::*;
use tests::happened::*;

#[test]
fn an_inquiry_before_filing_is_recorded_with_its_flaw() {
    told(opened()).when(records("inquiry-record")).then_flawed_by("filed-before-investigation").then_allowed();
    told(with(opened(), [filed()])).when(records("inquiry-record")).then_met("filed-before-investigation");
    told(with(opened(), [started_before_filing()])).when(records("inquiry-record")).then_met("filed-before-investigation");
}

#[test]
fn a_filing_of_today_does_not_make_yesterdays_inquiry_regular() {
    // As in a published case of 2021: asked on 20 December, filed on the 22nd, entered later.
    let case = told(vec![case_opened().on("2021-12-16"), filed().on("2021-12-22")]);
    case.on("2021-12-23").when(records("inquiry-record").happened("2021-12-20")).then_flawed_by("filed-before-investigation");
}

#[test]
fn the_decision_waits_five_working_days_for_the_statement() {
    // Notice served on Tuesday, 10 March 2026: the fifth working day is the 17th.
    told(notified()).at_the_end_of("2026-03-17").when(submits("decision-approval")).then_refused_by("statement-period");
    told(notified()).on("2026-03-18").when(submits("decision-approval")).then_met("statement-period");
}

#[test]
fn over_the_spring_festival_the_decision_waits_until_27_february() {
    // Published edge: notice served on 12 February 2026, decision from the 27th.
    let served = || {
        told(vec![
            case_opened().on("2026-02-02"),
            party_recorded(),
            submitted("prior-notice"),
            issued("prior-notice"),
            served("prior-notice").on("2026-02-12"),
        ])
    };
    served().at_the_end_of("2026-02-26").when(submits("decision-approval")).then_refused_by("statement-period");
    served().on("2026-02-27").when(submits("decision-approval")).then_met("statement-period");
}

#[test]
fn into_a_year_without_calendar_the_party_has_the_latest_and_the_bureau_the_earliest_day() {
    // Served on 29 December 2026; 1 January 2027 is a Friday. The two days of the week-end after it
    // may be made up or not: the fifth working day is the 4th at the earliest, the 6th at the latest.
    let notified = || {
        told(vec![
            case_opened().on("2026-12-01"),
            party_recorded(),
            submitted("prior-notice"),
            issued("prior-notice"),
            served("prior-notice").on("2026-12-29"),
        ])
    };
    notified().at_the_end_of("2027-01-06").when(submits("decision-approval")).then_refused_by("statement-period");
    notified().on("2027-01-07").when(submits("decision-approval")).then_met("statement-period");
    // Begun on 31 December: if both days are made up, the second working day is Sunday the 3rd.
    let begun = told(vec![case_opened().on("2026-12-01"), started_before_filing().on("2026-12-31T10:00")]);
    begun.on("2027-01-04").owes("late-filing-approval").due("2027-01-03");
}

#[test]
fn waiver_or_examined_statement_closes_the_period() {
    let waived = with(notified(), [statement_waived().on("2026-03-11")]);
    told(waived).when(submits("decision-approval")).then_met("statement-period");
    let heard = with(notified(), [
        statement_made(&["初次违法"]).on("2026-03-11"),
        submitted("statement-examination").with(findings(&["初次违法"])),
        approved("statement-examination"),
    ]);
    told(heard).when(submits("decision-approval")).then_met("statement-period");
}

#[test]
fn a_waiver_of_the_first_notice_does_not_close_the_period_of_the_second() {
    let renotified = with(notified(), [
        statement_waived().on("2026-03-11"),
        submitted("prior-notice").called("heavier").on("2026-03-12"),
        issued("prior-notice").called("heavier"),
        served("prior-notice").called("heavier").on("2026-03-13"),
    ]);
    told(renotified).when(submits("decision-approval")).then_refused_by("statement-period");
}

#[test]
fn a_notice_never_served_opens_no_period() {
    told(investigated()).on("2026-12-01").when(submits("decision-approval")).then_refused_by("statement-period");
}

#[test]
fn who_ever_handled_the_case_does_not_review_it() {
    told(notified()).when(submits("legal-review").by("chen")).then_met("reviewer-not-handler");
    told(notified()).when(submits("legal-review").by("wang")).then_refused_by("reviewer-not-handler");
    let given_up = with(notified(), [handlers_assigned(&["li", "zhou"])]);
    told(given_up).when(submits("legal-review").by("wang")).then_refused_by("reviewer-not-handler");
}

#[test]
fn a_reviewer_has_the_legal_qualification() {
    told(notified()).when(submits("legal-review").by("chen")).then_met("reviewer-qualified");
    told(notified()).when(submits("legal-review").by("chen").without_qualification()).then_refused_by("reviewer-qualified");
}

#[test]
fn the_decision_has_the_facts_and_the_basis_of_the_notice() {
    told(notified()).when(submits("penalty-decision").with(notice_fields())).then_met("same-as-notified");
    let other = json!({ "articles_penalty": ["《娱乐场所管理条例》第四十八条"] });
    told(notified()).when(submits("penalty-decision").with(notice_fields()).with(other)).then_refused_by("same-as-notified");
    let more = json!({ "facts": [{ "text": "另有三名未成年人进入。" }] });
    told(notified()).when(submits("penalty-decision").with(notice_fields()).with(more)).then_refused_by("same-as-notified");
}

fn fine(yuan: i64) -> serde_json::Value {
    json!({ "measures": [{ "kind": "罚款", "content": "罚款", "amount_fen": yuan * 100 }] })
}

#[test]
fn a_fine_is_inside_the_range_of_its_cause() {
    // Art. 33 of the internet-café regulation: a fine of up to 15 000 yuan.
    told(opened()).when(submits("prior-notice").with(fine(15_000))).then_met("amount-in-range");
    told(opened()).when(submits("prior-notice").with(fine(15_001))).then_refused_by("amount-in-range");
}

#[test]
fn below_the_range_only_with_a_ground_for_reduction() {
    // Unlicensed guides (tourism law 102): a fine from 1 000 to 10 000 yuan.
    let guide = || told(vec![case_opened(), party_recorded(), cause_chosen("tourism-guiding-without-certificate")]);
    guide().when(submits("penalty-decision").with(fine(500))).then_refused_by("amount-in-range");
    let reduced = json!({ "circumstances": [{ "kind": "减轻", "text": "主动消除危害后果", "basis": "行政处罚法32" }] });
    guide().when(submits("penalty-decision").with(fine(500)).with(reduced)).then_met("amount-in-range");
}

#[test]
fn a_matter_of_another_body_is_not_filed() {
    told(opened()).when(submits("filing-approval")).then_met("competent");
    let publication = vec![case_opened(), party_recorded(), cause_chosen("publication-unlicensed-distribution")];
    told(publication).when(submits("filing-approval")).then_refused_by("competent");
}

#[test]
fn a_minor_is_heard_with_the_guardian_present() {
    let minor = |guardian: &str| json!({ "minor": true, "guardian": { "name": guardian } });
    told(opened()).when(records("inquiry-record").with(minor("其父"))).then_met("guardian-present");
    told(opened()).when(records("inquiry-record").with(minor("/"))).then_flawed_by("guardian-present");
    told(opened()).when(records("inquiry-record").with(json!({ "minor": true }))).then_flawed_by("guardian-present");
    told(opened()).when(records("inquiry-record").with(json!({ "minor": false }))).then_met("guardian-present");
}

#[test]
fn the_decision_is_made_within_ninety_days_of_filing() {
    // Filed on 3 March 2026: the ninetieth day is Monday, 1 June.
    let filed = || told(with(opened(), [filed().on("2026-03-03")]));
    filed().owes("decide-in-time").due("2026-06-01");
    filed().on("2026-06-02").owes("decide-in-time").overdue();
    told(decided()).has_met("decide-in-time");
    told(with(opened(), [filed_early(), concluded()])).is_freed_of("decide-in-time");
}

fn filed_early() -> Happened {
    filed().on("2026-03-03")
}

#[test]
fn the_party_has_fifteen_days_to_pay_and_is_looked_at_afterwards() {
    // Served on Friday, 20 March 2026; the fifteenth day is Saturday, 4 April, in the holiday of the
    // 4th to the 6th: a party's term rolls to Tuesday, 7 April.
    let served = || with(decided(), [served("penalty-decision").on("2026-03-20")]);
    told(served()).owes("party-pays").due("2026-04-07");
    told(served()).on("2026-04-08").owes("party-pays").overdue();
    // That the bureau looked after the term had run out is as it should be, and no flaw of the file.
    told(with(served(), [made("performance-check").on("2026-04-08")])).has_met("party-pays").is_clear_of("party-pays");
    told(served()).on("2026-04-08").is_clear_of("party-pays");
}

#[test]
fn the_revised_penalty_law_binds_acts_from_15_july_2021() {
    let begun = |day: &str| told(vec![case_opened().on("2021-07-01")]).on(day);
    begun("2021-07-14").when(records("inquiry-record")).then_met("filed-before-investigation");
    begun("2021-07-15").when(records("inquiry-record")).then_flawed_by("filed-before-investigation");
}

#[test]
fn a_case_is_accepted_and_filed_with_two_handlers() {
    told(vec![]).on("2026-03-02").when(accepts().by_officers(&["wang"])).then_refused_by("accepted-for-two");
    told(vec![]).on("2026-03-02").when(accepts().by_officers(&["wang", "wang"])).then_refused_by("accepted-for-two");
    told(vec![]).on("2026-03-02").when(accepts()).then_met("accepted-for-two");
    let alone = with(opened(), [handlers_assigned(&["wang"])]);
    told(alone).when(submits("filing-approval")).then_refused_by("filed-by-two");
    told(opened()).when(submits("filing-approval")).then_met("filed-by-two");
}

#[test]
fn a_waiver_before_the_notice_closes_nothing() {
    // On the day itself: waived at eight, served at nine.
    let before = || with(investigated(), [
        statement_waived().on("2026-03-10T08:00"),
        submitted("prior-notice").on("2026-03-10T08:30"),
        issued("prior-notice"),
        served("prior-notice").on("2026-03-10T09:00"),
    ]);
    told(before()).when(submits("decision-approval")).then_refused_by("statement-period");
    told(with(before(), [statement_waived().on("2026-03-10T09:30")])).when(submits("decision-approval")).then_met("statement-period");
}

fn ktv(gains_yuan: Option<i64>) -> Given {
    let mut story = vec![case_opened(), party_recorded(), cause_chosen("entertainment-minors")];
    story.extend(gains_yuan.map(|yuan| submitted("investigation-report").with(json!({ "illegal_gains_fen": yuan * 100 }))));
    told(story)
}

fn under(law: &str, yuan: i64) -> Doing {
    submits("penalty-decision").with(fine(yuan)).with(json!({ "articles_penalty": [law] }))
}

#[test]
fn the_fine_of_a_ktv_is_a_multiple_of_its_gains_or_the_fixed_tier() {
    // Entertainment regulation 48: gains from 10 000 yuan on, one to three times; else 10 000 to 30 000 yuan.
    let law = "《娱乐场所管理条例》第四十八条第（三）项";
    for gains in [None, Some(0), Some(9_999)] {
        ktv(gains).when(under(law, 9_999)).then_refused_by("amount-in-range");
        ktv(gains).when(under(law, 10_000)).then_met("amount-in-range");
        ktv(gains).when(under(law, 30_000)).then_met("amount-in-range");
        ktv(gains).when(under(law, 30_001)).then_refused_by("amount-in-range");
    }
    ktv(Some(20_000)).when(under(law, 19_999)).then_refused_by("amount-in-range");
    ktv(Some(20_000)).when(under(law, 20_000)).then_met("amount-in-range");
    ktv(Some(20_000)).when(under(law, 60_000)).then_met("amount-in-range");
    ktv(Some(20_000)).when(under(law, 60_001)).then_refused_by("amount-in-range");
}

#[test]
fn the_law_for_minors_has_a_range_of_its_own_and_a_graver_one() {
    // Protection of minors 123: up to 50 000 yuan; from 50 000 to 500 000 in a grave case.
    let law = "《中华人民共和国未成年人保护法》第一百二十三条";
    let graded = |yuan: i64, tier: &str| under(law, yuan).with(json!({ "discretion": { "tier": tier } }));
    ktv(Some(0)).when(graded(10_000, "一般")).then_met("amount-in-range");
    ktv(Some(0)).when(graded(50_001, "一般")).then_refused_by("amount-in-range");
    ktv(Some(0)).when(graded(49_999, "情节严重")).then_refused_by("amount-in-range");
    ktv(Some(0)).when(graded(500_000, "情节严重")).then_met("amount-in-range");
    ktv(Some(0)).when(graded(500_001, "情节严重")).then_refused_by("amount-in-range");
}

#[test]
fn where_the_law_names_no_fine_none_is_imposed() {
    // Entertainment regulation 49(2): a correction and a warning.
    let hours = || told(vec![case_opened(), party_recorded(), cause_chosen("entertainment-hours")]);
    hours().when(submits("penalty-decision").with(fine(1))).then_refused_by("amount-in-range");
    hours().when(submits("penalty-decision").with(json!({ "measures": [{ "kind": "警告" }] }))).then_met("amount-in-range");
}

#[test]
fn low_priced_tours_with_gains_from_300_000_yuan_cost_a_multiple() {
    // Tourism law 98: below 300 000 yuan of gains 30 000 to 300 000; from there on one to five times.
    let tour = |gains: i64| {
        let report = submitted("investigation-report").with(json!({ "illegal_gains_fen": gains * 100 }));
        told(vec![case_opened(), party_recorded(), cause_chosen("tourism-unreasonable-low-price"), report])
    };
    tour(259).when(submits("penalty-decision").with(fine(35_000))).then_met("amount-in-range");
    tour(259).when(submits("penalty-decision").with(fine(29_999))).then_refused_by("amount-in-range");
    tour(300_000).when(submits("penalty-decision").with(fine(1_500_000))).then_met("amount-in-range");
    tour(300_000).when(submits("penalty-decision").with(fine(299_999))).then_refused_by("amount-in-range");
}
