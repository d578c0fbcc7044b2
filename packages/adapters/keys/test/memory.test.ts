import { describe, test } from "@jest/globals";
import { keysConformance } from "../src/conformance.ts";
import { MemoryVault } from "./memory.ts";

describe("the vault in memory conforms:", () => {
  test.each(keysConformance)("$name", async ({ run }) => {
    const vault = new MemoryVault();
    await run(async () => vault.open());
  });
});
