//! Kinds of failed statements, told apart by what the writer does next.

/// What a failed statement means for the batch it was in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No space: roll back, go on.
    Full,
    /// The disk or the data failed: stop writing until restart.
    Lost,
    /// The server is away or busy: nothing was written, come back later.
    Away,
    /// The statement itself was refused: some commit of the batch is to blame.
    Statement,
}

impl Fault {
    /// The fault behind an error that did not come from the engine itself.
    pub fn of_driver(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Away,
            _ => Self::Statement,
        }
    }
}
