//! Where chance comes from.

use std::sync::atomic::{AtomicU64, Ordering};

/// A source of random bits.
///
/// See [`EngineBuilder`](crate::engine::EngineBuilder) for an example.
pub trait Entropy: Send + Sync + 'static {
    /// A random number in `0.0..1.0`.
    fn chance(&self) -> f64;
}

/// The operating system's randomness.
///
/// See [`EngineBuilder`](crate::engine::EngineBuilder) for an example.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is where chance comes from")]
    fn chance(&self) -> f64 {
        // Without randomness the middle of the range is the best guess that spreads nothing.
        let bits = getrandom::u64().unwrap_or(u64::MAX / 2);
        unit(bits)
    }
}

/// A repeatable sequence, for tests.
///
/// See [`EngineBuilder`](crate::engine::EngineBuilder) for an example.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The sequence of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn chance(&self) -> f64 {
        // SplitMix64: one addition and three mixing rounds give every seed a full-period sequence.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        unit(bits ^ (bits >> 31))
    }
}

/// The upper 53 bits as a fraction: the most that an `f64` holds exactly.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}
