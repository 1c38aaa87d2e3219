//! `plan`: what a function performs.

use clap::Args;

use crate::failure::Failure;
use crate::output::Output;
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable plan                     the functions that there are
  durable plan order               what one of them performs
  durable plan order | jq .plan.fingerprint";

/// Shows what a function performs, as its source shows it; or the functions that there are.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Plan {
    /// The function, with a version after a colon if it should not be the newest one.
    #[arg(value_name = "FN")]
    function: Option<String>,
}

pub(crate) async fn run(args: Plan, source: &Source, out: Output) -> Result<(), Failure> {
    let functions = source.service()?.functions().await?.functions;
    let Some(wanted) = args.function else {
        return out.show(&functions, |functions| render::functions(functions, out.width));
    };
    let (name, version) =
        wanted.split_once(':').map_or((wanted.as_str(), None), |(name, version)| (name, Some(version)));
    // The version that was registered last is the newest.
    let is_wanted = |function: &&durable_server::body::Function| {
        function.name == name && (version.is_none() || function.version.as_deref() == version)
    };
    let function = functions.iter().rfind(is_wanted).ok_or_else(|| {
        Failure::NotFound(format!("there is no function `{wanted}`\nhelp: `durable plan` lists those that there are"))
    })?;
    out.show(function, render::plan)
}
