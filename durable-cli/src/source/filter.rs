//! Which executions to list, for a service and for a file.

use std::time::Duration;

use clap::{Args, ValueEnum};
use durable_core::model::{ExecutionStatus, Timestamp};
use durable_core::store::Query;

use super::status;
use crate::span;

/// Which executions to list; every condition that is given must hold.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Filter {
    /// Only of this function.
    #[arg(long, value_name = "FUNCTION")]
    pub(crate) function: Option<String>,
    /// Only those that stand here; several, separated by commas, are one or the other.
    #[arg(long, value_name = "STATUS", value_delimiter = ',', ignore_case = true, value_parser = status::parser())]
    pub(crate) status: Vec<ExecutionStatus>,
    /// Only those with this name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Only those whose name begins like this.
    #[arg(long, value_name = "PREFIX")]
    pub(crate) name_prefix: Option<String>,
    /// Only those that wait for this.
    #[arg(long, value_name = "WHAT")]
    pub(crate) waiting_on: Option<WaitingOn>,
    /// Only those that began longer ago than this: `90s`, `15m`, `2h`, `3d`.
    #[arg(long, value_name = "SPAN", value_parser = span::read)]
    pub(crate) older_than: Option<Duration>,
    /// Only those that began less long ago than this.
    #[arg(long, value_name = "SPAN", value_parser = span::read)]
    pub(crate) newer_than: Option<Duration>,
    /// Only those that are parked: their code does not fit, or ended too many processes.
    #[arg(long)]
    pub(crate) parked: bool,
    /// Oldest first, instead of newest first.
    #[arg(long)]
    pub(crate) oldest_first: bool,
}

/// What an execution waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WaitingOn {
    /// A timer, or the delay before a retry.
    Timer,
    /// A callback.
    Callback,
    /// An execution that it started.
    Child,
}

impl Filter {
    /// As the query of a request; points in time are seconds since 1970.
    pub(crate) fn to_parameters(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let Self { function, status, name, name_prefix, waiting_on, older_than, newer_than, parked, oldest_first } =
            self;
        let seconds = |age: &Duration| (before(now, *age).as_millis() as f64 / 1000.0).to_string();
        let waiting_on = waiting_on.map(|on| match on {
            WaitingOn::Timer => "timer".to_owned(),
            WaitingOn::Callback => "callback".to_owned(),
            WaitingOn::Child => "child".to_owned(),
        });
        let given = [
            ("function", function.clone()),
            ("name", name.clone()),
            ("name_prefix", name_prefix.clone()),
            ("waiting_on", waiting_on),
            ("started_before", older_than.as_ref().map(seconds)),
            ("started_after", newer_than.as_ref().map(seconds)),
            ("parked", parked.then(|| "true".to_owned())),
            ("oldest_first", oldest_first.then(|| "true".to_owned())),
        ];
        let statuses = status.iter().map(|status| ("status", status.name().to_owned()));
        given.into_iter().filter_map(|(key, value)| Some((key, value?))).chain(statuses).collect()
    }

    /// As a question to a store.
    pub(crate) fn to_query(&self, now: Timestamp) -> Query {
        let Self { function, status, name, name_prefix, waiting_on, older_than, newer_than, parked, oldest_first } =
            self;
        let mut query = Query::new();
        query.function.clone_from(function);
        query.name.clone_from(name);
        query.name_prefix.clone_from(name_prefix);
        query.statuses.clone_from(status);
        query.waiting_on = waiting_on.map(|on| match on {
            WaitingOn::Timer => durable_core::store::WaitingOn::Timer,
            WaitingOn::Callback => durable_core::store::WaitingOn::Callback,
            WaitingOn::Child => durable_core::store::WaitingOn::Child,
        });
        query.started_before = older_than.map(|age| before(now, age));
        query.started_from = newer_than.map(|age| before(now, age));
        (query.parked, query.oldest_first) = (*parked, *oldest_first);
        query
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asks_a_service_and_a_file_the_same() {
        let now = Timestamp::from_millis(10_000_500);
        let filter = Filter {
            function: Some("order".to_owned()),
            status: vec![ExecutionStatus::Failed, ExecutionStatus::TimedOut],
            waiting_on: Some(WaitingOn::Callback),
            older_than: Some(Duration::from_secs(3_600)),
            parked: true,
            ..Filter::default()
        };
        let parameters: Vec<_> =
            filter.to_parameters(now).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            parameters.join("&"),
            "function=order&waiting_on=callback&started_before=6400.5&parked=true&status=FAILED&status=TIMED_OUT"
        );
        let query = filter.to_query(now);
        assert_eq!(query.statuses, [ExecutionStatus::Failed, ExecutionStatus::TimedOut]);
        assert_eq!(query.started_before, Some(Timestamp::from_millis(6_400_500)));
        assert_eq!((query.parked, query.waiting_on), (true, Some(durable_core::store::WaitingOn::Callback)));
        assert_eq!(Filter::default().to_query(now), Query::new());
        assert!(Filter::default().to_parameters(now).is_empty());
    }
}
