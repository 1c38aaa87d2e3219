//! Durations in options, read at compile time.

use darling::{Error, FromMeta, Result};
use syn::Lit;

/// A duration such as `"500ms"`, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Millis(pub(crate) u64);

impl FromMeta for Millis {
    fn from_value(value: &Lit) -> Result<Self> {
        let Lit::Str(text) = value else {
            let fact = "a duration is a text with its unit\nhelp: write \"500ms\", \"1s\", \"5m\", \"2h\" or \"1d\"";
            return Err(Error::custom(fact).with_span(value));
        };
        parse(&text.value()).map(Self).ok_or_else(|| {
            let fact = format!("{text:?} is not a duration", text = text.value());
            let help = "\nhelp: write a whole number and one unit: \"500ms\", \"1s\", \"5m\", \"2h\" or \"1d\"";
            Error::custom(fact + help).with_span(text)
        })
    }
}

/// How long an execution may take, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ExecutionTime(pub(crate) Millis);

/// The longest time that history can hold: 366 days.
const LONGEST: Millis = Millis(366 * 86_400_000);

impl FromMeta for ExecutionTime {
    fn from_value(value: &Lit) -> Result<Self> {
        let time = Millis::from_value(value)?;
        if time.0 <= LONGEST.0 {
            return Ok(Self(time));
        }
        let fact = "an execution's timeout is at most 366 days\nhelp: write \"366d\" or less, or leave \
                    `execution_timeout` out: without one an execution may run for ever\nnote: history counts its seconds, \
                    and a longer time would be cut without a word";
        Err(Error::custom(fact).with_span(value))
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(millis)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_are_milliseconds() {
        assert_eq!(
            ["500ms", "1s", "5m", "2h", "1d"].map(parse),
            [500, 1_000, 300_000, 7_200_000, 86_400_000].map(Some)
        );
    }

    #[test]
    fn other_forms_are_refused() {
        assert_eq!(
            ["", "1", "s", "1 s", "1.5s", "-1s", "1w", "1s1s", "99999999999999999999s", "99999999999999999d"]
                .map(parse),
            [None; 10]
        );
    }
}
