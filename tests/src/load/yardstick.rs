//! What no collector can beat: bare signature checks and durable writes.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};

use super::machine::thread_time;

/// Measured in the same run as the load.
#[derive(Clone, Copy, Debug)]
pub struct Yardstick {
    /// One P-256 check over a message of the reports' size, on one core.
    pub verify: Duration,
    /// One `fdatasync` after 4 KiB were overwritten.
    pub sync: Duration,
}

/// A message with its signature.
pub(super) struct Sample {
    pub(super) message: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// The public key as an uncompressed point.
    pub(super) point: Vec<u8>,
    /// Size of the signed statement.
    pub(super) statement_bytes: usize,
}

const LENGTH: Duration = Duration::from_millis(700);

pub(super) fn measure(folder: &Path, sample: &Sample) -> anyhow::Result<Yardstick> {
    Ok(Yardstick { verify: verify(sample)?, sync: sync(folder)? })
}

/// Processor time, not wall time: others may share the core.
fn verify(sample: &Sample) -> anyhow::Result<Duration> {
    let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &sample.point)?;
    let begin = Instant::now();
    let cpu = thread_time();
    let mut checks = 0;
    while begin.elapsed() < LENGTH {
        for _ in 0..100 {
            ensure!(
                key.verify_sig(&sample.message, &sample.signature).is_ok(),
                "the sample does not verify"
            );
        }
        checks += 100;
    }
    let cpu = thread_time().zip(cpu).map(|(after, before)| after.saturating_sub(before));
    Ok(cpu.unwrap_or_else(|| begin.elapsed()) / checks)
}

fn sync(folder: &Path) -> anyhow::Result<Duration> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(folder.join("sync"))
        .context("no file for the write test")?;
    file.write_all_at(&vec![0; 1 << 20], 0)?;
    file.sync_all()?;
    let begin = Instant::now();
    let mut writes = 0_u32;
    while begin.elapsed() < LENGTH {
        file.write_all_at(&[1; 4096], u64::from(writes % 256) * 4096)?;
        file.sync_data()?;
        writes += 1;
    }
    Ok(begin.elapsed() / writes)
}
