//! ARNs: how AWS's clients call functions and executions.

use durable_core::engine::Described;
use durable_core::model::{ExecutionId, Name};
use durable_core::store::Summary;

/// The version that means the newest code.
pub(crate) const LATEST: &str = "$LATEST";

/// Makes and reads the ARNs of one region and account, which only look like AWS's.
#[derive(Debug, Clone)]
pub struct Arns {
    pub(crate) region: String,
    pub(crate) account: String,
}

/// Those that a [`Server`](crate::Server) has if nothing else is said.
impl Default for Arns {
    fn default() -> Self {
        Self { region: "us-west-2".to_owned(), account: "123456789012".to_owned() }
    }
}

/// A function as a client names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FunctionRef {
    pub(crate) name: String,
    /// Nothing is the newest.
    pub(crate) version: Option<String>,
}

impl Arns {
    /// A function's ARN, with the version that its code has as far as AWS's spelling has a place for it.
    pub(crate) fn function(&self, name: &str, version: Option<&str>) -> String {
        let Self { region, account } = self;
        format!("arn:aws:lambda:{region}:{account}:function:{name}:{}", qualifier(version))
    }

    pub(crate) fn execution(&self, function: &Name, version: Option<&str>, name: &Name, id: ExecutionId) -> String {
        format!("{}/durable-execution/{name}/{id}", self.function(function.as_str(), version))
    }

    /// The ARN of an execution in a list.
    pub fn of_summary(&self, summary: &Summary) -> String {
        self.execution(&summary.function, summary.version.as_deref(), &summary.name, summary.id)
    }

    /// The ARN of an execution.
    pub fn of_described(&self, described: &Described) -> String {
        let spec = &described.spec;
        self.execution(&spec.function, spec.version.as_deref(), &spec.name, spec.id)
    }
}

/// The execution that an ARN is about, if it looks like one. Whether everything before the id is right only the
/// execution itself can say.
pub(crate) fn execution_id(arn: &str) -> Option<ExecutionId> {
    if !arn.starts_with("arn:") || !arn.contains(":function:") || !arn.contains("/durable-execution/") {
        return None;
    }
    arn.rsplit_once('/')?.1.parse().ok()
}

/// The function and the name in an execution's ARN.
pub(crate) fn execution_names(arn: &str) -> Option<(&str, &str)> {
    let (_, rest) = arn.split_once(":function:")?;
    let (function, rest) = rest.split_once(':')?;
    let (_, rest) = rest.split_once("/durable-execution/")?;
    Some((function, rest.split_once('/')?.0))
}

/// A version as AWS spells it: a number, or the newest.
pub(crate) fn qualifier(version: Option<&str>) -> &str {
    version.filter(|version| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).unwrap_or(LATEST)
}

/// Reads `name`, `name:version`, a partial or a full ARN; `qualifier` comes from elsewhere in the request.
pub(crate) fn function_ref(text: &str, qualifier: Option<&str>) -> Option<FunctionRef> {
    let short = text.rsplit_once("function:").map_or(text, |(_, short)| short);
    let (name, version) = match short.split_once(':') {
        Some((name, version)) => (name, Some(version)),
        None => (short, None),
    };
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_name = |text: &str| (1..=140).contains(&text.len()) && text.bytes().all(legal);
    if let (Some(one), Some(other)) = (version, qualifier)
        && one != other
    {
        return None;
    }
    let version = version.or(qualifier).filter(|version| *version != LATEST);
    let legal_version = version.is_none_or(|version| {
        (1..=128).contains(&version.len()) && version.bytes().all(|byte| legal(byte) || byte == b'.')
    });
    (is_name(name) && legal_version).then(|| FunctionRef { name: name.to_owned(), version: version.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_read_in_every_spelling() {
        let read = |text, qualifier| function_ref(text, qualifier).map(|function| (function.name, function.version));
        let newest = Some(("order".to_owned(), None));
        let second = Some(("order".to_owned(), Some("2".to_owned())));
        assert_eq!(read("order", None), newest);
        assert_eq!(read("order", Some("$LATEST")), newest);
        assert_eq!(read("order:$LATEST", Some("$LATEST")), newest);
        assert_eq!(read("order", Some("2")), second);
        assert_eq!(read("arn:aws:lambda:eu-west-1:123456789012:function:order:2", None), second);
        assert_eq!(read("123456789012:function:order", Some("2")), second);
        for (text, qualifier) in
            [("", None), ("a/b", None), ("order", Some("")), ("order:2", Some("3")), ("order:", None)]
        {
            assert_eq!(read(text, qualifier), None, "{text} {qualifier:?}");
        }
    }

    #[test]
    fn executions_are_found_at_the_end_of_their_arn() {
        let arns = Arns { region: "eu-west-1".to_owned(), account: "123456789012".to_owned() };
        let id = ExecutionId::generate();
        let (function, name) = (Name::new("order").unwrap(), Name::new("o-1").unwrap());
        let arn = arns.execution(&function, Some("7f3a"), &name, id);
        assert_eq!(
            arn,
            format!("arn:aws:lambda:eu-west-1:123456789012:function:order:$LATEST/durable-execution/o-1/{id}")
        );
        assert_eq!((execution_id(&arn), execution_names(&arn)), (Some(id), Some(("order", "o-1"))));
        assert_eq!(execution_id(&id.to_string()), None);
        assert_eq!(execution_id(&arn[..arn.len() - 1]), None);
    }
}
