//! Decides about a batch in memory, one report after the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use shared::keys::hex;
use shared::log::{FreshnessLevel, Reported, report_entry};
use shared::policy::DeviceStatus;
use shared::statement::Posture;

use super::{
    Books, DeviceWrite, Earlier, Loaded, NewStatement, Place, StoredPosture, Suspension, Writes,
};
use crate::app::Rules;
use crate::fleet::advance::Changes;
use crate::fleet::chain::Flag;
use crate::fleet::report::{Report, confirm, receive};
use crate::fleet::state::{Head, Lifecycle};
use crate::log::entry::Event;
use crate::store::StoreError;
use crate::store::reports::{Epoch, Incoming, Kept};

/// Why a device is suspended whose key signs on a second computer.
const OTHER_HARDWARE: &str = "A report came from another computer than before: the key was copied.";

/// A device on the desk.
#[derive(Debug)]
struct Folder<'a> {
    loaded: Loaded,
    /// Its newest statement before the batch.
    first_head: Head,
    is_whole: bool,
    /// Whether anything of it is to be written.
    is_touched: bool,
    is_judged: bool,
    readings_sha256: Option<[u8; 32]>,
    changes: Changes,
    claim: Option<&'a Posture>,
}

impl Folder<'_> {
    /// The digest of the statement at a place of this device, if it is known.
    fn digest_at(&self, at: &Place<'_>, earlier: &HashMap<Place<'_>, Earlier>) -> Option<[u8; 32]> {
        let first = self.first_head;
        let was_head = (first.chain, first.sequence) == (at.chain, at.sequence);
        earlier.get(at).map(|there| there.digest).or(was_head.then_some(first.digest))
    }

    /// Whether a required rule fails.
    fn fails(&self) -> bool {
        if self.is_whole { self.loaded.state.failing() > 0 } else { self.loaded.failing > 0 }
    }
}

/// Everything that a batch is decided by, and what was decided.
#[derive(Debug, Default)]
pub(super) struct Desk<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    earlier: HashMap<Place<'a>, Earlier>,
    /// Texts for the log, in order.
    pub(super) entries: Vec<String>,
    /// Statements to be kept.
    pub(super) statements: Vec<NewStatement<'a>>,
    contradictions: Vec<&'a Incoming>,
    suspensions: Vec<Suspension>,
}

impl<'a> Desk<'a> {
    /// Reads all that deciding about `batch` needs.
    pub(super) fn open(
        books: &mut dyn Books,
        batch: &'a [Incoming],
        rules: &Rules,
    ) -> Result<Self, StoreError> {
        let mut desk = Self::default();
        let mut ids: Vec<&str> = batch.iter().map(|it| it.device_id.as_str()).collect();
        // In one order everywhere, so that two replicas never wait for each
        // other.
        ids.sort_unstable();
        ids.dedup();
        let mut loaded = books.places(&ids)?.into_iter().peekable();
        for id in ids {
            if let Some(loaded) = loaded.next_if(|it| it.state.id == id) {
                desk.folders.insert(id, Folder::of(loaded));
            }
        }
        desk.read_postures(books, batch, rules)?;
        desk.read_earlier(books, batch)?;
        Ok(desk)
    }

