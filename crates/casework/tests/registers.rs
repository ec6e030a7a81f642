//! Registers: states with their days, files with their faults, delegations with their limits.

use casework::acts::give_delegation::{GiveDelegation, give_delegation};
use casework::acts::accept_clue::{AcceptClue, accept_clue};
use casework::acts::put_register::{PutRegister, put_register};
use casework::acts::record_party::{RecordParty, record_party};
use casework::acts::register_clue::{RegisterClue, register_clue};
use casework::import::{ImportAction, ImportName};
use casework::people::PutAccount;
use casework::registers::{RegisterName, RegisterView};
use casework::{ActError, Caller, Clock, Office, Settings, demo};
use jiff::civil::{Date, date};
use procedure::event::{ClueSource, Party, PartyKind};
use procedure::ids::*;
use procedure::people::Role;
use serde_json::{Map, Value, json};

const TODAY: Date = date(2026, 3, 2);

async fn bureau() -> (tempfile::TempDir, Office) {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::new(dir.path().join("data"));
    settings.fonts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.fonts");
    settings.reserve_bytes = Some(0);
    settings.ballast_bytes = 0;
    let office = Office::open(settings, Clock::at(TODAY.at(9, 0, 0, 0))).await.unwrap();
    demo::furnish(&office, TODAY).await.unwrap();
    (dir, office)
}

fn who(office: &Office, role: Role) -> Caller {
    let directory = office.directory();
    let person = directory.persons.values().find(|p| p.holds(role)).expect("somebody holds the role");
    Caller::new(person.clone(), "test")
}

fn named(office: &Office, name: &str) -> Caller {
    let directory = office.directory();
    Caller::new(directory.persons.values().find(|p| p.name == name).expect("the person is there").clone(), "test")
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn line<'a>(view: &'a RegisterView, name: &str) -> &'a casework::registers::RegisterLine {
    view.lines.iter().find(|l| l.name == name).unwrap_or_else(|| panic!("no {name} in {:?}", view.register))
}

