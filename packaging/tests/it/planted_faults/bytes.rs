//! Bytes that were changed after the package was written.

use super::*;

/// Where a member's stored bytes lie.
fn place(file: &[u8], stored: &[u8]) -> usize {
    file.windows(stored.len()).position(|it| it == stored).unwrap()
}

#[test]
fn a_flipped_byte_is_named_by_the_file_it_is_in() {
    let layers = layers();
    let file = layers.archive();
    for (stored, name) in [(&layers.payload, "Payload"), (&layers.scripts, "Scripts")] {
        let mut changed = file.clone();
        changed[place(&file, stored) + stored.len() / 2] ^= 0x10;
        let found = faults(&changed);
        let expected = format!(
            "muster-agent.pkg/{name}: its bytes are not those of the table's archived-checksum"
        );
        assert!(found[0].starts_with(&expected), "{found:?}");
    }
    let mut changed = file.clone();
    changed[40] ^= 0x10;
    let found = faults(&changed);
    let expected = "the archive: its table of contents is not the one whose digest follows it";
    assert!(found[0].starts_with(expected), "{found:?}");
}

#[test]
fn no_byte_of_a_package_can_be_flipped_unnoticed() {
    let file = layers().archive();
    // Every byte of the header and the table, and one in some hundreds behind.
    let places = (0..28).chain((28..file.len()).step_by(file.len() / 150));
    for at in places {
        let mut changed = file.clone();
        changed[at] ^= 0x01;
        assert!(!faults(&changed).is_empty(), "byte {at} of {}", file.len());
    }
}

#[test]
fn a_package_that_is_cut_or_has_something_behind_it_is_named() {
    let file = layers().archive();
    for end in [0, 3, 27, 28, 500, file.len() / 2, file.len() - 1] {
        assert!(!faults(&file[..end]).is_empty(), "cut at {end}");
    }
    assert_found(&[&file[..], &[0; 7]].concat(), "the archive: 7 bytes follow its last part");
    assert_found(b"PK\x03\x04 something else", "the archive: it is no flat package; build");
}

#[test]
fn a_ticket_of_apples_notary_may_follow() {
    let file = layers().archive();
    let first = b"t8lr\x01\0\x01\0\0\0\0\0\0\0\0\0";
    let last = b"t8lr\x01\0\x02\0\x06\0\0\0\0\0\0\0";
    let stapled = [&file[..], first, b"ticket", last].concat();
    assert_eq!(faults(&stapled), [""; 0]);
    let listing = packaging::verify::verify(&stapled).listing;
    assert!(listing.contains("notarization: a ticket of 6 bytes is stapled\n"), "{listing}");
}
