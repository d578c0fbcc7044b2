import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import type { Product } from "../src/product.ts";
import { onProduct } from "./product.ts";
import { counted, type Runner } from "./runner.ts";

/** A lane that says with which environment it ran. */
function lane(ran: (env: unknown) => void): Runner {
  return {
    name: "lane",
    async run(env) {
      ran(env);
      return counted({ passed: 3, failed: 0 });
    },
  };
}

test("the lane runs on the product, which is stopped afterwards", async () => {
  const done: unknown[] = [];
  const product = { stateDir: "/state", stop: async () => void done.push("stopped") } as Partial<Product>;
  const runner = onProduct(
    lane((env) => done.push(env)),
    async () => product as Product,
  );
  expect(await runner.run()).toEqual(counted({ passed: 3, failed: 0 }));
  expect(done).toEqual([{ COMPANYOS_E2E_STATE: "/state", COMPANYOS_TEST_CLUSTER: "/state" }, "stopped"]);
});

test("a product that does not start is told as flaky, with its log, when the lane passes without it", async () => {
  const done: unknown[] = [];
  const fails = async () => {
    throw new Error("the operator did not become ready");
  };
  const { count, flaky } = await onProduct(
    lane((env) => done.push(env)),
    fails,
  ).run();
  expect(count).toEqual({ passed: 3, failed: 0 });
  expect(done).toEqual([undefined]);
  expect(flaky.map(({ file }) => file)).toEqual(["the product that end-to-end tests share"]);
  expect(await readFile(flaky[0]!.log, "utf8")).toContain("the operator did not become ready");
});
