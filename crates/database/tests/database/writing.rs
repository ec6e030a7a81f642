//! Acts that share a batch do not share their failures; working tables keep both versions; every
//! durable head is announced.

use database::{Change, Commit, DatabaseError, DraftRow, DraftSaved, NewMember, SessionRow};
use ledger::disclosure::Salt;
use serde_json::json;

use crate::office::{HOUR_US, NOW_US, Place, act, case, entry, story, with};

story!(a_poisoned_act_fails_alone);
async fn a_poisoned_act_fails_alone(place: Place) {
    let database = place.open().await;
    let take = |at: usize, number| {
        let take = Change::TakeNumber {
            series: "鲁文立".into(),
            number,
            paper: format!("paper-{at}"),
            state: "numbered".into(),
            entry: 0,
        };
        with(act(entry(&format!("paper/{at}"), "paper-numbered")), take)
    };
    // The eighth act takes, without its guard, a number another has: the statement itself fails.
    let acts = (1..=20).map(|at| database.commit(take(at, if at == 8 { 3 } else { at as i64 })));
    let outcomes = futures_util::future::join_all(acts).await;
    for (at, outcome) in (1..).zip(&outcomes) {
        match outcome {
            Ok(_) => assert_ne!(at, 8),
            Err(DatabaseError::Statement(_)) => assert_eq!(at, 8),
            Err(other) => panic!("{at}: {other:?}"),
        }
    }
    assert_eq!(database.head().size, 19);
    assert_eq!(place.head.get(), Some(database.head()));
    assert_eq!(database.entries_of("paper/8").await.unwrap(), []);
    assert_eq!(database.numbers("鲁文立").await.unwrap().len(), 19);
}

story!(an_act_that_cannot_be_a_leaf_leaves_no_trace);
async fn an_act_that_cannot_be_a_leaf_leaves_no_trace(place: Place) {
    let database = place.open().await;
    let mut large = entry("case/1", "case-filed");
    large
        .clear
        .insert("note".into(), "长".repeat(30_000).into());
    let both = Commit {
        entries: vec![entry("case/1", "case-filed"), large],
        changes: vec![Change::PutCase(case("1", "虚构案"))],
        ..Commit::default()
    };
    let (broken, fine) = tokio::join!(
        database.commit(both),
        database.commit(act(entry("case/2", "case-filed")))
    );
    assert!(matches!(broken, Err(DatabaseError::Entry(_))), "{broken:?}");
    assert_eq!(fine.unwrap().first_sequence, 1);
    assert_eq!(database.case_row("1").await.unwrap(), None);
    assert_eq!(database.stream_version("case/1").await.unwrap(), 0);

    let mut twice = entry("case/1", "case-filed");
    twice.members.push(NewMember::Ordinary {
        name: "place".into(),
        salt: Salt([1; 16]),
        value: json!("x"),
    });
    assert!(matches!(
        database.commit(act(twice)).await,
        Err(DatabaseError::Entry(_))
    ));
    let mut undated = entry("case/1", "case-filed");
    undated.recorded_at = "2026-11-23".into();
    assert!(matches!(
        database.commit(act(undated)).await,
        Err(DatabaseError::Malformed(_))
    ));
    let claim = Change::Link {
        from_stream: "case/1".into(),
        to_stream: "visit/1".into(),
        kind: "visit".into(),
        entry: 1,
    };
    assert!(matches!(
        database
            .commit(with(act(entry("case/1", "visit-linked")), claim))
            .await,
        Err(DatabaseError::Malformed(_))
    ));
}

story!(every_durable_head_is_announced);
async fn every_durable_head_is_announced(place: Place) {
    let database = place.open().await;
    let mut heads = database.watch_head();
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    assert!(heads.has_changed().unwrap());
    assert_eq!(Some(*heads.borrow_and_update()), place.head.get());
    database.drop_draft("none".into()).await.unwrap();
    assert!(
        !heads.has_changed().unwrap(),
        "a working table moved the ledger"
    );
}

fn draft(body: &str, saved_us: i64) -> DraftRow {
    DraftRow {
        id: "draft-1".into(),
        account: "wang".into(),
        case_id: Some("1".into()),
        kind: "penalty-decision".into(),
        subject: None,
        body: body.into(),
        base_version: 3,
        saved_us,
    }
}

