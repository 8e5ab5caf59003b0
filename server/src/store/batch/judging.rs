//! Judges devices without a report: what is due, and what other rules change.

use super::{Books, DeviceWrite, Writes, tell};
use crate::fleet::advance::Changes;
use crate::fleet::report::confirm;
use crate::fleet::state::DeviceState;
use crate::store::StoreError;
use crate::store::stream::events_of;

/// Loads the devices called `ids`, lets `work` judge each, and writes what
/// changed, within the transaction behind `books`.
pub fn judge_each(
    books: &mut dyn Books,
    ids: &[&str],
    work: &dyn Fn(&mut DeviceState, &mut Changes),
) -> Result<(), StoreError> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut loaded = books.places(&ids)?;
    let mut postures: std::collections::HashMap<_, _> = books
        .postures(&ids)?
        .into_iter()
        .map(|posture| (posture.device_id, (posture.readings, posture.findings)))
        .collect();
    let mut changes = Vec::with_capacity(loaded.len());
    for device in &mut loaded {
        let state = &mut device.state;
        if let Some(posture) = postures.remove(&state.id) {
            (state.readings, state.findings) = posture;
            confirm(&mut state.readings, state.confirmed_at);
        }
        let mut own = Changes::new();
        work(state, &mut own);
        changes.push(own);
    }
    let devices = loaded.iter().zip(&changes).map(|(device, changes)| DeviceWrite {
        state: &device.state,
        readings_sha256: None,
        is_judged: true,
        changes,
        claim: None,
    });
    let writes = Writes { devices: devices.collect(), ..Writes::default() };
    let events = events_of(&writes);
    books.write(&writes)?;
    // The head of the log comes last, as everywhere.
    tell(books, &events)
}
