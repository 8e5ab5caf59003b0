//! Makers of system extensions and what theirs are for.
//!
//! The team identifiers of Falcon, Santa, Cisco and `LuLu` were seen on Macs;
//! the others are as their makers publish them, and the identifiers' starts
//! may change with a new version. An extension that is not in the table is
//! counted and never named.

/// What an extension is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Watches for malware.
    Security,
    /// Carries traffic to a company's network.
    Vpn,
    /// Looks at or blocks connections.
    Filter,
}

/// Extensions of one product.
#[derive(Debug)]
pub(super) struct Product {
    pub(super) team: &'static str,
    /// How the extension's identifier begins, in small letters.
    pub(super) identifier: &'static str,
    pub(super) purpose: Purpose,
    pub(super) name: &'static str,
}

const fn product(
    team: &'static str,
    identifier: &'static str,
    purpose: Purpose,
    name: &'static str,
) -> Product {
    Product { team, identifier, purpose, name }
}

use Purpose::{Filter, Security, Vpn};

pub(super) static PRODUCTS: &[Product] = &[
    product("X9E956P446", "com.crowdstrike.", Security, "CrowdStrike Falcon"),
    product("X9E956P446", "com.crowdstrike.", Filter, "CrowdStrike Falcon"),
    product("4AYE5J54KN", "com.sentinelone.", Security, "SentinelOne"),
    product("4AYE5J54KN", "com.sentinelone.", Filter, "SentinelOne"),
    product("UBF8T346G9", "com.microsoft.wdav.", Security, "Microsoft Defender"),
    product("UBF8T346G9", "com.microsoft.wdav.", Filter, "Microsoft Defender"),
    product("483DWKW443", "com.jamf.protect.", Security, "Jamf Protect"),
    product("ZMCG7MLDV9", "com.northpolesec.santa.", Security, "Santa"),
    product("EQHXZ8M8AV", "com.google.santa.", Security, "Santa"),
    product("DE8Y96K9QP", "com.cisco.endpoint.", Security, "Cisco Secure Endpoint"),
    product("DE8Y96K9QP", "com.cisco.anyconnect.", Vpn, "Cisco Secure Client"),
    product("PXPZ95SK77", "com.paloaltonetworks.globalprotect.", Vpn, "GlobalProtect"),
    product("PXPZ95SK77", "com.paloaltonetworks.traps.", Security, "Cortex XDR"),
    product("PXPZ95SK77", "com.paloaltonetworks.traps.", Filter, "Cortex XDR"),
    product("AH4XFXJ7DK", "com.fortinet.forticlient.macos.vpn.", Vpn, "FortiClient"),
    product("PCBCQZJ7S7", "com.zscaler.", Vpn, "Zscaler"),
    product("W5364U7YZB", "io.tailscale.", Vpn, "Tailscale"),
    product("VBG97UB4TA", "com.objective-see.lulu.", Filter, "LuLu"),
];
