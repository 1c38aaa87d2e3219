//! How a function process is started: with the environment that AWS Lambda gives it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use super::group::Group;
use super::{FunctionProcess, Surroundings};
use crate::arn::qualifier;

/// A process to start.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) process: Arc<FunctionProcess>,
    /// Which of the function's processes it is.
    pub(super) number: usize,
    /// Where it finds its work.
    pub(super) address: SocketAddr,
    pub(super) surroundings: Surroundings,
}

impl Command {
    pub(super) fn start(&self) -> std::io::Result<Group> {
        let FunctionProcess { name, program, arguments, variables, directory, version, handler, memory_mb, .. } =
            self.process.as_ref();
        let Surroundings { endpoint, key, arns, .. } = &self.surroundings;
        let mut command = tokio::process::Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        let version = qualifier(version.as_deref());
        command
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", version)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory_mb.to_string())
            .env("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}"))
            .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("local/[{version}]{}", self.number))
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
            .env("_HANDLER", handler)
            .env("AWS_ENDPOINT_URL_LAMBDA", endpoint)
            .env("AWS_REGION", &arns.region)
            .env("AWS_DEFAULT_REGION", &arns.region)
            .env("AWS_ACCESS_KEY_ID", &key.id)
            .env("AWS_SECRET_ACCESS_KEY", &key.secret)
            // Whoever starts the service may have one that does not belong to these keys.
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .env("TZ", ":UTC");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Group::start(command)
    }
}
