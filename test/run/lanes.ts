/**
 * How real test files share a machine. They wait more than they compute, so two lanes run side by side, each one file
 * after the other; what loads the machine comes afterwards, alone. `product` and `whole` are one lane.
 */
export interface Lanes {
  /** End-to-end tests that one running product is enough for. */
  readonly product: readonly string[];
  /** Other tests of the whole, which start products of their own. */
  readonly whole: readonly string[];
  /** Tests of single rooms. */
  readonly rooms: readonly string[];
  readonly alone: readonly string[];
}

/** They take layers away, expect that nobody writes, and kill what they started. */
const ownProduct = ["conformance", "quiet", "running"].map((name) => `test/e2e/${name}.real.test.ts`);
const loading = ["chaos", "flood", "memory"].map((name) => `test/faults/${name}.real.test.ts`);

export function lanesOf(files: readonly string[]): Lanes {
  const lane = (file: string): keyof Lanes => {
    if (loading.includes(file)) return "alone";
    if (!file.startsWith("test/")) return "rooms";
    return file.startsWith("test/e2e/") && !ownProduct.includes(file) ? "product" : "whole";
  };
  const of = (name: keyof Lanes) => files.filter((file) => lane(file) === name);
  return { product: of("product"), whole: of("whole"), rooms: of("rooms"), alone: of("alone") };
}
