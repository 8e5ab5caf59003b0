//! End-to-end tests: the real collector, the real agent, real files, real TLS.
//!
//! One binary, because each one more would link the whole product again. The
//! modules are named after what people do; each test is a sentence.

#![cfg(test)]

mod account;
mod agent_commands;
mod agent_releases;
mod api;
mod bad_input;
mod browser;
mod checklists;
mod colleagues;
mod console;
mod device_desk;
mod enrolment;
mod events;
mod expected_devices;
mod farewell;
mod fleet_list;
mod fuzzing;
mod handover;
mod invited;
mod limits;
mod mail;
mod mail_links;
mod managed_enrolment;
mod mute_fleet;
mod openid;
mod os_releases;
mod other_readers;
mod pages;
mod passing_time;
mod passkeys;
mod people;
mod per_user;
mod permissions;
mod recordings;
mod refused_keys;
mod released;
mod replicas;
mod reporting;
mod revocation;
mod scim;
mod second_opinion;
mod server_commands;
mod sudden_death;
mod telemetry;
mod tidy;
mod two_databases;
mod watching;
mod webhooks;
