//! Files as they are exported, and files with slips in them.

use super::{read, written};
use crate::expected::{Said, Source, State};

fn wrong(text: &str) -> Vec<String> {
    match read(text.as_bytes()) {
        Ok(import) => import.errors.iter().map(ToString::to_string).collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[test]
fn an_own_list_says_what_its_columns_say() {
    let text = "serial;owner_name;owner_email;state;reason;model;asset_tag\r\n\
        c02xy1zt4f2k;Sam  Carter;Sam@Muster.example;in use;;MacBook Air;A-17\r\n\
        C02XY1ZT4F2L;;;Not covered;Lab machine;;\r\n\
        C02XY1ZT4F2M;;;;;;\r\n";
    let import = read(text.as_bytes()).unwrap();
    assert_eq!((import.source, import.others, import.errors.len()), (Some(Source::Csv), 0, 0));
    let first = &import.said[0];
    assert_eq!((first.serial.as_str(), first.state), ("C02XY1ZT4F2K", Some(State::InUse)));
    assert_eq!(first.owner_name.as_deref(), Some("Sam Carter"));
    assert_eq!(first.owner_email.as_deref(), Some("sam@muster.example"));
    assert_eq!(import.said[1].state, Some(State::NotCovered));
    assert_eq!(import.said[2].state, None, "an empty state stays what it was");
    let exported = read(b"serial,source,device,status,last_report\nC02XY1ZT4F2K,csv,,,\n").unwrap();
    assert_eq!(exported.said.len(), 1, "the console's own export is read again");
    let short = read(b"serial\nC02XY1ZT4F2K\n").unwrap();
    assert_eq!(short.said, [Said { serial: "C02XY1ZT4F2K".to_owned(), ..Said::default() }]);
}

#[test]
fn an_own_list_names_line_and_field_of_what_is_wrong() {
    let text = "serial,state,reason,owner_email\n\
        SHORT,,,\n\
        C02XY1ZT4F2K,stolen,,\n\
        C02XY1ZT4F2L,not_covered,,\n\
        C02XY1ZT4F2M,,,sam\n\
        C02XY1ZT4F2N,,,\n\
        c02xy1zt4f2n,,,\n";
    assert_eq!(
        wrong(text),
        [
            "line 2, serial: it is “SHORT”, but a serial number has 8 to 20 letters and digits",
            "line 3, state: it is “stolen”, but must be one of in_use, spare, lost, retired, not_covered",
            "line 4, reason: a Mac that is not covered needs a reason",
            "line 5, owner_email: it is “sam”, but must be a mail address",
            "line 7, serial: it is the same as in line 6; keep one of them",
        ]
    );
    assert_eq!(read(text.as_bytes()).unwrap().said.len(), 1);
    assert!(wrong("serial,colour\n")[0].contains("line 1: the column “colour” is not known"));
    assert!(wrong("Serial,serial\n")[0].contains("there twice"));
    assert!(wrong("Nummer,Farbe\n")[0].contains("“Nummer, Farbe” is of no known export"));
}

#[test]
fn exports_of_other_programs_are_read_and_other_devices_left_out() {
    let jamf = "Computer Name,Serial Number,Full Name,Email Address,Model,Asset Tag\n\
        sams-mac,C02XY1ZT4F2K,Sam Carter,sam@muster.example,MacBook Air (M3),17\n";
    let import = read(jamf.as_bytes()).unwrap();
    assert_eq!(import.source, Some(Source::Jamf));
    let said = &import.said[0];
    assert_eq!((said.state, said.asset_tag.as_deref()), (None, Some("17")));
    let intune = "Device name,Managed by,OS,Serial number,Model,Primary user UPN,Primary user email address,Primary user display name\n\
        a,Intune,macOS,C02XY1ZT4F2K,MacBookAir10 1,sam@muster.example,,Sam Carter\n\
        b,Intune,Windows,5CG1234XYZ,Surface,ada@muster.example,,Ada\n\
        c,Intune,iOS/iPadOS,DMPXXXXXXX12,iPad,,,\n\
        d,Intune,macOS,,Mac,,,\n";
    let import = read(intune.as_bytes()).unwrap();
    assert_eq!((import.source, import.others), (Some(Source::Intune), 2));
    assert_eq!(import.said[0].owner_email.as_deref(), Some("sam@muster.example"));
    assert_eq!(import.errors[0].line, 5);
    let apple = "Serial Number,Product Family,Device Model,Order Number\n\
        C02XY1ZT4F2K,Mac,\"MacBook Air 13\"\", M3\",W1\nDMPXXXXXXX12,iPad,iPad Air,W1\n";
    let import = read(apple.as_bytes()).unwrap();
    assert_eq!((import.source, import.others, import.said.len()), (Some(Source::Apple), 1, 1));
    assert_eq!(import.said[0].model.as_deref(), Some("MacBook Air 13\", M3"));
    assert_eq!(import.said[0].owner_name, None, "it does not know");
    let kandji = "device_name,serial_number,platform,blueprint_name,user_email,asset_tag\n\
        x,C02XY1ZT4F2K,Mac,Default,SAM@muster.example,\ny,DMPXXXXXXX12,iPhone,Default,,\n";
    let import = read(kandji.as_bytes()).unwrap();
    assert_eq!((import.source, import.others, import.said.len()), (Some(Source::Kandji), 1, 1));
}

#[test]
fn what_was_read_is_written_and_read_again() {
    for text in [
        "serial,owner_name,state,reason\nC02XY1ZT4F2K,\"Doe, Sam\",spare,\nC02XY1ZT4F2L,,,\n",
        "Computer Name,Serial Number,Full Name\nx,C02XY1ZT4F2K,\"Sam \"\"S\"\" Doe\"\n",
        "serial\nC02XY1ZT4F2K\n",
    ] {
        let import = read(text.as_bytes()).unwrap();
        let again = read(written(&import.said).as_bytes()).unwrap();
        assert_eq!(again.said, import.said, "{}", written(&import.said));
        assert!(again.errors.is_empty());
    }
}
