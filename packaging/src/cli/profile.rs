//! `muster-packaging profile`: configuration profiles for the agent.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use shared::agent_settings::{ENROLLMENT_TOKEN, OWNER, SERIAL_NUMBER, Setting};

use super::print;
use crate::exit::{Exit, Failure};
use crate::profiles::password::{self, MinimumLength};
use crate::profiles::{Company, Team, access, settings, signing};

/// Longest file with a token, in bytes.
const TOKEN_LIMIT: u64 = 4096;

/// Write configuration profiles for the agent.
///
/// `muster-access.mobileconfig` goes to Macs before the package: background
/// item and privacy. `muster-settings.mobileconfig` holds the enrolment token
/// and what the MDM fills in for each Mac. `muster-password-policy.mobileconfig`
/// and `muster-password-policy.plist` give new passwords a minimum length; the
/// second is for `pwpolicy` on a Mac without an MDM. The agent shows no
/// notifications, so there is no profile about them. The same options give the
/// same bytes, unless a certificate signs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder to write to; it is made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Your company, as people at their Macs know it.
    #[arg(long, value_name = "NAME")]
    organization: String,
    /// The team that signed the package, such as ABCDE12345. Without it the
    /// profile for background item and privacy is not written.
    #[arg(long, value_name = "ID")]
    team_id: Option<String>,
    /// File with the fleet token, or `-` for standard input. Without a token
    /// the profile with settings is not written.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The MDM's variable for the owner's mail address, such as '$EMAIL'.
    #[arg(long, value_name = "VARIABLE", requires = "token_file")]
    owner: Option<String>,
    /// The MDM's variable for the serial number, such as '$SERIALNUMBER'.
    #[arg(long, value_name = "VARIABLE", requires = "token_file")]
    serial_number: Option<String>,
    /// Minimum length of new passwords; what the baseline asks for, unless
    /// it is given.
    #[arg(long, value_name = "LETTERS")]
    min_length: Option<u8>,
    /// Sign the profiles with this certificate, PEM.
    #[arg(long, value_name = "CERT", requires = "key")]
    sign: Option<PathBuf>,
    /// The certificate's key, PEM.
    #[arg(long, value_name = "KEY", requires = "sign")]
    key: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let company = Company::new(&args.organization)?;
    let length = match args.min_length {
        Some(letters) => MinimumLength::new(letters)?,
        None => MinimumLength::of_the_baseline(),
    };
    let team = args.team_id.as_deref().map(Team::new).transpose()?;
    let mut profiles = Vec::new();
    let mut left_out = String::new();
    match &team {
        Some(team) => {
            profiles.push(("muster-access.mobileconfig", access::write(&company, team)?));
        }
        None => left_out.push_str(
            "muster-access.mobileconfig is not written: give `--team-id` of the package's signature.\n",
        ),
    }
    let given = given(args)?;
    if given.is_empty() {
        left_out.push_str("muster-settings.mobileconfig is not written: give `--token-file`.\n");
    } else {
        profiles.push(("muster-settings.mobileconfig", settings(&company, &given)?));
    }
    let policy = password::profile(&company, length)?;
    profiles.push(("muster-password-policy.mobileconfig", policy));

    make_folder(&args.out)?;
    let mut told = String::new();
    for (name, text) in &profiles {
        let bytes = match (&args.sign, &args.key) {
            (Some(certificate), Some(key)) => signing::sign(text, certificate, key)?,
            _ => text.clone().into_bytes(),
        };
        told.extend([put(&args.out, name, &bytes)?.display().to_string().as_str(), "\n"]);
    }
    let policies = password::account_policies(length)?;
    let path = put(&args.out, "muster-password-policy.plist", policies.as_bytes())?;
    print(&format!("{told}{}\n{left_out}", path.display()))
}

/// What the options say for each setting of the agent's table.
fn given(args: &Args) -> Result<Vec<(&'static Setting, String)>, Failure> {
    let token = args.token_file.as_deref().map(token).transpose()?;
    let all = [
        (&ENROLLMENT_TOKEN, token),
        (&OWNER, args.owner.clone()),
        (&SERIAL_NUMBER, args.serial_number.clone()),
    ];
    Ok(all.into_iter().filter_map(|(setting, text)| Some((setting, text?))).collect())
}

fn token(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().take(TOKEN_LIMIT).read_to_string(&mut text)
    } else {
        fs::File::open(path).and_then(|file| file.take(TOKEN_LIMIT).read_to_string(&mut text))
    };
    read.map_err(|error| {
        let message =
            format!("{}: the token cannot be read: {error}; check the path", path.display());
        Failure::new(Exit::Io, message)
    })?;
    Ok(text)
}

/// Makes a folder, if it is not there.
pub(super) fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))
}

/// Writes a file of a folder and gives its path.
pub(super) fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    fs::write(&path, bytes).map_err(|error| cannot_write(&path, &error))?;
    Ok(path)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{}: cannot be written: {error}; choose another folder", path.display());
    Failure::new(Exit::CannotCreate, message)
}

#[cfg(test)]
mod tests {
    use shared::agent_settings::SETTINGS;

    use super::*;

    #[test]
    fn there_is_an_option_for_each_setting_of_the_table() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, ENROLLMENT_TOKEN.example).unwrap();
        let args = Args {
            out: folder.path().to_owned(),
            organization: "Company".to_owned(),
            team_id: None,
            token_file: Some(file),
            owner: Some(OWNER.example.to_owned()),
            serial_number: Some(SERIAL_NUMBER.example.to_owned()),
            min_length: None,
            sign: None,
            key: None,
        };
        let given: Vec<_> = given(&args).unwrap().into_iter().map(|(it, _)| it.key).collect();
        assert_eq!(given, SETTINGS.iter().map(|it| it.key).collect::<Vec<_>>());
    }
}
