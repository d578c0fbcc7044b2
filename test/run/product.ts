import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Product, startProduct } from "../src/product.ts";
import { reports } from "./program.ts";
import type { Outcome, Runner } from "./runner.ts";

/**
 * Runs a lane of end-to-end tests on one running product, started before it and stopped after it. If it does not start,
 * each file starts its own, and the start is told as flaky.
 */
export const onProduct = (lane: Runner, start: () => Promise<Product> = startProduct): Runner => ({
  name: lane.name,
  async run() {
    let product: Product;
    try {
      product = await start();
    } catch (error) {
      return withoutProduct(await lane.run(), error);
    }
    try {
      return await lane.run({
        COMPANYOS_E2E_STATE: product.stateDir,
        // Nothing in this lane uses the shared control plane: no other need be started for it.
        COMPANYOS_TEST_CLUSTER: product.stateDir,
      });
    } finally {
      await product.stop();
    }
  },
});

async function withoutProduct(outcome: Outcome, error: unknown): Promise<Outcome> {
  const log = join(reports, "flaky", "shared-product.log");
  await mkdir(dirname(log), { recursive: true });
  await writeFile(log, String(error));
  return { ...outcome, flaky: [...outcome.flaky, { file: "the product that end-to-end tests share", log }] };
}
