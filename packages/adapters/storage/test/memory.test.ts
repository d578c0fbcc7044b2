import { describe, test } from "@jest/globals";
import { storageConformance } from "../src/conformance/suite.ts";
import { MemoryStore } from "./memory.ts";

describe("the store in memory conforms:", () => {
  test.each(storageConformance)("$name", async ({ run }) => {
    const store = new MemoryStore();
    await run(async () => store.open());
  });
});
