import { expect, test } from "@jest/globals";
import { Gauge, Registry } from "prom-client";
import { setLargest } from "../src/set-largest.ts";

async function told(values: Iterable<readonly [string, number]>, most?: number): Promise<string[]> {
  const registry = new Registry();
  const gauge = new Gauge({ name: "left", help: "Left", labelNames: ["tenant"], registers: [registry] });
  gauge.set({ tenant: "of-before" }, 1);
  setLargest(gauge, "tenant", values, most);
  return (await registry.metrics()).split("\n").filter((line) => line.startsWith("left{"));
}

test("each has a series, and what was told before goes", async () => {
  const lines = await told([
    ["a", 1],
    ["b", 2],
  ]);
  expect(lines.toSorted()).toEqual(['left{tenant="a"} 1', 'left{tenant="b"} 2']);
});

test("of too many the largest have theirs, and the rest are summed under a name that nobody has", async () => {
  const values = [
    ["c", 1],
    ["a", 1],
    ["b", 7],
    ["d", 3],
  ] as const;
  expect(await told(values, 2)).toEqual([
    'left{tenant="b"} 7',
    'left{tenant="d"} 3',
    'left{tenant="_other"} 2',
  ]);
});

test("among equals the names decide, so that a series does not come and go", async () => {
  const some = ["d", "b", "c", "a"].map((name) => [name, 1] as const);
  expect(await told(some, 2)).toEqual(await told(some.toReversed(), 2));
});

test("values of one name are summed", async () => {
  expect(
    await told([
      ["-", 1],
      ["-", 2],
    ]),
  ).toEqual(['left{tenant="-"} 3']);
});
