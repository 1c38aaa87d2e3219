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
