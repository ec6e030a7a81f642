//! What a table's row is to this crate: a plain struct that knows its table, its columns and its
//! key, and that both engines can write and read. `record!` writes all of that from one list of
//! fields, so that no column is spelt twice.

use sqlx::query_builder::Separated;

/// A struct that stands for one row of one table.
pub trait Record: Sized {
    /// The table's name.
    const TABLE: &'static str;
    /// All columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
    /// The columns of the primary key; empty where a table has none.
    const KEY: &'static [&'static str];
    /// `SELECT` of all columns from the table, open for a `WHERE`.
    const SELECT: &'static str;

    /// The key as one text: two rows with the same one are the same row.
    fn key(&self) -> String;
}

/// A record that can be written by the engine `D`.
pub trait Binds<D: sqlx::Database>: Record {
    /// Binds all fields, in the order of [`Record::COLUMNS`].
    fn bind(&self, values: &mut Separated<'_, D, &'static str>);
}

/// Declares a record: struct, columns and key, writing and reading on both engines.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident in $table:literal key($($key:ident),*) {
            $(#[$first_meta:meta])* pub $first:ident: $first_type:ty,
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(#[$first_meta])* pub $first: $first_type,
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::record::Record for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] =
                &[stringify!($first), $(stringify!($field)),*];
            const KEY: &'static [&'static str] = &[$(stringify!($key)),*];
            const SELECT: &'static str = concat!(
                "SELECT ", $table, ".", stringify!($first), $(", ", $table, ".", stringify!($field),)*
                " FROM ", $table
            );

            fn key(&self) -> String {
                [$(self.$key.to_string()),*].join("\u{1f}")
            }
        }

        $crate::record::engine!(sqlx::Sqlite, sqlx::sqlite::SqliteRow, $name { $first, $($field),* });
        $crate::record::engine!(sqlx::Postgres, sqlx::postgres::PgRow, $name { $first, $($field),* });
    };
}

/// The half of `record!` that is written once per engine.
macro_rules! engine {
    ($database:ty, $row:ty, $name:ident { $($field:ident),* }) => {
        impl $crate::record::Binds<$database> for $name {
            fn bind(
                &self,
                values: &mut sqlx::query_builder::Separated<'_, $database, &'static str>,
            ) {
                $(values.push_bind(&self.$field);)*
            }
        }

        impl<'r> sqlx::FromRow<'r, $row> for $name {
            fn from_row(row: &'r $row) -> Result<Self, sqlx::Error> {
                Ok(Self { $($field: sqlx::Row::try_get(row, stringify!($field))?),* })
            }
        }
    };
}

pub(crate) use engine;
pub(crate) use record;

/// Bytes as hexadecimal text, in dumps.
pub(crate) mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        hex::decode(text).map_err(serde::de::Error::custom)
    }
}
