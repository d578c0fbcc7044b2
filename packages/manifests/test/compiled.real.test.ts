import { expect, test } from "@jest/globals";
import { committedModule, compile, goVersion, installedGo } from "../src/build.ts";

test("what is committed is what the sources compile to, with the release of Go that it names", async () => {
  const compiled = await compile();
  expect(compiled.length).toBeGreaterThan(1e6);
  // Another release lays out the code differently; that the sources compile is all that it can tell.
  if ((await installedGo()) !== goVersion) return;
  expect(Buffer.from(compiled).equals(await committedModule())).toBe(true);
});
