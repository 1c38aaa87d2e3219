// A function on AWS's SDK for JavaScript. Its input says what it does; `tests/server/src/asked.rs` does the same on ours.

import { StepSemantics, withDurableExecution } from "@aws/durable-execution-sdk-js";

const again = () => ({ shouldRetry: true, delay: { seconds: 1 } });

async function asked(what, context) {
  switch (what) {
    case "step":
      return context.step("work", async () => "stepped");
    case "wait":
      await context.wait("nap", { seconds: 1 });
      return "waited";
    case "callback": {
      const [answer] = await context.createCallback("answer");
      // This SDK gives what was sent as it is.
      return JSON.parse(await answer);
    }
    case "retry":
      return context.step("flaky", flaky, { retryStrategy: again });
    case "fail":
      throw new Error("asked to fail");
    case "stop":
      await context.wait("night", { days: 1 });
      return "nobody stopped it";
    case "crash":
      return context.step("crashes", crashes, { retryStrategy: again, semantics: StepSemantics.AtMostOncePerRetry });
    default:
      throw new Error(`nobody knows how to ${what}`);
  }
}

async function flaky({ attempt }) {
  if (attempt === 1) throw new Error("not yet");
  return `attempt ${attempt}`;
}

async function crashes({ attempt }) {
  if (attempt === 1) process.exit(7);
  return "survived";
}

export const handler = withDurableExecution(asked);
