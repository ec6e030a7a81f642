//! What durability rests on is read back at start; anything less is refused by name.

use database::{Database, DatabaseError};

use crate::office::{Place, act, entry, story};

fn refused(outcome: Result<Database, DatabaseError>) -> (&'static str, String) {
    match outcome {
        Err(DatabaseError::UnsafeSetting { name, found, .. }) => (name, found),
        Ok(_) => panic!("opened all the same"),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sqlite_with_weaker_settings_is_refused() {
    for (pragma, value, found) in [
        ("synchronous", "NORMAL", "1"),
        ("synchronous", "OFF", "0"),
        ("cell_size_check", "OFF", "0"),
        ("trusted_schema", "ON", "1"),
        ("foreign_keys", "OFF", "0"),
        ("secure_delete", "OFF", "0"),
        ("secure_delete", "FAST", "2"),
    ] {
        let mut place = Place::sqlite();
        place.pragmas = vec![(pragma.into(), value.into())];
        assert_eq!(
            refused(Database::open(place.options()).await),
            (pragma, found.to_owned())
        );
    }
}

#[tokio::test]
async fn postgres_that_does_not_wait_for_the_disk_is_refused() {
    let Some(place) = Place::postgres().await else {
        return;
    };
    let name = place.url.rsplit('/').next().unwrap();
    place
        .tamper(&format!(
            "ALTER DATABASE {name} SET synchronous_commit = off"
        ))
        .await
        .unwrap();
    assert_eq!(
        refused(Database::open(place.options()).await),
        ("synchronous_commit", "off".to_owned())
    );
    place
        .tamper(&format!(
            "ALTER DATABASE {name} SET synchronous_commit = on"
        ))
        .await
        .unwrap();
    place.open().await;
}

#[tokio::test]
async fn without_space_a_batch_fails_and_the_office_goes_on() {
    let mut place = Place::sqlite();
    place.open().await.close().await;
    // As many pages as there are, and a few more: what a full disk looks like to SQLite.
    place.pragmas = vec![("max_page_count".into(), "200".into())];
    let database = place.open().await;
    let mut written = 0;
    let full = loop {
        let mut large = entry("case/1", "note-added");
        large
            .clear
            .insert("digest".into(), "f".repeat(30_000).into());
        match database.commit(act(large)).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, DatabaseError::Full), "{full:?}");
    assert_eq!(database.entries_of("case/1").await.unwrap().len(), written);
    assert_eq!(place.head.get(), Some(database.head()));
    assert_eq!(database.head().size, written as u64);
    database.close().await;
    place.pragmas.clear();
    let database = place.open().await;
    database
        .commit(act(entry("case/1", "note-added")))
        .await
        .unwrap();
    assert_eq!(database.head().size, written as u64 + 1);
}

story!(a_newer_schema_is_refused);
async fn a_newer_schema_is_refused(place: Place) {
    place.open().await.close().await;
    let (success, checksum) = if place.is_sqlite() {
        ("1", "x'00'")
    } else {
        ("true", "'\\x00'")
    };
    place
        .tamper(&format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (999, 'from the future', {success}, {checksum}, 0)"
        ))
        .await
        .unwrap();
    assert!(matches!(
        Database::open(place.options()).await,
        Err(DatabaseError::NewerSchema {
            found: 999,
            known: 1
        })
    ));
}

story!(an_owner_migrates_before_the_office_opens);
async fn an_owner_migrates_before_the_office_opens(place: Place) {
    let mut reading = place.options();
    reading.read_only = true;
    if place.is_sqlite() {
        assert!(matches!(
            Database::open(reading).await,
            Err(DatabaseError::Unavailable(_))
        ));
    } else {
        assert!(matches!(
            Database::open(reading).await,
            Err(DatabaseError::OlderSchema { found: 0, known: 1 })
        ));
    }
    Database::migrate(&place.url).await.unwrap();
    Database::migrate(&place.url).await.unwrap();
    place.open().await;
}

#[tokio::test]
async fn an_unknown_address_is_refused() {
    let mut place = Place::sqlite();
    place.url = "mysql://office".into();
    assert!(matches!(
        Database::open(place.options()).await,
        Err(DatabaseError::Address)
    ));
}
