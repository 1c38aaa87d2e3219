//! Which of several functions is meant.

use std::env;

/// What the environment says of the Lambda function.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// Its `Handler`.
    pub(crate) handler: String,
    /// Its name.
    pub(crate) name: String,
}

impl Place {
    pub(crate) fn of_environment() -> Self {
        let variable = |name| env::var(name).unwrap_or_default();
        Self { handler: variable("_HANDLER"), name: variable("AWS_LAMBDA_FUNCTION_NAME") }
    }
}

/// None of several functions is meant, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "neither the handler `{handler}` nor the name `{name}` of the Lambda function is a durable function of this program \
     (registered: {})\nhelp: set the Lambda function's `Handler` to one of them",
    .registered.join(", ")
)]
pub struct NoFunction {
    /// The Lambda function's `Handler`.
    pub handler: String,
    /// The Lambda function's name.
    pub name: String,
    /// The durable functions that there are.
    pub registered: Vec<&'static str>,
}

/// The only function; or the one that the handler names, else the one that is called like the Lambda function.
pub(crate) fn select(registered: &[&'static str], place: &Place) -> Result<&'static str, NoFunction> {
    if let [only] = registered {
        return Ok(only);
    }
    let named = |text: &str| registered.iter().copied().find(|name| same(name, text));
    named(&place.handler).or_else(|| named(&place.name)).ok_or_else(|| NoFunction {
        handler: place.handler.clone(),
        name: place.name.clone(),
        registered: registered.to_vec(),
    })
}

/// Names of Lambda functions are often written with hyphens where those of Rust have underscores.
fn same(function: &str, text: &str) -> bool {
    function.len() == text.len()
        && function.bytes().zip(text.bytes()).all(|(ours, theirs)| ours == theirs || (ours == b'_' && theirs == b'-'))
}

/// The environment variable that says which Lambda function is meant by a name.
pub(crate) fn target_variable(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("DURABLE_TARGET_{}", name.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(handler: &str, name: &str) -> Place {
        Place { handler: handler.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn the_only_function_is_meant_whatever_the_lambda_function_is_called() {
        assert_eq!(select(&["order"], &place("bootstrap", "stack-Order-1X")).unwrap(), "order");
    }

    #[test]
    fn the_handler_comes_before_the_name() {
        let both = ["order", "fraud_check"];
        assert_eq!(select(&both, &place("fraud_check", "order")).unwrap(), "fraud_check");
        assert_eq!(select(&both, &place("bootstrap", "fraud-check")).unwrap(), "fraud_check");
        let refused = select(&both, &place("bootstrap", "stack-Order-1X")).unwrap_err();
        assert!(refused.to_string().contains("(registered: order, fraud_check)"), "{refused}");
    }

    #[test]
    fn variables_of_targets_are_words() {
        assert_eq!(target_variable("fraud-check v2"), "DURABLE_TARGET_fraud_check_v2");
    }
}
