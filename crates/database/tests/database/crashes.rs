//! What happens between commit and acknowledgement, and when the database is not the one that was
//! left: crash, rollback, a lost head, edited rows, a head that cannot be kept.

use database::{Database, DatabaseError, Head, RolledBack, Standing};

use crate::office::{Place, act, entry, story};

async fn two_entries(place: &Place) -> (Head, Head) {
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    let first = database.head();
    database
        .commit(act(entry("case/1", "visit-linked")))
        .await
        .unwrap();
    let second = database.head();
    assert_eq!(place.head.get(), Some(second));
    database.close().await;
    (first, second)
}

story!(a_crash_before_the_head_was_kept_heals);
async fn a_crash_before_the_head_was_kept_heals(place: Place) {
    let (first, second) = two_entries(&place).await;
    place.head.set(Some(first));
    let database = place.open().await;
    assert_eq!(database.standing(), Standing::Serving);
    assert_eq!(place.head.get(), Some(second));
    database
        .commit(act(entry("case/1", "case-concluded")))
        .await
        .unwrap();
    assert_eq!(place.head.get().map(|head| head.size), Some(3));
}

story!(a_database_behind_its_head_is_read_only_and_names_the_gap);
async fn a_database_behind_its_head_is_read_only_and_names_the_gap(place: Place) {
    let (_, found) = two_entries(&place).await;
    let beyond = Some(Head {
        size: 5,
        root: [1; 32],
    });
    let forked = Some(Head {
        size: 2,
        root: [2; 32],
    });
    let rewritten = Some(Head {
        size: 1,
        root: [3; 32],
    });
    for kept in [beyond, forked, rewritten, None] {
        place.head.set(kept);
        let database = place.open().await;
        let expected = RolledBack { kept, found };
        assert_eq!(database.rolled_back(), Some(expected));
        match database
            .commit(act(entry("case/1", "case-concluded")))
            .await
        {
            Err(DatabaseError::RolledBack(gap)) => assert_eq!(gap, expected),
            other => panic!("a write was taken: {other:?}"),
        }
        assert!(matches!(
            database.drop_draft("d".into()).await,
            Err(DatabaseError::RolledBack(_))
        ));
        assert_eq!(database.entries_of("case/1").await.unwrap().len(), 2);
        assert_eq!(
            place.head.get(),
            kept,
            "the evidence of the gap was overwritten"
        );
        database.close().await;
    }
}

story!(an_edited_entry_is_found_at_start);
async fn an_edited_entry_is_found_at_start(place: Place) {
    two_entries(&place).await;
    let drop_rule = if place.is_sqlite() {
        "DROP TRIGGER entries_no_update"
    } else {
        "DROP TRIGGER entries_only_grow ON entries"
    };
    place.tamper(drop_rule).await.unwrap();
    for (column, there, back) in [
        (
            "leaf",
            "replace(leaf, 'case-filed', 'case-fixed')",
            "replace(leaf, 'case-fixed', 'case-filed')",
        ),
        ("kind", "'case-fixed'", "'case-filed'"),
        ("stream", "'case/2'", "'case/1'"),
        ("version", "7", "1"),
        ("recorded_us", "recorded_us - 1", "recorded_us + 1"),
        ("leaf_hash", "(SELECT root FROM head)", "leaf_hash"),
    ] {
        let edit =
            |value: &str| format!("UPDATE entries SET {column} = {value} WHERE sequence = 1");
        place.tamper(&edit(there)).await.unwrap();
        let database = place.open().await;
        let expected = Standing::Damaged("entry 1 is not what its leaf and hash say".into());
        assert_eq!(database.standing(), expected, "{column}");
        assert!(matches!(
            database
                .commit(act(entry("case/1", "case-concluded")))
                .await,
            Err(DatabaseError::Damaged { .. })
        ));
        database.close().await;
        place.tamper(&edit(back)).await.unwrap();
    }
}

story!(a_removed_tail_is_found_at_start);
async fn a_removed_tail_is_found_at_start(place: Place) {
    two_entries(&place).await;
    let drop_rule = if place.is_sqlite() {
        "DROP TRIGGER entries_no_delete"
    } else {
        "DROP TRIGGER entries_only_grow ON entries"
    };
    place.tamper(drop_rule).await.unwrap();
    place
        .tamper("DELETE FROM entry_values WHERE sequence = 2")
        .await
        .unwrap();
    place
        .tamper("DELETE FROM entries WHERE sequence = 2")
        .await
        .unwrap();
    assert_eq!(
        place.open().await.standing(),
        Standing::Damaged("the ledger ends elsewhere than at 2".into())
    );
}

#[tokio::test]
async fn a_server_that_was_away_is_found_again_and_nothing_is_lost() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    place
        .tamper(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'liuhen' AND datname = current_database()",
        )
        .await
        .unwrap();
    let lost = database.commit(act(entry("case/1", "visit-linked"))).await;
    assert!(
        matches!(lost, Err(DatabaseError::Unavailable(_))),
        "{lost:?}"
    );
    assert_eq!(database.standing(), Standing::Serving);
    let receipt = database
        .commit(act(entry("case/1", "visit-linked")))
        .await
        .unwrap();
    assert_eq!(receipt.first_sequence, 2);
    assert!(matches!(
        Database::open(place.options()).await,
        Err(DatabaseError::InUse)
    ));
    assert_eq!(database.entries_of("case/1").await.unwrap().len(), 2);
}

story!(a_head_moved_under_a_running_office_stops_it);
async fn a_head_moved_under_a_running_office_stops_it(place: Place) {
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    place.tamper("UPDATE head SET size = 0").await.unwrap();
    assert!(matches!(
        database.commit(act(entry("case/1", "visit-linked"))).await,
        Err(DatabaseError::Damaged { .. })
    ));
    assert!(matches!(database.standing(), Standing::Damaged(_)));
}

story!(a_head_that_cannot_be_kept_stops_writing_until_restart);
async fn a_head_that_cannot_be_kept_stops_writing_until_restart(place: Place) {
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    place.head.fails_from_now();
    for _ in 0..2 {
        assert!(matches!(
            database.commit(act(entry("case/1", "visit-linked"))).await,
            Err(DatabaseError::Degraded { .. })
        ));
    }
    assert!(matches!(database.standing(), Standing::Degraded(_)));
    assert!(matches!(
        database.drop_draft("d".into()).await,
        Err(DatabaseError::Degraded { .. })
    ));
    assert_eq!(
        database.head().size,
        1,
        "an unkept head was shown as acknowledged"
    );
    assert_eq!(database.case_row("1").await.unwrap(), None);
}

story!(a_second_process_is_refused_and_a_reader_is_not);
async fn a_second_process_is_refused_and_a_reader_is_not(place: Place) {
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "case-filed")))
        .await
        .unwrap();
    assert!(matches!(
        Database::open(place.options()).await,
        Err(DatabaseError::InUse)
    ));
    let mut options = place.options();
    options.read_only = true;
    let reader = Database::open(options).await.unwrap();
    assert_eq!(reader.entries_after(0, 10).await.unwrap().len(), 1);
    assert!(matches!(
        reader.commit(act(entry("case/1", "visit-linked"))).await,
        Err(DatabaseError::ReadOnly)
    ));
    database.close().await;
    place.open().await;
}
