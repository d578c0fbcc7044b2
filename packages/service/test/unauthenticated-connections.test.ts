import { createServer, get, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { close, listen } from "../src/http-server.ts";
import { limitProbes } from "../src/unauthenticated-connections.ts";
import { manualClock } from "./manual-clock.ts";

/** Stands still: how fast this machine connects must not decide who is cut off. */
const clock = manualClock();
let server: Server;
let address: { host: string; port: number };
const opened: Socket[] = [];

beforeEach(async () => {
  server = createServer((_request, response) => response.end("ok\n"));
  limitProbes(server, clock);
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
    get({ ...address, agent: false }, (response) => {
      const { statusCode, headers } = response.resume();
      response.once("end", () => resolve({ status: statusCode, ends: headers.connection === "close" }));
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
  // 200 at once; of these the 72 oldest make room for the others.
  let closed = 0;
  await new Promise<void>((resolve) => {
    for (const socket of Array.from({ length: 400 }, silent))
      socket.once("close", () => {
        closed += 1;
        if (closed === 272) resolve();
      });
  });
  await expect(probe()).rejects.toThrow();
  clock.advance(1_000);
  expect((await probe()).status).toBe(200);
});
