//! The archive holds the files of a package, and no others.

use crate::pkg::COMPONENT;
use crate::pkg::distribution::PAGES;
use crate::verify::{BUILD_AGAIN, Fault, Package};

pub(super) fn look(package: &Package, faults: &mut Vec<Fault>) {
    if package.members.is_empty() {
        return;
    }
    let within = ["Bom", "Payload", "Scripts", "PackageInfo"];
    let mut expected = vec![COMPONENT.to_owned(), "Resources".to_owned()];
    expected.extend(within.map(|name| format!("{COMPONENT}/{name}")));
    expected.extend(PAGES.map(|(_, file, _)| format!("Resources/{file}")));
    expected.push("Distribution".to_owned());
    for path in &expected {
        if !package.members.iter().any(|member| member.path == *path) {
            faults.push(Fault::new(path, "it is missing", BUILD_AGAIN));
        }
    }
    for member in package.members.iter().filter(|member| !expected.contains(&member.path)) {
        faults.push(Fault::new(&member.path, "it does not belong into a package", BUILD_AGAIN));
    }
    let Some(distribution) = &package.distribution else { return };
    for (element, file, _) in PAGES {
        if distribution.child(element).and_then(|it| it.attribute("file")) != Some(file) {
            let what = format!("it does not show the page {file}");
            faults.push(Fault::new("Distribution", what, BUILD_AGAIN));
        }
    }
}
