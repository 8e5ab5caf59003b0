//! `muster-server device`

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::place::database;
use super::{PlaceOptions, answer};
use crate::audit::{Act, Object, device_action};
use crate::clock::Clock;
use crate::exit::{Exit, Failure};
use crate::fleet::state::Lifecycle;
use crate::store::devices::DeviceLine;
use crate::store::place::Store;

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// List every device, the newest first.
    List(ListOptions),
    /// Let a device that waits report.
    Approve(OneOptions),
    /// Refuse a device's reports until it is resumed.
    Suspend(OneOptions),
    /// Let a suspended device report again.
    Resume(OneOptions),
    /// Refuse a device's reports for ever; its key is worthless from now on.
    Revoke(OneOptions),
}

/// Options of `device list`.
#[derive(Debug, Args)]
pub(super) struct ListOptions {
    #[command(flatten)]
    place: PlaceOptions,
}

/// Options of the commands about one device.
#[derive(Debug, Args)]
pub(super) struct OneOptions {
    #[command(flatten)]
    place: PlaceOptions,
    /// Id of the device, or its first characters, or its serial number.
    device: String,
}

pub(super) fn run(command: DeviceCommand) -> Result<(), Failure> {
    match command {
        DeviceCommand::List(options) => list(options),
        DeviceCommand::Approve(options) => step(options, &[Lifecycle::Pending], Lifecycle::Active),
        DeviceCommand::Suspend(options) => {
            step(options, &[Lifecycle::Active], Lifecycle::Suspended)
        }
        DeviceCommand::Resume(options) => step(options, &[Lifecycle::Suspended], Lifecycle::Active),
        DeviceCommand::Revoke(options) => step(
            options,
            &[Lifecycle::Pending, Lifecycle::Active, Lifecycle::Suspended],
            Lifecycle::Revoked,
        ),
    }
}

fn list(options: ListOptions) -> Result<(), Failure> {
    let devices = options.place.place()?.writer()?.list().map_err(|error| database(&error))?;
    if devices.is_empty() {
        return answer(
            "No devices yet. Invite somebody: muster-server invite --person NAME --email MAIL\n",
        );
    }
    answer(&table(&devices, Clock::System.now()))
}

/// Lines as wide as their widest cell; the last column may be any length.
fn table(devices: &[DeviceLine], now: Timestamp) -> String {
    let head = ["ID", "OWNER", "MODEL", "SERIAL", "STATE", "STATUS", "LAST REPORT"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(devices.iter().map(|device| cells(device, now)));
    let mut widths = [0; 7];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let line = row.iter().zip(widths).fold(String::new(), |mut line, (cell, width)| {
            // Writing to a string cannot fail.
            let _ = write!(line, "{cell:width$}  ");
            line
        });
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "{} {}",
        devices.len(),
        if devices.len() == 1 { "device" } else { "devices" }
    );
    text
}

fn cells(device: &DeviceLine, now: Timestamp) -> [String; 7] {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        device.id.clone(),
        dash(&device.owner),
        dash(&device.model),
        dash(&device.serial),
        device.lifecycle.as_str().to_owned(),
        device.status.replace('_', " "),
        device.received_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
    ]
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins().max(0);
    match minutes {
        0 => "just now".to_owned(),
        1..60 => format!("{minutes} min ago"),
        60..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}

fn step(options: OneOptions, from: &[Lifecycle], to: Lifecycle) -> Result<(), Failure> {
    let mut writer = options.place.place()?.writer()?;
    let device = find(writer.as_ref(), &options.device)?;
    if !from.contains(&device.lifecycle) {
        let wanted: Vec<&str> = from.iter().map(|one| one.as_str()).collect();
        return Err(Failure::new(
            Exit::Data,
            format!(
                "device {} is {}; this needs one that is {}",
                device.id,
                device.lifecycle.as_str(),
                wanted.join(" or ")
            ),
        ));
    }
    let object = Object::new("device", &device.id);
    let action = device_action(device.lifecycle, to);
    let act = Act::of_command(action, object, Clock::System.now());
    writer.set_lifecycle(&device.id, to, &act).map_err(|error| database(&error))?;
    let owner = device.owner.as_deref().unwrap_or("nobody");
    answer(&format!(
        "Device {} of {owner} is {} now; it was {}.\n",
        device.id,
        to.as_str(),
        device.lifecycle.as_str()
    ))
}

fn find(writer: &dyn Store, named: &str) -> Result<DeviceLine, Failure> {
    let devices = writer.list().map_err(|error| database(&error))?;
    let fits = |device: &&DeviceLine| {
        device.id.starts_with(named)
            || device.serial.as_deref().is_some_and(|serial| serial.eq_ignore_ascii_case(named))
    };
    let mut found = devices.iter().filter(fits).filter(|_| !named.is_empty());
    match (found.next(), found.next()) {
        (Some(device), None) => Ok(device.clone()),
        (None, _) => Err(Failure::new(
            Exit::Data,
            format!("there is no device `{named}`; see `muster-server device list`"),
        )),
        _ => Err(Failure::new(
            Exit::Data,
            format!(
                "`{named}` fits more than one device; give the whole id from `muster-server device list`"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceLine, Lifecycle, table};

    #[test]
    fn columns_stand_under_each_other_and_are_counted() {
        let line = |id: &str, owner: Option<&str>| DeviceLine {
            id: id.to_owned(),
            owner: owner.map(str::to_owned),
            model: Some("Mac15,12".to_owned()),
            serial: None,
            lifecycle: Lifecycle::Active,
            lifecycle_reason: String::new(),
            status: "at_risk".to_owned(),
            received_at: Some("2026-08-23T08:00:00Z".parse().unwrap()),
        };
        let now = "2026-08-23T09:00:00Z".parse().unwrap();
        assert_eq!(
            table(&[line("a1", Some("Sam Doe")), line("b", None)], now),
            "ID  OWNER    MODEL     SERIAL  STATE   STATUS   LAST REPORT\n\
             a1  Sam Doe  Mac15,12  -       active  at risk  1 h ago\n\
             b   -        Mac15,12  -       active  at risk  1 h ago\n\
             2 devices\n"
        );
    }
}
