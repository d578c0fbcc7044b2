import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, expect, test } from "@jest/globals";
import { request } from "undici";
import { connectionsUnder } from "../src/connections.ts";
import { lackOf } from "../src/evidence/lack.ts";
import { SilenceBudget } from "../src/silence-budget.ts";

const servers: Server[] = [];
const { agent, destroy } = connectionsUnder("", 60_000);
afterAll(destroy);
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets.splice(0)) socket.destroy();
});
const sockets: Socket[] = [];

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket) => sockets.push(socket));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

const asking = (budget: SilenceBudget, url: string, mostMs = 60_000) =>
  budget
    .within(url, mostMs, (signal) =>
      request(url, { dispatcher: agent, signal, headersTimeout: 0, bodyTimeout: 60_000 }),
    )
    .then(
      async ({ body }) => await body.text(),
      (error: unknown) => lackOf({ region: "eu", name: "eu" }, error).reason,
    );

test("a server that is silent is waited for once, whatever it is asked and by how many", async () => {
  let asked = 0;
  const port = await listening(createServer(() => asked++));
  const [one, other] = ["a", "b"].map((path) => `http://127.0.0.1:${port}/${path}`);
  const budget = new SilenceBudget(300);
  expect(await Promise.all([asking(budget, one!), asking(budget, other!)])).toEqual([
    "timed_out",
    "timed_out",
  ]);
  expect(asked).toBe(2);
  for (let i = 0; i < 5; i++) expect(await asking(budget, one!)).toBe("timed_out");
  expect(asked).toBe(2);
});

test("connecting counts as silence, and is given up as it is", async () => {
  // It accepts, and never says a word of TLS.
  const port = await listening(createTcpServer());
  const budget = new SilenceBudget(300);
  const url = `https://127.0.0.1:${port}/`;
  expect(await asking(budget, url)).toBe("timed_out");
  expect(await asking(budget, url)).toBe("timed_out");
  expect(sockets).toHaveLength(1);
});

test("what is being connected ends with the rest, so that the process may", async () => {
  const port = await listening(createTcpServer());
  const own = connectionsUnder("", 60_000);
  const url = `https://127.0.0.1:${port}/`;
  const budget = new SilenceBudget(300);
  await expect(
    budget.within(url, 300, (signal) => request(url, { dispatcher: own.agent, signal })),
  ).rejects.toMatchObject({ code: "UND_ERR_HEADERS_TIMEOUT" });
  const ended = once(sockets[0]!.resume(), "close");
  await own.destroy();
  await ended;
});

test("what a question that gives up early waited is used up, and what the server says gives it all again", async () => {
  let speaks = true;
  const port = await listening(
    createServer((_request, response) => {
      if (speaks) response.end("here");
    }),
  );
  const url = `http://127.0.0.1:${port}/`;
  const budget = new SilenceBudget(2_000);
  for (const outcome of ["here", "timed_out", "here", "timed_out"]) {
    speaks = outcome === "here";
    expect(await asking(budget, url, speaks ? 60_000 : 1_200)).toBe(outcome);
  }
  const others = await listening(createServer((_request, response) => response.end("another")));
  expect(await asking(budget, `http://127.0.0.1:${others}/`)).toBe("another");
});

test("a response that stops is silence too", async () => {
  let asked = 0;
  const port = await listening(
    createServer((_request, response) => {
      asked++;
      response.write("some");
    }),
  );
  const url = `http://127.0.0.1:${port}/`;
  const budget = new SilenceBudget(5_000);
  const { body } = await budget.within(url, 5_000, (signal) =>
    request(url, { dispatcher: agent, signal, bodyTimeout: 100 }),
  );
  await expect(body.text()).rejects.toMatchObject({ code: "UND_ERR_BODY_TIMEOUT" });
  expect(await asking(budget, url)).toBe("timed_out");
  expect(asked).toBe(1);
});
