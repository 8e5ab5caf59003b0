//! Packages with planted faults, programs of other people that read what was
//! written, and the scripts of the package in a root folder of their own.
//! Profiles and what MDMs are given, read by those who know their formats.
//!
//! One binary; a program that is missing fails the test that needs it and is
//! named with its Debian package.

#![cfg(test)]

mod fixture;
mod image;
#[path = "../../src/mach_o/made.rs"]
mod made;
mod manifests;
mod mdm_files;
mod other_readers;
mod outside;
mod planted_faults;
mod profiles;
mod programs;
mod scripts;
mod shell;
mod signing;
