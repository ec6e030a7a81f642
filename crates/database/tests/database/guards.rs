//! What decide saw is checked again inside the transaction: each guard holds, and fails.

use database::{Change, Commit, Guard, GuardFailed, HoldRow, Idempotency, Receipt};

use crate::office::{HOUR_US, NOW_US, Place, act, entry, guarded, is_guard, story, with};

story!(a_stream_is_as_decide_saw_it);
async fn a_stream_is_as_decide_saw_it(place: Place) {
    let database = place.open().await;
    let at = |version| Guard::StreamAt {
        stream: "case/1".into(),
        version,
    };
    let receipt = database
        .commit(guarded(entry("case/1", "case-filed"), at(0)))
        .await
        .unwrap();
    assert_eq!((receipt.first_sequence, receipt.entries[0].version), (1, 1));
    let failed = is_guard(
        database
            .commit(guarded(entry("case/1", "case-filed"), at(0)))
            .await,
    );
    assert_eq!(
        failed,
        GuardFailed::StreamAt {
            stream: "case/1".into(),
            expected: 0,
            found: 1
        }
    );
    database
        .commit(guarded(entry("case/1", "visit-linked"), at(1)))
        .await
        .unwrap();
    assert_eq!(database.stream_version("case/1").await.unwrap(), 2);
    assert_eq!(database.head().size, 2);
}

story!(of_two_acts_in_one_batch_the_second_sees_the_first);
async fn of_two_acts_in_one_batch_the_second_sees_the_first(place: Place) {
    let database = place.open().await;
    let file = || {
        guarded(
            entry("case/1", "case-filed"),
            Guard::StreamAt {
                stream: "case/1".into(),
                version: 0,
            },
        )
    };
    let (first, second) = tokio::join!(database.commit(file()), database.commit(file()));
    first.unwrap();
    is_guard(second);
    assert_eq!(database.head().size, 1);
}

story!(a_key_is_taken_once_until_it_is_released);
async fn a_key_is_taken_once_until_it_is_released(place: Place) {
    let database = place.open().await;
    let unique = || Guard::Unique {
        scope: "device".into(),
        key: "SN-0001".into(),
    };
    database
        .commit(guarded(entry("device/1", "device-registered"), unique()))
        .await
        .unwrap();
    let failed = is_guard(
        database
            .commit(guarded(entry("device/2", "device-registered"), unique()))
            .await,
    );
    assert_eq!(
        failed,
        GuardFailed::Unique {
            scope: "device".into(),
            key: "SN-0001".into()
        }
    );
    let release = Change::Release {
        scope: "device".into(),
        key: "SN-0001".into(),
    };
    database
        .commit(with(act(entry("device/1", "device-retired")), release))
        .await
        .unwrap();
    database
        .commit(guarded(entry("device/2", "device-registered"), unique()))
        .await
        .unwrap();
}

story!(an_officer_is_at_one_place);
async fn an_officer_is_at_one_place(place: Place) {
    let database = place.open().await;
    let visit = |stream: &str, from_us, to_us, seen: Vec<(String, i64, i64)>| {
        let guard = Guard::Occupied {
            officer: "wang".into(),
            from_us,
            to_us,
            seen,
        };
        let occupy = Change::Occupy {
            officer: "wang".into(),
            stream: stream.into(),
            from_us,
            to_us,
            entry: 0,
        };
        with(guarded(entry(stream, "visit-recorded"), guard), occupy)
    };
    let ten = NOW_US;
    database
        .commit(visit("visit/1", ten, ten + HOUR_US, vec![]))
        .await
        .unwrap();
    let failed = is_guard(
        database
            .commit(visit(
                "visit/2",
                ten + HOUR_US / 2,
                ten + 2 * HOUR_US,
                vec![],
            ))
            .await,
    );
    assert_eq!(
        failed,
        GuardFailed::Occupied {
            officer: "wang".into(),
            stream: "visit/1".into(),
            from_us: ten,
            to_us: ten + HOUR_US
        }
    );
    // An end is no overlap; and an overlap that decide saw is recorded with its flaw.
    database
        .commit(visit("visit/3", ten + HOUR_US, ten + 2 * HOUR_US, vec![]))
        .await
        .unwrap();
    let seen = vec![("visit/1".to_owned(), ten, ten + HOUR_US)];
    database
        .commit(visit("visit/4", ten, ten + HOUR_US / 2, seen))
        .await
        .unwrap();
    assert_eq!(
        database
            .occupations("wang", ten, ten + HOUR_US)
            .await
            .unwrap()
            .len(),
        2
    );
    let vacate = Change::Vacate {
        officer: "wang".into(),
        stream: "visit/3".into(),
    };
    database
        .commit(with(act(entry("visit/3", "visit-corrected")), vacate))
        .await
        .unwrap();
    database
        .commit(visit("visit/5", ten + HOUR_US, ten + 2 * HOUR_US, vec![]))
        .await
        .unwrap();
}

