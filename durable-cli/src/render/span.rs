//! How long something took, in at most two units.

use std::time::Duration;

/// A length of time.
pub(super) fn span(duration: Duration) -> String {
    let (millis, seconds) = (duration.as_millis(), duration.as_secs());
    match seconds {
        0 => format!("{millis} ms"),
        1..10 => format!("{seconds}.{} s", duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds, (60, "min"), (1, "s")),
        3_600..86_400 => two(seconds, (3_600, "h"), (60, "min")),
        _ => two(seconds, (86_400, "d"), (3_600, "h")),
    }
}

fn two(seconds: u64, (large, one): (u64, &str), (small, other): (u64, &str)) -> String {
    match seconds % large / small {
        0 => format!("{} {one}", seconds / large),
        rest => format!("{} {one} {rest} {other}", seconds / large),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_at_most_two_units() {
        for (millis, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (3_599_000, "59 min 59 s"),
            (7_500_000, "2 h 5 min"),
            (86_400_000, "1 d"),
            (100_000_000, "1 d 3 h"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
    }
}
