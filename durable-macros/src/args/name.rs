//! Text that is recorded: names of executions and operations, and versions.

use darling::{Error, FromMeta, Result};
use syn::{Lit, LitStr};

const MAX_LENGTH: usize = 256;

/// A name or a version: 1–256 printable ASCII characters.
#[derive(Clone)]
pub(crate) struct Text(pub(crate) LitStr);

impl Text {
    pub(crate) fn value(&self) -> String {
        self.0.value()
    }
}

impl FromMeta for Text {
    fn from_value(value: &Lit) -> Result<Self> {
        let Lit::Str(text) = value else {
            return Err(Error::custom("this option takes a text in quotes").with_span(value));
        };
        check(&text.value()).map_err(|fact| Error::custom(fact).with_span(text))?;
        Ok(Self(text.clone()))
    }
}

/// A version: a text that nobody takes for the fingerprint of a plan.
#[derive(Clone)]
pub(crate) struct Version(pub(crate) LitStr);

impl FromMeta for Version {
    fn from_value(value: &Lit) -> Result<Self> {
        let Text(text) = Text::from_value(value)?;
        if is_fingerprint(&text.value()) {
            let error = "this version looks like the fingerprint of a plan\n\
                         help: choose a text of your own: `version = \"2\"`\n\
                         note: executions that were started without a version have their plan's fingerprint on record, \
                         and this code would be taken for one of those";
            return Err(Error::custom(error).with_span(&text));
        }
        Ok(Self(text))
    }
}

/// As the library writes them: `plan-` and 16 hexadecimal digits.
fn is_fingerprint(text: &str) -> bool {
    text.strip_prefix("plan-").is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is wrong with a recorded text, and what would be right.
pub(crate) fn check(text: &str) -> std::result::Result<(), String> {
    let legal = "\nhelp: use 1 to 256 printable ASCII characters";
    let fact = if text.is_empty() {
        "this text is empty".to_owned()
    } else if text.len() > MAX_LENGTH {
        format!("this text is {} bytes long", text.len())
    } else if let Some(character) = text.chars().find(|character| !(' '..='~').contains(character)) {
        format!("this text contains {character:?}")
    } else {
        return Ok(());
    };
    Err(fact + legal + "\nnote: it is recorded in the history, and other tools read it there")
}
