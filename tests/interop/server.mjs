// A bare HTTPS server under the test's own root: TEST_TLS holds its chain and key.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

// `handlers` maps "METHOD /path" to a function of {body, headers, method, url} that returns
// {status, type, body}; an OAuth error a library throws is answered as that error.
export async function listen(handlers) {
  const pem = readFileSync(process.env.TEST_TLS);
  const server = createServer({ cert: pem, key: pem }, async (request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    const handler = handlers[`${request.method} ${request.url}`];
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const asked = { body, url, method: request.method, headers: new Headers(request.headers) };
    const answer = handler ? await handler(asked).catch(asError) : { status: 404 };
    const content = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    const type = answer.type ?? "application/json";
    response.writeHead(answer.status ?? 200, { "content-type": type, "cache-control": "no-store" });
    response.end(content);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return `https://localhost:${server.address().port}`;
}

function asError(error) {
  process.stderr.write(`${error.stack}\n`);
  return { status: error.errorResponse ? 400 : 500, body: error.errorResponse ?? { error: "server_error" } };
}
