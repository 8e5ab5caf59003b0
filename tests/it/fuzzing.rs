//! Fuzzing reaches every check, and begins with what Macs answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use agent::host::Recorded;
use shared::reading::Outcome;
use tests::fuzzing::answers::Answers;
use tests::fuzzing::seed;
use tests::recording;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The targets that the manifest builds.
fn built() -> BTreeSet<String> {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let bins = manifest["bin"].as_array().unwrap();
    bins.iter().map(|bin| bin["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_check_has_a_fuzz_target_with_kept_inputs() {
    let built = built();
    for check in agent::checks::ALL {
        let name = format!("check_{}", check.id);
        let path = folder().join(format!("targets/{name}.rs"));
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text.contains(&format!("fuzz::check(\"{}\", input)", check.id)),
            "write tests/fuzz/targets/{name}.rs, like the others there"
        );
        assert!(built.contains(&name), "name `{name}` in tests/fuzz/Cargo.toml");
        let kept = fs::read_dir(folder().join("corpus").join(&name)).into_iter().flatten();
        assert!(kept.count() > 0, "run `tests/fuzz/run --keep {name}`");
    }
}

#[test]
fn every_target_is_built_and_has_kept_inputs() {
    let built = built();
    let written: BTreeSet<String> = fs::read_dir(folder().join("targets"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".rs").to_owned())
        .collect();
    assert_eq!(written, built);
    for name in built {
        let kept = fs::read_dir(folder().join("corpus").join(&name)).into_iter().flatten();
        assert!(kept.count() > 0, "run `tests/fuzz/run --keep {name}`");
    }
}

#[test]
fn a_seed_answers_like_the_recording_it_was_made_of() {
    let mut observed = 0;
    for name in recording::names() {
        let bytes = fs::read(recording::folder().join(format!("{name}.json"))).unwrap();
        let host = Recorded::parse(&name, &bytes).unwrap();
        for check in agent::checks::ALL {
            let of_recording = check.run(&host);
            let of_seed = check.run(&Answers::new(&seed(check, &host)));
            assert_eq!(of_seed.outcome, of_recording.outcome, "{name}, `{}`", check.id);
            assert_eq!(of_seed.fields, of_recording.fields, "{name}, `{}`", check.id);
            observed += usize::from(of_recording.outcome == Outcome::Observed);
        }
    }
    assert!(observed > 30, "{observed}");
}
