//! Payloads that only a key can read.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{Serdes, SerdesContext, SerdesError, SerdesFuture};
use crate::model::ExecutionId;

/// Encrypts payloads with AES-256-GCM.
///
/// Each execution has a key of its own, derived from the master key, and each record is bound to its execution and
/// operation: moved to another place it does not decrypt. What is recorded is `aes256gcm:` and base64 of nonce and
/// ciphertext. Losing the master key loses the payloads.
///
/// Inputs and results of executions, errors, names and times are not payloads, and stay readable. Which payloads pass it says
/// [`Serdes`].
///
/// **Recorded:** the ciphertext. **Replay:** decrypts it. **Errors:** another key, a changed or a moved text parks the
/// execution, and nothing is lost: it goes on with the right key.
///
/// ```
/// use durable::Encrypt;
/// use durable::prelude::*;
///
/// async fn secret() -> String {
///     "rosebud".to_owned()
/// }
///
/// #[durable]
/// async fn tell() -> usize {
///     #[step]
///     let word = secret().await;
///     word.len()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A key for the example; a real one comes from where secrets are kept.
/// let engine = Engine::in_memory().register(tell).serdes(Encrypt::new([7; 32])).start().await?;
/// assert_eq!(engine.start(tell()).await?.output().await?, 7);
/// # Ok(())
/// # }
/// ```
pub struct Encrypt {
    master: [u8; 32],
}

const PREFIX: &str = "aes256gcm:";
const NONCE_BYTES: usize = 12;

impl Encrypt {
    /// With this master key: 32 bytes from a secure source.
    pub const fn new(master: [u8; 32]) -> Self {
        Self { master }
    }

    fn cipher(&self, execution: ExecutionId) -> Result<Aes256Gcm, SerdesError> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.master).map_err(SerdesError::new)?;
        mac.update(b"durable payload key");
        mac.update(execution.as_bytes());
        Aes256Gcm::new_from_slice(&mac.finalize().into_bytes()).map_err(SerdesError::new)
    }

    #[expect(clippy::disallowed_methods, reason = "a nonce must not come from a seeded source")]
    fn encrypt(&self, json: &str, at: &SerdesContext) -> Result<String, SerdesError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(SerdesError::new)?;
        let payload = Payload { msg: json.as_bytes(), aad: &bound_to(at) };
        let sealed = self.cipher(at.execution)?.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| SerdesError::new("the payload is too long to encrypt"))?;
        Ok(format!("{PREFIX}{}", STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    fn decrypt(&self, text: &str, at: &SerdesContext) -> Result<String, SerdesError> {
        let broken =
            || SerdesError::new("the payload does not decrypt: another key wrote it, or it was changed or moved");
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| SerdesError::new("the payload is not encrypted"))?;
        let bytes = STANDARD_NO_PAD.decode(encoded).map_err(|_| broken())?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(broken)?;
        let payload = Payload { msg: sealed, aad: &bound_to(at) };
        let json = self.cipher(at.execution)?.decrypt(&Nonce::from(*nonce), payload).map_err(|_| broken())?;
        String::from_utf8(json).map_err(|_| broken())
    }
}

/// What a record is bound to. The execution's id has a fixed length, so no two places read the same.
fn bound_to(at: &SerdesContext) -> Vec<u8> {
    [at.execution.as_bytes(), at.operation.as_str().as_bytes()].concat()
}

impl Serdes for Encrypt {
    fn serialize<'a>(&'a self, json: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { self.encrypt(&json, at) })
    }

    fn deserialize<'a>(&'a self, text: String, at: &'a SerdesContext) -> SerdesFuture<'a> {
        Box::pin(async move { self.decrypt(&text, at) })
    }
}

/// Shows nothing of the key.
impl std::fmt::Debug for Encrypt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encrypt(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::OperationId;
    use crate::value::Origin;

    fn place(execution: u8, operation: &str) -> SerdesContext {
        SerdesContext {
            execution: ExecutionId::from_bytes([execution; 16]),
            operation: OperationId::from_text(operation),
            origin: Origin::Record,
        }
    }

    #[test]
    fn what_was_encrypted_comes_back() {
        let (serdes, at) = (Encrypt::new([7; 32]), place(1, "op"));
        let sealed = serdes.encrypt("{\"card\":\"4242\"}", &at).unwrap();
        assert!(sealed.starts_with(PREFIX) && !sealed.contains("4242"));
        assert_ne!(sealed, serdes.encrypt("{\"card\":\"4242\"}", &at).unwrap(), "a nonce is used once");
        assert_eq!(serdes.decrypt(&sealed, &at).unwrap(), "{\"card\":\"4242\"}");
    }

    #[test]
    fn it_does_not_decrypt_elsewhere_or_with_another_key() {
        let serdes = Encrypt::new([7; 32]);
        let sealed = serdes.encrypt("1", &place(1, "op")).unwrap();
        assert!(serdes.decrypt(&sealed, &place(2, "op")).is_err());
        assert!(serdes.decrypt(&sealed, &place(1, "other")).is_err());
        assert!(Encrypt::new([8; 32]).decrypt(&sealed, &place(1, "op")).is_err());
        let mut changed = sealed.into_bytes();
        let last = changed.len() - 1;
        changed[last] = if changed[last] == b'A' { b'Q' } else { b'A' };
        assert!(serdes.decrypt(&String::from_utf8(changed).unwrap(), &place(1, "op")).is_err());
        assert!(serdes.decrypt("1", &place(1, "op")).is_err());
    }
}
