//! What an error of PostgreSQL means to those who asked.

use std::error::Error as _;

use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Whether the connection is of no use after `error`.
pub(super) fn ends_connection(error: &tokio_postgres::Error) -> bool {
    // Without an answer of the server nobody knows where the two stand.
    let Some(code) = error.code().map(SqlState::code) else { return true };
    let class = code.get(..2).unwrap_or_default();
    // Connections, shut-downs, a standby where the server that writes was, and
    // prepared statements that the server does not know any more.
    class == "08"
        || ["57P01", "57P02", "57P03", "57P05", "25006", "25P03", "0A000", "26000"].contains(&code)
}

/// Whether the same may work later, without anybody mending anything here.
fn passes(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code().map(SqlState::code) else {
        return error.is_closed()
            || error.source().is_some_and(<dyn std::error::Error + 'static>::is::<std::io::Error>);
    };
    // No memory, disk or connection left; a time-out; a lock held too long.
    let class = code.get(..2).unwrap_or_default();
    ends_connection(error) || ["53", "58"].contains(&class) || ["57014", "55P03"].contains(&code)
}

/// The error with its causes, in one line.
pub(super) fn words(error: &tokio_postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let contended = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        if error.code().is_some_and(|code| contended.contains(code)) {
            Self::Contended(words(&error))
        } else if passes(&error) {
            Self::Unavailable(words(&error))
        } else {
            Self::Postgres(words(&error))
        }
    }
}
