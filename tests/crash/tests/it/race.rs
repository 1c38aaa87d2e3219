//! Processes that race for one store: one gets it, the others are told so, and none does harm.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::orders::{Allowed, check_liveness, finish_and_check, worker};
use crate::random::{Random, from_environment, seed};

const RACERS: usize = 3;

#[tokio::test]
async fn of_engines_that_race_for_a_file_one_gets_it() {
    let rounds = from_environment("RACES", 12);
    let seed = seed();
    println!("SEED={seed} RACES={rounds}");
    let mut random = Random::new(seed);
    let folder = tempfile::tempdir().unwrap();

    let mut started = 0;
    for _ in 0..rounds {
        let spawn = |_| worker(folder.path(), started, 2).stderr(Stdio::piped()).spawn().unwrap();
        let mut racers: Vec<Child> = (0..RACERS).map(spawn).collect();
        sleep(Duration::from_millis(random.below(250)));
        // However long it takes them to get there.
        let begun = Instant::now();
        let over = |racers: &mut [Child]| racers.iter_mut().filter_map(|racer| racer.try_wait().unwrap()).count();
        while over(&mut racers) < RACERS - 1 {
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody is refused, seed {seed}");
            sleep(Duration::from_millis(5));
        }
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
        check_liveness(folder.path(), seed);
    }
    finish_and_check(folder.path(), started, seed, Allowed::default()).await;
}
