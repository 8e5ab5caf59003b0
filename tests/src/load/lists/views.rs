//! The views that are asked for: what people do with the list of a large fleet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use server::store::views::Standing;

/// A view, by its address.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) address: String,
}

const PLAIN: &[(&str, &str)] = &[
    ("no filter", ""),
    ("status: failing", "status=non_compliant"),
    ("status: compliant", "status=compliant"),
    ("status: failing or silent", "status=non_compliant&status=stale"),
    ("fails: firewall", "failing=firewall"),
    ("fails: automatic updates", "failing=automatic-updates"),
    ("failing for 7 days", "failing_for=7"),
    ("silent for 14 days", "silent=14"),
    ("label: Berlin", "label=Berlin"),
    ("no owner", "owner=none"),
    ("owner left", "owner=left"),
    ("macOS: the most frequent", "macos=26.6.2"),
    ("macOS: the rarest", "macos=13.7.8"),
    ("model", "model=Mac15%2C12"),
    ("key", "key=secure-enclave"),
    ("search: a first name", "q=sam"),
    ("search: first and last name", "q=amara+carter"),
    ("search: end of a serial", "q=4F2K"),
    ("search: a mail address", "q=sam.carter100"),
    ("search: a model", "q=macbook+air"),
    ("search: a version", "q=26.5.2"),
    ("search: what all mail addresses have", "q=example.com"),
    ("search: nothing has it", "q=qqqqqq"),
    ("sort: device", "sort=device"),
    ("sort: owner", "sort=owner"),
    ("sort: owner, backward", "sort=-owner"),
    ("sort: model", "sort=model"),
    ("sort: macOS", "sort=macos"),
    ("sort: failing rules", "sort=-failing"),
    ("sort: last report", "sort=reported"),
    ("sort: serial", "sort=serial"),
    ("sort: department", "sort=department"),
    ("sort: first due", "sort=due"),
    ("failing, firewall, no owner", "status=non_compliant&failing=firewall&owner=none"),
    ("compliant, version, label", "status=compliant&macos=26.6.2&label=Berlin"),
    ("label, rule, by failing rules", "label=Berlin&failing=automatic-updates&sort=-failing"),
    ("name, label, failing for 3 days", "q=sam&label=Berlin&failing_for=3"),
    ("name, compliant, by owner", "q=sam&status=compliant&sort=owner"),
    (
        "model, key, version, by last report",
        "model=Mac15%2C12&key=software-file&macos=26.6.1&sort=-reported",
    ),
    (
        "every column, by label",
        "label=Lisbon&columns=status,device,owner,model,macos,failing,reported,key,serial,labels,department,build,agent,enrolled,due",
    ),
];

/// Every view, as of `now`.
pub(super) fn views(now: Timestamp) -> Vec<View> {
    let plain = PLAIN.iter().map(|(name, query)| View { name, address: address(query) });
    let text = |text: &str| format!("t{}.7", URL_SAFE_NO_PAD.encode(text));
    let rank = Standing::ALL.iter().position(|one| *one == Standing::Compliant);
    let rank = rank.and_then(|rank| i64::try_from(rank).ok()).unwrap_or_default();
    let since = (now - SignedDuration::from_hours(24 * 20)).as_millisecond();
    let number = |number: i64| format!("n{number}.7");
    let deep = [
        ("deep page by status", format!("after={}", number(rank * 100_000_000_000_000 + since))),
        ("deep page by owner", format!("sort=owner&after={}", text("mei sato"))),
        ("deep page by device, backward", format!("sort=device&before={}", text("noor"))),
        (
            "deep page by last report, with filter",
            format!(
                "status=compliant&sort=reported&after={}",
                number((now - SignedDuration::from_mins(30)).as_millisecond())
            ),
        ),
    ];
    plain.chain(deep.map(|(name, query)| View { name, address: address(&query) })).collect()
}

fn address(query: &str) -> String {
    if query.is_empty() { "/devices".to_owned() } else { format!("/devices?{query}") }
}
