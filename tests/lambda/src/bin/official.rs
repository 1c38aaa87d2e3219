//! What AWS's conformance runner asks for: `lambda-official engine|lambda SUITE FOLDER`.
//!
//! Serves the handlers of one suite with `durable-server`. Through the `engine`, they are in this process, but for those
//! that kill theirs; through `lambda`, each is a Lambda function, in a process of its own with `durable-lambda`. Beside
//! it answers what the runner asks CloudFormation and CloudWatch Logs. Writes the template of the suite into the folder,
//! and says on one line where both listen.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use durable::{Engine, Functions};
use durable_conformance::witness::log_to;
use durable_conformance::{Row, SUITES, Scratch, Suite};
use durable_lambda_tests::{fleet, plugged};
use durable_server::{FunctionProcess, Server};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [through, suite, folder] = arguments.as_slice() else {
        anyhow::bail!("usage: lambda-official engine|lambda SUITE FOLDER");
    };
    let through = Through::parse(through).context("handlers go through `engine` or `lambda`")?;
    let suite = SUITES.iter().find(|known| known.name == suite).context("there is no such suite")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("template.yaml"), template(suite))?;

    let functions = match through {
        Through::Engine => {
            let log = log_to(folder.join("log"));
            plugged((suite.functions)().state(Scratch::new(&folder)), log)
        }
        Through::Lambda => Functions::new(),
    };
    let engine = Engine::open(folder.join("store.db")).functions(functions).resident(0).start().await?;
    let mut server = Server::new(engine).bind(([127, 0, 0, 1], 0));
    for name in through.processes(suite) {
        server = server.function(process(name, &folder)?);
    }
    let serving = server.start().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let stack = Arc::new(Stack { through, suite, folder });
    writeln!(std::io::stdout(), "http://{} http://{}", serving.address(), listener.local_addr()?)?;
    axum::serve(listener, axum::Router::new().fallback(answer).with_state(stack)).await?;
    Ok(())
}

/// What runs the handlers.
#[derive(Clone, Copy)]
enum Through {
    Engine,
    Lambda,
}

impl Through {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "engine" => Some(Self::Engine),
            "lambda" => Some(Self::Lambda),
            _ => None,
        }
    }

    /// Whether the handler of a row has a process of its own.
    fn is_process(self, row: &Row) -> bool {
        row.crashes || matches!(self, Self::Lambda)
    }

    /// The functions that have processes of their own.
    fn processes(self, suite: &Suite) -> impl Iterator<Item = &'static str> {
        let invoked: &[&str] = match self {
            Self::Lambda if suite.name == "invoke" => &fleet::INVOKED,
            _ => &[],
        };
        let rows = suite.rows.iter().filter(move |row| self.is_process(row));
        rows.map(fleet::function_of).chain(invoked.iter().copied())
    }

    /// The name under which the handler of a row is invoked.
    fn function_of(self, row: &Row) -> &'static str {
        if self.is_process(row) { fleet::function_of(row) } else { row.function }
    }
}

/// A function in a process of its own.
fn process(name: &str, folder: &Path) -> anyhow::Result<FunctionProcess> {
    let bootstrap = std::env::current_exe()?.with_file_name("lambda-bootstrap");
    let own = fleet::folder_of(folder, name);
    std::fs::create_dir_all(&own)?;
    let second = Duration::from_secs(1);
    let process = FunctionProcess::new(name, bootstrap).handler(fleet::handler_of(name)).backoff(second, second);
    Ok(process.variable(fleet::FOLDER, own))
}

/// How the row's function is called in the template: only letters and digits.
fn resource_of(row: &Row) -> String {
    format!("Row{}", row.id.replace('-', "x"))
}

/// As much of a SAM template as the runner reads.
fn template(suite: &Suite) -> String {
    let resource = |row: &Row| {
        let metadata = json!({ "TestDescription": [row.id] });
        (resource_of(row), json!({ "Type": "AWS::Serverless::Function", "TestingMetadata": metadata }))
    };
    let resources: serde_json::Map<_, _> = suite.rows.iter().map(resource).collect();
    json!({ "Transform": "AWS::Serverless-2016-10-31", "Resources": resources }).to_string()
}

struct Stack {
    through: Through,
    suite: &'static Suite,
    folder: PathBuf,
}

async fn answer(State(stack): State<Arc<Stack>>, headers: HeaderMap, body: Bytes) -> Response {
    let body = String::from_utf8_lossy(&body);
    if headers.get("x-amz-target").is_some_and(|target| target == "Logs_20140328.FilterLogEvents") {
        let request: Value = serde_json::from_str(&body).unwrap_or_default();
        let events = stack.log(request["filterPattern"].as_str().unwrap_or_default());
        return axum::Json(json!({ "events": events, "searchedLogStreams": [] })).into_response();
    }
    let field = |name: &str| {
        let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    };
    let xml = match field("Action").as_deref() {
        Some("ListStackResources") => {
            let members: String =
                stack.suite.rows.iter().map(|row| format!("<member>{}</member>", stack.about(row))).collect();
            format!("<StackResourceSummaries>{members}</StackResourceSummaries>")
        }
        Some("DescribeStackResource") => {
            let wanted = field("LogicalResourceId").unwrap_or_default();
            let row = stack.suite.rows.iter().find(|row| resource_of(row) == wanted);
            let about = |row| format!("<StackResourceDetail>{}</StackResourceDetail>", stack.about(row));
            row.map_or_else(String::new, about)
        }
        _ => String::new(),
    };
    let action = field("Action").unwrap_or_default();
    let xml = format!("<{action}Response><{action}Result>{xml}</{action}Result></{action}Response>");
    (StatusCode::OK, [("content-type", "text/xml")], xml).into_response()
}

impl Stack {
    /// The function of a row.
    fn about(&self, row: &Row) -> String {
        format!(
            "<LogicalResourceId>{}</LogicalResourceId><PhysicalResourceId>{}</PhysicalResourceId>\
             <ResourceType>AWS::Lambda::Function</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
             <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp>",
            resource_of(row),
            self.through.function_of(row)
        )
    }

    /// What was logged of the execution that the pattern names, in the order in which it was.
    fn log(&self, pattern: &str) -> Vec<Value> {
        let folders = self.suite.rows.iter().map(|row| fleet::folder_of(&self.folder, fleet::function_of(row)));
        let files = folders.chain([self.folder.clone()]).map(|folder| folder.join("log"));
        let text: String = files.filter_map(|file| std::fs::read_to_string(file).ok()).collect();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        // Each line of a handler is in the log twice: as it is with and without what replays repeat.
        let lines = lines.filter(|line| line["replays"] != false);
        let of_it =
            lines.filter(|line| line["execution"].as_str().is_some_and(|id| !id.is_empty() && pattern.contains(id)));
        // What one execution logs is in one file, and the position there is when: the runner wants to see what came first.
        let events = of_it.enumerate().map(|(number, line)| {
            json!({ "eventId": number.to_string(), "logStreamName": "local", "timestamp": number, "message": line.to_string() })
        });
        events.collect()
    }
}