story!(visits_of_one_batch_may_touch_but_not_overlap);
async fn visits_of_one_batch_may_touch_but_not_overlap(place: Place) {
    let database = place.open().await;
    let visit = |stream: &str, from_us, to_us| {
        let officer = "wang".to_owned();
        let guard = Guard::Occupied {
            officer: officer.clone(),
            from_us,
            to_us,
            seen: vec![],
        };
        let occupy = Change::Occupy {
            officer,
            stream: stream.into(),
            from_us,
            to_us,
            entry: 0,
        };
        database.commit(with(
            guarded(entry(stream, "visit-recorded"), guard),
            occupy,
        ))
    };
    let (ten, eleven) = (NOW_US + 10 * HOUR_US, NOW_US + 11 * HOUR_US);
    let (middle, after, before, inside) = tokio::join!(
        visit("visit/1", ten, eleven),
        visit("visit/2", eleven, eleven + HOUR_US),
        visit("visit/3", ten - HOUR_US, ten),
        visit("visit/4", ten + 1, ten + 2),
    );
    middle.unwrap();
    after.unwrap();
    before.unwrap();
    is_guard(inside);
}

story!(held_bytes_are_not_disposed_of);
async fn held_bytes_are_not_disposed_of(place: Place) {
    let database = place.open().await;
    let hold = |lifted_us| {
        Change::PutHold(HoldRow {
            id: "hold-1".into(),
            sha256: "ab".repeat(32),
            stream: "case/1".into(),
            reason: "诉讼".into(),
            placed_us: NOW_US,
            lifted_us,
        })
    };
    let dispose = || {
        guarded(
            entry("recording/1", "recording-disposed"),
            Guard::NotHeld {
                sha256: "ab".repeat(32),
            },
        )
    };
    database
        .commit(with(act(entry("case/1", "hold-placed")), hold(None)))
        .await
        .unwrap();
    assert_eq!(
        is_guard(database.commit(dispose()).await),
        GuardFailed::NotHeld {
            sha256: "ab".repeat(32)
        }
    );
    database
        .commit(with(
            act(entry("case/1", "hold-lifted")),
            hold(Some(NOW_US + 1)),
        ))
        .await
        .unwrap();
    database.commit(dispose()).await.unwrap();
}

story!(a_request_is_carried_out_once);
async fn a_request_is_carried_out_once(place: Place) {
    let database = place.open().await;
    let request = || Commit {
        idempotency: Some(Idempotency {
            account: "wang".into(),
            key: "k-1".into(),
            digest: "d".into(),
            created_us: NOW_US,
        }),
        ..act(entry("case/1", "case-filed"))
    };
    let (first, again) = tokio::join!(database.commit(request()), database.commit(request()));
    let first = first.unwrap();
    let failed = GuardFailed::IdempotencyFree {
        account: "wang".into(),
        key: "k-1".into(),
    };
    assert_eq!(is_guard(again), failed);
    assert_eq!(is_guard(database.commit(request()).await), failed);
    let (digest, receipt) = database.done_before("wang", "k-1").await.unwrap().unwrap();
    assert_eq!(digest, "d");
    assert_eq!(serde_json::from_str::<Receipt>(&receipt).unwrap(), first);
    assert_eq!(database.done_before("li", "k-1").await.unwrap(), None);
    assert_eq!(database.head().size, 1);
}

story!(numbers_have_no_gap_under_thirty_two_hands);
async fn numbers_have_no_gap_under_thirty_two_hands(place: Place) {
    let database = place.open().await;
    let mut hands = tokio::task::JoinSet::new();
    for hand in 0..32 {
        let database = database.clone();
        hands.spawn(async move {
            for paper in 0..3 {
                loop {
                    let number = database.next_number("鲁文罚").await.unwrap();
                    let series = "鲁文罚".to_owned();
                    let take = Change::TakeNumber {
                        series: series.clone(),
                        number,
                        paper: format!("paper-{hand}-{paper}"),
                        state: "numbered".into(),
                        entry: 0,
                    };
                    let numbered = entry(&format!("paper/{hand}-{paper}"), "paper-numbered");
                    let commit = with(
                        guarded(numbered, Guard::NumberNext { series, number }),
                        take,
                    );
                    match database.commit(commit).await {
                        Ok(_) => break,
                        outcome => drop(is_guard(outcome)),
                    }
                }
            }
        });
    }
    hands.join_all().await;
    let taken = database.numbers("鲁文罚").await.unwrap();
    assert_eq!(
        taken.iter().map(|row| row.number).collect::<Vec<_>>(),
        (1..=96).collect::<Vec<_>>()
    );
    let papers: std::collections::BTreeSet<_> = taken.iter().map(|row| &row.paper).collect();
    assert_eq!(papers.len(), 96);
    assert_eq!(database.next_number("鲁文罚").await.unwrap(), 97);
    assert_eq!(database.next_number("another").await.unwrap(), 1);
}
