//! The functions of an engine whose code runs elsewhere. They come and go while it works.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::RemoteFunction;
use crate::model::Name;

type ByName = BTreeMap<Name, Vec<Arc<RemoteFunction>>>;

/// By name; several versions of one in the order in which they came.
#[derive(Debug, Default)]
pub(in crate::engine) struct Remotes(RwLock<ByName>);

impl Remotes {
    /// Adds a function, in the place of one with the same name and version.
    pub(in crate::engine) fn insert(&self, function: RemoteFunction) {
        let mut functions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let versions = functions.entry(function.name().clone()).or_default();
        versions.retain(|known| known.version() != function.version());
        versions.push(Arc::new(function));
    }

    /// Removes a function; says whether it was there.
    pub(in crate::engine) fn remove(&self, name: &str, version: Option<&str>) -> bool {
        let mut functions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some((_, versions)) = functions.iter_mut().find(|(known, _)| known.as_str() == name) else { return false };
        let before = versions.len();
        versions.retain(|known| known.version() != version);
        let removed = versions.len() < before;
        functions.retain(|_, versions| !versions.is_empty());
        removed
    }

    /// The version that came last.
    pub(in crate::engine) fn find(&self, name: &Name) -> Option<Arc<RemoteFunction>> {
        self.read(|functions| functions.get(name)?.last().cloned())
    }

    /// Exactly this version.
    pub(in crate::engine) fn find_version(&self, name: &Name, version: Option<&str>) -> Option<Arc<RemoteFunction>> {
        self.read(|functions| functions.get(name)?.iter().find(|known| known.version() == version).cloned())
    }

    /// All of them.
    pub(in crate::engine) fn all(&self) -> Vec<Arc<RemoteFunction>> {
        self.read(|functions| functions.values().flatten().cloned().collect())
    }

    fn read<T>(&self, read: impl FnOnce(&ByName) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
