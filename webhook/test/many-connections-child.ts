/** Posts so many times at once, each over a connection of its own, and prints how often each status or error came. */

import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";

const { url, ca, cert, key, body, count } = JSON.parse(await text(process.stdin));
const tally: Record<string, number> = {};
const once = () =>
  new Promise<void>((resolve) => {
    const came = (what: string) => {
      tally[what] = (tally[what] ?? 0) + 1;
      resolve();
    };
    const agent = new Agent({ ca, cert, key });
    const headers = { "content-type": "application/json" };
    const outgoing = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume().once("end", () => came(String(response.statusCode)));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => came(error.code ?? error.name));
    outgoing.end(body);
  });
await Promise.all(Array.from({ length: count }, once));
console.log(JSON.stringify(tally));
