//! Lists and registers as the pages read them.

use database::{
    AccountRow, After, Awaited, BlobRow, CaseFilter, Change, ClueFilter, ClueRow, Commit, Database,
    DelegationRow, DutyFilter, DutyRow, EvidenceRow, GrantRow, PaperRow, RegisterRow, TokenRow,
    ViewingFilter, ViewingRow,
};

use crate::office::{HOUR_US, NOW_US, Place, act, case, entry, story, with};

pub async fn put(database: &Database, stream: &str, changes: Vec<Change>) {
    let commit = Commit {
        changes,
        ..act(entry(stream, "registers-moved"))
    };
    database.commit(commit).await.unwrap();
}

story!(cases_are_listed_newest_first_and_narrowed);
async fn cases_are_listed_newest_first_and_narrowed(place: Place) {
    let database = place.open().await;
    for at in 0..5 {
        let mut row = case(&format!("c{at}"), "虚构案");
        if at == 3 {
            row.stage = "archived".into();
            row.handlers = r#"["officer-zhao"]"#.into();
        }
        put(
            &database,
            &format!("case/c{at}"),
            vec![Change::PutCase(row)],
        )
        .await;
    }
    put(
        &database,
        "case/c1",
        vec![Change::PutCase(case("c1", "虚构案，已改"))],
    )
    .await;
    let ids = async |filter: CaseFilter, after: Option<After>, limit| {
        let rows = database
            .cases(&filter, after.as_ref(), limit)
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| (row.id, row.updated_sequence))
            .collect::<Vec<_>>()
    };
    let first = ids(CaseFilter::default(), None, 2).await;
    assert_eq!(first, [("c1".to_owned(), 6), ("c4".to_owned(), 5)]);
    let after = After {
        place: 5,
        id: "c4".into(),
    };
    let rest = ids(CaseFilter::default(), Some(after), 10).await;
    assert_eq!(
        rest.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        ["c3", "c2", "c0"]
    );
    let zhao = CaseFilter {
        handler: Some("officer-zhao".into()),
        ..CaseFilter::default()
    };
    assert_eq!(ids(zhao, None, 10).await, [("c3".to_owned(), 4)]);
    let archived = CaseFilter {
        stage: Some("archived".into()),
        cause: Some("ktv-minors".into()),
        department: Some("first".into()),
        ..CaseFilter::default()
    };
    assert_eq!(ids(archived, None, 10).await.len(), 1);
    let li = CaseFilter {
        handler: Some("officer-li".into()),
        ..CaseFilter::default()
    };
    assert_eq!(ids(li, None, 10).await.len(), 4);
}

fn duty(rule: &str, who: &str, due_us: Option<i64>, state: &str) -> DutyRow {
    DutyRow {
        stream: String::new(),
        rule: rule.into(),
        subject: "case".into(),
        owed: "归档".into(),
        article: "本制度23".into(),
        who: who.into(),
        state: state.into(),
        trigger_on: Some("2026-11-20".into()),
        due_earliest_us: due_us,
        due_latest_us: due_us,
        met_us: (state == "met").then_some(NOW_US),
        derivation: "{}".into(),
        title: "归档".into(),
        case_title: "虚构案".into(),
        department: "first".into(),
    }
}

