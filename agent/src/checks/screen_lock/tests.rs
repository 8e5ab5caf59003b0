//! Every way in which a Mac locks, and many answers that say nothing.

use proptest::prelude::*;

use super::*;
use crate::checks::fixture::{Mac, evidence, mutated, observed, plist, unknown};
use crate::host::{Answer, FileAnswer};

const CONSOLE: &str = "/usr/bin/stat -f %Su %u /dev/console";
const LOCK: &str =
    "/bin/launchctl asuser 501 /usr/bin/sudo -u sam -n /usr/sbin/sysadminctl -screenLock status";
const PMSET: &str = "/usr/bin/pmset -g custom";
const IOREG: &str = "/usr/sbin/ioreg -ard1 -c IOPlatformExpertDevice";
const UUID: &str = "00000000-0000-4000-8000-00000000D001";
const BY_HOST: &str = "/Users/sam/Library/Preferences/ByHost/com.apple.screensaver.00000000-0000-4000-8000-00000000D001.plist";
const DEVICE: &str = "/Library/Managed Preferences/com.apple.screensaver.plist";
const USER: &str = "/Library/Managed Preferences/sam/com.apple.screensaver.plist";
const PASSCODE_FILE: &str =
    "/Library/Managed Preferences/com.apple.mobiledevice.passwordpolicy.plist";

/// Macs whose observations carry every field and every word.
pub(super) fn full() -> Vec<Mac> {
    vec![
        stock(2, 30, "delay is 300 seconds")
            .says(PMSET, "AC Power:\n displaysleep 1\nUPS Power:\n displaysleep 5\n"),
        stock(2, 30, "is off").holds_plist(BY_HOST, &idle(600)),
        window().holds_plist(DEVICE, &profile("", 600, 5)),
    ]
}

/// Nobody is logged in.
fn window() -> Mac {
    Mac::new().says(CONSOLE, "root 0\n").says(PMSET, &power(2, 10))
}

/// A laptop as it comes, with its user in front.
fn stock(battery: i64, adapter: i64, lock: &str) -> Mac {
    let registry = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><array><dict>\
         <key>IOPlatformUUID</key><string>{UUID}</string></dict></array></plist>\n"
    );
    Mac::new()
        .says(CONSOLE, "sam 501\n")
        .says(IOREG, &registry)
        .says(PMSET, &power(battery, adapter))
        .says_on_stderr(
            LOCK,
            &format!("2026-08-23 09:00:00.615 sysadminctl[69267:2988066] screenLock {lock}\n"),
        )
}

fn power(battery: i64, adapter: i64) -> String {
    format!(
        "Battery Power:\n Sleep On Power Button 1\n displaysleep         {battery}\n\
         AC Power:\n Sleep On Power Button 1\n displaysleep         {adapter}\n"
    )
}

fn idle(seconds: i64) -> String {
    plist(&format!("<key>idleTime</key><integer>{seconds}</integer>"))
}

fn profile(more: &str, idle: i64, delay: i64) -> String {
    plist(&format!(
        "{more}<key>idleTime</key><integer>{idle}</integer>\
         <key>askForPasswordDelay</key><integer>{delay}</integer>"
    ))
}

const ASKED: &str = "<key>askForPassword</key><true/>";
const NOT_ASKED: &str = "<key>askForPassword</key><false/>";

/// At least, at most; `never` where it is surely so.
#[track_caller]
fn times(mac: &Mac) -> String {
    let fields = observed(&CHECK, mac);
    let of = |name: &str| {
        let at = format!("{name}=");
        fields.split(' ').find_map(|field| field.strip_prefix(&at)).unwrap_or("?")
    };
    match of("never") {
        "true" => "never".to_owned(),
        _ => format!("{}..{}", of("minutes_to_lock_at_least"), of("minutes_to_lock_at_most")),
    }
}

/// Two minutes on battery and 20 on the adapter, each with five more.
#[test]
fn a_stock_mac_waits_for_the_slowest_source_of_power() {
    assert_eq!(
        observed(&CHECK, &stock(2, 30, "delay is 300 seconds")),
        "delay_seconds=300 delay_source=session display_sleep_adapter_minutes=30 \
         display_sleep_battery_minutes=2 enforced=false minutes_to_lock_at_least=25 \
         minutes_to_lock_at_most=25 never=false password_asked=true saver_idle_seconds=1200 \
         saver_idle_source=default"
    );
}

