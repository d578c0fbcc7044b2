import { reasons } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { admissionMetrics } from "../src/metrics.ts";

test("every reason for which a refusal may leave no receipt is there at 0, and nothing that is no reason", async () => {
  const registry = new Registry();
  admissionMetrics(registry, { tenant: () => undefined }, () => 0);
  const text = await registry.metrics();
  const started = Array.from(
    text.matchAll(/^residency_unrecorded_block_total\{reason="(.*)"\} (\S+)$/gm),
    ([, reason, value]) => [reason, value],
  );
  expect(started).toEqual(reasons.map(({ code }) => [code, "0"]));
});
