//! What this program itself has cost the computer so far.

use jiff::SignedDuration;
use rustix::time::{ClockId, clock_gettime};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// Processor time and memory of this process, without the tools it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Of all of its threads, in its own code and in the system's.
    pub processor: SignedDuration,
    /// In memory now, in bytes; none when the system does not say.
    pub memory: Option<u64>,
}

impl Cost {
    /// What it is until now.
    pub fn so_far() -> Self {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let nanoseconds = i32::try_from(time.tv_nsec).unwrap_or(0);
        Self { processor: SignedDuration::new(time.tv_sec, nanoseconds), memory: memory() }
    }
}

fn memory() -> Option<u64> {
    let pid = sysinfo::get_current_pid().ok()?;
    let mut system = System::new().ok()?;
    let what = ProcessRefreshKind::nothing().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, what);
    Some(system.process(pid)?.memory())
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn work_costs_processor_time_and_memory() {
        let before = Cost::so_far();
        let held: Vec<[u8; 32]> =
            (0_u32..50_000).map(|it| shared::keys::sha256(&it.to_be_bytes())).collect();
        let after = Cost::so_far();
        assert_eq!(held.len(), 50_000);
        assert!(after.processor > before.processor, "{before:?} {after:?}");
        assert!(after.memory.unwrap() > 1_000_000, "{after:?}");
    }
}
