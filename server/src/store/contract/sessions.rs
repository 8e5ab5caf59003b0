//! Links admit once, sessions end.

use super::replicas::{Promise, Replicas, keep, minute, start};

const PROMISES: &[Promise] =
    &[("a link admits one, whoever asks where", once), ("links and sessions end", ends)];

#[test]
fn sign_in_is_kept_on_sqlite() {
    keep(PROMISES, Replicas::of_sqlite);
}

#[test]
fn sign_in_is_kept_on_postgresql() {
    keep(PROMISES, Replicas::of_postgres);
}

fn once(replicas: &Replicas) {
    let all: Vec<_> = (0..4).map(|_| replicas.open().sessions).collect();
    for round in 0..25_u8 {
        let link = [round; 32];
        all[0].add_link(&link, start(), minute(10)).unwrap();
        let begun: Vec<bool> = std::thread::scope(|scope| {
            let tries: Vec<_> = (100..)
                .zip(&all)
                .map(|(number, sessions)| {
                    let session = [number; 32];
                    scope.spawn(move || {
                        sessions.begin(&link, &session, minute(1), minute(60)).unwrap()
                    })
                })
                .collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(begun.iter().filter(|begun| **begun).count(), 1, "round {round}");
        for (number, begun) in (100..).zip(begun) {
            assert_eq!(all[3].is_open(&[number; 32], minute(2)).unwrap(), begun);
            all[2].end(&[number; 32]).unwrap();
        }
    }
}

fn ends(replicas: &Replicas) {
    let sessions = replicas.open().sessions;
    let (link, session) = ([1; 32], [2; 32]);
    sessions.add_link(&link, start(), minute(10)).unwrap();
    assert!(!sessions.begin(&link, &session, minute(10), minute(60)).unwrap(), "too late");
    assert!(!sessions.begin(&[9; 32], &session, minute(1), minute(60)).unwrap(), "no such link");
    sessions.add_link(&link, start(), minute(10)).unwrap();
    assert!(sessions.begin(&link, &session, minute(9), minute(60)).unwrap());
    assert!(sessions.is_open(&session, minute(59)).unwrap());
    assert!(!sessions.is_open(&session, minute(60)).unwrap());
    sessions.end(&session).unwrap();
    assert!(!sessions.is_open(&session, minute(10)).unwrap());
}
