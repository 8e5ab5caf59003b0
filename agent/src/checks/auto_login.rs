//! Does somebody get in without a password when the Mac starts?
//!
//! Looks into loginwindow's settings for the key that names the account, and
//! whether `/etc/kcpassword` is there, in which macOS keeps that account's
//! password, hardly disguised. The file itself is never read. Settings that
//! cannot be read leave all of it unknown: every Mac has them. Both are judged
//! whatever FileVault says, since FileVault can be switched off.
//!
//! Sent: whether an account is named, whether a password is kept, and whether
//! a profile forbids it. They show whether a found laptop opens by itself.
//! Never which account. Not seen: the second login that FileVault spares.

use shared::reading::{FieldValue, Fields, UnknownReason};

use super::inquiry::{Inquiry, fields, text};
use super::managed::Managed;
use super::{Check, Found};
use crate::host::Host;
use crate::property_list;

pub(super) const CHECK: Check = Check {
    id: "auto_login",
    sources: &[
        "file:/Library/Preferences/com.apple.loginwindow.plist",
        "presence:/etc/kcpassword",
        "file:/Library/Managed Preferences/com.apple.loginwindow.plist",
    ],
    read,
    #[cfg(test)]
    full: tests::full,
};

/// Settings of the login window, which every Mac has.
pub(super) const LOGINWINDOW: &str = "/Library/Preferences/com.apple.loginwindow.plist";
const PASSWORD: &str = "/etc/kcpassword";
const DOMAIN: &str = "com.apple.loginwindow";
const FORBIDS: &str = "com.apple.login.mcx.DisableAutoLoginClient";

fn read(host: &dyn Host) -> Found {
    let mut inquiry = Inquiry::new(host);
    let account = account(&mut inquiry);
    let is_password_kept = inquiry.exists(PASSWORD);
    let managed = Managed::read(&mut inquiry, DOMAIN, None).ok();
    let is_enforced = managed.and_then(|managed| managed.switch_or(FORBIDS, false));
    let outcome = account.map(|account| account.fields(is_password_kept, is_enforced));
    inquiry.found(outcome)
}

fn account(inquiry: &mut Inquiry<'_>) -> Result<Account, UnknownReason> {
    let bytes = inquiry.read_without_digest(LOGINWINDOW)?;
    let account = Account::parse(&bytes).ok_or(UnknownReason::NotUnderstood)?;
    inquiry.matched(match account {
        Account::Default => "autoLoginUser: absent",
        Account::None => "autoLoginUser: empty",
        Account::Named => "autoLoginUser: set",
    });
    Ok(account)
}

/// The account that the login window opens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Account {
    /// None, since nobody ever chose one.
    Default,
    /// None, and somebody chose that.
    None,
    /// One; which is nobody's business.
    Named,
}

impl Account {
    fn parse(plist: &[u8]) -> Option<Self> {
        match property_list::dictionary(plist)?.get("autoLoginUser") {
            None => Some(Self::Default),
            Some(name) if name.as_string()?.trim().is_empty() => Some(Self::None),
            Some(_) => Some(Self::Named),
        }
    }

    fn fields(self, is_password_kept: bool, is_enforced: Option<bool>) -> Fields {
        let source = if self == Self::Default { "default" } else { "setting" };
        fields([
            ("account_set", Some(FieldValue::Flag(self == Self::Named))),
            ("password_kept", Some(FieldValue::Flag(is_password_kept))),
            ("source", Some(text(source))),
            ("enforced", is_enforced.map(FieldValue::Flag)),
        ])
    }
}

#[cfg(test)]
mod tests;
