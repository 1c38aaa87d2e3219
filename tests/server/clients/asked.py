"""A function on AWS's SDK for Python. Its input says what it does; `tests/server/src/asked.rs` does the same on ours."""

import json
import os

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.retries import RetryDecision

SECOND = Duration.from_seconds(1)


def again(_error, _attempt):
    return RetryDecision.retry(SECOND)


def flaky(step):
    if step.attempt == 1:
        raise RuntimeError("not yet")
    return f"attempt {step.attempt}"


def crashes(step):
    if step.attempt == 1:
        os._exit(7)
    return "survived"


@durable_execution
def handler(what, context):
    if what == "step":
        return context.step(lambda _: "stepped", name="work")
    if what == "wait":
        context.wait(SECOND, name="nap")
        return "waited"
    if what == "callback":
        # This SDK gives what was sent as it is.
        return json.loads(context.create_callback(name="answer").result())
    if what == "retry":
        return context.step(flaky, name="flaky", config=StepConfig(retry_strategy=again))
    if what == "fail":
        raise RuntimeError("asked to fail")
    if what == "stop":
        context.wait(Duration.from_days(1), name="night")
        return "nobody stopped it"
    if what == "crash":
        once = StepSemantics.AT_MOST_ONCE_PER_RETRY
        return context.step(crashes, name="crashes", config=StepConfig(retry_strategy=again, step_semantics=once))
    raise RuntimeError(f"nobody knows how to {what}")
