/** Entry bundles by HTTP: streamed as they lie in the store, or cut from the full one. */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import type { Storage } from "@companyos/storage";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import { readTile } from "../src/prover/tiles.ts";
import { logRoutes } from "../src/server/log.ts";
import { blocked, bound, journal, type Rig, record, rig, sender } from "./rig.ts";

let r: Rig;
let server: Server;
let url: string;
/** Streams of the store that were begun and neither read to their end nor cancelled. */
let open = 0;
beforeAll(async () => {
  r = await rig();
  const writer = r.writer();
  const records = Array.from({ length: 300 }, (_, i) => record(i, blocked("acme")));
  for (let from = 0; from < 300; from += 150) {
    const some = records.slice(from, from + 150);
    await writer.submit({ journal, owner: sender, cluster: "test", from, records: some });
  }
  await writer.published(writer.state.tail.size);
  await writer.stop();
  const getStream: typeof r.storage.getStream = async (key, range) => {
    const found = await r.storage.getStream(key, range);
    if (found === undefined) return undefined;
    open++;
    const source = found.bytes.getReader();
    const bytes = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await source.read();
          if (!done) return controller.enqueue(value);
          open--;
          controller.close();
        },
        async cancel() {
          open--;
          await source.cancel();
        },
      },
      { highWaterMark: 0 },
    );
    return { ...found, bytes };
  };
  const storage: Storage = { ...bound(r.storage), getStream };
  const app = express().use(logRoutes({ storage, mayReadEntries: async () => true }));
  server = createServer(app);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await r.remove();
});

const get = (path: string, method = "GET") => fetch(url + path, { method });

test.each([
  ["a full bundle", "/tile/entries/000", 0, 256],
  ["a partial, cut from the full one", "/tile/entries/000.p/10", 0, 10],
  ["a partial that is not full yet", "/tile/entries/001.p/47", 1, 47],
])("%s arrives as it is, with its length", async (_, path, index, width) => {
  const expected = await readTile(r.storage, "entries", index, width);
  const response = await get(path);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-length")).toBe(String(expected!.length));
  expect(response.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
  expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), expected!)).toBe(0);
  const head = await get(path, "HEAD");
  expect(head.headers.get("content-length")).toBe(String(expected!.length));
  expect(await head.text()).toBe("");
});

test("a bundle that there is not, of any width, is not found", async () => {
  for (const path of ["/tile/entries/001", "/tile/entries/001.p/48", "/tile/entries/002.p/1"])
    expect((await get(path)).status).toBe(404);
});

test("readers that go away in the middle leave no file open", async () => {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname));
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.write("GET /tile/entries/000 HTTP/1.1\r\nHost: n\r\n\r\n");
    await once(socket, "readable");
    socket.destroy();
  }
  await until(
    "nothing to be open",
    async () => open,
    (count) => count === 0,
    { timeoutMs: 20_000 },
  );
});
