//! Processes that race for one store: one gets it, the others are told so, and none does harm.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::orders::{finish_and_check, worker};
use crate::random::{Random, from_environment};

const RACERS: usize = 3;

#[tokio::test]
async fn of_engines_that_race_for_a_file_one_gets_it() {
    let rounds = from_environment("RACES", 12);
    let seed = from_environment("SEED", u64::from(std::process::id()));
    println!("SEED={seed} RACES={rounds}");
    let mut random = Random(seed);
    let folder = tempfile::tempdir().unwrap();

    let mut started = 0;
    for _ in 0..rounds {
        let spawn = |_| worker(folder.path(), started, 2).stderr(Stdio::piped()).spawn().unwrap();
        let racers: Vec<Child> = (0..RACERS).map(spawn).collect();
        sleep(Duration::from_millis(150 + random.below(250)));
        let mut refused = 0;
        for mut racer in racers {
            // Whoever has the file works until it is killed.
            let ended = racer.try_wait().unwrap();
            racer.kill().unwrap();
            let output = racer.wait_with_output().unwrap();
            let text = String::from_utf8(output.stderr).unwrap();
            if ended.is_some_and(|status| !status.success()) {
                assert!(text.contains("another engine"), "{text}, seed {seed}");
                refused += 1;
            }
        }
        assert_eq!(refused, RACERS - 1, "exactly one has the file, seed {seed}");
        started += 2;
    }
    finish_and_check(folder.path(), started, seed).await;
}