    /// Readings and findings of the devices that may have to be judged; most
    /// reports change nothing of them.
    fn read_postures(
        &mut self,
        books: &mut dyn Books,
        batch: &[Incoming],
        rules: &Rules,
    ) -> Result<(), StoreError> {
        let mut wanted = HashSet::new();
        for incoming in batch {
            let Some(folder) = self.folders.get(incoming.device_id.as_str()) else { continue };
            let report = report(incoming, &folder.loaded);
            if !report.changes_nothing(&folder.loaded.state, rules) {
                wanted.insert(incoming.device_id.as_str());
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = wanted.iter().copied().collect();
        for StoredPosture { device_id, readings, findings } in books.postures(&ids)? {
            if let Some(folder) = self.folders.get_mut(device_id.as_str()) {
                let state = &mut folder.loaded.state;
                (state.readings, state.findings) = (readings, findings);
                confirm(&mut state.readings, state.confirmed_at);
            }
        }
        // A device that never reported has none, and is whole all the same.
        for id in wanted {
            if let Some(folder) = self.folders.get_mut(id) {
                folder.is_whole = true;
            }
        }
        Ok(())
    }

    /// Statements that may be the same, or the one before, for reports that
    /// are not newer than everything.
    fn read_earlier(
        &mut self,
        books: &mut dyn Books,
        batch: &'a [Incoming],
    ) -> Result<(), StoreError> {
        let mut wanted = HashSet::new();
        for incoming in batch {
            let Some(folder) = self.folders.get(incoming.device_id.as_str()) else { continue };
            let here = place(incoming);
            if !is_newest(incoming, folder) {
                wanted.insert(here);
                wanted.insert(Place { sequence: here.sequence - 1, ..here });
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut places: Vec<Place<'a>> = wanted.into_iter().collect();
        places.sort_unstable();
        for found in books.earlier(&places)? {
            let named =
                Place { device_id: &found.device_id, chain: found.chain, sequence: found.sequence };
            let place = places.binary_search_by(|place| place.cmp(&named));
            if let Some(place) = place.ok().and_then(|index| places.get(index)) {
                self.earlier.insert(*place, found);
            }
        }
        Ok(())
    }

    /// Decides about one report.
    pub(super) fn take(&mut self, incoming: &'a Incoming, rules: &Rules) -> Kept {
        let Some(folder) = self.folders.get_mut(incoming.device_id.as_str()) else {
            return Kept::NoDevice;
        };
        if folder.loaded.state.lifecycle != Lifecycle::Active {
            return Kept::Refused(folder.loaded.state.lifecycle);
        }
        let here = place(incoming);
        let newest = is_newest(incoming, folder);
        if !newest && let Some(there) = self.earlier.get(&here) {
            if there.digest == incoming.digest {
                return Kept::Duplicate {
                    status: folder.loaded.state.status,
                    failing: folder.fails(),
                    received_at: there.received_at,
                    flags: there.flags.clone(),
                    index: there.log_position,
                };
            }
            self.contradict(incoming);
            return Kept::Conflict;
        }
        let below = Place { sequence: here.sequence - 1, ..here };
        let before = if newest { None } else { folder.digest_at(&below, &self.earlier) };
        let report = report(incoming, &folder.loaded);
        let quiet = newest && report.changes_nothing(&folder.loaded.state, rules);
        let device = &mut folder.loaded.state;
        let next_change_at = device.next_change_at;
        let changed = folder.changes.len();
        let mut effect = receive(device, &report, before, rules, &mut folder.changes);
        if incoming.epoch == Epoch::Contradicts {
            effect.flags.push(Flag::OtherLog);
        }
        if newest {
            folder.is_touched = true;
            folder.is_judged |= effect.judged
                || folder.loaded.state.next_change_at != next_change_at
                || folder.changes.len() > changed;
            if !quiet {
                folder.claim = Some(&incoming.posture);
            }
            if incoming.readings_sha256.is_some() {
                folder.readings_sha256 = incoming.readings_sha256;
                folder.loaded.readings_sha256 = incoming.readings_sha256;
            }
        }
        let index = self.enter(incoming, &effect.flags);
        if effect.flags.contains(&Flag::OtherHardware) {
            self.suspend(incoming, OTHER_HARDWARE.to_owned());
        }
        let (status, failing) = self.standing(incoming);
        let entry = self.entries.get(index).cloned().unwrap_or_default();
        Kept::New { status, failing, flags: effect.flags, index: index as u64, entry }
    }

    /// How the device of a report stands now.
    fn standing(&self, incoming: &Incoming) -> (DeviceStatus, bool) {
        let folder = self.folders.get(incoming.device_id.as_str());
        folder.map_or((DeviceStatus::Unknown, false), |folder| {
            (folder.loaded.state.status, folder.fails())
        })
    }

    /// Puts a report down for the log and the statements; returns its place
    /// among the entries.
    fn enter(&mut self, incoming: &'a Incoming, flags: &[Flag]) -> usize {
        let words: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
        let freshness = match incoming.epoch {
            _ if !flags.contains(&Flag::Stale) => FreshnessLevel::Nonce,
            Epoch::Known => FreshnessLevel::Epoch,
            Epoch::Contradicts | Epoch::None => FreshnessLevel::None,
        };
        let reported = Reported {
            device: &incoming.device_id,
            key: &incoming.keyid,
            sequence: incoming.posture.sequence,
            statement_sha256: &hex(&incoming.digest),
            signature_sha256: &hex(&incoming.signature_sha256),
        };
        let entry = self.entries.len();
        self.entries.push(report_entry(&reported, incoming.received_at, freshness, &words));
        let flags = words.join(" ");
        // A later report of the batch may be the same, or build on it.
        self.earlier.insert(
            place(incoming),
            Earlier {
                device_id: incoming.device_id.clone(),
                chain: incoming.chain,
                sequence: incoming.posture.sequence,
                digest: incoming.digest,
                received_at: incoming.received_at,
                flags: words.iter().map(|word| (*word).to_owned()).collect(),
                log_position: None,
            },
        );
        self.statements.push(NewStatement { incoming, flags, entry });
        entry
    }

    /// Two statements with one sequence prove that two signers hold the key:
    /// keeps the second one too, and suspends the device until a person has
    /// looked.
    fn contradict(&mut self, incoming: &'a Incoming) {
        let sequence = incoming.posture.sequence;
        self.contradictions.push(incoming);
        let event = Event::Contradiction {
            device: &incoming.device_id,
            key: &incoming.keyid,
            sequence,
            statement_sha256: &hex(&incoming.digest),
        };
        self.entries.push(event.at(incoming.received_at));
        let reason =
            format!("Two different reports have sequence {sequence}: two signers hold this key.");
        self.suspend(incoming, reason);
    }

    fn suspend(&mut self, incoming: &Incoming, reason: String) {
        let device_id = incoming.device_id.clone();
        let Some(folder) = self.folders.get_mut(device_id.as_str()) else { return };
        folder.loaded.state.lifecycle = Lifecycle::Suspended;
        let event = Event::Lifecycle {
            device: &device_id,
            lifecycle: Lifecycle::Suspended.as_str(),
            actor: "collector",
        };
        self.entries.push(event.at(incoming.received_at));
        self.suspensions.push(Suspension { device_id, reason, at: incoming.received_at });
    }

    /// Everything to be written beside statements and log.
    pub(super) fn writes(&self) -> Writes<'_> {
        let touched = self.folders.values().filter(|folder| folder.is_touched);
        Writes {
            devices: touched
                .map(|folder| DeviceWrite {
                    state: &folder.loaded.state,
                    readings_sha256: folder.readings_sha256,
                    is_judged: folder.is_judged,
                    changes: &folder.changes,
                    claim: folder.claim,
                })
                .collect(),
            contradictions: self.contradictions.clone(),
            suspensions: &self.suspensions,
        }
    }
}

impl Folder<'_> {
    fn of(loaded: Loaded) -> Self {
        Self {
            first_head: loaded.state.head,
            loaded,
            is_whole: false,
            is_touched: false,
            is_judged: false,
            readings_sha256: None,
            changes: Changes::new(),
            claim: None,
        }
    }
}

fn place(incoming: &Incoming) -> Place<'_> {
    Place {
        device_id: &incoming.device_id,
        chain: incoming.chain,
        sequence: incoming.posture.sequence,
    }
}

fn is_newest(incoming: &Incoming, folder: &Folder<'_>) -> bool {
    let head = &folder.loaded.state.head;
    incoming.chain > head.chain
        || (incoming.chain == head.chain && incoming.posture.sequence > head.sequence)
}

fn report<'a>(incoming: &'a Incoming, loaded: &Loaded) -> Report<'a> {
    Report {
        posture: &incoming.posture,
        digest: incoming.digest,
        previous: incoming.previous,
        chain: incoming.chain,
        received_at: incoming.received_at,
        nonce_at: incoming.nonce_at,
        certificate_expired: incoming.certificate_expired,
        repeats: incoming.readings_sha256.is_some()
            && incoming.readings_sha256 == loaded.readings_sha256,
    }
}
