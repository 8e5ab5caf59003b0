//! The API as programs see it, over real HTTP and on both databases.

mod changes;
mod document;
mod people;
mod permissions;
mod problems;
mod reading;
mod repeats;
mod schemathesis;
mod tokens;

use server::store::place::Database;
use tests::laptop::Laptop;
use tests::postgres_server::PostgresServer;
use tests::recording::{HEALTHY, MUTE, Recording};
use tests::test_server::TestServer;

/// A collector on each database.
async fn on_both() -> [TestServer; 2] {
    let url = PostgresServer::shared().database();
    let postgres = Database::parse(&url).unwrap();
    [
        TestServer::start().await,
        TestServer::start_with(move |config| config.database = postgres).await,
    ]
}

/// Three Macs that have reported: a healthy one, a failing one, a mute one.
async fn fleet(server: &TestServer) -> Vec<Laptop> {
    let healthy = Recording::named(HEALTHY);
    let mut laptops = Vec::new();
    for (person, recording) in [
        ("Sam Doe", healthy.clone().of_another_mac(1)),
        ("Kim Roe", healthy.of_another_mac(2).with_filevault_off()),
        ("Ada Poe", Recording::named(MUTE)),
    ] {
        let laptop = Laptop::enrolled(server, person, &recording).await;
        laptop.report().await;
        laptops.push(laptop);
    }
    laptops
}
