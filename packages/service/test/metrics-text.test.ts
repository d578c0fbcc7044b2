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
  expect(Buffer.concat(await metrics()).toString()).toContain("collected 2");
});

test("the pieces are the text that the registry makes in one, each no longer than its metric", async () => {
  const registry = new Registry();
  for (const name of ["a", "b", "c"])
    new Gauge({ name, help: `Help of ${name}`, labelNames: ["of"], registers: [registry] }).set(
      { of: name },
      1,
    );
  const pieces = await metricsText(registry)();
  expect(pieces.map((piece) => piece.toString().split("\n")[0])).toEqual([
    "# HELP a Help of a",
    "# HELP b Help of b",
    "# HELP c Help of c",
  ]);
  expect(Buffer.concat(pieces).toString().trim()).toBe((await registry.metrics()).trim());
});

test("other work is not kept waiting until all is rendered", async () => {
  const registry = new Registry();
  const order: string[] = [];
  for (const name of ["a", "b"])
    new Gauge({
      name,
      help: "Help",
      registers: [registry],
      collect() {
        order.push(name);
        setImmediate(() => order.push(`after ${name}`));
      },
    });
  await metricsText(registry)();
  expect(order.slice(0, 3)).toEqual(["a", "after a", "b"]);
});
