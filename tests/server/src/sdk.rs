//! What AWS's SDK for Rust sees of a function that does what it is asked to, whichever SDK it is written with.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{Config, Credentials, Region};
use aws_sdk_lambda::operation::get_durable_execution::GetDurableExecutionOutput;
use aws_sdk_lambda::operation::invoke::InvokeOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{ErrorObject, Event, EventType, ExecutionStatus, InvocationType};

use crate::client::Outcome;

/// A client for the service at this URL.
pub fn client(endpoint: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder()
        .region(Region::new("us-west-2"))
        .credentials_provider(Credentials::new("test", "test", None, None, "tests"))
        .http_client(http)
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// A function, as a client of AWS's sees it.
#[derive(Debug, Clone)]
pub struct Function {
    client: Client,
    name: String,
}

impl Function {
    /// The function of this name.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// Starts, steps, waits, calls back, retries, fails, stops and lists, and panics if one of them is not as it has to be.
    pub async fn check(&self) -> Outcome<()> {
        tokio::try_join!(
            self.steps(),
            self.waits(),
            self.calls_back(),
            self.retries(),
            self.fails(),
            self.is_stopped(),
            self.is_started_once(),
            self.refuses(),
        )?;
        self.is_listed().await
    }

    /// Survives the end of its process, for functions that are one.
    pub async fn crashes(&self) -> Outcome<()> {
        let arn = self.start("crash").await?;
        let ended = self.ended(&arn).await?;
        assert_eq!(ended.result(), Some("\"survived\""), "{ended:?}");
        let crashed = self.history(&arn).await?.into_iter().find_map(|event| {
            let error = event.invocation_completed_details()?.error()?.payload()?.error_type()?.to_owned();
            Some(error)
        });
        assert_eq!(crashed.as_deref(), Some("Runtime.ExitError"));
        Ok(())
    }

    async fn steps(&self) -> Outcome<()> {
        let done = self.invoke("step").await?;
        assert_eq!((done.status_code(), done.function_error()), (200, None));
        assert_eq!(done.payload().map(Blob::as_ref), Some(&b"\"stepped\""[..]));
        assert_eq!(done.executed_version(), Some("$LATEST"));
        let arn = done.durable_execution_arn().ok_or("no ARN")?;
        let ended = self.ended(arn).await?;
        assert_eq!((ended.status(), ended.input_payload()), (&ExecutionStatus::Succeeded, Some("\"step\"")));
        let history = self.history(arn).await?;
        let step = only(&history, &EventType::StepSucceeded);
        assert_eq!(step.name(), Some("work"));
        let result = step.step_succeeded_details().and_then(|details| details.result()?.payload());
        assert_eq!(result, Some("\"stepped\""));
        assert!(history.iter().map(Event::event_id).eq(1..=i32::try_from(history.len())?), "{history:?}");
        Ok(())
    }

    async fn waits(&self) -> Outcome<()> {
        let arn = self.start("wait").await?;
        assert_eq!(self.ended(&arn).await?.result(), Some("\"waited\""));
        let history = self.history(&arn).await?;
        let waited = |kind| only(&history, kind).event_timestamp().map(|time| time.as_secs_f64());
        let (from, to) = (waited(&EventType::WaitStarted), waited(&EventType::WaitSucceeded));
        assert!(to.zip(from).is_some_and(|(to, from)| to - from >= 0.999), "{from:?} {to:?}");
        let duration = only(&history, &EventType::WaitStarted).wait_started_details().map(|details| details.duration());
        assert_eq!(duration, Some(1));
        Ok(())
    }

    async fn calls_back(&self) -> Outcome<()> {
        let (answered, refused) = (self.start("callback").await?, self.start("callback").await?);
        let (answer, refusal) = (self.callback(&answered).await?, self.callback(&refused).await?);
        self.client.send_durable_execution_callback_heartbeat().callback_id(&answer).send().await?;
        let succeed = || self.client.send_durable_execution_callback_success().callback_id(&answer);
        succeed().result(Blob::new("\"signed\"")).send().await?;
        let again = succeed().result(Blob::new("\"again\"")).send().await;
        assert!(again.is_err_and(|error| error.into_service_error().is_callback_timeout_exception()));
        let error = ErrorObject::builder().error_type("Refused").error_message("no").build();
        self.client.send_durable_execution_callback_failure().callback_id(&refusal).error(error).send().await?;
        assert_eq!(self.ended(&answered).await?.result(), Some("\"signed\""));
        assert_eq!(self.ended(&refused).await?.status(), &ExecutionStatus::Failed);
        let unknown = self.client.send_durable_execution_callback_success().callback_id("bm90aGluZw==").send().await;
        assert!(unknown.is_err_and(|error| error.into_service_error().is_resource_not_found_exception()));
        Ok(())
    }

    async fn retries(&self) -> Outcome<()> {
        let arn = self.start("retry").await?;
        assert_eq!(self.ended(&arn).await?.result(), Some("\"attempt 2\""));
        let history = self.history(&arn).await?;
        let retry =
            only(&history, &EventType::StepFailed).step_failed_details().and_then(|failed| failed.retry_details());
        assert_eq!(
            retry.map(|retry| (retry.current_attempt(), retry.next_attempt_delay_seconds())),
            Some((1, Some(1)))
        );
        Ok(())
    }

    async fn fails(&self) -> Outcome<()> {
        let failed = self.invoke("fail").await?;
        assert!(failed.function_error().is_some());
        let ended = self.ended(failed.durable_execution_arn().ok_or("no ARN")?).await?;
        let message = ended.error().and_then(ErrorObject::error_message);
        assert_eq!((ended.status(), message), (&ExecutionStatus::Failed, Some("asked to fail")));
        Ok(())
    }

    async fn is_stopped(&self) -> Outcome<()> {
        let arn = self.start("stop").await?;
        while !self.history(&arn).await?.iter().any(|event| event.event_type() == Some(&EventType::WaitStarted)) {
            pause().await;
        }
        let error = ErrorObject::builder().error_type("Enough").error_message("changed her mind").build();
        self.client.stop_durable_execution().durable_execution_arn(&arn).error(error).send().await?;
        let ended = self.ended(&arn).await?;
        assert_eq!(ended.status(), &ExecutionStatus::Stopped);
        assert_eq!(ended.error().and_then(ErrorObject::error_type), Some("Enough"));
        Ok(())
    }

    async fn is_started_once(&self) -> Outcome<()> {
        let start = |what: &str| {
            let invoke = self.client.invoke().function_name(&self.name).invocation_type(InvocationType::Event);
            invoke.durable_execution_name("once").payload(payload(what)).send()
        };
        let (first, second) = (start("step").await?, start("step").await?);
        assert_eq!(first.durable_execution_arn(), second.durable_execution_arn());
        let other = start("wait").await.expect_err("the name is taken").into_service_error();
        assert!(other.is_durable_execution_already_started_exception(), "{other:?}");
        Ok(())
    }

    async fn refuses(&self) -> Outcome<()> {
        let nobody = self.client.invoke().function_name("nobody").send().await;
        assert!(nobody.is_err_and(|error| error.into_service_error().is_resource_not_found_exception()));
        let nothing = self.client.get_durable_execution().durable_execution_arn("nothing").send().await;
        assert!(nothing.is_err_and(|error| error.into_service_error().is_invalid_parameter_value_exception()));
        Ok(())
    }

    /// All that has ended, page by page.
    async fn is_listed(&self) -> Outcome<()> {
        let list = || self.client.list_durable_executions_by_function().function_name(&self.name);
        let ended = [ExecutionStatus::Succeeded, ExecutionStatus::Failed, ExecutionStatus::Stopped];
        let pages = list().set_statuses(Some(ended.to_vec())).into_paginator().page_size(2).items().send();
        let listed = pages.collect::<Result<Vec<_>, _>>().await?;
        assert!(listed.len() >= 8, "{listed:?}");
        let named = list().durable_execution_name("once").send().await?;
        let named = named.durable_executions().iter().map(|execution| execution.durable_execution_name());
        assert_eq!(named.collect::<Vec<_>>(), ["once"]);
        Ok(())
    }

    async fn invoke(&self, what: &str) -> Outcome<InvokeOutput> {
        let invoke = self.client.invoke().function_name(&self.name).qualifier("$LATEST").payload(payload(what));
        Ok(invoke.send().await?)
    }

    async fn start(&self, what: &str) -> Outcome<String> {
        let invoke = self.client.invoke().function_name(&self.name).invocation_type(InvocationType::Event);
        let started = invoke.payload(payload(what)).send().await?;
        assert_eq!(started.status_code(), 202);
        Ok(started.durable_execution_arn().ok_or("no ARN")?.to_owned())
    }

    async fn ended(&self, arn: &str) -> Outcome<GetDurableExecutionOutput> {
        loop {
            let execution = self.client.get_durable_execution().durable_execution_arn(arn).send().await?;
            if execution.status() != &ExecutionStatus::Running {
                return Ok(execution);
            }
            pause().await;
        }
    }

    async fn history(&self, arn: &str) -> Outcome<Vec<Event>> {
        let history = self.client.get_durable_execution_history().durable_execution_arn(arn);
        let events = history.include_execution_data(true).into_paginator().page_size(3).items().send();
        Ok(events.collect::<Result<_, _>>().await?)
    }

    /// The id of the execution's callback, once it is open.
    async fn callback(&self, arn: &str) -> Outcome<String> {
        loop {
            let history = self.history(arn).await?;
            let opened = history.iter().find_map(|event| Some(event.callback_started_details()?.callback_id()));
            if let Some(id) = opened {
                return Ok(id.to_owned());
            }
            pause().await;
        }
    }
}

fn only<'a>(history: &'a [Event], kind: &EventType) -> &'a Event {
    let mut found = history.iter().filter(|event| event.event_type() == Some(kind));
    match (found.next(), found.next()) {
        (Some(only), None) => only,
        _ => panic!("not one {kind}: {history:?}"),
    }
}

fn payload(what: &str) -> Blob {
    Blob::new(serde_json::json!(what).to_string())
}

async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
}
