//! `retry(…)` as a constant of the library's type.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::args::{Jitter, Retry};
use crate::mint::Root;

/// The step with its `retry(…)`, when it has one.
pub(super) fn apply(root: &Root, step: TokenStream, retry: Option<&Retry>, at: Span) -> TokenStream {
    let Some(retry) = retry else { return step };
    let Retry { max_attempts, initial_delay, max_delay, backoff_rate, jitter } = retry;
    let private = root.private(at);
    let max_attempts = max_attempts.map(|attempts| {
        let attempts = attempts.0;
        quote_spanned!(at=> .max_attempts(#attempts))
    });
    let initial_delay = initial_delay.map(|delay| {
        let delay = delay.0;
        quote_spanned!(at=> .initial_delay_ms(#delay))
    });
    let max_delay = max_delay.map(|delay| {
        let delay = delay.0;
        quote_spanned!(at=> .max_delay_ms(#delay))
    });
    let backoff_rate = backoff_rate.map(|rate| {
        let rate = rate.0;
        quote_spanned!(at=> .backoff_rate(#rate))
    });
    let jitter = jitter.map(|jitter| match jitter {
        Jitter::Full => quote_spanned!(at=> .jitter(#private::Jitter::Full)),
        Jitter::Half => quote_spanned!(at=> .jitter(#private::Jitter::Half)),
        Jitter::None => quote_spanned!(at=> .jitter(#private::Jitter::None)),
    });
    let retry = quote_spanned! {at=>
        #private::Retry::DEFAULT #max_attempts #initial_delay #max_delay #backoff_rate #jitter
    };
    quote_spanned!(at=> #private::StepCall::retry(#step, #retry))
}
