//! What both databases promise, each promise tried on both.
//!
//! A promise is a function that is given a new [`replicas::Replicas`]; it
//! stands in the list of its file, and one test for each database keeps the
//! whole list.

mod allow_list;
mod checklists;
mod copy;
mod desk;
mod devices;
mod expected;
mod first_run;
mod fleet_tokens;
mod labels;
mod leases;
mod log;
mod passkeys;
mod people;
mod replicas;
mod reports;
mod rules;
mod saved_views;
mod sessions;
mod stream;
mod views;
mod webhooks;
