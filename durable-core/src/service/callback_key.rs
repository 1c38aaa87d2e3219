//! Where callback ids come from.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::{CallbackId, ExecutionId, OperationId};

/// The 256 random bits from which a store's callback ids are derived.
///
/// A callback's id is the HMAC-SHA-256 of its execution and operation under this key. So replays give the same id
/// without the store holding it: the store keeps a hash to find the callback by, and the key lives outside of it.
///
/// See [`Execution`](super::Execution) for an example.
#[derive(Clone, PartialEq, Eq)]
pub struct CallbackKey([u8; 32]);

impl CallbackKey {
    /// The key with these bits.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A fresh key from the operating system's randomness.
    ///
    /// **Errors:** the system has none.
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

    /// A seal on something that leaves the engine and comes back. The first part says what it is.
    pub(crate) fn seal(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts)
    }

    /// Whether this is the seal on these parts; takes as long for every seal.
    pub(crate) fn is_seal(&self, parts: &[&[u8]], seal: &[u8]) -> bool {
        self.hmac(parts).is_some_and(|mac| mac.verify_slice(seal).is_ok())
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.hmac(parts).map_or([0; 32], |mac| mac.finalize().into_bytes().into())
    }

    /// HMAC takes keys of any length, so this only fails by type.
    fn hmac(&self, parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in parts {
            mac.update(part);
        }
        Some(mac)
    }
}

/// Shows nothing of the key.
impl fmt::Debug for CallbackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallbackKey(…)")
    }
}
