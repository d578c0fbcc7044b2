import { expect, test } from "@jest/globals";
import { Gauge, Registry } from "prom-client";
import { metricsText } from "../src/metrics-text.ts";

test("metrics are rendered once for all who ask at the same time, and anew for who asks later", async () => {
  const registry = new Registry();
  let collected = 0;
  new Gauge({
    name: "collected",
    help: "How often",
    registers: [registry],
    collect() {
      this.set(++collected);
    },
  });
  const metrics = metricsText(registry);
  const texts = await Promise.all([metrics(), metrics(), metrics()]);
  expect(new Set(texts).size).toBe(1);
  expect(await metrics()).toContain("collected 2");
});