fn messages(error: &ActError) -> String {
    match error {
        ActError::Invalid(problems) => problems.iter().map(|p| format!("{} {}\n", p.field, p.message)).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_shows_each_day_as_it_was() {
    let (_dir, office) = bureau().await;
    let (editor, reader) = (who(&office, Role::SystemAdmin), who(&office, Role::Supervisor));
    let put = |id: Option<&str>, name: &str, from: Date, to: Option<Date>| PutRegister {
        register: RegisterName::Departments,
        id: id.map(str::to_owned),
        name: name.into(),
        valid_from: Some(from),
        valid_to: to,
        data: object(json!({ "code": "sanzd", "parent": "zfdd", "kind": "enforcement" })),
    };
    put_register(&office, &editor, put(None, "执法三中队", date(2026, 1, 1), None)).await.unwrap();
    put_register(&office, &editor, put(Some("sanzd"), "旅游执法中队", date(2026, 2, 1), None)).await.unwrap();
    put_register(&office, &editor, put(Some("sanzd"), "旅游执法中队", date(2026, 2, 1), Some(date(2026, 2, 20)))).await.unwrap();

    let on = |day| office.register_rows(&reader, RegisterName::Departments, Some(day));
    assert_eq!(line(&on(date(2026, 1, 15)).await.unwrap(), "执法三中队").cells[2], "执法机构");
    assert_eq!(line(&on(date(2026, 2, 10)).await.unwrap(), "旅游执法中队").cells[1], "文化市场综合执法大队");
    // It ended on the twentieth; its earlier name does not come back.
    let after = on(date(2026, 2, 25)).await.unwrap();
    assert!(after.lines.iter().all(|l| l.id != "sanzd"));
    let history = office.register_history(&reader, RegisterName::Departments, "sanzd").await.unwrap();
    assert_eq!(history.lines.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["执法三中队", "旅游执法中队", "旅游执法中队"]);
    assert!(history.lines[2].is_current && !history.lines[2].in_force);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_an_officer_counts_at_once() {
    let (_dir, office) = bureau().await;
    let editor = who(&office, Role::SystemAdmin);
    let officer = named(&office, "褚岩").person;
    assert!(!officer.seen_on(TODAY).valid, "the certificate has expired");
    let put = PutRegister {
        register: RegisterName::Officers,
        id: Some(officer.id.0.clone()),
        name: "褚岩".into(),
        valid_from: None,
        valid_to: None,
        data: object(json!({
            "account": "chuyan", "department": "erzd",
            "certificates": [{ "number": "17011200119", "from": "2026-02-01", "to": "2032-01-31" }],
        })),
    };
    put_register(&office, &editor, put.clone()).await.unwrap();
    let seen = named(&office, "褚岩").person.seen_on(TODAY);
    assert!(seen.valid && seen.certificate == "17011200119");

    let mut wrong = put;
    wrong.data.insert("certificates".into(), json!([{ "number": "17011200101", "from": "2026-02-01", "to": "2025-01-31" }]));
    let refused = messages(&put_register(&office, &editor, wrong).await.unwrap_err());
    assert!(refused.contains("另一人名下") && refused.contains("早于"), "{refused}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_editor_changes_registers() {
    let (_dir, office) = bureau().await;
    for role in Role::ALL.into_iter().filter(|r| *r != Role::SystemAdmin) {
        let file = "code,name\nx,某队\n".as_bytes();
        let refused = office.import(&who(&office, role), ImportName::Departments, file, false).await;
        assert!(matches!(refused, Err(ActError::NotAllowed(_))), "{role:?}");
    }
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn laws_and_causes_come_from_the_rulebook_with_the_unverified_marked() {
    let (_dir, office) = bureau().await;
    let reader = who(&office, Role::LegalReviewer);
    let causes = office.register_rows(&reader, RegisterName::Causes, None).await.unwrap();
    assert_eq!(causes.lines.len(), 21);
    assert!(line(&causes, "未经许可从事出版物发行业务").unverified);
    let cafe = line(&causes, "互联网上网服务营业场所经营者允许未成年人进入");
    assert!(!cafe.unverified && cafe.sequence > 0);
    let shown = causes.columns.iter().position(|c| c.key == "verified").unwrap();
    assert_eq!(line(&causes, "未经许可从事出版物发行业务").cells[shown], "未核实");
    let laws = office.register_rows(&reader, RegisterName::Laws, None).await.unwrap();
    assert!(line(&laws, "中华人民共和国行政处罚法").cells.iter().any(|c| c.contains("2021-07-15起")));
    assert_eq!(office.seed_registers().await.unwrap(), 0, "seeding again puts nothing");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_previewed_and_imported_whole_or_not_at_all() {
    let (_dir, office) = bureau().await;
    // Who conducts cases keeps the register of their people; no administrator does.
    let administrator = who(&office, Role::SystemAdmin);
    assert!(matches!(office.import_preview(&administrator, ImportName::Parties, b"").await, Err(ActError::NotAllowed(_))));
    assert!(matches!(office.register_rows(&administrator, RegisterName::Parties, None).await, Err(ActError::NotAllowed(_))));
    let editor = who(&office, Role::SectionHead);
    // The code of the second is from a published decision; the third has a wrong check digit.
    let file = "\u{feff}当事人类型,名称,统一社会信用代码,法定代表人,住所,有效期起\r\n\
        法人或者其他组织,武汉某某网咖有限公司,91420112MA4K0A1B61,李某某,武汉市东西湖区某某大道100号3楼,2026/01/05\r\n\
        法人或者其他组织,重庆某某歌城,91500102MA612XK23A,王某某,重庆市某某路,\r\n\
        法人或者其他组织,武汉某某公司,91420112MA4K0A1B62,赵某某,武汉市某某路,\r\n\
        自然人,某某,11010519491231002X,,,2026年2月30日\r\n\
        法人或者其他组织,重庆某某歌城分号,91500102MA612XK23A,,,\r\n";
    let preview = office.import_preview(&editor, ImportName::Parties, file.as_bytes()).await.unwrap();
    let told: Vec<_> = preview.rows.iter().map(|r| (r.line, r.problems.len(), r.action)).collect();
    assert_eq!(told[0], (2, 0, ImportAction::Change));
    assert_eq!(told[1], (3, 0, ImportAction::New));
    assert!(preview.rows[2].problems[0].contains("校验"), "{:?}", preview.rows[2].problems);
    assert!(preview.rows[3].problems[0].contains("2026年2月30日"));
    assert!(preview.rows[4].problems[0].contains("第3行"));

    let reader = who(&office, Role::Archivist);
    let before = office.register_rows(&reader, RegisterName::Parties, None).await.unwrap().lines.len();
    let refused = messages(&office.import(&editor, ImportName::Parties, file.as_bytes(), false).await.unwrap_err());
    assert!(refused.contains("第4行") && refused.contains("第5行") && refused.contains("第6行"), "{refused}");
    assert_eq!(office.register_rows(&reader, RegisterName::Parties, None).await.unwrap().lines.len(), before);

    let done = office.import(&editor, ImportName::Parties, file.as_bytes(), true).await.unwrap();
    assert_eq!((done.new_count, done.changed_count, done.skipped_count), (1, 1, 3));
    let history = office.party_history(&reader, "91420112MA4K0A1B61").await.unwrap();
    assert_eq!(history.lines.len(), 2);
    assert_eq!(history.lines[1].valid_from, Some(date(2026, 1, 5)));
    // What the file has no column for is kept.
    assert_eq!(history.lines[1].data["licence"], history.lines[0].data["licence"]);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_spreadsheets_are_read_in_gb18030() {
    let (_dir, office) = bureau().await;
    let editor = who(&office, Role::SystemAdmin);
    // 编码,机构名称 as bytes of GB18030 (GB/T 2312 rows 17–): B1 E0 C2 EB ...
    let mut file = b"code,\xbb\xfa\xb9\xb9\xc3\xfb\xb3\xc6\n".to_vec();
    file.extend_from_slice(b"sizd,\xd6\xb4\xb7\xa8\xcb\xc4\xd6\xd0\xb6\xd3\n");
    office.import(&editor, ImportName::Departments, &file, false).await.unwrap();
    let view = office.register_rows(&editor, RegisterName::Departments, None).await.unwrap();
    assert_eq!(line(&view, "执法四中队").id, "sizd");
    let damaged = messages(&office.import(&editor, ImportName::Departments, b"code,\xff\xff\n1,2\n", false).await.unwrap_err());
    assert!(damaged.contains("编码"), "{damaged}");
    let unknown = messages(&office.import(&editor, ImportName::Departments, "code,称呼\n1,2\n".as_bytes(), false).await.unwrap_err());
    assert!(unknown.contains("称呼") && unknown.contains("机构名称"), "{unknown}");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_by_file_and_never_held_twice() {
    let (_dir, office) = bureau().await;
    let editor = who(&office, Role::SystemAdmin);
    let file = "账号,执法证号,有效期起,有效期止\n\
        chuyan,17011200119,2026-02-01,2032-01-31\n\
        nobody,17011200120,2026-02-01,2032-01-31\n\
        likun,17011200119,2026-02-01,2032-01-31\n\
        likun,12,2026-02-01,2032-01-31\n";
    let preview = office.import_preview(&editor, ImportName::Certificates, file.as_bytes()).await.unwrap();
    let problems: Vec<_> = preview.rows.iter().map(|r| r.problems.join("")).collect();
    assert_eq!(problems[0], "");
    assert!(problems[1].contains("nobody") && problems[2].contains("重复") && problems[3].contains("不是执法证号"), "{problems:?}");
    office.import(&editor, ImportName::Certificates, file.as_bytes(), true).await.unwrap();
    let person = named(&office, "褚岩").person;
    assert_eq!(person.certificates.len(), 2, "the expired one stays on record");
    assert_eq!(person.seen_on(TODAY).certificate, "17011200119");
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_delegates_the_own_role_and_nothing_else() {
    let (_dir, office) = bureau().await;
    let (head, deputy) = (named(&office, "周明远"), named(&office, "唐毅"));
    let what = |to: &Caller, role| GiveDelegation {
        to: to.person.id.clone(),
        role,
        starts: date(2026, 3, 3).at(8, 0, 0, 0),
        ends: date(2026, 3, 10).at(18, 0, 0, 0),
    };
    give_delegation(&office, &head, what(&deputy, Role::AgencyHead)).await.unwrap();
    let oneself = messages(&give_delegation(&office, &head, what(&head, Role::AgencyHead)).await.unwrap_err());
    assert!(oneself.contains("不能委托给自己"));
    assert!(matches!(give_delegation(&office, &head, what(&deputy, Role::SectionHead)).await, Err(ActError::NotAllowed(_))));
    let officer = named(&office, "赵建国");
    assert!(matches!(give_delegation(&office, &officer, what(&deputy, Role::Officer)).await, Err(ActError::NotAllowed(_))));
    let administrator = who(&office, Role::SystemAdmin);
    assert!(messages(&give_delegation(&office, &head, what(&administrator, Role::AgencyHead)).await.unwrap_err()).contains("岗位"));
    let mut backward = what(&deputy, Role::AgencyHead);
    backward.starts = date(2026, 3, 1).at(8, 0, 0, 0);
    assert!(messages(&give_delegation(&office, &head, backward).await.unwrap_err()).contains("追溯"));
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_party_of_a_case_enters_its_register_and_a_minor_never_does() {
    let (_dir, office) = bureau().await;
    let officer = named(&office, "赵建国");
    let clue = RegisterClue {
        source: ClueSource::Inspection,
        channel: "现场检查".into(),
        received_at: TODAY.at(8, 30, 0, 0),
        category: "歌舞娱乐".into(),
        target: "重庆某某歌城".into(),
        content: "检查发现".into(),
        informant: None,
        transferring_body: None,
        reply_wanted: false,
    };
    let clue = ClueId(register_clue(&office, &officer, clue).await.unwrap().id);
    let handlers = vec![officer.person.id.clone(), named(&office, "钱晓梅").person.id];
    let accept = AcceptClue { clue, opinion: "受理".into(), handlers, at: None };
    let case = CaseId(accept_clue(&office, &officer, accept).await.unwrap().id);
    let number = "91500102MA612XK23A";
    let party = |address: &str| Party {
        kind: PartyKind::Organisation,
        name: "重庆某某歌城".into(),
        id_number: number.into(),
        address: address.into(),
        ..Party::default()
    };
    let record = |party: Party| RecordParty { case: case.clone(), party };
    for address in ["某某路1号", "某某路1号", "某某路2号"] {
        record_party(&office, &officer, record(party(address))).await.unwrap();
    }
    let history = office.party_history(&officer, number).await.unwrap();
    let addresses: Vec<_> = history.lines.iter().map(|l| l.data["address"].as_str().unwrap()).collect();
    assert_eq!(addresses, ["某某路1号", "某某路2号"], "the same particulars are no new state");

    let before = office.register_rows(&officer, RegisterName::Parties, None).await.unwrap().lines.len();
    let child = Party { kind: PartyKind::Person, name: "丙某".into(), id_number: "42011220120305999X".into(), ..Party::default() };
    // Its check digit is 4: refused, and with the right one sealed in the case alone.
    assert!(record_party(&office, &officer, record(child.clone())).await.is_err());
    let child = Party { id_number: "420112201203059994".into(), ..child };
    record_party(&office, &officer, record(child)).await.unwrap();
    assert_eq!(office.register_rows(&officer, RegisterName::Parties, None).await.unwrap().lines.len(), before);
    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_the_security_administrators_alone() {
    let (_dir, office) = bureau().await;
    let wanted = || PutAccount {
        account: "newcomer".into(),
        officer: None,
        name: "新来的人".into(),
        password: Some("a password of the tests".into()),
        roles: vec![Role::AgencyHead],
        department: "wlj".into(),
        must_change: true,
        disabled: false,
    };
    for role in Role::ALL.into_iter().filter(|r| *r != Role::SecurityAdmin) {
        let refused = office.put_account(&who(&office, role), wanted()).await;
        assert!(matches!(refused, Err(ActError::NotAllowed(_))), "{role:?}: {refused:?}");
    }
    office.put_account(&who(&office, Role::SecurityAdmin), wanted()).await.unwrap();
    office.close().await;
}
