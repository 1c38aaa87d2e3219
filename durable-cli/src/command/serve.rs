//! `serve`: a service, its engine and its function processes.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use durable_core::engine::{Engine, EngineBuilder, shutdown_signal};
use durable_server::{AccessKey, FunctionProcess, Server};
use serde_json::json;

use crate::args::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::program;

const EXAMPLES: &str = "\
Examples:
  durable serve --store orders.db --function order=./bootstrap
  durable serve --function order=./order --function mail='python3 mail.py' --listen 127.0.0.1:9014
  DURABLE_TOKEN=$(cat token) durable serve --listen 0.0.0.0:9014 --allow-host durable.internal
  durable serve --sam --allow-host host.docker.internal    for `sam local invoke`";

/// Runs a service: AWS's API for durable functions, the Lambda Runtime API for function processes, and what this command
/// line asks. It ends in peace with Ctrl-C or SIGTERM.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    /// A function whose code is a process that is started and looked after: a name, and the program with its arguments,
    /// quoted as in a shell. It is written with any of AWS's SDKs and finds AWS_LAMBDA_RUNTIME_API in its environment.
    #[arg(long = "function", value_name = "NAME=PROGRAM", value_parser = function)]
    functions: Vec<(String, Vec<String>)>,
    /// Where to listen; port 0 is any that is free. What other machines reach needs a token.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9014")]
    listen: SocketAddr,
    /// A host name under which clients may ask, besides loopback's and the address itself.
    #[arg(long = "allow-host", value_name = "HOST")]
    hosts: Vec<String>,
    /// A key with which AWS's clients sign what they ask (SigV4), and who does not is let in no more; several are divided by
    /// commas. This command line shows a token instead.
    #[arg(
        long = "access-key",
        value_name = "ID:SECRET",
        env = "DURABLE_ACCESS_KEY",
        hide_env_values = true,
        value_delimiter = ',',
        value_parser = access_key
    )]
    keys: Vec<AccessKey>,
    /// Let the SAM CLI say with a start where on this machine the function's container answers.
    #[arg(long)]
    sam: bool,
}

/// Reads `name=./bootstrap --fast`, in which words are quoted as in a shell.
fn function(text: &str) -> Result<(String, Vec<String>), String> {
    let wrong = || "write it like `order=./bootstrap`".to_owned();
    let (name, program) = text.split_once('=').ok_or_else(wrong)?;
    let words = shlex::split(program).ok_or("a quote is opened and not closed")?;
    if name.is_empty() || words.is_empty() { Err(wrong()) } else { Ok((name.to_owned(), words)) }
}

/// Reads `id:secret`.
fn access_key(text: &str) -> Result<AccessKey, String> {
    match text.split_once(':') {
        Some((id, secret)) if !id.is_empty() && !secret.is_empty() => Ok(AccessKey::new(id, secret)),
        _ => Err("write it like `ID:SECRET`".to_owned()),
    }
}

pub(crate) async fn run(args: Serve, global: Global, engine: Option<EngineBuilder>) -> Result<(), Failure> {
    let Serve { functions, listen, hosts, keys, sam } = args;
    let Global { token, store, format, endpoint: _ } = global;
    let engine = match (engine, store) {
        (Some(_), Some(_)) => {
            return Err(Failure::Usage("this program has its own store\nhelp: leave `--store` out".to_owned()));
        }
        (Some(engine), None) => engine,
        (None, store) => Engine::open(store.unwrap_or_else(|| PathBuf::from("durable.db"))),
    };
    let engine = engine.start().await?;
    let mut server = Server::new(engine).bind(listen).sam_endpoints(sam);
    for (name, words) in functions {
        let mut words = words.into_iter();
        let Some(program) = words.next() else { continue };
        server = server.function(words.fold(FunctionProcess::new(name, program), FunctionProcess::argument));
    }
    server = hosts.into_iter().fold(server, Server::allow_host);
    server = keys.into_iter().fold(server, Server::access_key);
    server = token.into_iter().fold(server, Server::bearer_token);
    let serving = server.start().await?;
    let endpoint = format!("http://{}", serving.address());
    Output::of(format).show(&json!({ "endpoint": endpoint }), |_| told(&endpoint))?;
    shutdown_signal().await?;
    let engine = serving.engine().clone();
    serving.shutdown().await;
    engine.shutdown().await;
    Ok(())
}

fn told(endpoint: &str) -> String {
    format!(
        "serving at {endpoint}\n\nnext, from another terminal:\n  {} --endpoint {endpoint} ls\n  AWS_ENDPOINT_URL_LAMBDA={endpoint} aws lambda …\n",
        program::name()
    )
}
