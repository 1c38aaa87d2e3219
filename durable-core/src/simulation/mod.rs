//! Random durable programs, run by the real machines on a virtual clock, cut and replayed everywhere.
//!
//! > An uninterrupted run, a run restored from any prefix of its log, and a run cut at every write end the same.

mod driver;
mod program;

use proptest::prelude::*;

use driver::{Log, Outcomes, resume, start, start_resident};
use program::Node;

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_run_restored_from_any_prefix_ends_the_same(program in program::any(), seed in any::<u64>()) {
        let (outcome, log) = start(&program, seed);
        for cut in 1..log.len() {
            let (again, _) = resume(&program, seed, log.prefix(cut));
            prop_assert_eq!(&again, &outcome, "cut after write {} of {}", cut, log.len());
        }
    }

    #[test]
    fn a_run_that_stays_in_memory_ends_the_same(program in program::any(), seed in any::<u64>()) {
        // The histories may differ in what comes first of two things that happen at one moment.
        let ((resident, _), (replayed, _)) = (start_resident(&program, seed), start(&program, seed));
        prop_assert_eq!(resident, replayed);
    }

    #[test]
    fn a_run_cut_at_every_write_ends_the_same(program in program::any(), seed in any::<u64>()) {
        let (outcome, _) = start(&program, seed);
        prop_assert_eq!(cut_everywhere(&program, seed), outcome);
    }
}

/// Lets each process make one write, then takes it away.
fn cut_everywhere(program: &Node, seed: u64) -> Outcomes {
    let mut log = Log::default();
    // Each cut run makes one write more than the one before; far more writes than any program needs mean that one
    // makes no progress.
    for _ in 0..100_000 {
        match driver::one_write(program, seed, &mut log) {
            Some(outcome) => return outcome,
            None => continue,
        }
    }
    panic!("a run that is cut after each write makes no progress: {program:?}");
}
