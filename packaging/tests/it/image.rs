//! The image of the collector, as skopeo and umoci read it.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::programs::{muster_packaging, program, text};

/// What `muster-packaging` says, at a fixed time.
fn packaging(words: &[&str]) -> Output {
    muster_packaging().args(words).env("SOURCE_DATE_EPOCH", "1700000000").output().unwrap()
}

/// Any program of Linux will do where it is not run.
fn some_program() -> PathBuf {
    Path::new("/bin/true").canonicalize().unwrap()
}

fn write(out: &Path) -> String {
    let (binary, out) = (some_program(), out.to_str().unwrap());
    let binary = binary.to_str().unwrap();
    let output = packaging(&["oci", "--with-libraries", "--binary", binary, "--out", out]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn two_runs_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one.tar", "other.tar"].map(|name| folder.path().join(name));
    let told = write(&one);
    write(&other);
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&other).unwrap());
    assert!(told.contains(" 0755     0 "), "{told}");
    assert!(told.contains("d 0700 65532          0 /data\n"), "{told}");
}

#[test]
fn skopeo_reads_and_copies_the_image_and_umoci_unpacks_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    write(&folder.path().join("image.tar"));
    write(&folder.path().join("layout"));
    let archive = format!("oci-archive:{}", path("image.tar"));
    let inspected = text("skopeo", "skopeo", &["inspect", &archive], &[]);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["Created"], "2023-11-14T22:13:20Z");
    let labels = &inspected["Labels"];
    assert_eq!(labels["org.opencontainers.image.version"], env!("CARGO_PKG_VERSION"));
    let config = text("skopeo", "skopeo", &["inspect", "--config", &archive], &[]);
    let config: serde_json::Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["config"]["User"], "65532:65532");
    assert_eq!(config["config"]["Entrypoint"][0], "/usr/bin/muster-server");
    let copy = format!("docker-archive:{}:muster-server:test", path("docker.tar"));
    text("skopeo", "skopeo", &["copy", &archive, &copy], &[]);
    let image = format!("{}:{}", path("layout"), env!("CARGO_PKG_VERSION"));
    text("umoci", "umoci", &["unpack", "--rootless", "--image", &image, &path("bundle")], &[]);
    let root = folder.path().join("bundle/rootfs");
    let unpacked = std::fs::read(root.join("usr/bin/muster-server")).unwrap();
    assert_eq!(unpacked, std::fs::read(some_program()).unwrap());
    assert!(root.join("etc/ssl/certs/ca-certificates.crt").is_file());
}

#[test]
fn a_changed_layer_is_refused_by_the_readers() {
    let folder = tempfile::tempdir().unwrap();
    let layout = folder.path().join("layout");
    write(&layout);
    let blobs = std::fs::read_dir(layout.join("blobs/sha256")).unwrap().flatten();
    let layer = blobs.max_by_key(|blob| blob.metadata().unwrap().len()).unwrap().path();
    let mut bytes = std::fs::read(&layer).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&layer, bytes).unwrap();
    let from = format!("oci:{}", layout.display());
    let to = format!("dir:{}", folder.path().join("copy").display());
    let copied = program("skopeo").args(["copy", &from, &to]).output().unwrap();
    assert!(!copied.status.success());
}

#[test]
fn what_could_not_run_in_the_image_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("text"), "no program").unwrap();
    let (dynamic, text, out) = (some_program(), path("text"), path("image"));
    let dynamic = dynamic.to_str().unwrap();
    for (arguments, exit, says) in [
        (&["--binary", "/none"][..], 74, "/none: cannot be read"),
        (&["--binary", &text], 65, "this is no program for Linux"),
        (&["--binary", dynamic], 65, "it is linked dynamically"),
        (
            &["--binary", dynamic, "--with-libraries", "--authorities", &text],
            65,
            "it holds no certificate",
        ),
    ] {
        let arguments: Vec<&str> =
            ["oci"].iter().chain(arguments).copied().chain(["--out", out.as_str()]).collect();
        let output = packaging(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {said}");
        assert!(said.contains(says) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(!Path::new(&out).exists(), "{arguments:?}");
    }
}
