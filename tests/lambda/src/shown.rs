//! What the histories of services do not show.

use durable_conformance::pattern::{Expected, Pattern};

/// Nobody shows on the wire that a context's code runs again on a replay.
pub fn on_the_wire(pattern: Pattern) -> Pattern {
    each(pattern, |mut expected| {
        expected.facts.retain(|fact| fact != "replayed");
        Some(expected)
    })
}

/// The known faults of AWS's emulator (`aws-durable-execution-sdk-python-testing` 1.4.0):
///
/// - the success of a step does not say which attempt it was;
/// - a check of a condition that goes on does not show the state;
/// - the start of a callback does not show its timeouts, nor that of an invoke the tenant;
/// - an invocation that ended with its process is not shown.
pub fn by_the_emulator(pattern: Pattern) -> Pattern {
    let hidden = |fact: &str| ["timeout=", "heartbeat=", "tenant="].iter().any(|kind| fact.starts_with(kind));
    each(on_the_wire(pattern), |mut expected| {
        expected.facts.retain(|fact| !hidden(fact));
        match expected.symbol.as_str() {
            "S+" => {
                expected.attempt = None;
                if expected.delay.is_some() {
                    (expected.payload, expected.part) = (None, None);
                }
            }
            "." if expected.error_type.is_some() => return None,
            _ => {}
        }
        Some(expected)
    })
}

fn each(pattern: Pattern, seen: impl Fn(Expected) -> Option<Expected>) -> Pattern {
    let Pattern { head, tail } = pattern;
    let all = |expected: Vec<Expected>| expected.into_iter().filter_map(&seen).collect();
    Pattern { head: all(head), tail: tail.map(all) }
}
