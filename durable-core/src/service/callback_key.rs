//! Where callback ids come from.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::{CallbackId, ExecutionId, OperationId};

/// The 256 random bits from which a store's callback ids are derived.
///
/// A callback's id is the HMAC-SHA-256 of its execution and operation under this key. So replays give the same id
/// without the store holding it: the store keeps a hash to find the callback by, and the key lives outside of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackKey([u8; 32]);

impl CallbackKey {
    /// The key with these bits.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key from the operating system's randomness.
    #[expect(clippy::disallowed_methods, reason = "a secret must not come from a seeded source")]
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id of the callback that this operation opened.
    pub fn derive(&self, execution: ExecutionId, operation: &OperationId) -> CallbackId {
        CallbackId::from_bits(&self.mac(&[execution.as_bytes(), operation.as_str().as_bytes()]))
    }

    /// Tells keys apart without telling anything about them.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.mac(&[b"fingerprint"])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        // HMAC takes keys of any length, so this only fails by type.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Shows nothing of the key.
impl fmt::Debug for CallbackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackKey(…)")
    }
}
