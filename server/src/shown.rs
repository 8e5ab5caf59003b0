//! What pages and the API both show: the list's words, names, rows and days.

pub(crate) mod days;
pub(crate) mod devices;
pub(crate) mod names;
pub(crate) mod people;
pub(crate) mod row;
pub(crate) mod systems;
