//! What a profile enforces, asked of macOS itself.
//!
//! `defaults read` does not see profiles, and the files that macOS keeps of
//! them are its own affair. A value that somebody wrote with `defaults write`
//! is none: only what is forced comes from a profile.

#![expect(unsafe_code, reason = "these functions of CoreFoundation have no safe form")]

use core_foundation::base::TCFType as _;
use core_foundation::propertylist::CFPropertyList;
use core_foundation::string::CFString;
use core_foundation_sys::preferences::{
    CFPreferencesAppSynchronize, CFPreferencesAppValueIsForced, CFPreferencesCopyAppValue,
};

use crate::host::Forced;

/// Asks for the value that is forced for `key` of `domain`.
pub(super) fn forced(domain: &str, key: &str) -> Forced {
    let (domain, key) = (CFString::new(domain), CFString::new(key));
    let (application, name) = (domain.as_concrete_TypeRef(), key.as_concrete_TypeRef());
    // SAFETY: both texts live until the end of this function, and the functions
    // keep neither.
    let value = unsafe {
        // The daemon lives long; without this it would see what it saw first.
        CFPreferencesAppSynchronize(application);
        if CFPreferencesAppValueIsForced(name, application) == 0 {
            return Forced::Nothing;
        }
        CFPreferencesCopyAppValue(name, application)
    };
    if value.is_null() {
        return Forced::Nothing;
    }
    // SAFETY: it is not null, and a function with `Copy` in its name hands over
    // the value's ownership.
    let value = unsafe { CFPropertyList::wrap_under_create_rule(value) };
    match value.downcast::<CFString>() {
        Some(text) => Forced::Text(text.to_string()),
        None => Forced::NotText,
    }
}
