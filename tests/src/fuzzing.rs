//! The inputs that fuzzing begins with.
//!
//! What a recording answers to a check's questions, in their order, is a seed
//! of that check's fuzz target. Files of the project that are inputs as they
//! are need no copy: `tests/fuzz/run` names their folders.

use std::fs;
use std::path::Path;

use agent::checks::Check;
use agent::host::Recorded;
use anyhow::{Context as _, Result};
use jiff::tz::TimeZone;
use shared::envelope::Envelope;
use shared::keys::sha256_hex;
use shared::statement::{CatalogueText, PolicyText, RulesInForce, Statement};
use shared::token::Token;

use crate::hand_made::Stranger;
use crate::recording;

#[path = "../fuzz/src/answers.rs"]
pub mod answers;

use answers::transcript;

/// An input of the fuzz target for `check` that answers like `host`.
pub fn seed(check: &Check, host: &Recorded) -> Vec<u8> {
    transcript(host, |host| drop(check.run(host)))
}

/// Writes every seed to `into`, in a folder for each target.
///
/// # Errors
///
/// When a file of the project cannot be read, or a seed cannot be written.
pub fn write_seeds(into: &Path) -> Result<()> {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = into.join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes).with_context(|| format!("{}", folder.display()))
    };
    for name in recording::names() {
        let bytes = fs::read(recording::folder().join(format!("{name}.json")))?;
        let host = Recorded::parse(&name, &bytes)?;
        for check in agent::checks::ALL {
            write(&format!("check_{}", check.id), &name, &seed(check, &host))?;
        }
    }
    for (target, name, bytes) in of_the_wire()? {
        write(target, name, &bytes)?;
    }
    write("policy", "baseline", shared::policy::Policy::baseline().source().as_bytes())
}

/// A token, the request that it admits, and the rules that a collector signs.
fn of_the_wire() -> Result<[(&'static str, &'static str, Vec<u8>); 4]> {
    let token = Token {
        url: "https://muster.example:8443".to_owned(),
        ca_sha256: Some([7; 32]),
        secret: [9; 32],
    };
    let request = Stranger::new("ZZFUZZ00001").request(&token, answers::NOW);
    let envelope = serde_json::to_vec(request.get("envelope").context("no envelope")?)?;
    let enrolment = Envelope::parse(&envelope)?.payload;
    let (policy, catalogue) = ("id = 'a'".to_owned(), "{}".to_owned());
    let rules = Statement::rules(RulesInForce {
        schema: "1.0".to_owned(),
        crit: Vec::new(),
        issued_at: answers::NOW,
        policy: PolicyText {
            id: "a".to_owned(),
            version: 1,
            sha256: sha256_hex(policy.as_bytes()),
            text: policy,
        },
        catalogue: CatalogueText {
            as_of: answers::NOW.to_zoned(TimeZone::UTC).date(),
            sha256: sha256_hex(catalogue.as_bytes()),
            text: catalogue,
        },
    });
    Ok([
        ("token", "token", token.to_string().into_bytes()),
        ("envelope", "enrolment", envelope),
        ("statement", "enrolment", enrolment),
        ("rules", "rules", rules.to_bytes()?),
    ])
}