story!(two_editors_of_a_draft_both_keep_their_text);
async fn two_editors_of_a_draft_both_keep_their_text(place: Place) {
    let database = place.open().await;
    let first = draft("王写的", NOW_US);
    assert_eq!(
        database.save_draft(first.clone(), None).await.unwrap(),
        DraftSaved::Saved
    );
    let (one, two) = tokio::join!(
        database.save_draft(draft("王又写的", NOW_US + 5), Some(NOW_US)),
        database.save_draft(draft("李写的", NOW_US + 6), Some(NOW_US)),
    );
    assert_eq!(one.unwrap(), DraftSaved::Saved);
    assert_eq!(
        two.unwrap(),
        DraftSaved::Conflict {
            stored: Some(Box::new(draft("王又写的", NOW_US + 5))),
            offered: Box::new(draft("李写的", NOW_US + 6)),
        }
    );
    // A clock set back does not make a later save look like an earlier one.
    database
        .save_draft(draft("王再写的", NOW_US - HOUR_US), Some(NOW_US + 5))
        .await
        .unwrap();
    assert_eq!(
        database.draft("draft-1").await.unwrap().unwrap().saved_us,
        NOW_US + 6
    );
    let submitted = with(
        act(entry("case/1", "paper-submitted")),
        Change::DropDraft {
            id: "draft-1".into(),
        },
    );
    database.commit(submitted).await.unwrap();
    assert_eq!(
        database
            .save_draft(draft("李写的", NOW_US + 7), Some(NOW_US + 6))
            .await
            .unwrap(),
        DraftSaved::Conflict {
            stored: None,
            offered: Box::new(draft("李写的", NOW_US + 7))
        }
    );
    assert_eq!(database.drafts_of("wang").await.unwrap(), []);
}

story!(a_session_ends_when_it_is_closed_or_expired);
async fn a_session_ends_when_it_is_closed_or_expired(place: Place) {
    let database = place.open().await;
    let session = |token: &str, expires_us| SessionRow {
        token_digest: token.into(),
        account: "wang".into(),
        created_us: NOW_US,
        seen_us: NOW_US,
        expires_us,
        renewed_us: None,
        station: "station-1".into(),
    };
    database
        .open_session(session("a", NOW_US + HOUR_US))
        .await
        .unwrap();
    database
        .open_session(session("b", NOW_US + 1))
        .await
        .unwrap();
    assert!(matches!(
        database.open_session(session("a", NOW_US)).await,
        Err(DatabaseError::Statement(_))
    ));
    database
        .touch_session("a".into(), NOW_US + 10)
        .await
        .unwrap();
    database
        .touch_session("a".into(), NOW_US + 4)
        .await
        .unwrap();
    assert_eq!(
        database.session("a").await.unwrap().unwrap().seen_us,
        NOW_US + 10
    );
    assert_eq!(database.drop_expired_sessions(NOW_US + 1).await.unwrap(), 1);
    assert_eq!(database.close_sessions_of("wang".into()).await.unwrap(), 1);
    assert_eq!(database.session("a").await.unwrap(), None);
}

story!(guessing_locks_the_guesser_and_not_the_honest);
async fn guessing_locks_the_guesser_and_not_the_honest(place: Place) {
    let database = place.open().await;
    let fail = |ip: &str, at_us| database.note_failed_sign_in("wang".into(), ip.into(), at_us);
    for attempt in 0..4 {
        assert_eq!(
            fail("10.0.0.9", NOW_US + attempt)
                .await
                .unwrap()
                .locked_until_us,
            None
        );
    }
    let fifth = fail("10.0.0.9", NOW_US + 4).await.unwrap();
    assert_eq!(
        (fifth.pair_count, fifth.locked_until_us),
        (5, Some(NOW_US + 4 + HOUR_US / 4))
    );
    let honest = database
        .sign_in_failures("wang", "10.0.0.1", NOW_US + 5)
        .await
        .unwrap();
    assert_eq!((honest.account_count, honest.locked_until_us), (5, None));
    let later = database
        .sign_in_failures("wang", "10.0.0.9", NOW_US + HOUR_US)
        .await
        .unwrap();
    assert_eq!((later.pair_count, later.locked_until_us), (0, None));
    for attempt in 0..95 {
        fail(&format!("10.0.1.{attempt}"), NOW_US + 10 + attempt)
            .await
            .unwrap();
    }
    let sprayed = database
        .sign_in_failures("wang", "10.0.0.1", NOW_US + 200)
        .await
        .unwrap();
    assert_eq!(sprayed.account_count, 100);
    assert!(sprayed.locked_until_us.is_some());
    database
        .clear_failed_sign_ins("wang".into(), "10.0.0.9".into())
        .await
        .unwrap();
    let cleared = database
        .sign_in_failures("wang", "10.0.0.9", NOW_US + 200)
        .await
        .unwrap();
    assert_eq!((cleared.pair_count, cleared.account_count), (0, 95));
}

