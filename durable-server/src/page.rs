//! Pages of long answers, and the markers between them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::ApiError;

/// The most items on a page.
const MOST: u32 = 1_000;
/// How many if nobody says.
const DEFAULT: u32 = 100;

/// How many items a page has, from what the client wants.
pub(crate) fn size(max_items: Option<u32>) -> Result<usize, ApiError> {
    match max_items {
        None | Some(0) => Ok(DEFAULT as usize),
        Some(count) if count <= MOST => Ok(count as usize),
        Some(_) => Err(ApiError::invalid_parameter(format!("a page has at most {MOST} items"))),
    }
}

/// A marker for a place in a list of this kind.
pub(crate) fn marker(kind: &str, place: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{kind}:{place}"))
}

/// The place that a marker of this kind means; nothing without a marker.
pub(crate) fn place<T: std::str::FromStr>(kind: &str, marker: Option<&str>) -> Result<Option<T>, ApiError> {
    let Some(marker) = marker.filter(|marker| !marker.is_empty()) else { return Ok(None) };
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()?;
        text.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
    };
    read().map(Some).ok_or_else(|| ApiError::invalid_parameter("the marker is not one of this list"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_mean_a_place_in_their_own_list() {
        let tenth = marker("events", "10");
        assert_eq!(place("events", Some(&tenth)), Ok(Some(10)));
        assert_eq!(place::<u32>("events", None), Ok(None));
        assert_eq!(place::<u32>("events", Some("")), Ok(None));
        for wrong in [marker("state", "10"), marker("events", "x"), "%".to_owned(), "AAAA".to_owned()] {
            assert!(place::<u32>("events", Some(&wrong)).is_err(), "{wrong}");
        }
        assert_eq!((size(None), size(Some(0)), size(Some(7))), (Ok(100), Ok(100), Ok(7)));
        assert!(size(Some(1_001)).is_err());
    }
}
