//! Settings of tables that the collector can do without.

use super::session::Session;

/// What only PostgreSQL itself has, and not every build of it. Its older way to
/// compress large values costs several times what LZ4 does: a full report of
/// 20 kB that changes something took 450 us of the server's processor in a
/// batch of 250, and takes 163 us so. A database without these settings works
/// all the same.
const TUNING: &[&str] = &[
    "ALTER TABLE statement ALTER COLUMN payload SET COMPRESSION lz4",
    "ALTER TABLE posture ALTER COLUMN readings SET COMPRESSION lz4",
    "ALTER TABLE posture ALTER COLUMN findings SET COMPRESSION lz4",
    // A compressed report stays in its row.
    "ALTER TABLE statement SET (toast_tuple_target = 8160)",
    // Room for the next version beside each row.
    "ALTER TABLE posture SET (fillfactor = 60, toast_tuple_target = 4080)",
    "ALTER TABLE finding SET (fillfactor = 80)",
];

/// Tunes the tables of a new or changed schema, as far as the database lets it.
pub(super) fn tune(session: &mut Session) {
    for setting in TUNING {
        if let Err(error) = session.script(setting) {
            tracing::debug!(%error, setting, "a setting of the database is left as it is");
        }
    }
}
