//! Random programs, run by the real machines on a virtual clock, cut and replayed everywhere.
//!
//! > An uninterrupted run, a run restored from any prefix of its log, and a run cut at every write end the same, and so do
//! > all their operations.

mod driver;
mod program;

use proptest::prelude::*;

use driver::{Log, Outcomes, Setting, resume, start, start_resident};
use program::Node;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, ..ProptestConfig::default() }
}

/// A program in which everything is possible, and its bodies end at once.
fn quick() -> impl Strategy<Value = (Node, Setting)> {
    (program::any(), any::<u64>()).prop_map(|(program, seed)| (program, Setting { seed, takes_time: false }))
}

/// A program without races, whose bodies take time.
fn slow() -> impl Strategy<Value = (Node, Setting)> {
    (program::calm(), any::<u64>()).prop_map(|(program, seed)| (program, Setting { seed, takes_time: true }))
}

/// A program in which everything is possible, with steps that may run only once and bodies that take time. How its races
/// end may be another matter after each cut.
fn wild() -> impl Strategy<Value = (Node, Setting)> {
    (program::wild(), any::<u64>()).prop_map(|(program, seed)| (program, Setting { seed, takes_time: true }))
}

/// Cuts a program everywhere: what is on record stays, the rest is the same each time, and no step runs twice that may not.
fn no_record_is_contradicted(program: &Node, setting: Setting) -> Result<(), TestCaseError> {
    let (_, log) = start(program, setting);
    // Races are a matter of who comes first.
    for prefix in log.prefixes(Setting { takes_time: false, ..setting }) {
        let (cut, ended) = (prefix.to_string(), prefix.ended());
        let fail = |why: String| TestCaseError::fail(format!("cut after {cut}: {why}"));
        let (first, longer) = resume(program, setting, prefix.clone());
        let (second, _) = resume(program, setting, prefix);
        ended.is_kept(&first).map_err(fail)?;
        prop_assert_eq!(&first.outcome, &second.outcome, "cut after {}", cut);
        prop_assert!(longer.begins_once(), "cut after {}: {}", cut, longer);
    }
    Ok(())
}

fn each_prefix_ends_the_same(program: &Node, setting: Setting) -> Result<(), TestCaseError> {
    let (ended, log) = start(program, setting);
    for prefix in log.prefixes(setting) {
        let cut = prefix.to_string();
        let (again, _) = resume(program, setting, prefix);
        again.agree(&ended).map_err(|why| TestCaseError::fail(format!("cut after {cut}: {why}")))?;
    }
    Ok(())
}

fn cut_everywhere_it_ends_the_same(program: &Node, setting: Setting) -> Result<(), TestCaseError> {
    let (ended, _) = start(program, setting);
    cut_everywhere(program, setting).agree(&ended).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_run_restored_from_any_prefix_ends_the_same((program, setting) in quick()) {
        each_prefix_ends_the_same(&program, setting)?;
    }

    #[test]
    fn a_run_that_stays_in_memory_ends_the_same((program, setting) in quick()) {
        // The histories may differ in what comes first of two things that happen at one moment.
        let ((resident, _), (replayed, _)) = (start_resident(&program, setting), start(&program, setting));
        prop_assert_eq!(resident.outcome, replayed.outcome);
    }

    #[test]
    fn a_run_cut_at_every_write_ends_the_same((program, setting) in quick()) {
        cut_everywhere_it_ends_the_same(&program, setting)?;
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_slow_run_restored_from_any_prefix_ends_the_same((program, setting) in slow()) {
        each_prefix_ends_the_same(&program, setting)?;
    }

    #[test]
    fn a_slow_run_that_stays_in_memory_ends_the_same((program, setting) in slow()) {
        let ((resident, _), (replayed, _)) = (start_resident(&program, setting), start(&program, setting));
        resident.agree(&replayed).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn a_slow_run_cut_at_every_write_ends_the_same((program, setting) in slow()) {
        cut_everywhere_it_ends_the_same(&program, setting)?;
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_wild_run_restored_from_any_prefix_keeps_to_its_record((program, setting) in wild()) {
        no_record_is_contradicted(&program, setting)?;
    }
}

/// The second item ends before the first has failed for good, and a replay comes by the failure first.
#[test]
fn a_batch_counts_what_has_ended_before_it_decides() {
    let step = |failures| Box::new(Node::Step { failures, sealed: false, panics: false, turns: 0 });
    let program = Node::Child(Box::new(Node::Parallel(step(3), step(0))));
    let setting = Setting { seed: 0, takes_time: false };
    each_prefix_ends_the_same(&program, setting).unwrap();
    cut_everywhere_it_ends_the_same(&program, setting).unwrap();
}

/// Lets each process make one write, then takes it away.
fn cut_everywhere(program: &Node, setting: Setting) -> Outcomes {
    let mut log = Log::default();
    // Each cut run makes one write more than the one before; far more writes than any program needs mean that one
    // makes no progress.
    for _ in 0..100_000 {
        match driver::one_write(program, setting, &mut log) {
            Some(outcome) => return outcome,
            None => continue,
        }
    }
    panic!("a run that is cut after each write makes no progress: {program:?}");
}
