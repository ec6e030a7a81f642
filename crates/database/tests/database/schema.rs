//! Two migration folders, one schema.

use std::collections::BTreeMap;

const SQLITE: &str = include_str!("../../migrations/sqlite/0001_office.sql");
const POSTGRES: &str = include_str!("../../migrations/postgres/0001_office.sql");

/// Table to its lines, with the types of PostgreSQL written as those of SQLite.
fn tables(sql: &str) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    let mut open: Option<(String, Vec<String>)> = None;
    for line in sql.lines() {
        if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            open = Some((name.trim_end_matches(" (").to_owned(), Vec::new()));
        } else if line.starts_with(')') {
            tables.extend(open.take());
        } else if let Some((_, lines)) = &mut open {
            let mut line = line.trim().trim_end_matches(',').to_owned();
            for (theirs, ours) in [
                ("BIGINT", "INTEGER"),
                ("BYTEA", "BLOB"),
                ("BOOLEAN", "INTEGER"),
            ] {
                line = line.replace(theirs, ours);
            }
            lines.push(line);
        }
    }
    tables
}

fn indexes(sql: &str) -> Vec<&str> {
    sql.lines()
        .filter(|line| line.starts_with("CREATE INDEX") && !line.contains("gin"))
        .collect()
}

#[test]
fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (sqlite, mut postgres) = (tables(SQLITE), tables(POSTGRES));
    // SQLite's search index is a virtual table; PostgreSQL's is a table of its own.
    assert!(SQLITE.contains("CREATE VIRTUAL TABLE search_index"));
    assert!(postgres.remove("search_index").is_some());
    assert!(sqlite.len() > 30, "only {} tables were read", sqlite.len());
    assert_eq!(sqlite, postgres);
    assert_eq!(indexes(SQLITE), indexes(POSTGRES));
}

#[test]
fn every_table_of_sqlite_is_strict() {
    let closed = SQLITE.lines().filter(|line| *line == ") STRICT;").count();
    assert_eq!(closed, tables(SQLITE).len());
}
