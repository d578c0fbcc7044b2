import type { Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Gauge, Registry } from "prom-client";
import { close, createLogger, createProbeServer, listen, reportFaults } from "../src/index.ts";

let server: Server;
let url: string;
let missing: string[];
let registry: Registry;
let logs: Record<string, unknown>[];
beforeEach(async () => {
  [missing, logs, registry] = [[], [], new Registry()];
  const log = createLogger({ role: "test", write: (line) => void logs.push(JSON.parse(line)) });
  const faults = reportFaults({ registry, log });
  server = createProbeServer({ notReady: () => missing, registry, faults });
  url = `http://${await listen(server, { host: "127.0.0.1", port: 0 })}`;
});
afterEach(() => close(server, 0));

const get = async (path: string, method = "GET") => {
  const answer = await fetch(url + path, { method });
  return { status: answer.status, body: await answer.text() };
};

test("it lives, and is ready once nothing is missing", async () => {
  missing = ["inventory not synced", "no serving certificate"];
  expect(await get("/livez")).toEqual({ status: 200, body: "ok\n" });
  expect(await get("/readyz")).toEqual({
    status: 503,
    body: "not ready: inventory not synced, no serving certificate\n",
  });
  missing = [];
  expect(await get("/readyz?verbose")).toEqual({ status: 200, body: "ok\n" });
});

test("there are metrics, and nothing else to read or to write", async () => {
  expect((await get("/metrics")).body).toContain('residency_faults_total{where="route"} 0');
  expect((await get("/")).status).toBe(404);
  expect((await get("/livez", "POST")).status).toBe(404);
});

test("a metric that cannot be read answers 500, is logged and counted, and the process goes on", async () => {
  new Gauge({
    name: "broken",
    help: "Throws",
    registers: [registry],
    collect() {
      throw new TypeError("no figure");
    },
  });
  expect((await get("/metrics")).status).toBe(500);
  expect(logs).toEqual([
    expect.objectContaining({
      path: "/metrics",
      error: expect.objectContaining({ message: "no figure" }),
    }),
  ]);
  registry.removeSingleMetric("broken");
  expect((await get("/metrics")).body).toContain('residency_faults_total{where="route"} 1');
});
