//! The collector: verifies, keeps, judges and shows what the agents report.

pub mod app;
pub mod auth;
pub mod ca;
pub mod cli;
pub mod clock;
pub mod config;
pub mod device_api;
pub mod enroll;
pub mod exit;
pub mod fleet;
pub mod ingest;
pub mod invitation;
pub mod jobs;
pub mod listener;
pub mod log;
pub mod mail;
pub mod nonce;
pub mod os_releases;
pub mod policy_document;
pub mod problem;
pub mod public_url;
pub mod serve;
pub mod state_dir;
pub mod store;
pub mod tls;
pub mod web;
