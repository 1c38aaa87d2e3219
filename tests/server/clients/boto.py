"""boto3 against a service: `boto.py URL FUNCTION…`. What AWS's SDK for Rust checks, `tests/server/src/sdk.rs` has; this
is the same for Python, and what only newer clients know: pauses and deletions."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PROCESSES = ["asked-rust", "asked-python", "asked-node"]


class Function:
    def __init__(self, client, name):
        self.client, self.name = client, name

    def invoke(self, what, kind="RequestResponse", **more):
        return self.client.invoke(
            FunctionName=self.name, Qualifier="$LATEST", InvocationType=kind, Payload=json.dumps(what), **more
        )

    def start(self, what, **more):
        started = self.invoke(what, "Event", **more)
        assert started["StatusCode"] == 202, started
        return started["DurableExecutionArn"]

    def get(self, arn):
        return self.client.get_durable_execution(DurableExecutionArn=arn)

    def until(self, arn, *statuses):
        while (found := self.get(arn))["Status"] not in statuses:
            time.sleep(0.02)
        return found

    def ended(self, arn):
        return self.until(arn, "SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED")

    def history(self, arn):
        pages = self.client.get_paginator("get_durable_execution_history")
        return list(
            pages.paginate(
                DurableExecutionArn=arn, IncludeExecutionData=True, PaginationConfig={"PageSize": 3}
            ).search("Events")
        )

    def event(self, arn, kind):
        """The first event of this type, as soon as there is one."""
        while not (found := [event for event in self.history(arn) if event["EventType"] == kind]):
            time.sleep(0.02)
        return found[0]

    def check(self):
        checks = [self.steps, self.waits, self.calls_back, self.retries, self.fails, self.is_stopped]
        checks += [self.is_started_once, self.is_paused, self.is_deleted, self.refuses]
        if self.name in PROCESSES:
            checks.append(self.crashes)
        with ThreadPoolExecutor(len(checks)) as threads:
            for check in [threads.submit(check) for check in checks]:
                check.result()
        self.is_listed()
        return len(checks) + 1

    def steps(self):
        done = self.invoke("step")
        assert (done["StatusCode"], json.load(done["Payload"])) == (200, "stepped"), done
        assert done["ExecutedVersion"] == "$LATEST", done
        arn = done["DurableExecutionArn"]
        ended = self.get(arn)
        assert (ended["Status"], ended["InputPayload"], ended["Result"]) == ("SUCCEEDED", '"step"', '"stepped"'), ended
        events = self.history(arn)
        assert [event["EventId"] for event in events] == list(range(1, len(events) + 1)), events
        kinds = [event["EventType"] for event in events]
        expected = ["ExecutionStarted", "StepStarted", "StepSucceeded", "InvocationCompleted", "ExecutionSucceeded"]
        assert kinds == expected, kinds
        back = self.client.get_durable_execution_history(DurableExecutionArn=arn, ReverseOrder=True)["Events"]
        assert [event["EventId"] for event in back] == list(range(len(events), 0, -1)), back

    def waits(self):
        arn = self.start("wait")
        assert self.ended(arn)["Result"] == '"waited"'
        began, woke = self.event(arn, "WaitStarted"), self.event(arn, "WaitSucceeded")
        assert began["WaitStartedDetails"]["Duration"] == 1, began
        assert (woke["EventTimestamp"] - began["EventTimestamp"]).total_seconds() >= 0.999, (began, woke)

    def calls_back(self):
        succeed = self.client.send_durable_execution_callback_success
        answered, refused = self.start("callback"), self.start("callback")
        opened = self.event(answered, "CallbackStarted")
        assert opened["Name"] == "answer", opened
        callback = opened["CallbackStartedDetails"]["CallbackId"]
        self.client.send_durable_execution_callback_heartbeat(CallbackId=callback)
        succeed(CallbackId=callback, Result=b'"signed"')
        refuses("CallbackTimeoutException", succeed, CallbackId=callback, Result=b'"again"')
        refusal = self.event(refused, "CallbackStarted")["CallbackStartedDetails"]["CallbackId"]
        error = {"ErrorType": "Refused", "ErrorMessage": "no"}
        self.client.send_durable_execution_callback_failure(CallbackId=refusal, Error=error)
        assert self.ended(answered)["Result"] == '"signed"'
        assert self.ended(refused)["Status"] == "FAILED"
        failed = self.event(refused, "CallbackFailed")["CallbackFailedDetails"]["Error"]["Payload"]
        assert failed == error, failed
        refuses("ResourceNotFoundException", succeed, CallbackId="bm90aGluZw==", Result=b"")

    def retries(self):
        arn = self.start("retry")
        assert self.ended(arn)["Result"] == '"attempt 2"'
        retry = self.event(arn, "StepFailed")["StepFailedDetails"]["RetryDetails"]
        assert retry == {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 1}, retry

    def fails(self):
        failed = self.invoke("fail")
        assert failed["FunctionError"], failed
        ended = self.ended(failed["DurableExecutionArn"])
        assert (ended["Status"], ended["Error"]["ErrorMessage"]) == ("FAILED", "asked to fail"), ended

    def is_stopped(self):
        arn = self.start("stop")
        self.event(arn, "WaitStarted")
        error = {"ErrorType": "Enough", "ErrorMessage": "changed her mind"}
        self.client.stop_durable_execution(DurableExecutionArn=arn, Error=error)
        ended = self.ended(arn)
        assert (ended["Status"], ended["Error"]) == ("STOPPED", error), ended

    def is_started_once(self):
        first, second = [self.start("step", DurableExecutionName="once-only") for _ in range(2)]
        assert first == second, (first, second)
        taken = "DurableExecutionAlreadyStartedException"
        refuses(taken, self.start, "wait", DurableExecutionName="once-only")
        assert self.invoke("step", "DryRun")["StatusCode"] == 204

    def is_paused(self):
        arn = self.start("callback")
        callback = self.event(arn, "CallbackStarted")["CallbackStartedDetails"]["CallbackId"]
        self.event(arn, "InvocationCompleted")
        self.client.pause_durable_execution(DurableExecutionArn=arn, Reason="closed")
        assert self.until(arn, "PAUSED")["PauseDetails"]["Reason"] == "closed"
        self.client.send_durable_execution_callback_success(CallbackId=callback, Result=b'"in the pause"')
        self.event(arn, "CallbackSucceeded")
        assert self.get(arn)["Status"] == "PAUSED"
        self.client.resume_durable_execution(DurableExecutionArn=arn)
        assert self.ended(arn)["Result"] == '"in the pause"'
        self.event(arn, "ExecutionPaused"), self.event(arn, "ExecutionResumed")

    def is_deleted(self):
        arn = self.start("callback")
        delete = self.client.delete_durable_execution
        refuses("ResourceConflictException", delete, DurableExecutionArn=arn)
        self.client.stop_durable_execution(DurableExecutionArn=arn)
        self.ended(arn)
        delete(DurableExecutionArn=arn)
        refuses("ResourceNotFoundException", self.get, arn)

    def refuses(self):
        refuses("ResourceNotFoundException", self.client.invoke, FunctionName="nobody")
        refuses("InvalidParameterValueException", self.get, "arn:aws:lambda:us-west-2:1:function:f:1/nothing")

    def crashes(self):
        arn = self.start("crash")
        assert self.ended(arn)["Result"] == '"survived"'
        crashed = [event.get("InvocationCompletedDetails", {}).get("Error") for event in self.history(arn)]
        assert "Runtime.ExitError" in [error["Payload"]["ErrorType"] for error in crashed if error], crashed

    def is_listed(self):
        pages = self.client.get_paginator("list_durable_executions_by_function")
        ended = ["SUCCEEDED", "FAILED", "STOPPED"]
        pages = pages.paginate(FunctionName=self.name, Statuses=ended, PaginationConfig={"PageSize": 2})
        listed = list(pages.search("DurableExecutions"))
        assert len(listed) >= 9 and all(execution["Status"] in ended for execution in listed), listed
        named = self.client.list_durable_executions_by_function
        named = named(FunctionName=self.name, DurableExecutionName="once-only")["DurableExecutions"]
        assert [execution["DurableExecutionName"] for execution in named] == ["once-only"], named


def refuses(code, call, *arguments, **named):
    try:
        answer = call(*arguments, **named)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["Error"]["Message"], error.response
    else:
        raise AssertionError(f"{code} was due, and not {answer}")


def known(value, shape, place):
    """Every key that comes has its place in AWS's model: boto3 itself does not see those that have none."""
    if shape.type_name == "structure" and isinstance(value, dict):
        keys = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for key, below in value.items():
            assert key in keys, f"{place}.{key} is not in AWS's model"
            known(below, keys[key], f"{place}.{key}")
    elif shape.type_name == "list":
        for below in value:
            known(below, shape.member, place)


def is_known(operation_model, response_dict, **_):
    shape = operation_model.output_shape
    if response_dict["status_code"] < 300 and "payload" not in shape.serialization and response_dict["body"]:
        known(json.loads(response_dict["body"]), shape, operation_model.name)


def main():
    endpoint, *functions = sys.argv[1:]
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=50)
    client = boto3.client("lambda", endpoint_url=endpoint, config=config)
    client.meta.events.register("before-parse.lambda", is_known)
    for name in functions:
        print(f"{name}: {Function(client, name).check()} things are as they have to be for boto3 {boto3.__version__}")


main()