#[test]
fn the_first_of_saver_and_display_counts_and_the_delay_comes_on_top() {
    for (battery, adapter, lock, by_host, expected) in [
        (2, 10, "delay is immediate", None, "10..10"),
        (2, 10, "delay is 5 seconds", None, "11..11"),
        (2, 10, "delay is 28800 seconds", None, "490..490"),
        (2, 10, "delay is 2147483647 seconds", None, "35791405..35791405"),
        (2, 30, "delay is immediate", None, "20..20"),
        (2, 30, "delay is immediate", Some(600), "10..10"),
        (2, 30, "delay is immediate", Some(0), "30..30"),
        (2, 0, "delay is immediate", Some(0), "never"),
        (0, 0, "delay is immediate", Some(900), "15..15"),
        (0, 0, "delay is 1 second", Some(900), "16..16"),
        (0, 0, "delay is immediate", None, "20..20"),
        (2, 10, "is off", Some(600), "never"),
        (2, 10, "is on", None, "10..?"),
    ] {
        let mut mac = stock(battery, adapter, lock);
        if let Some(seconds) = by_host {
            mac = mac.holds_plist(BY_HOST, &idle(seconds));
        }
        assert_eq!(times(&mac), expected, "{battery} {adapter} {lock} {by_host:?}");
    }
}

#[test]
fn an_absent_file_means_the_default_of_20_minutes() {
    let fields = observed(&CHECK, &stock(0, 0, "delay is immediate"));
    assert!(fields.ends_with("saver_idle_seconds=1200 saver_idle_source=default"), "{fields}");
}

#[test]
fn an_absent_key_means_the_default_of_20_minutes() {
    let mac = stock(0, 0, "delay is immediate")
        .holds_plist(BY_HOST, &plist("<key>moduleDict</key><dict/>"));
    let fields = observed(&CHECK, &mac);
    assert!(fields.ends_with("saver_idle_seconds=1200 saver_idle_source=default"), "{fields}");
}

#[test]
fn an_absent_or_empty_profile_sets_nothing() {
    let mac = stock(2, 10, "delay is immediate")
        .holds_plist(DEVICE, &plist("<key>moduleName</key><string>Flurry</string>"))
        .holds_plist(PASSCODE_FILE, &plist("<key>minLength</key><integer>8</integer>"));
    assert_eq!(times(&mac), "10..10");
    assert!(observed(&CHECK, &mac).contains("enforced=false"));
}

#[test]
fn a_profile_replaces_its_own_part_alone() {
    let mac = || stock(2, 30, "delay is 300 seconds");
    let only =
        |key: &str, seconds: i64| plist(&format!("<key>{key}</key><integer>{seconds}</integer>"));
    assert_eq!(times(&mac().holds_plist(DEVICE, &only("idleTime", 300))), "10..10");
    assert_eq!(times(&mac().holds_plist(DEVICE, &only("askForPasswordDelay", 0))), "20..20");
    assert_eq!(times(&mac().holds_plist(DEVICE, &only("idleTime", 0))), "35..35");
    let user_first =
        mac().holds_plist(DEVICE, &only("idleTime", 3600)).holds_plist(USER, &only("idleTime", 60));
    assert_eq!(times(&user_first), "6..6");
    let fields = observed(&CHECK, &mac().holds_plist(DEVICE, &profile(ASKED, 300, 0)));
    assert!(
        fields.contains("delay_source=profile") && fields.contains("saver_idle_source=profile")
    );
    assert!(fields.contains("enforced=true"), "{fields}");
    assert!(
        observed(&CHECK, &mac().holds_plist(DEVICE, &only("idleTime", 300)))
            .contains("enforced=false")
    );
}

/// What the session says is what the Mac does.
#[test]
fn no_password_fails_whoever_says_so() {
    let off = stock(2, 10, "is off").holds_plist(DEVICE, &profile(ASKED, 300, 0));
    assert_eq!(times(&off), "never");
    for mac in [stock(2, 10, "delay is immediate"), window()] {
        assert_eq!(times(&mac.holds_plist(DEVICE, &plist(NOT_ASKED))), "never");
    }
    let fails = Answer::Done {
        exit: 1,
        stdout: Vec::new(),
        stderr: b"sysadminctl[1:2] screenLock is off\n".to_vec(),
    };
    assert_eq!(times(&stock(2, 10, "").answers(LOCK, fails)), "never");
}

