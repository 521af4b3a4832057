// How a test drives a program: one JSON object a line in, one JSON object a line out.
// The program ends when its input does, so it never outlives the test that started it.
import { createInterface } from "node:readline";

export const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

// `handlers` maps a command's name to a function of the message. What it throws is answered
// as {refused: ...} with the library's own words, because a refusal is a result here.
export async function serveLines(handlers) {
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    try {
      say((await handlers[message.do](message)) ?? {});
    } catch (error) {
      say({ refused: describe(error) });
    }
  }
  process.exit(0);
}

function describe(error) {
  const parts = [];
  for (let each = error; each; each = each.cause) parts.push(`${each.name}: ${each.message}`);
  if (error.errorResponse) parts.push(JSON.stringify(error.errorResponse));
  return parts.join(" < ");
}