story!(duties_are_replaced_whole_and_found_by_who_owes_them);
async fn duties_are_replaced_whole_and_found_by_who_owes_them(place: Place) {
    let database = place.open().await;
    let wang = r#"[{"officer":"wang"},"role:archivist"]"#;
    let replace = |rows| Change::ReplaceDuties {
        stream: "case/c1".into(),
        rows,
    };
    put(
        &database,
        "case/c1",
        vec![
            Change::PutCase(case("c1", "虚构案")),
            replace(vec![
                duty("late", wang, Some(NOW_US - HOUR_US), "open"),
                duty("undated", wang, None, "date-unknown"),
                duty("soon", r#"["li"]"#, Some(NOW_US + HOUR_US), "open"),
                duty("done", wang, Some(NOW_US - HOUR_US), "met"),
            ]),
        ],
    )
    .await;
    let rules = async |filter: DutyFilter| {
        let rows = database.duties(&filter, 10).await.unwrap();
        assert_eq!(
            database.duties_count(&filter).await.unwrap(),
            rows.len() as u64
        );
        rows.into_iter().map(|row| row.rule).collect::<Vec<_>>()
    };
    let open = || DutyFilter {
        open: true,
        ..DutyFilter::default()
    };
    assert_eq!(rules(open()).await, ["late", "soon", "undated"]);
    assert_eq!(
        rules(DutyFilter {
            who: vec!["wang".into(), "role:archivist".into()],
            ..open()
        })
        .await,
        ["late", "undated"]
    );
    assert_eq!(
        rules(DutyFilter {
            who: vec!["li".into()],
            ..open()
        })
        .await,
        ["soon"]
    );
    assert_eq!(
        rules(DutyFilter {
            due_before_us: Some(NOW_US),
            ..open()
        })
        .await,
        ["late"]
    );
    assert_eq!(
        rules(DutyFilter {
            department: Some("second".into()),
            ..open()
        })
        .await,
        [""; 0]
    );
    let overdue = CaseFilter {
        overdue_at_us: Some(NOW_US),
        ..CaseFilter::default()
    };
    assert_eq!(database.cases(&overdue, None, 10).await.unwrap().len(), 1);
    put(
        &database,
        "case/c1",
        vec![replace(vec![duty(
            "soon",
            wang,
            Some(NOW_US + HOUR_US),
            "open",
        )])],
    )
    .await;
    assert_eq!(rules(DutyFilter::default()).await, ["soon"]);
    assert_eq!(database.cases(&overdue, None, 10).await.unwrap(), []);
}

story!(a_register_keeps_what_was_true_then);
async fn a_register_keeps_what_was_true_then(place: Place) {
    let database = place.open().await;
    let certificate = |from: &str, to: &str, data: &str| Change::PutRegister {
        row: RegisterRow {
            register: "officers".into(),
            id: "wang".into(),
            sequence: 0,
            valid_from: Some(from.into()),
            valid_to: Some(to.into()),
            name: "王某（虚构）".into(),
            data: data.into(),
            is_current: false,
        },
        entry: 0,
    };
    put(
        &database,
        "register/officers",
        vec![certificate("2021-01-01", "2025-12-31", "old")],
    )
    .await;
    put(
        &database,
        "register/officers",
        vec![certificate("2026-01-01", "2030-12-31", "new")],
    )
    .await;
    let on = async |day| {
        let rows = database.register("officers", day).await.unwrap();
        rows.into_iter().map(|row| row.data).collect::<Vec<_>>()
    };
    assert_eq!(on(None).await, ["new"]);
    assert_eq!(on(Some("2025-12-31")).await, ["old"]);
    assert_eq!(on(Some("2026-01-01")).await, ["new"]);
    assert_eq!(on(Some("2020-12-31")).await, [""; 0]);
    let history = database.register_history("officers", "wang").await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|row| (row.sequence, row.is_current))
        .collect();
    assert_eq!(told, [(1, false), (2, true)]);
    // A state that was replaced does not come back when the later one ends sooner.
    put(
        &database,
        "register/officers",
        vec![certificate("2027-01-01", "2027-03-31", "short")],
    )
    .await;
    assert_eq!(on(Some("2026-12-31")).await, ["new"]);
    assert_eq!(on(Some("2027-03-31")).await, ["short"]);
    assert_eq!(on(Some("2027-04-01")).await, [""; 0]);
}

fn paper(id: &str, step: Option<&str>, role: Option<&str>, person: Option<&str>) -> Change {
    Change::PutPaper(PaperRow {
        id: id.into(),
        case_id: Some("c1".into()),
        clue_id: None,
        kind: "penalty-decision".into(),
        title: "行政处罚决定书".into(),
        number: None,
        state: "submitted".into(),
        version: 1,
        subject: None,
        submitted_by: Some("wang".into()),
        awaiting_step: step.map(Into::into),
        awaiting_role: role.map(Into::into),
        awaiting_person: person.map(Into::into),
        department: "first".into(),
        fields_digest: None,
        sha256: None,
        pages_count: None,
        updated_us: NOW_US,
        issued_us: None,
        needs_scan: true,
        updated_sequence: 0,
    })
}