#[test]
fn profiles_work_at_the_login_window() {
    let mac = window().holds_plist(DEVICE, &profile(ASKED, 600, 5));
    assert_eq!(
        observed(&CHECK, &mac),
        "delay_seconds=5 delay_source=profile display_sleep_adapter_minutes=10 \
         display_sleep_battery_minutes=2 enforced=true minutes_to_lock_at_least=11 \
         minutes_to_lock_at_most=11 never=false password_asked=true saver_idle_seconds=600 \
         saver_idle_source=profile"
    );
    // The saver alone is proof enough.
    let broken = mac.answers(PMSET, Answer::TimedOut);
    assert_eq!(times(&broken), "1..11");
}

#[test]
fn a_passcode_profile_counts_in_minutes() {
    let passcode = |inactivity: i64, grace: i64| {
        plist(&format!(
            "<key>maxInactivity</key><integer>{inactivity}</integer>\
             <key>maxGracePeriod</key><integer>{grace}</integer>"
        ))
    };
    let at_window = |one: &str| window().says(PMSET, &power(0, 0)).holds_plist(PASSCODE_FILE, one);
    assert_eq!(times(&at_window(&passcode(10, 5))), "15..15");
    assert_eq!(times(&at_window(&passcode(10, 60))), "70..70");
    // No limit on idleness leaves the saver to the user.
    assert_eq!(unknown(&CHECK, &at_window(&passcode(0, 0))), "no-console-user");
    // A limit shortens what is longer, and leaves what is shorter.
    let there = |lock| stock(0, 0, lock).holds_plist(PASSCODE_FILE, &passcode(10, 5));
    assert_eq!(times(&there("delay is 28800 seconds")), "15..15");
    assert_eq!(times(&there("delay is immediate")), "10..10");
    let both = there("delay is immediate").holds_plist(DEVICE, &profile(ASKED, 3600, 3600));
    assert_eq!(times(&both), "15..15");
}

#[test]
fn nobody_there_and_a_part_left_to_users_is_unknown() {
    for keys in [
        "",
        ASKED,
        "<key>idleTime</key><integer>600</integer>",
        "<key>askForPasswordDelay</key><integer>5</integer>",
    ] {
        let mac = window().holds_plist(DEVICE, &plist(keys));
        assert_eq!(unknown(&CHECK, &mac), "no-console-user", "{keys}");
    }
    assert_eq!(unknown(&CHECK, &window()), "no-console-user");
    let setting_up = Mac::new().says(CONSOLE, "_mbsetupuser 248\n");
    assert_eq!(unknown(&CHECK, &setting_up), "no-console-user");
}

#[test]
fn a_part_that_cannot_be_read_leaves_what_the_others_prove() {
    let hangs = |mac: Mac, what| mac.answers(what, Answer::TimedOut);
    // The delay is not known, so only a fail can be proven.
    assert_eq!(times(&hangs(stock(2, 10, ""), LOCK)), "10..?");
    assert_eq!(times(&hangs(stock(2, 30, ""), LOCK)), "20..?");
    // The display sleeps in time whenever the saver starts.
    assert_eq!(times(&hangs(stock(2, 10, "delay is immediate"), IOREG)), "?..10");
    assert_eq!(times(&hangs(stock(2, 10, "delay is 3600 seconds"), IOREG)), "60..70");
    // The saver starts in 20 minutes whatever the display does.
    assert_eq!(times(&hangs(stock(2, 10, "delay is immediate"), PMSET)), "?..20");
    assert_eq!(times(&hangs(stock(2, 10, "delay is 3600 seconds"), PMSET)), "60..80");
    let nothing = hangs(hangs(hangs(stock(2, 10, ""), LOCK), PMSET), IOREG);
    assert_eq!(unknown(&CHECK, &nothing), "timed-out");
}

