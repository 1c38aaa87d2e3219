//! `plan`: what a function performs.

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::output::{Output, print};
use crate::render;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  durable plan                     the functions that there are
  durable plan order               what one of them performs
  durable plan order --graph mermaid   the same as a picture, for a page in Markdown
  durable plan order --graph dot | dot -Tsvg > order.svg
  durable plan order | jq .plan.fingerprint";

/// Shows what a function performs, as its source shows it; or the functions that there are.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Plan {
    /// The function, with a version after a colon if it should not be the newest one.
    #[arg(value_name = "FN")]
    function: Option<String>,
    /// As the text of a graph, which other programs draw.
    #[arg(long, value_name = "LANGUAGE", requires = "function")]
    graph: Option<Graph>,
}

/// Who draws a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Graph {
    /// Mermaid, which pages in Markdown show.
    Mermaid,
    /// Graphviz.
    Dot,
}

pub(crate) async fn run(args: Plan, source: &Source, out: Output) -> Result<(), Failure> {
    let Source::Service(service) = source else {
        return Err(Failure::Usage(
            "a store file has no plans: they are in the code\nhelp: leave `--store` out, so that the service is asked that has the code".to_owned(),
        ));
    };
    let functions = service.functions().await?.functions;
    let Some(wanted) = args.function else {
        return out.show(&functions, |functions| render::functions(functions, out.width));
    };
    let (name, version) =
        wanted.split_once(':').map_or((wanted.as_str(), None), |(name, version)| (name, Some(version)));
    // The version that was registered last is the newest.
    let is_wanted = |function: &&durable_server::body::Function| {
        function.name == name && (version.is_none() || function.version.as_deref() == version)
    };
    let function = functions.iter().rfind(is_wanted).ok_or_else(|| Failure::no_function(&wanted))?;
    match args.graph {
        Some(Graph::Mermaid) => print(&service.graph(name, version, "mermaid").await?),
        Some(Graph::Dot) => print(&service.graph(name, version, "dot").await?),
        None => out.show(function, render::plan),
    }
}
