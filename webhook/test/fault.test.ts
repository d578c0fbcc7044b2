import { createServer } from "node:http";
import { close, createLogger, listen } from "@companyos/service";
import { afterEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { createAdmit } from "../src/admit.ts";
import { admissionMetrics } from "../src/metrics.ts";
import { pod, review } from "./requests.ts";

const logs: string[] = [];
const registry = new Registry();
const server = createServer();
afterEach(() => close(server, 0));

test("a fault inside the webhook refuses, is logged with the request's uid and its cause, and is counted", async () => {
  const admit = createAdmit({
    judge: () => Promise.reject(new TypeError("the inventory is out of its mind")),
    door: { identify: () => ({ caller: "test", proven: true }), known() {}, ends: () => true },
    exists: () => true,
    metrics: admissionMetrics(registry, () => 0),
    log: createLogger({ role: "webhook", write: (line) => void logs.push(line) }),
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
});
