//! Devices whose failures are all excused, in both databases.

use std::collections::BTreeMap;

use super::{Column, Filter, Fleet, OverviewAsk, PageAsk, Standing, ask, now};

/// Excuses what devices within their grace fail, one rule of two of the first
/// device, and what nobody fails on those that are fine; for the other failing
/// ones an excuse is over.
fn excused(db: &rusqlite::Connection) {
    let accept = |which: &str, ended: &str| {
        let sql = format!(
            "INSERT INTO waiver SELECT lower(hex(randomblob(8))), device_id, rule, 'A new one comes.',
                '', 'Alex', 1, 1800000000000, {ended}
             FROM (SELECT f.device_id, f.rule, dense_rank() OVER (ORDER BY f.device_id) AS n
                     FROM finding f JOIN device d ON d.id = f.device_id
                    WHERE f.until_ms IS NULL AND {which})"
        );
        db.execute(&sql, []).unwrap()
    };
    let fails = "f.status = 'fail' AND f.mode = 'required' AND d.status <> 'stale'";
    let two = "f.device_id IN (SELECT device_id FROM finding WHERE until_ms IS NULL
        AND status = 'fail' AND mode = 'required' GROUP BY 1 HAVING count(*) = 2)";
    assert!(accept(&format!("{fails} AND NOT {two} AND d.status = 'at_risk'"), "NULL") > 1);
    assert!(accept(&format!("{fails} AND NOT {two} AND d.status = 'non_compliant'"), "2") > 0);
    assert_eq!(accept(&format!("{fails} AND {two} AND f.rule = 'disk-encryption'"), "NULL"), 1);
    assert!(
        accept("f.status = 'pass' AND f.rule = 'firewall' AND d.status = 'compliant'", "NULL") > 1
    );
}

#[test]
fn a_device_is_waived_when_everything_that_it_fails_is() {
    let fleet = Fleet::changed_by(excused);
    let mut seen = Vec::new();
    for views in fleet.both() {
        let all = PageAsk { limit: None, ..ask(Filter::default(), Column::Status, false) };
        let rows = views.devices(&all).unwrap().rows;
        let facets = views.facets(&all).unwrap();
        let mut counted: BTreeMap<Standing, u64> = BTreeMap::new();
        for row in &rows {
            *counted.entry(row.standing).or_default() += 1;
            assert_eq!(row.waived_until().is_some(), row.standing == Standing::Waived, "{row:?}");
        }
        assert!(counted[&Standing::Waived] > 0 && counted[&Standing::NonCompliant] > 0);
        for (standing, count) in &facets.standings {
            assert_eq!(counted.get(standing).copied().unwrap_or(0), *count, "{standing:?}");
            let filter = Filter { standings: vec![*standing], ..Filter::default() };
            let only = PageAsk { limit: None, ..ask(filter, Column::Status, false) };
            let found = views.devices(&only).unwrap().rows;
            assert!(found.iter().all(|row| row.standing == *standing), "{standing:?}");
            assert_eq!(found.len() as u64, *count, "{standing:?}");
        }
        let overview = views.overview(OverviewAsk::at(now(), 100)).unwrap();
        assert!(overview.attention.iter().all(|row| row.standing != Standing::Waived));
        let count = overview.standings.iter().find(|(one, _)| *one == Standing::Waived);
        assert_eq!(count.map(|(_, count)| *count), counted.get(&Standing::Waived).copied());
        seen.push(rows);
    }
    assert_eq!(seen[0], seen[1]);
}
