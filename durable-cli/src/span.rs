//! Spans of time as people write them: `90s`, `2h`, `3d`, `1h30m`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Reads a span of time.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    let wrong = || "write it like `90s`, `15m`, `2h`, `3d` or `1h30m`".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    duration.try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("2h", 7_200), ("3d", 259_200), ("1h30m", 5_400)] {
            assert_eq!(read(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "soon", "5", "-2h", "3 moons"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
