//! How a step is attempted, as calls on the library's types.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::args::{Attempts, Jitter, Millis, Names, Retry, Text};
use crate::mint::Root;
use crate::report::start;

/// What is said of a step on a line, as calls on its options.
pub(super) fn of_line(root: &Root, attempts: &Attempts, at: Span) -> Option<TokenStream> {
    let Attempts { was, key, retry, timeout, serdes, at_most_once } = attempts;
    let key = key.as_ref().map(|key| quote_spanned!(at=> .key(#key)));
    let was = was.as_ref().map(|Text(was)| quote_spanned!(at=> .was(#was)));
    let retry_if = retry.as_ref().and_then(|retry| retry.retry_if.as_ref());
    let retry_if = retry_if.map(|retry_if| quote_spanned!(at=> .retry_if(#retry_if)));
    let at_most_once = at_most_once.map(|at| quote_spanned!(at=> .at_most_once()));
    let retry = retry.as_ref().map(|retry| {
        let retry = strategy(root, retry, at);
        quote_spanned!(at=> .retry(#retry))
    });
    let timeout = timeout.map(|timeout| {
        let timeout = duration(timeout, at);
        quote_spanned!(at=> .timeout(#timeout))
    });
    let serdes = serdes.as_ref().map(|serdes| quote_spanned!(at=> .serdes(#serdes)));
    let options = quote_spanned!(at=> #was #key #retry_if #at_most_once #retry #timeout #serdes);
    (!options.is_empty()).then_some(options)
}

/// The step of a definition with what its options say about attempts.
pub(super) fn of_definition(root: &Root, step: TokenStream, attempts: &Attempts, at: Span) -> TokenStream {
    let Attempts { was, key: _, retry, timeout, serdes, at_most_once } = attempts;
    let private = root.private(at);
    let step = match retry.as_ref().and_then(|retry| retry.retry_if.as_ref()) {
        Some(said) => {
            let retry_if = Ident::new("retry_if", start(said));
            quote_spanned!(at=> #step.#retry_if(#said))
        }
        None => step,
    };
    let step = match at_most_once {
        Some(said) => {
            let at_most_once = quote_spanned!(*said=> at_most_once);
            quote_spanned!(at=> #step.#at_most_once())
        }
        None => step,
    };
    let step = match retry {
        Some(retry) => {
            let retry = strategy(root, retry, at);
            quote_spanned!(at=> #private::StepCall::retry(#step, #retry))
        }
        None => step,
    };
    let step = match was {
        Some(Text(was)) => quote_spanned!(at=> #private::StepCall::was(#step, #was)),
        None => step,
    };
    let step = match timeout {
        Some(timeout) => {
            let timeout = duration(*timeout, at);
            quote_spanned!(at=> #private::StepCall::timeout(#step, #timeout))
        }
        None => step,
    };
    match serdes {
        Some(serdes) => quote_spanned!(at=> #private::StepCall::serdes(#step, #serdes)),
        None => step,
    }
}

fn duration(Millis(millis): Millis, at: Span) -> TokenStream {
    quote_spanned!(at=> ::core::time::Duration::from_millis(#millis))
}

/// What the function's steps do if they say nothing, as calls on its `Function`.
pub(super) fn defaults(root: &Root, attempts: &Attempts, at: Span) -> TokenStream {
    let retry = attempts.retry.as_ref().map(|retry| {
        let retry = strategy(root, retry, at);
        quote_spanned!(at=> .retry(#retry))
    });
    let timeout = attempts.timeout.map(|timeout| {
        let millis = timeout.0;
        quote_spanned!(at=> .timeout_ms(#millis))
    });
    let serdes = attempts.serdes.as_ref().map(|serdes| quote_spanned!(at=> .serdes(|| ::std::sync::Arc::new(#serdes))));
    quote_spanned!(at=> #retry #timeout #serdes)
}

/// `retry(…)` as a constant expression.
pub(super) fn strategy(root: &Root, retry: &Retry, at: Span) -> TokenStream {
    let Retry {
        preset,
        retry_if: _,
        only,
        messages,
        strategy,
        max_attempts,
        initial_delay,
        max_delay,
        backoff_rate,
        increment,
        jitter,
    } = retry;
    let private = root.private(at);
    let preset = Ident::new(preset.constant(), at);
    let only = only.as_ref().map(|Names(names)| quote_spanned!(at=> .only(&[#(#names),*])));
    let messages = messages.as_ref().map(|Names(parts)| quote_spanned!(at=> .messages(&[#(#parts),*])));
    let strategy = strategy.as_ref().map(|strategy| quote_spanned!(at=> .strategy(#strategy)));
    let increment = increment.map(|increment| {
        let increment = increment.0;
        quote_spanned!(at=> .increment_ms(#increment))
    });
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
    quote_spanned! {at=>
        #private::Retry::#preset #only #messages #strategy #max_attempts #initial_delay #max_delay #backoff_rate #increment
            #jitter
    }
}
