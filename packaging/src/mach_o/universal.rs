//! Joins executables of several processors into one file, and takes them apart.
//!
//! The layout is that of `<mach-o/fat.h>`: a header, one entry for each
//! executable, and the executables at multiples of a page; numbers are big
//! endian.

use super::MachOError;
use super::bytes::{Big, Little};

/// First four bytes.
const MAGIC: u32 = 0xcafe_babe;
/// Length of the header.
const HEADER: usize = 8;
/// Length of one entry.
const ENTRY: usize = 20;
/// Pages of Apple silicon: 2 to this power bytes, which suit Intel as well.
const ALIGNMENT: u32 = 14;
/// Most processors that can sensibly be.
const MOST: usize = 8;

/// One file that holds all of `executables`, in their order.
///
/// # Errors
///
/// When one of them is no executable for macOS.
pub fn join(executables: &[&[u8]]) -> Result<Vec<u8>, MachOError> {
    let page = 1_usize << ALIGNMENT;
    let mut file = Vec::new();
    let mut place = (HEADER + executables.len() * ENTRY).next_multiple_of(page);
    let count = u32::try_from(executables.len()).map_err(|_| MachOError::Foreign)?;
    words(&mut file, &[MAGIC, count]);
    for executable in executables {
        let header = Little(executable.get(..16).ok_or(MachOError::Foreign)?);
        let (Some(super::MAGIC_64), Some(processor), Some(kind)) =
            (header.u32(0), header.u32(4), header.u32(8))
        else {
            return Err(MachOError::Foreign);
        };
        let number = |it: usize| u32::try_from(it).map_err(|_| MachOError::Foreign);
        words(&mut file, &[processor, kind, number(place)?, number(executable.len())?, ALIGNMENT]);
        place = (place + executable.len()).next_multiple_of(page);
    }
    for executable in executables {
        file.resize(file.len().next_multiple_of(page), 0);
        file.extend(*executable);
    }
    Ok(file)
}

/// The executables within a file: those of a universal one, or the file itself.
///
/// # Errors
///
/// When parts lie over each other, beyond the end, or with something between
/// them.
pub fn slices(file: &[u8]) -> Result<Vec<&[u8]>, MachOError> {
    let header = Big(file);
    if header.u32(0) != Some(MAGIC) {
        return Ok(vec![file]);
    }
    let count = header.length(4).filter(|count| (1..=MOST).contains(count));
    let count = count.ok_or(MachOError::Universal("the number of its parts cannot be"))?;
    let mut end = HEADER + count * ENTRY;
    let mut slices = Vec::new();
    for at in (0..count).map(|number| HEADER + number * ENTRY) {
        let place = header.length(at + 8).zip(header.length(at + 12));
        let (from, length) = place.ok_or(MachOError::Short("list of parts"))?;
        let slice = from.checked_add(length).and_then(|after| file.get(from..after));
        let slice = slice.ok_or(MachOError::Short("last part"))?;
        let between = file.get(end..from);
        let between = between.ok_or(MachOError::Universal("its parts overlap"))?;
        if between.iter().any(|&byte| byte != 0) {
            return Err(MachOError::Universal("something lies between its parts"));
        }
        if Little(slice).u32(4) != header.u32(at) {
            return Err(MachOError::Universal("a part is for another processor than is said"));
        }
        end = from + length;
        slices.push(slice);
    }
    if end == file.len() { Ok(slices) } else { Err(MachOError::Universal("something follows it")) }
}

fn words(bytes: &mut Vec<u8>, words: &[u32]) {
    bytes.extend(words.iter().flat_map(|word| word.to_be_bytes()));
}

#[cfg(test)]
mod tests {
    use super::super::made::Made;
    use super::*;

    fn both() -> [Vec<u8>; 2] {
        let intel = Made { processor: 0x0100_0007, ..Made::right() };
        [Made::right().file(), intel.file()]
    }

    fn joined() -> Vec<u8> {
        let [one, other] = both();
        join(&[&one, &other]).unwrap()
    }

    #[test]
    fn what_was_joined_is_taken_apart_again() {
        let [one, other] = both();
        let file = joined();
        assert_eq!(slices(&file), Ok(vec![&one[..], &other[..]]));
        assert_eq!(slices(&one), Ok(vec![&one[..]]));
        let places: Vec<usize> = [16, 36].map(|at| Big(&file).length(at).unwrap()).into();
        assert_eq!(places[0], 16_384);
        assert_eq!(places[1] % 16_384, 0);
        assert_eq!(join(&[b"\x7fELF and more bytes"]), Err(MachOError::Foreign));
    }

    #[test]
    fn a_part_that_is_not_where_it_should_be_is_refused() {
        let file = joined();
        let changed = |at: usize, value: u8| {
            let mut changed = file.clone();
            changed[at] = value;
            slices(&changed).err()
        };
        let said = |what| Some(MachOError::Universal(what));
        assert_eq!(changed(7, 0), said("the number of its parts cannot be"));
        assert_eq!(changed(7, 9), said("the number of its parts cannot be"));
        assert_eq!(changed(38, 0), said("its parts overlap"));
        assert_eq!(changed(60, 1), said("something lies between its parts"));
        assert_eq!(changed(31, 0x0c), said("a part is for another processor than is said"));
        let longer = [&file[..], &[0]].concat();
        assert_eq!(slices(&longer), Err(MachOError::Universal("something follows it")));
        assert_eq!(slices(&file[..file.len() - 1]), Err(MachOError::Short("last part")));
    }
}
