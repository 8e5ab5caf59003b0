//! What is written for Kubernetes, Helm, Terraform and Compose.

use std::path::Path;

use crate::fixture::checkout;
use crate::programs::program;

#[test]
fn the_manifests_hold_against_schemas_each_other_and_the_collector() {
    let script = checkout().join("tests/packaging/manifests");
    let target = Path::new(env!("CARGO_BIN_EXE_muster-packaging")).parent().unwrap();
    let output = program(script)
        .arg(target.join("muster-server"))
        .env("CARGO_TARGET_DIR", target.parent().unwrap())
        .output()
        .expect("bash");
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    for seen in ["strict against the schemas", "a planted fault is caught", "the collector takes"] {
        assert!(out.contains(seen), "{seen} is not in:\n{out}");
    }
}