#[test]
fn settings_in_odd_forms_are_not_taken_for_times() {
    let held = |file: &str| stock(0, 0, "delay is immediate").holds_plist(BY_HOST, file);
    let value = |value: &str| plist(&format!("<key>idleTime</key>{value}"));
    for (value, expected) in [
        (value("<real>600</real>"), "10..10"),
        (value("<string>600</string>"), "10..10"),
        (value("<integer>-1</integer>"), ""),
        (value("<real>600.5</real>"), ""),
        (value("<string>ten minutes</string>"), ""),
        (value("<true/>"), ""),
        (value("<integer>2147483647</integer>"), "35791395..35791395"),
        (value("<integer>2147483648</integer>"), ""),
        (value("<integer>9223372036854775806</integer>"), ""),
        (idle(600)[..90].to_owned(), ""),
        (String::new(), ""),
    ] {
        if expected.is_empty() {
            assert_eq!(unknown(&CHECK, &held(&value)), "not-understood", "{value}");
        } else {
            assert_eq!(times(&held(&value)), expected, "{value}");
        }
    }
    let refused = stock(0, 0, "delay is immediate").holds(BY_HOST, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
}

#[test]
fn a_profile_in_an_odd_form_proves_nothing() {
    let mac = |keys: &str| stock(2, 10, "delay is immediate").holds_plist(DEVICE, &plist(keys));
    assert_eq!(times(&mac("<key>askForPasswordDelay</key><integer>-5</integer>")), "10..?");
    assert_eq!(times(&mac("<key>askForPasswordDelay</key><string>soon</string>")), "10..?");
    assert_eq!(times(&mac("<key>idleTime</key><true/>")), "?..10");
    // What the session says still counts.
    assert_eq!(times(&mac("<key>askForPassword</key><string>maybe</string>")), "10..10");
    let odd = profile("<key>askForPassword</key><integer>7</integer>", 600, 5);
    assert_eq!(unknown(&CHECK, &window().holds_plist(DEVICE, &odd)), "no-console-user");
    let broken = stock(2, 10, "delay is immediate").holds_plist(DEVICE, "bplist00");
    assert_eq!(unknown(&CHECK, &broken), "not-understood");
    let refused = stock(2, 10, "delay is immediate").holds(USER, FileAnswer::Refused);
    assert_eq!(unknown(&CHECK, &refused), "permission-denied");
}

#[test]
fn evidence_holds_the_times_and_names_nobody() {
    let mac = stock(2, 30, "delay is 300 seconds").holds_plist(BY_HOST, &idle(600));
    let reading = CHECK.run(&mac);
    let told = format!("{:?}", reading.sources);
    assert!(!told.contains("sam") && !told.contains(UUID), "{told}");
    assert!(told.contains("com.apple.screensaver.UUID.plist"), "{told}");
    let evidence = evidence(&reading);
    assert!(evidence.contains(&"idleTime 600"), "{evidence:?}");
    assert!(
        evidence.contains(&"Battery: displaysleep 2\nAdapter: displaysleep 30"),
        "{evidence:?}"
    );
}

const ANSWERS: &[&str] = &[
    "2026-08-23 09:00:00.615 sysadminctl[69267:2988066] screenLock delay is 300 seconds\n",
    "2026-08-23 09:00:00.636 sysadminctl[69987:3026189] screenLock delay is immediate\n",
    "2026-08-23 09:00:00.197 sysadminctl[69968:3025938] screenLock is off\n",
];
const POWER: &[&str] = &[
    "Battery Power:\n displaysleep         2\nAC Power:\n displaysleep         10\n",
    "Battery Power:\n displaysleep         0\nAC Power:\n displaysleep         0\n",
    "AC Power:\n displaysleep         10\n",
];

proptest! {
    /// Locked within 15 minutes are only Macs whose answers say so: each in a
    /// whole line about the delay, and one about the display on the adapter.
    /// The saver alone takes 20.
    #[test]
    fn no_answer_turns_into_a_pass(lock in mutated(ANSWERS), power in mutated(POWER)) {
        let mac = stock(0, 0, "").says_on_stderr(LOCK, &lock).says(PMSET, &power);
        let reading = CHECK.run(&mac);
        if let Some(FieldValue::Integer(most)) = reading.fields.get("minutes_to_lock_at_most")
            && *most <= 15
        {
            let delay = lock.lines().any(|line| {
                let line = line.trim_end();
                line.ends_with("screenLock delay is immediate")
                    || line.trim_end_matches('s').ends_with(" second")
            });
            let is_off = lock.lines().any(|line| line.trim_end().ends_with("screenLock is off"));
            let lines = || power.lines().map(str::trim_end);
            let display = lines().any(|line| line == "AC Power:")
                // Any blank parts a word from the next, also one that does not break.
                && lines().any(|line| line.split_whitespace().next() == Some("displaysleep"));
            prop_assert!(delay && !is_off && display, "{:?} {:?}", lock, power);
        }
    }
}
