// The Runtime API for a handler in JavaScript: AWS's own client of it brings C++ along that would have to be built.
//
//     node runtime.mjs MODULE
//
// The module exports `handler`.

const { handler } = await import(process.argv[2]);
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

const post = (path, body) => fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(body) });

for (;;) {
  const next = await fetch(`${api}/next`);
  const header = (name) => next.headers.get(`lambda-runtime-${name}`);
  const awsRequestId = header("aws-request-id");
  const deadline = Number(header("deadline-ms"));
  const context = {
    awsRequestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: header("invoked-function-arn"),
    tenantId: header("aws-tenant-id") ?? undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    const answer = await handler(await next.json(), context);
    await post(`${awsRequestId}/response`, answer);
  } catch (error) {
    const stackTrace = String(error.stack).split("\n").slice(1).map((line) => line.trim());
    await post(`${awsRequestId}/error`, { errorType: error.name, errorMessage: error.message, stackTrace });
  }
}
