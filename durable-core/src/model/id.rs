//! The ids of executions, operations and callbacks, and the names that operations carry.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Identifies one execution: a UUID of version 7, so ids sort by the time they were made.
///
/// See [`Engine::describe`](crate::engine::Engine::describe) for an example.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionId(Uuid);

impl ExecutionId {
    /// A new id, unique across machines.
    pub fn generate() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of the execution that this operation of `parent` starts: the same whenever it is asked for, so that an
    /// operation starts one execution at the most.
    pub fn of_child(parent: Self, operation: &OperationId) -> Self {
        let hash = Sha256::new().chain_update(parent.as_bytes()).chain_update(operation.as_str());
        Self::of_digest(hash.finalize())
    }

    /// The id of an execution that a service elsewhere calls by this text: the UUID that it is, or one made of it.
    pub fn of_text(text: &str) -> Self {
        let made = || Self::of_digest(Sha256::digest(text));
        text.parse().unwrap_or_else(|_| made())
    }

    fn of_digest(digest: impl IntoIterator<Item = u8>) -> Self {
        let mut bytes = [0; 16];
        for (byte, digit) in bytes.iter_mut().zip(digest) {
            *byte = digit;
        }
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The id with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for ExecutionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Identifies one operation within its execution: 1–64 characters of `[a-zA-Z0-9-_]`.
///
/// Our own runs derive it from names, never from positions, by [`OperationId::derive`].
///
/// See [`Remote`](crate::engine::remote::Remote) for an example.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OperationId(Arc<str>);

/// How many hexadecimal digits stand for a context that is not on record.
const TAG: usize = 12;

impl OperationId {
    /// The id of the `occurrence`-th operation called `name` in the context `parent`.
    ///
    /// A call site keeps its id when other operations come, go or move, and each turn of a loop has one of its own.
    pub fn derive(parent: Option<&Self>, name: &Name, occurrence: u32) -> Self {
        Self::derive_keyed(parent, name, None, occurrence)
    }

    /// The same for an operation with a key: the `occurrence`-th with this name and this key.
    ///
    /// The id is 128 bits of a SHA-256 over parent, name, key and occurrence. Parent and name are terminated (they hold
    /// no control characters), and by what tells whether there is a key; the key's length stands before it. So no two
    /// operations read the same.
    pub fn derive_keyed(parent: Option<&Self>, name: &Name, key: Option<&str>, occurrence: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(parent.map_or("", Self::as_str));
        hash.update([0]);
        hash.update(name.as_str());
        match key {
            None => hash.update([0]),
            Some(key) => {
                hash.update([1]);
                hash.update(u64::try_from(key.len()).unwrap_or(u64::MAX).to_be_bytes());
                hash.update(key);
            }
        }
        hash.update(occurrence.to_be_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        Self(hex(digest.first_chunk::<16>().unwrap_or(&[0; 16])).into())
    }

    /// The same id for an operation of the context `inner` that is not on record, with the outermost of such contexts
    /// around it: 48 bits of each stand before it, so that an id alone tells which code performed the operation.
    pub(crate) fn grouped(&self, outer: &Self, inner: &Self) -> Self {
        Self(format!("{}-{}-{self}", outer.tag(), inner.tag()).into())
    }

    /// The tags of the contexts in [`OperationId::grouped`]: of the outermost and of the innermost.
    pub(crate) fn groups(&self) -> Option<(&str, &str)> {
        let mut parts = self.0.split('-');
        let groups = (parts.next()?, parts.next()?);
        let is_tag = |tag: &str| tag.len() == TAG;
        (is_tag(groups.0) && is_tag(groups.1) && parts.next().is_some()).then_some(groups)
    }

    /// What stands for this context in the ids of its operations.
    pub(crate) fn tag(&self) -> &str {
        self.0.get(..TAG).unwrap_or(&self.0)
    }

    /// An id as it was stored or sent.
    pub fn from_text(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Completes one callback: 64 hexadecimal characters that hold 256 unguessable bits.
///
/// Whoever has it may complete the callback, so treat it as a secret. The store only keeps its SHA-256.
///
/// See [`create_callback`](crate::operation::create_callback) for an example.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CallbackId(Arc<str>);

impl CallbackId {
    /// The id made of these 256 bits.
    pub(crate) fn from_bits(bits: &[u8]) -> Self {
        Self(hex(bits).into())
    }

    /// An id as someone outside gave it; it may belong to no callback.
    pub fn from_text(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the store keeps of the id.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Display for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Shows the first characters only, so that an id does not leak into logs.
impl fmt::Debug for CallbackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackId({}…)", self.0.get(..6).unwrap_or_default())
    }
}

/// What an operation, a function or an execution is called: 1–256 printable ASCII characters.
///
/// ```
/// use durable::model::Name;
///
/// assert_eq!(Name::new("order-42")?.as_str(), "order-42");
/// assert!(Name::new("").is_err());
/// # Ok::<(), durable::model::InvalidName>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Cow<'static, str>);

impl Name {
    /// The longest name, in characters.
    pub const MAX: usize = 256;

    /// Checks a name.
    ///
    /// **Errors:** it is empty, longer than 256 characters, or has others than printable ASCII.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Result<Self, InvalidName> {
        let text = text.into();
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && (1..=Self::MAX).contains(&text.len()) { Ok(Self(text)) } else { Err(InvalidName(text.into())) }
    }

    /// A name that the macro checked when it compiled.
    pub(crate) const fn checked(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into_owned()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A name that is empty, longer than 256 characters, or holds something other than printable ASCII.
///
/// See [`Name`] for an example.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name: use 1 to 256 printable ASCII characters")]
pub struct InvalidName(String);

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}
