//! Which of several functions is meant.

use std::collections::BTreeMap;
use std::env;

use durable_core::model::Name;

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

/// What the environment variables that say which Lambda function is meant by a name begin with.
pub(crate) const TARGET: &str = "DURABLE_TARGET_";

/// The environment variable that says which Lambda function is meant by a name.
fn target_variable(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    format!("{TARGET}{}", name.chars().map(plain).collect::<String>())
}

/// Which Lambda functions are meant by the names that durable functions invoke.
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets {
    given: BTreeMap<String, Name>,
    /// By the name of their variable.
    environment: BTreeMap<String, Name>,
}

/// What is to be invoked in the place of a name is no Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the target of {of} is `{given}`, which can't be the name of a Lambda function: {reason}\n\
     help: write the name or the ARN of a Lambda function, with a version or an alias: `fraud-check:live`"
)]
pub struct InvalidTarget {
    /// The name, or the environment variable.
    pub of: String,
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Targets {
    /// Those that were given in code, and those that the environment has.
    pub(crate) fn new(
        given: impl IntoIterator<Item = (String, String)>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, InvalidTarget> {
        let environment = environment.into_iter().filter(|(variable, _)| variable.starts_with(TARGET));
        Ok(Self { given: names(given)?, environment: names(environment)? })
    }

    /// The Lambda function that is meant by a name, if it is called otherwise.
    pub(crate) fn of(&self, name: &str) -> Option<&Name> {
        self.given.get(name).or_else(|| self.environment.get(&target_variable(name)))
    }
}

/// The name or the ARN of a Lambda function.
fn lambda_name(given: &str) -> Result<Name, String> {
    let is_of_it = |letter: &char| letter.is_ascii_alphanumeric() || "-_:.$/".contains(*letter);
    match given.chars().find(|letter| !is_of_it(letter)) {
        Some(letter) => Err(format!("it has {letter:?}")),
        None => Name::new(given.to_owned()).map_err(|error| error.to_string()),
    }
}

fn names(targets: impl IntoIterator<Item = (String, String)>) -> Result<BTreeMap<String, Name>, InvalidTarget> {
    let name = |(of, given): (String, String)| match lambda_name(&given) {
        Ok(name) => Ok((of, name)),
        Err(reason) => Err(InvalidTarget { of, given, reason }),
    };
    targets.into_iter().map(name).collect()
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
    fn a_target_is_what_the_code_says_or_the_environment() {
        let pair = |name: &str, target: &str| (name.to_owned(), target.to_owned());
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:charge:live";
        let environment = [
            pair("DURABLE_TARGET_fraud_check_v2", "fraud:7"),
            pair("DURABLE_TARGET_charge", "unused"),
            pair("PATH", ""),
        ];
        let targets = Targets::new([pair("charge", arn)], environment).unwrap();
        assert_eq!(targets.of("charge").map(Name::as_str), Some(arn));
        assert_eq!(targets.of("fraud-check v2").map(Name::as_str), Some("fraud:7"));
        assert_eq!(targets.of("echo"), None);

        for wrong in ["", "not a function"] {
            let refused = Targets::new([], [pair("DURABLE_TARGET_charge", wrong)]).unwrap_err().to_string();
            assert!(refused.contains("DURABLE_TARGET_charge") && refused.contains("help: "), "{refused}");
        }
    }
}
