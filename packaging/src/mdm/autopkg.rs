//! Recipes for AutoPkg: fetch the newest package, look at its signature, hand
//! it to Munki.

use super::{Release, Signer};

/// Fetches what `latest.json` names, and refuses a package of somebody else.
pub(super) fn download(release: &Release, signer: &Signer) -> String {
    let (latest, authority) = (release.beside("latest.json"), signer.authority());
    format!(
        "Description: Downloads the newest Muster agent and verifies who signed it.\n\
         Identifier: org.muster.autopkg.download\n\
         MinimumVersion: \"2.3\"\n\
         Input:\n  \
           NAME: Muster\n  \
           LATEST_URL: {latest}\n\
         Process:\n  \
         - Processor: URLTextSearcher\n    \
             Arguments:\n      \
               url: \"%LATEST_URL%\"\n      \
               re_pattern: '\"version\": \"([0-9.]+)\"'\n      \
               result_output_var_name: version\n  \
         - Processor: URLTextSearcher\n    \
             Arguments:\n      \
               url: \"%LATEST_URL%\"\n      \
               re_pattern: '\"url\": \"(https://[^\"]+)\"'\n      \
               result_output_var_name: package_url\n  \
         - Processor: URLDownloader\n    \
             Arguments:\n      \
               url: \"%package_url%\"\n      \
               filename: \"%NAME%-%version%.pkg\"\n  \
         - Processor: EndOfCheckPhase\n  \
         - Processor: CodeSignatureVerifier\n    \
             Arguments:\n      \
               input_path: \"%pathname%\"\n      \
               expected_authority_names:\n      \
               - \"{authority}\"\n      \
               - Developer ID Certification Authority\n      \
               - Apple Root CA\n"
    )
}

/// Puts the package into a Munki repository; what Munki has to know lies in
/// the pkginfo that is written with each release.
pub(super) fn munki() -> String {
    "Description: Imports the newest Muster agent into Munki.\n\
     Identifier: org.muster.autopkg.munki\n\
     ParentRecipe: org.muster.autopkg.download\n\
     MinimumVersion: \"2.3\"\n\
     Input:\n  \
       NAME: Muster\n  \
       MUNKI_REPO_SUBDIR: muster\n  \
       pkginfo:\n    \
         name: \"%NAME%\"\n    \
         display_name: Muster\n    \
         catalogs:\n    \
         - testing\n    \
         unattended_install: true\n    \
         blocking_applications: []\n\
     Process:\n  \
     - Processor: MunkiImporter\n    \
         Arguments:\n      \
           pkg_path: \"%pathname%\"\n      \
           repo_subdirectory: \"%MUNKI_REPO_SUBDIR%\"\n"
        .to_owned()
}
