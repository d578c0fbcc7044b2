import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { lanesOf } from "./lanes.ts";
import { root } from "./program.ts";

const files = [
  "operator/test/pin.real.test.ts",
  "test/e2e/modes.real.test.ts",
  "test/e2e/quiet.real.test.ts",
  "test/faults/flood.real.test.ts",
  "test/faults/kills.real.test.ts",
  "packages/kube/test/client.real.test.ts",
];

test("every file runs in one lane", () => {
  expect(lanesOf(files)).toEqual({
    product: ["test/e2e/modes.real.test.ts"],
    whole: ["test/e2e/quiet.real.test.ts", "test/faults/kills.real.test.ts"],
    rooms: ["operator/test/pin.real.test.ts", "packages/kube/test/client.real.test.ts"],
    alone: ["test/faults/flood.real.test.ts"],
  });
});

test("what lanes name is there", () => {
  const named = ["conformance", "quiet", "running"].map((name) => `test/e2e/${name}.real.test.ts`);
  const loading = ["chaos", "flood", "memory"].map((name) => `test/faults/${name}.real.test.ts`);
  for (const file of [...named, ...loading])
    expect([file, existsSync(join(root, file))]).toEqual([file, true]);
  expect(lanesOf([...named, ...loading])).toMatchObject({ product: [], whole: named, alone: loading });
});
