//! How an act ends when it does not succeed. A refusal is law and shown whole; a failure is
//! machinery, logged with its chain and shown as a reference number.

use procedure::Refusal;

/// One field of a form and what is wrong with it, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldProblem {
    /// Dotted name inside the form, such as `party.id_number`.
    pub field: String,
    pub message: String,
}

#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// What cannot be true or is not filled in; nothing is recorded, what was typed is kept.
    #[error("the form has {} problems", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// Refused by law; the refusal itself is an entry.
    #[error(transparent)]
    Refused(Refusal),
    /// The person may see it, but not do this.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// Not there, or not for this person to know of.
    #[error("not found")]
    NotFound,
    /// Somebody else was faster; both versions are kept.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The same key came with other content.
    #[error("idempotency key used for another request")]
    KeyReused,
    /// The system takes no writes now: rolled back, degraded or full.
    #[error("not writable: {0}")]
    NotWritable(String),
    #[error("failure")]
    Failure(#[from] anyhow::Error),
}

impl ActError {
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        ActError::Invalid(vec![FieldProblem { field: field.to_owned(), message: message.into() }])
    }
}

macro_rules! failure {
    ($($error:ty),*) => {$(
        impl From<$error> for ActError {
            fn from(error: $error) -> Self { ActError::Failure(error.into()) }
        }
    )*};
}
failure!(crate::codec::CodecError, seal::SealError, std::io::Error, serde_json::Error);

impl From<vault::VaultError> for ActError {
    fn from(error: vault::VaultError) -> Self {
        use vault::VaultError as V;
        match error {
            V::Full { .. } => ActError::NotWritable("磁盘空间不足，文件没有收下。腾出空间后请重新上传，已收下的文件不受影响。".into()),
            V::Degraded { .. } => {
                ActError::NotWritable("存放文件的磁盘发生故障，已停止收文件；收下的文件可以照常查看。请联系系统管理员。".into())
            }
            V::ReadOnly => ActError::NotWritable("系统以只读方式打开，不收文件。".into()),
            V::TooShort { .. } | V::TooLong { .. } => ActError::field("file", "文件没有收全，请重新上传"),
            other => ActError::Failure(other.into()),
        }
    }
}

impl From<database::DatabaseError> for ActError {
    fn from(error: database::DatabaseError) -> Self {
        use database::DatabaseError as D;
        match error {
            D::Full => ActError::NotWritable("磁盘空间不足，记录没有写入。腾出空间后可以继续，已保存的内容不受影响。".into()),
            D::RolledBack(_) | D::Damaged { .. } => ActError::NotWritable("数据库与存证首不一致，系统只读。请联系系统管理员。".into()),
            D::Degraded { .. } => ActError::NotWritable("写入发生故障，系统已停止接受写入。请联系系统管理员。".into()),
            D::Busy => ActError::NotWritable("同时写入的人太多，请稍后再试。".into()),
            D::ReadOnly => ActError::NotWritable("系统以只读方式打开。".into()),
            other => ActError::Failure(other.into()),
        }
    }
}