story!(a_paper_waits_for_a_person_or_for_a_role);
async fn a_paper_waits_for_a_person_or_for_a_role(place: Place) {
    let database = place.open().await;
    put(
        &database,
        "case/c1",
        vec![
            paper("p1", Some("review"), Some("legal-reviewer"), None),
            paper("p2", Some("decide"), Some("agency-head"), Some("zhao")),
            paper("p3", None, None, None),
        ],
    )
    .await;
    let waiting = async |persons: &[&str], roles: &[(&str, Option<&str>)]| {
        let awaited = Awaited {
            persons: persons.iter().map(|text| (*text).into()).collect(),
            roles: roles
                .iter()
                .map(|(role, department)| ((*role).into(), department.map(Into::into)))
                .collect(),
        };
        let rows = database.papers_awaiting(&awaited, 10).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(waiting(&["zhao"], &[]).await, ["p2"]);
    assert_eq!(waiting(&[], &[("legal-reviewer", None)]).await, ["p1"]);
    assert_eq!(
        waiting(&[], &[("legal-reviewer", Some("second"))]).await,
        [""; 0]
    );
    assert_eq!(
        waiting(&["zhao"], &[("legal-reviewer", Some("first"))]).await,
        ["p1", "p2"]
    );
    assert_eq!(
        waiting(&["li"], &[("agency-head", None)]).await,
        [""; 0],
        "a named person is awaited, not his role"
    );
    assert_eq!(waiting(&[], &[]).await, [""; 0]);
    let of_case = database.papers_of_case("c1").await.unwrap();
    assert_eq!(of_case.len(), 3);
    assert!(of_case[0].needs_scan);
}

story!(a_grant_is_usable_between_its_dates);
async fn a_grant_is_usable_between_its_dates(place: Place) {
    let database = place.open().await;
    let grant = |state: &str| GrantRow {
        id: "g1".into(),
        stream: "grant/g1".into(),
        case_id: Some("c1".into()),
        evidence: r#"["e1"]"#.into(),
        person: "li".into(),
        reason: "复核".into(),
        approver: Some("zhao".into()),
        from_us: NOW_US,
        to_us: Some(NOW_US + HOUR_US),
        mode: "view".into(),
        standing: false,
        state: state.into(),
    };
    put(&database, "grant/g1", vec![Change::PutGrant(grant("open"))]).await;
    assert_eq!(database.grants_for("li", NOW_US - 1).await.unwrap(), []);
    assert_eq!(
        database.grants_for("li", NOW_US).await.unwrap(),
        [grant("open")]
    );
    assert_eq!(
        database.grants_for("li", NOW_US + HOUR_US).await.unwrap(),
        []
    );
    assert_eq!(database.grants_for("wang", NOW_US).await.unwrap(), []);
    put(
        &database,
        "grant/g1",
        vec![Change::PutGrant(grant("withdrawn"))],
    )
    .await;
    assert_eq!(database.grants_for("li", NOW_US).await.unwrap(), []);
    assert_eq!(
        database
            .grants_in_state("withdrawn", 5)
            .await
            .unwrap()
            .len(),
        1
    );

    let viewing = |at: i64, person: &str| {
        Change::PutViewing(ViewingRow {
            id: format!("v{at}"),
            grant_id: "g1".into(),
            person: person.into(),
            evidence: "e1".into(),
            case_id: Some("c1".into()),
            opened_us: NOW_US + at,
            closed_us: None,
            reason: "复核".into(),
            approver: None,
            mode: "view".into(),
            bytes_served: 0,
            station: "station-1".into(),
        })
    };
    put(
        &database,
        "recording/e1",
        vec![viewing(1, "li"), viewing(2, "li"), viewing(3, "wang")],
    )
    .await;
    let by_li = ViewingFilter {
        person: Some("li".into()),
        ..ViewingFilter::default()
    };
    let page = database.viewings(&by_li, None, 1).await.unwrap();
    assert_eq!(page[0].id, "v2");
    let after = After {
        place: page[0].opened_us,
        id: page[0].id.clone(),
    };
    let page = database.viewings(&by_li, Some(&after), 10).await.unwrap();
    assert_eq!(
        page.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(),
        ["v1"]
    );
}

story!(clues_evidence_and_links_are_found_from_their_case);
async fn clues_evidence_and_links_are_found_from_their_case(place: Place) {
    let database = place.open().await;
    let clue = ClueRow {
        id: "q1".into(),
        number: None,
        source: "12345热线".into(),
        channel: "phone".into(),
        received_us: NOW_US,
        registered_us: NOW_US,
        state: "registered".into(),
        summary: "演示歌城接纳未成年人（虚构）".into(),
        department: "first".into(),
        officers: r#"["wang"]"#.into(),
        case_id: Some("c1".into()),
        updated_sequence: 0,
    };
    let evidence = EvidenceRow {
        id: "e1".into(),
        case_id: Some("c1".into()),
        number: None,
        kind: "audio-visual".into(),
        name: "执法记录.mp4".into(),
        media_type: "video/mp4".into(),
        sha256: "cd".repeat(32),
        sm3: "ef".repeat(32),
        len_bytes: 5_000_000_000,
        footage: true,
        from_us: Some(NOW_US),
        to_us: None,
        attached_us: NOW_US,
        attached_by: "wang".into(),
        sequence: 0,
    };
    let link = Change::Link {
        from_stream: "case/c1".into(),
        to_stream: "clue/q1".into(),
        kind: "clue".into(),
        entry: 0,
    };
    put(
        &database,
        "case/c1",
        vec![
            Change::PutClue(clue.clone()),
            Change::PutEvidence {
                row: evidence.clone(),
                entry: Some(0),
            },
            link,
        ],
    )
    .await;
    let expected = ClueRow {
        updated_sequence: 1,
        ..clue
    };
    assert_eq!(
        database.clues_of_case("c1").await.unwrap(),
        std::slice::from_ref(&expected)
    );
    let mine = ClueFilter {
        officer: Some("wang".into()),
        state: Some("registered".into()),
        ..ClueFilter::default()
    };
    assert_eq!(database.clues(&mine, None, 10).await.unwrap(), [expected]);
    let expected = EvidenceRow {
        sequence: 1,
        ..evidence
    };
    assert_eq!(
        database.evidence_of_case("c1").await.unwrap(),
        std::slice::from_ref(&expected)
    );
    assert_eq!(
        database.evidence_with(&expected.sha256).await.unwrap(),
        [expected]
    );
    assert_eq!(
        database.links_of("clue/q1").await.unwrap()[0].from_stream,
        "case/c1"
    );
    assert_eq!(database.case_row("c1").await.unwrap(), None);
    database
        .commit(with(
            act(entry("case/c1", "noted")),
            Change::PutCase(case("c1", "虚构案")),
        ))
        .await
        .unwrap();
    assert_eq!(
        database.case_row("c1").await.unwrap().unwrap().title,
        "虚构案"
    );
}

story!(accounts_keys_delegations_and_bytes_come_back_as_written);
async fn accounts_keys_delegations_and_bytes_come_back_as_written(place: Place) {
    let database = place.open().await;
    let account = |id: &str, name: &str, disabled| AccountRow {
        id: id.into(),
        account: name.into(),
        officer: Some("officer-wang".into()),
        name: "王某（虚构）".into(),
        password_hash: "$argon2id$".into(),
        roles: r#"["officer"]"#.into(),
        department: "first".into(),
        must_change: true,
        disabled,
        created_us: NOW_US,
    };
    let token = TokenRow {
        token_digest: "t".into(),
        id: "t1".into(),
        account: "wang".into(),
        name: "对接".into(),
        scopes: "[]".into(),
        created_us: NOW_US,
        expires_us: None,
        revoked_us: None,
    };
    let delegation = DelegationRow {
        id: "d1".into(),
        from_officer: "zhao".into(),
        to_officer: "li".into(),
        scope: "approve".into(),
        from_us: NOW_US,
        to_us: NOW_US + HOUR_US,
    };
    let blob = |stream: &str| BlobRow {
        sha256: "ab".repeat(32),
        sm3: "cd".repeat(32),
        len_bytes: 7,
        class: "ordinary".into(),
        media_type: "image/jpeg".into(),
        stream: stream.into(),
        sequence: 0,
    };
    put(
        &database,
        "account/a1",
        vec![
            Change::PutAccount(account("a1", "wang", false)),
            Change::PutToken(token.clone()),
            Change::PutDelegation(delegation.clone()),
            Change::ClaimBlob {
                row: blob("case/c1"),
                entry: 0,
            },
            Change::ClaimBlob {
                row: blob("case/c2"),
                entry: 0,
            },
        ],
    )
    .await;
    put(
        &database,
        "account/a1",
        vec![
            Change::PutAccount(account("a1", "wang", true)),
            Change::ClaimBlob {
                row: blob("case/c1"),
                entry: 0,
            },
        ],
    )
    .await;
    assert_eq!(
        database.account("wang").await.unwrap(),
        Some(account("a1", "wang", true))
    );
    assert_eq!(
        database.account_by_id("a1").await.unwrap(),
        Some(account("a1", "wang", true))
    );
    assert_eq!(database.account("li").await.unwrap(), None);
    let same_name = Commit {
        changes: vec![Change::PutAccount(account("a2", "wang", false))],
        ..act(entry("account/a2", "account-opened"))
    };
    database.commit(same_name).await.unwrap_err();
    assert_eq!(database.accounts().await.unwrap().len(), 1);
    assert_eq!(database.token("t").await.unwrap(), Some(token));
    assert_eq!(database.tokens_of("wang").await.unwrap().len(), 1);
    assert_eq!(
        database.delegations_to("li", NOW_US).await.unwrap(),
        [delegation]
    );
    assert_eq!(
        database
            .delegations_to("li", NOW_US + HOUR_US)
            .await
            .unwrap(),
        []
    );
    // The first claim stands: its entry named the bytes first.
    let claims = database.blob_claims(&"ab".repeat(32)).await.unwrap();
    assert_eq!(
        claims.iter().map(|row| row.sequence).collect::<Vec<_>>(),
        [1, 1]
    );
    let first = database.blobs(None, 1).await.unwrap();
    let second = database
        .blobs(Some((&first[0].sha256, &first[0].stream)), 10)
        .await
        .unwrap();
    assert_eq!(
        (first[0].stream.as_str(), second[0].stream.as_str()),
        ("case/c1", "case/c2")
    );
}