story!(a_job_is_taken_by_one_and_found_again_when_he_stays_away);
async fn a_job_is_taken_by_one_and_found_again_when_he_stays_away(place: Place) {
    let database = place.open().await;
    let job = |key: &str, run_after_us| Change::Job {
        kind: "render".into(),
        key: key.into(),
        payload: "{}".into(),
        run_after_us,
    };
    let mut commit = act(entry("paper/1", "paper-numbered"));
    commit.changes = vec![job("paper-1", NOW_US), job("paper-2", NOW_US + HOUR_US)];
    database.commit(commit).await.unwrap();
    let waiting = |now_us| database.waiting(now_us);
    assert_eq!(waiting(NOW_US - 1).await.unwrap().jobs, 0);
    // What is put off to later does not wait yet.
    assert_eq!(waiting(NOW_US).await.unwrap().jobs, 1);
    assert_eq!(waiting(NOW_US + HOUR_US).await.unwrap().jobs, 2);
    let (a, b) = tokio::join!(
        database.take_jobs("a".into(), NOW_US, 1_000, 10),
        database.take_jobs("b".into(), NOW_US, 1_000, 10),
    );
    assert_eq!((a.unwrap().len(), b.unwrap().len()), (1, 0));
    let again = database
        .take_jobs("b".into(), NOW_US + 1_000, 1_000, 10)
        .await
        .unwrap();
    assert_eq!(
        (again[0].key.as_str(), again[0].attempts_count),
        ("paper-1", 2)
    );
    let (kind, key) = ("render".to_owned(), "paper-1".to_owned());
    assert!(
        !database
            .finish_job(kind.clone(), key.clone(), "a".into(), NOW_US)
            .await
            .unwrap()
    );
    assert!(
        database
            .put_off_job(
                kind.clone(),
                key.clone(),
                "b".into(),
                "no font".into(),
                NOW_US + 2_000
            )
            .await
            .unwrap()
    );
    assert_eq!(
        database
            .take_jobs("b".into(), NOW_US + 1_999, 1_000, 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        database
            .take_jobs("b".into(), NOW_US + 2_000, 1_000, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let finish = Change::FinishJob {
        kind: kind.clone(),
        key: key.clone(),
        at_us: NOW_US + 2_001,
    };
    database
        .commit(with(act(entry("paper/1", "paper-issued")), finish))
        .await
        .unwrap();
    assert_eq!(
        database
            .job("render", "paper-1")
            .await
            .unwrap()
            .unwrap()
            .finished_us,
        Some(NOW_US + 2_001)
    );
    assert_eq!(database.waiting(NOW_US + HOUR_US).await.unwrap().jobs, 1);
    // Enqueued again by a later act, it runs again.
    database
        .commit(with(
            act(entry("paper/1", "paper-corrected")),
            job("paper-1", NOW_US),
        ))
        .await
        .unwrap();
    assert_eq!(
        database
            .take_jobs("b".into(), NOW_US + 3_000, 1_000, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

story!(a_message_waits_until_it_is_sent);
async fn a_message_waits_until_it_is_sent(place: Place) {
    let database = place.open().await;
    let tell = |payload: &str| Change::Outbox {
        kind: "city-platform".into(),
        key: "case/1#1".into(),
        payload: payload.into(),
        created_us: NOW_US,
    };
    database
        .commit(with(act(entry("case/1", "case-filed")), tell("first")))
        .await
        .unwrap();
    database
        .commit(with(act(entry("case/1", "case-noted")), tell("second")))
        .await
        .unwrap();
    database
        .outbox_failed(
            "city-platform".into(),
            "case/1#1".into(),
            "unreachable".into(),
        )
        .await
        .unwrap();
    let waiting = database.outbox_oldest(10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(
        (waiting[0].payload.as_str(), waiting[0].attempts_count),
        ("first", 1)
    );
    assert_eq!(waiting[0].last_error.as_deref(), Some("unreachable"));
    database
        .outbox_sent("city-platform".into(), "case/1#1".into(), NOW_US + 1)
        .await
        .unwrap();
    assert_eq!(database.outbox_oldest(10).await.unwrap(), []);
}
