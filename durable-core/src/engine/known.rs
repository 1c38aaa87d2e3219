//! Which code is meant: a function of this process, or one elsewhere.

use std::sync::Arc;

use super::function::Registered;
use super::remote::RemoteFunction;
use super::shared::Shared;
use crate::model::Name;
use crate::value::CodecError;

/// A function that can be started.
pub(super) enum Known<'a> {
    Here(&'a Registered),
    Elsewhere(Arc<RemoteFunction>),
}

/// Which version of a function is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The one that was registered last.
    Newest,
    /// This one, or code without a version.
    Exactly(Option<String>),
}

impl Known<'_> {
    /// What new executions record.
    pub(super) fn version(&self) -> Option<String> {
        match self {
            Self::Here(registered) => Some(registered.version()),
            Self::Elsewhere(function) => function.version().map(str::to_owned),
        }
    }

    pub(super) fn timeout_seconds(&self) -> Option<u32> {
        match self {
            Self::Here(registered) => registered.timeout_seconds(),
            Self::Elsewhere(function) => function.timeout_seconds(),
        }
    }

    /// Whether this input can be read. What code elsewhere reads is its own business.
    pub(super) fn check(&self, input: Option<&str>) -> Result<(), CodecError> {
        match self {
            Self::Here(registered) => registered.check(input),
            Self::Elsewhere(_) => Ok(()),
        }
    }
}

impl Shared {
    /// The function to start.
    pub(super) fn function(&self, name: &Name, wanted: &Wanted) -> Option<Known<'_>> {
        let (here, elsewhere) = match wanted {
            Wanted::Newest => (self.registry.find(name), self.remotes.find(name)),
            Wanted::Exactly(version) => (
                self.registry.find_version(name, version.as_deref()),
                self.remotes.find_version(name, version.as_deref()),
            ),
        };
        here.map(Known::Here).or_else(|| elsewhere.map(Known::Elsewhere))
    }

    /// The names of all functions, for people.
    pub(super) fn function_names(&self) -> Vec<String> {
        let elsewhere = self.remotes.all().into_iter().map(|function| match function.version() {
            Some(version) => format!("`{}` version `{version}`", function.name()),
            None => format!("`{}`", function.name()),
        });
        self.registry.labels().into_iter().chain(elsewhere).collect()
    }
}

/// Code elsewhere may name a function as `name`, `name:version`, or by a longer text that ends in
/// `function:name` or `function:name:version`. The version `$LATEST` is the newest.
pub(super) fn read_reference(text: &str) -> Option<(Name, Wanted)> {
    let short = text.rsplit_once("function:").map_or(text, |(_, short)| short);
    let (name, version) = match short.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (short, None),
    };
    let wanted = match version {
        None | Some("$LATEST") => Wanted::Newest,
        Some(version) if version.is_empty() || version.contains(':') => return None,
        Some(version) => Wanted::Exactly(Some(version.to_owned())),
    };
    Some((Name::new(name.to_owned()).ok()?, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_short_or_long() {
        let read = |text| read_reference(text).map(|(name, wanted)| (name.to_string(), wanted));
        let newest = Some(("order".to_owned(), Wanted::Newest));
        let second = Some(("order".to_owned(), Wanted::Exactly(Some("2".to_owned()))));
        assert_eq!(read("order"), newest);
        assert_eq!(read("order:$LATEST"), newest);
        assert_eq!(read("order:2"), second);
        assert_eq!(read("arn:aws:lambda:eu-west-1:123456789012:function:order"), newest);
        assert_eq!(read("arn:aws:lambda:eu-west-1:123456789012:function:order:2"), second);
        assert_eq!(read("123456789012:function:order:2"), second);
        for nonsense in ["", "order:", "order:2:3", "arn:aws:lambda:eu-west-1:1:function:"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
