//! Checkpoint tokens: who may record next, in words that only the engine can make.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::ExecutionId;
use crate::service::CallbackKey;

/// Proves that a run elsewhere is the current one of its execution and has seen its latest state. Good for one checkpoint.
///
/// See [`Remote`](super::Remote) for an example.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CheckpointToken(String);

impl CheckpointToken {
    /// A token as it arrived from outside; whether it is one shows when it is used.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token as text, in the alphabet of base64.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows nothing that could be used.
impl fmt::Debug for CheckpointToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckpointToken(…)")
    }
}

/// Makes tokens, none of them twice, and knows its own.
///
/// A token is the execution, a number that no other engine on the store has and one that this engine gives once, under
/// an HMAC with the store's key. So whoever makes one up is turned away before an execution is touched, and a token from
/// before a restart is good for nothing.
#[derive(Debug)]
pub(in crate::engine) struct Tokens {
    engine: [u8; 16],
    next: AtomicU64,
}

const BODY: usize = 16 + 16 + 8;
const LABEL: &[u8] = b"a checkpoint token\0";

impl Tokens {
    pub(in crate::engine) fn new() -> Self {
        Self { engine: *ExecutionId::generate().as_bytes(), next: AtomicU64::new(0) }
    }

    pub(in crate::engine) fn issue(&self, key: &CallbackKey, execution: ExecutionId) -> CheckpointToken {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let body = [execution.as_bytes().as_slice(), &self.engine, &number.to_be_bytes()].concat();
        let seal = key.seal(&[LABEL, &body]);
        CheckpointToken(STANDARD.encode([body.as_slice(), &seal].concat()))
    }

    /// Whether this engine has made the token, for this execution.
    pub(in crate::engine) fn is_of(&self, key: &CallbackKey, token: &CheckpointToken, execution: ExecutionId) -> bool {
        let Ok(bytes) = STANDARD.decode(token.as_str()) else { return false };
        let Some((body, seal)) = bytes.split_at_checked(BODY) else { return false };
        body.starts_with(execution.as_bytes()) && key.is_seal(&[LABEL, body], seal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_tokens_that_were_made_up_or_are_for_another_execution_are_known_as_such() {
        let (tokens, key) = (Tokens::new(), CallbackKey::from_bytes([7; 32]));
        let (execution, other) = (ExecutionId::generate(), ExecutionId::generate());
        let token = tokens.issue(&key, execution);
        assert!(tokens.is_of(&key, &token, execution));
        assert!(!tokens.is_of(&key, &token, other));
        assert!(!tokens.is_of(&CallbackKey::from_bytes([8; 32]), &token, execution));
        assert_ne!(token, tokens.issue(&key, execution));
        let mut bytes = STANDARD.decode(token.as_str()).unwrap();
        for position in 0..bytes.len() {
            bytes[position] ^= 1;
            let forged = CheckpointToken::from_text(STANDARD.encode(&bytes));
            assert!(!tokens.is_of(&key, &forged, execution), "byte {position}");
            bytes[position] ^= 1;
        }
        for text in ["", "AAAA", "not base64!", &token.as_str()[..80]] {
            assert!(!tokens.is_of(&key, &CheckpointToken::from_text(text), execution), "{text:?}");
        }
    }
}
