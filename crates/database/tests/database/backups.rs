//! A backup taken while acts go on holds one moment, and restores to the same root, on either
//! engine.

use std::path::{Path, PathBuf};

use database::{Change, Database, DatabaseError, DutyRow, RegisterRow, SessionRow};

use crate::office::{NOW_US, Place, act, case, entry, story, with};

async fn busy_office(place: &Place, file: &Path) -> (Database, database::Head) {
    let database = place.open().await;
    let mut first = act(entry("case/c1", "case-filed"));
    first.changes = vec![
        Change::PutCase(case("c1", "虚构案")),
        Change::Search {
            doc: "case/c1".into(),
            scope: "c1".into(),
            text: "当事人张伟".into(),
        },
        Change::PutRegister {
            row: RegisterRow {
                register: "officers".into(),
                id: "wang".into(),
                sequence: 0,
                valid_from: None,
                valid_to: None,
                name: "王某（虚构）".into(),
                data: "{}".into(),
                is_current: true,
            },
            entry: 0,
        },
        Change::ReplaceDuties {
            stream: "case/c1".into(),
            rows: vec![DutyRow {
                stream: "case/c1".into(),
                rule: "archive".into(),
                subject: "case".into(),
                owed: "归档".into(),
                article: "本制度23".into(),
                who: r#"["wang"]"#.into(),
                state: "open".into(),
                trigger_on: None,
                due_earliest_us: Some(NOW_US),
                due_latest_us: None,
                met_us: None,
                derivation: "{}".into(),
                title: "归档".into(),
                case_title: "虚构案".into(),
                department: "first".into(),
            }],
        },
    ];
    database.commit(first).await.unwrap();
    database
        .open_session(SessionRow {
            token_digest: "a".into(),
            account: "wang".into(),
            created_us: NOW_US,
            seen_us: NOW_US,
            expires_us: NOW_US + 1,
            renewed_us: None,
            station: "station-1".into(),
        })
        .await
        .unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let database = database.clone();
        writers.spawn(async move {
            for turn in 0..60 {
                let id = format!("w{writer}-{turn}");
                let act = act(entry(&format!("case/{id}"), "case-filed"));
                database
                    .commit(with(act, Change::PutCase(case(&id, "虚构案"))))
                    .await
                    .unwrap();
            }
        });
    }
    let mut heads = database.watch_head();
    heads.wait_for(|head| head.size > 100).await.unwrap();
    let taken = database.backup_to(file).await.unwrap();
    writers.join_all().await;
    assert_eq!(database.head().size, 481);
    (database, taken)
}

async fn check_restored(from: &Database, taken: database::Head, to: &Place, file: &Path) {
    let restored = Database::restore_from(to.options(), file).await.unwrap();
    assert_eq!(restored.head(), taken);
    assert_eq!(to.head.get(), Some(taken));
    assert_eq!(from.root_at(taken.size).await.unwrap(), taken.root);
    let limit = taken.size as u32;
    assert_eq!(
        restored.entries_after(0, limit).await.unwrap(),
        from.entries_after(0, limit).await.unwrap()
    );
    // One moment: as many cases as entries, because every act here files one.
    assert_eq!(
        restored
            .cases(&Default::default(), None, limit)
            .await
            .unwrap()
            .len() as u64,
        taken.size
    );
    let everything = database::SearchReach {
        cases: database::Within::Everything,
        clues: database::Within::Everything,
    };
    assert_eq!(restored.search("张伟", 10, &everything).await.unwrap().len(), 1);
    assert_eq!(restored.duties_count(&Default::default()).await.unwrap(), 1);
    assert_eq!(restored.register("officers", None).await.unwrap().len(), 1);
    assert_eq!(restored.session("a").await.unwrap(), None);
    let next = restored
        .commit(act(entry("case/c1", "restored")))
        .await
        .unwrap();
    assert_eq!(
        (next.first_sequence, next.entries[0].version),
        (taken.size + 1, 2)
    );
    assert!(matches!(
        Database::restore_from(to.options(), file).await,
        Err(DatabaseError::NotEmpty)
    ));
    restored.close().await;
}

fn file_in(place: &Place) -> PathBuf {
    place.folder.path().join("backup.jsonl")
}

story!(a_backup_under_load_restores_to_the_same_root);
async fn a_backup_under_load_restores_to_the_same_root(place: Place) {
    let file = file_in(&place);
    let (database, taken) = busy_office(&place, &file).await;
    check_restored(&database, taken, &place.sibling().await, &file).await;
}

#[tokio::test]
async fn an_office_that_outgrows_sqlite_moves_to_postgres() {
    let Some(larger) = Place::postgres().await else {
        return;
    };
    let place = Place::sqlite();
    let file = file_in(&place);
    let (database, taken) = busy_office(&place, &file).await;
    check_restored(&database, taken, &larger, &file).await;
}

story!(a_backup_that_was_cut_or_edited_is_refused);
async fn a_backup_that_was_cut_or_edited_is_refused(place: Place) {
    let file = file_in(&place);
    let (_database, _) = busy_office(&place, &file).await;
    let whole = std::fs::read_to_string(&file).unwrap();
    let mut lines: Vec<&str> = whole.lines().collect();
    lines.pop();
    let cut = lines.join("\n");
    let kind = whole.replacen(r#""kind":"case-filed""#, r#""kind":"case-fixed""#, 1);
    let leaf = whole.replacen(
        r#"\"kind\":\"case-filed\""#,
        r#"\"kind\":\"case-fixed\""#,
        1,
    );
    let root = whole.replacen(r#""root":""#, r#""root":"00"#, 1);
    assert!([&kind, &leaf, &root].into_iter().all(|text| *text != whole));
    let target = place.sibling().await;
    for (what, text) in [("cut", cut), ("kind", kind), ("leaf", leaf), ("root", root)] {
        std::fs::write(&file, text).unwrap();
        let outcome = Database::restore_from(target.options(), &file).await;
        assert!(
            matches!(outcome, Err(DatabaseError::BackupBroken(_))),
            "{what}"
        );
        assert_eq!(target.head.get(), None, "{what}");
    }
    // Nothing of a refused backup stays behind.
    std::fs::write(&file, &whole).unwrap();
    Database::restore_from(target.options(), &file)
        .await
        .unwrap();
}

#[tokio::test]
async fn opening_backing_up_and_restoring_can_be_spawned() {
    let (place, target) = (Place::sqlite(), Place::sqlite());
    let file = file_in(&place);
    let options = place.options();
    let database = tokio::spawn(async move { Database::open(options).await.unwrap() });
    let database = database.await.unwrap();
    let copy = file.clone();
    let taken = tokio::spawn(async move { database.backup_to(&copy).await.unwrap() });
    assert_eq!(taken.await.unwrap().size, 0);
    let options = target.options();
    let restored =
        tokio::spawn(async move { Database::restore_from(options, &file).await.unwrap() });
    assert_eq!(restored.await.unwrap().head().size, 0);
}
