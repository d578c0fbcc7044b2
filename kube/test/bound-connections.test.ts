import { createServer, get, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { boundProbes } from "../src/bound-connections.ts";
import { close, listen } from "../src/http-server.ts";

let server: Server;
let address: { host: string; port: number };
const opened: Socket[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => response.end("ok\n"));
  boundProbes(server);
  const [host, port] = (await listen(server, { host: "127.0.0.1", port: 0 })).split(":");
  address = { host: host!, port: Number(port) };
});
afterEach(async () => {
  for (const socket of opened) socket.destroy();
  await close(server, 0);
});

const silent = () => {
  const socket = connect(address.port, address.host);
  socket.on("error", () => {});
  opened.push(socket);
  return socket;
};
const probe = () =>
  new Promise<{ status: number | undefined; ends: boolean }>((resolve, reject) => {
    get({ ...address, agent: false }, ({ statusCode, headers, ...response }) => {
      resolve({ status: statusCode, ends: headers.connection === "close" });
      void response;
    }).once("error", reject);
  });

test("whoever holds connections and says nothing gives way: a probe gets in", async () => {
  const all = Array.from({ length: 160 }, silent);
  // The oldest are the ones that go.
  await Promise.all(
    all.slice(0, 30).map((socket) => new Promise((resolve) => socket.once("close", resolve))),
  );
  expect(await probe()).toEqual({ status: 200, ends: true });
});

test("an address that connects faster than it may is cut off before anything is read, and may again a moment later", async () => {
  const all = Array.from({ length: 400 }, silent);
  const closed = all.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  await Promise.all(closed.slice(300));
  let answer: Awaited<ReturnType<typeof probe>> | undefined;
  while (!answer) answer = await probe().catch(() => undefined);
  expect(answer.status).toBe(200);
});
