//! The switches of software update, and which of several answers counts.

use plist::{Dictionary, Value};

use crate::checks::managed::Managed;
use crate::property_list;

/// One switch.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its field.
    pub(super) name: &'static str,
    /// Its key in the settings and in a profile.
    pub(super) key: &'static str,
    /// Its key in a declaration.
    declared: &'static str,
    /// What it is when nobody has set it; `None` when that is not known.
    default: Option<bool>,
    /// The baseline asks for it.
    pub(super) is_asked: bool,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: "check",
        key: "AutomaticCheckEnabled",
        declared: "automaticallyCheck",
        default: Some(true),
        is_asked: true,
    },
    Setting {
        name: "download",
        key: "AutomaticDownload",
        declared: DOWNLOAD,
        default: Some(true),
        is_asked: true,
    },
    Setting {
        name: "install_macos",
        key: "AutomaticallyInstallMacOSUpdates",
        declared: "automaticallyInstallOSUpdates",
        default: None,
        is_asked: false,
    },
    Setting {
        name: RESPONSES,
        key: "CriticalUpdateInstall",
        declared: "automaticallyInstallSystemAndSecurityUpdates",
        default: Some(true),
        is_asked: true,
    },
    Setting {
        name: "system_data",
        key: "ConfigDataInstall",
        declared: "automaticallyInstallSystemAndSecurityUpdates",
        default: Some(true),
        is_asked: true,
    },
];

const DOWNLOAD: &str = "automaticallyDownload";
const RESPONSES: &str = "security_responses";

/// Updates of applications, which the App Store keeps elsewhere.
pub(super) struct Apps {
    pub(super) setting: Setting,
    pub(super) local: &'static str,
}

pub(super) const APPS: Apps = Apps {
    setting: Setting {
        name: "apps",
        key: "AutomaticallyInstallAppUpdates",
        declared: "",
        default: None,
        is_asked: false,
    },
    local: "AutoUpdate",
};

/// Where a switch is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nowhere.
    Default,
    /// By somebody at the Mac.
    Local,
    Profile,
    Declaration,
}

impl Origin {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Local => "local",
            Self::Profile => "profile",
            Self::Declaration => "declaration",
        }
    }

    pub(super) fn is_enforced(self) -> bool {
        matches!(self, Self::Profile | Self::Declaration)
    }
}

/// Every answer that counts on this macOS, the strongest first.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) declared: Dictionary,
    pub(super) profile: Option<Managed>,
    pub(super) local: Option<Dictionary>,
    pub(super) store: Option<Dictionary>,
}

/// What a declaration says of one switch.
enum Declared {
    Set(bool),
    /// It leaves the choice to the person.
    Open,
    /// It says something that is not known.
    Odd,
}

impl Layers {
    /// The value that counts; `None` when it is not known.
    pub(super) fn find(&self, setting: &Setting) -> Option<(bool, Origin)> {
        match self.declared(setting) {
            Declared::Set(flag) => return Some((flag, Origin::Declaration)),
            Declared::Odd => return None,
            Declared::Open => {}
        }
        if let Some(value) = self.profile.as_ref().and_then(|profile| profile.get(setting.key)) {
            return property_list::flag(value).map(|flag| (flag, Origin::Profile));
        }
        match self.local.as_ref()?.get(setting.key) {
            Some(value) => property_list::flag(value).map(|flag| (flag, Origin::Local)),
            None => setting.default.map(|flag| (flag, Origin::Default)),
        }
    }

    /// Whether applications are updated.
    pub(super) fn apps(&self) -> Option<(bool, Origin)> {
        if let Some(value) = self.profile.as_ref().and_then(|it| it.get(APPS.setting.key)) {
            return property_list::flag(value).map(|flag| (flag, Origin::Profile));
        }
        let value = self.store.as_ref()?.get(APPS.local)?;
        property_list::flag(value).map(|flag| (flag, Origin::Local))
    }

    fn declared(&self, setting: &Setting) -> Declared {
        let responses = self.declared.get("enableRapidSecurityResponse");
        if setting.name == RESPONSES && responses.and_then(property_list::flag) == Some(false) {
            return Declared::Set(false);
        }
        match self.declared.get(setting.declared).map(switch) {
            Some(said) => said,
            // What is always downloaded is looked for first.
            None if setting.name == "check" => match self.declared.get(DOWNLOAD).map(switch) {
                Some(Declared::Set(true)) => Declared::Set(true),
                _ => Declared::Open,
            },
            None => Declared::Open,
        }
    }
}

/// 1 is always on, 0 always off, and every other number leaves it open.
fn switch(value: &Value) -> Declared {
    match property_list::flag(value) {
        Some(flag) => Declared::Set(flag),
        None if property_list::whole(value).is_some() => Declared::Open,
        None => Declared::Odd,
    }
}
