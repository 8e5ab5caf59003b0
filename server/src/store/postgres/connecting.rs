//! Opening a connection, and what each one is told first.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{AsyncMessage, Connection, NoTls};

use super::failure::words;
use super::session::{Access, Open};
use super::target::Target;
use crate::store::StoreError;

/// Connects to the server that takes writes, within `patience`.
pub(super) async fn connect(
    target: &Target,
    access: Access,
    patience: Duration,
) -> Result<Open, StoreError> {
    let limit = patience.min(target.connect_timeout());
    tokio::time::timeout(limit, open(target, access, patience)).await.map_err(|_| {
        StoreError::Unavailable(format!(
            "{} did not answer within {} seconds",
            target.name(),
            limit.as_secs_f32()
        ))
    })?
}

async fn open(target: &Target, access: Access, patience: Duration) -> Result<Open, StoreError> {
    let config = target.config()?;
    let failed = |error: tokio_postgres::Error| {
        StoreError::Unavailable(format!("{}: {}", target.name(), words(&error)))
    };
    let warnings = Arc::new(AtomicUsize::new(0));
    let (client, task) = if let Some(tls) = target.tls() {
        let (client, connection) = config.connect(tls).await.map_err(failed)?;
        (client, tokio::spawn(attend(connection, Arc::clone(&warnings))))
    } else {
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        (client, tokio::spawn(attend(connection, Arc::clone(&warnings))))
    };
    client.batch_execute(&first_words(access, patience)).await?;
    Ok(Open { client, task, warnings, prepared: HashMap::new() })
}

/// What every connection is told first.
fn first_words(access: Access, patience: Duration) -> String {
    // The server gives up a little earlier than those who wait for it, so that
    // nothing goes on for nobody. A transaction whose process stands still is
    // ended, because others wait for its locks.
    let patience = patience.as_millis();
    let statement = patience * 9 / 10;
    let read_only = match access {
        Access::Read => "on",
        Access::Write => "off",
    };
    format!(
        "SET statement_timeout = {statement};
         SET idle_in_transaction_session_timeout = {patience};
         SET default_transaction_read_only = {read_only};
         SELECT set_config('synchronous_commit', 'on', false)
          WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    )
}

/// Moves what server and client say to each other; counts warnings.
async fn attend<S, T>(mut connection: Connection<S, T>, warnings: Arc<AtomicUsize>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    poll_fn(|context| {
        loop {
            match connection.poll_message(context) {
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    if notice.severity() == "WARNING" || notice.code().code().starts_with("01") {
                        tracing::warn!(warning = notice.message(), "the database warns");
                        warnings.fetch_add(1, Ordering::Release);
                    }
                }
                Poll::Ready(Some(Ok(_))) => {}
                // Whoever waits for an answer hears of it there.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    })
    .await;
}
