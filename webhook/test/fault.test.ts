import { createServer } from "node:http";
import { createDecider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { close, createLogger, listen, reportFaults } from "@companyos/service";
import { afterEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { createAdmit } from "../src/admit.ts";
import { admissionApp } from "../src/app.ts";
import { admissionMetrics } from "../src/metrics.ts";
import { inRegion, pod, review } from "./requests.ts";
import { appendingWith, startTestWebhook } from "./webhook.ts";

const logs: string[] = [];
const registry = new Registry();
let server = createServer();
afterEach(() => close(server, 0));

test("a fault inside the webhook refuses, is logged with the request's uid and its cause, and is counted", async () => {
  const admit = createAdmit({
    decide: () => Promise.reject(new TypeError("the inventory is out of its mind")),
    identification: { identify: () => ({ caller: "test", proven: true }), known() {}, ends: () => true },
    exists: () => true,
    metrics: admissionMetrics(registry, { tenant: () => undefined }, () => 0),
    faults: reportFaults({
      registry,
      log: createLogger({ role: "webhook", write: (line) => void logs.push(line) }),
    }),
    draining: () => false,
  });
  server.on("request", (request, response) => void admit(request, response, ""));
  const url = `http://${await listen(server, { host: "127.0.0.1", port: 0 })}`;
  const answer = await fetch(url, {
    method: "POST",
    body: JSON.stringify(review({ uid: "u7", object: pod() })),
  });
  const { response } = (await answer.json()) as { response: object };
  expect(response).toMatchObject({
    uid: "u7",
    allowed: false,
    auditAnnotations: { reason: "DECISION_FAILED" },
  });
  const [line, ...rest] = logs.map((line) => JSON.parse(line));
  expect(rest).toEqual([]);
  expect(line).toMatchObject({ level: "error", request: "u7" });
  expect(JSON.stringify(line)).toContain("the inventory is out of its mind");
  expect(await registry.getSingleMetricAsString("residency_webhook_faults_total")).toMatch(/_total 1$/);
  expect(await registry.getSingleMetricAsString("residency_faults_total")).toContain('{where="route"} 1');
});

test("a decider that throws refuses, and is logged with the request's uid and counted", async () => {
  const decider = await createDecider(await loadBundle());
  const webhook = await startTestWebhook({
    decider: {
      ...decider,
      decide() {
        throw new TypeError("the decider is out of its mind");
      },
    },
  });
  const { json } = await webhook.post(review({ uid: "u8", object: pod() }));
  expect(json.response).toMatchObject({
    uid: "u8",
    allowed: false,
    auditAnnotations: { reason: "DECISION_FAILED" },
  });
  expect(await webhook.metric('residency_faults_total{where="decision"}')).toBe(1);
  expect(await webhook.metric("residency_webhook_faults_total")).toBe(1);
  const [line] = webhook.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
  expect(line).toMatchObject({ request: "u8", error: { message: "the decider is out of its mind" } });
  await webhook.stop();
});

test("a journal that fails in a way that nobody foresaw is a fault, besides the answer without a receipt", async () => {
  const webhook = await startTestWebhook({
    journal: (outbox) =>
      appendingWith(outbox, () => Promise.reject(new TypeError("the journal is out of its mind"))),
  });
  const { json } = await webhook.post(review({ uid: "u9", object: pod(inRegion("us-east-1")) }));
  expect(json.response).toMatchObject({
    allowed: false,
    auditAnnotations: { reason: "JOURNAL_UNAVAILABLE" },
  });
  expect(await webhook.metric('residency_faults_total{where="decision"}')).toBe(1);
  const [line] = webhook.logs.map((line) => JSON.parse(line)).filter(({ level }) => level === "error");
  expect(line).toMatchObject({ request: "u9", error: { message: "the journal is out of its mind" } });
  await webhook.stop();
});

test("a route that throws answers 500 and tells the asker nothing of why; the log does, and it is counted", async () => {
  const faults: string[] = [];
  const app = admissionApp({
    admit: () => Promise.reject(new TypeError("no route")),
    probes: (_request, _response, next) => next(),
    faults: (where, error) => void faults.push(`${where}: ${(error as Error).message}`),
  });
  server = createServer(app);
  const url = `http://${await listen(server, { host: "127.0.0.1", port: 0 })}`;
  const answer = await fetch(`${url}/admit`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ kind: "Status", reason: "InternalError" });
  expect(faults).toEqual(["route: no route"]);
  expect((await fetch(`${url}/admit/%zz`, { method: "POST" })).status).toBe(400);
  expect(faults).toHaveLength(1);
});
