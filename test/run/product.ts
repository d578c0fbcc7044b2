import { startProduct } from "../src/product.ts";
import type { Runner } from "./runner.ts";

/** Runs a lane of end-to-end tests on one running product, started before it and stopped after it. */
export const onProduct = (lane: Runner): Runner => ({
  name: lane.name,
  async run() {
    const product = await startProduct();
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
