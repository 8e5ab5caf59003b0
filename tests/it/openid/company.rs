//! Whose accounts are let in where a provider serves many companies, and how
//! strongly people must have signed in there.

use serde_json::json;

use super::{Mistake, Place, claim, without};

const GOOGLE: &[(&str, &str)] = &[("google", "hosted_domain = 'company.example'")];
const ENTRA: &[(&str, &str)] = &[("entra", "tenant = 'tenant-1'")];
const STRONG: &[(&str, &str)] = &[("strong", "acr = ['strong', 'stronger']\namr = ['mfa']")];

#[tokio::test]
async fn only_accounts_of_the_domain_sign_in() {
    let place = Place::with(GOOGLE).await;
    let mistakes: &[Mistake] = &[
        ("another domain", "hosted_domain", claim!("hd", "other.example")),
        ("a domain below it", "hosted_domain", claim!("hd", "it.company.example")),
        ("no domain", "hosted_domain", |it| without(it, "hd")),
        ("an address that nobody verified", "email_unverified", claim!("email_verified", false)),
        ("nothing about the address", "email_unverified", |it| without(it, "email_verified")),
    ];
    place.refuses("google", mistakes).await;
}

#[tokio::test]
async fn only_accounts_of_the_tenant_sign_in_by_their_object_id() {
    let place = Place::with(ENTRA).await;
    // The address of an account is anybody's to write, without `xms_edov`.
    let ended = place.try_with("entra", |_| {});
    assert_eq!(ended.await, Err("address_missing".to_owned()));
    let ended = place.try_with("entra", claim!("xms_edov", "0"));
    assert_eq!(ended.await, Err("address_missing".to_owned()));
    let ended = place.try_with("entra", claim!("xms_edov", true));
    assert_eq!(ended.await, Ok(()));
    let known = place.server.look().rows("SELECT subject FROM identity");
    assert_eq!(known, ["tenant-1/object-1"]);
    // Now it is known, whatever its address and `sub` are.
    let ended = place.try_with("entra", |it| {
        it.claims["sub"] = json!("another-pair");
        it.claims["email"] = json!("someone.else@company.example");
    });
    assert_eq!(ended.await, Ok(()));
    place.next_hour();
    let mistakes: &[Mistake] = &[
        ("another tenant", "tenant", claim!("tid", "tenant-2")),
        ("no tenant", "tenant", |it| without(it, "tid")),
        ("no object id", "subject", |it| without(it, "oid")),
        ("an empty object id", "subject", claim!("oid", "")),
    ];
    place.refuses("entra", mistakes).await;
}

#[tokio::test]
async fn a_required_way_of_signing_in_there_is_required() {
    let place = Place::with(STRONG).await;
    let mistakes: &[Mistake] = &[
        ("too weak", "acr", claim!("acr", "0")),
        ("nothing about it", "acr", |it| without(it, "acr")),
        ("a password alone", "amr", claim!("amr", ["pwd"])),
        ("nothing about the means", "amr", |it| without(it, "amr")),
    ];
    place.refuses("strong", mistakes).await;
    let asked = place.provider.requests();
    assert!(asked.iter().any(|line| line.contains("acr_values=strong+stronger")), "{asked:?}");
}
