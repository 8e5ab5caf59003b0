//! A package for Fleet's GitOps.

use super::Release;

/// The file that a team's `software.packages` points at.
pub(super) fn package(release: &Release) -> String {
    let Release { version, url, .. } = release;
    format!(
        "# Muster {version}\n\
         url: {url}\n\
         hash_sha256: {}\n\
         self_service: false\n\
         uninstall_script:\n  \
           path: uninstall.sh\n",
        release.sha256()
    )
}
