import { expect, test } from "@jest/globals";
import { run } from "./command.ts";

/** Prints which module each module asks for by a package's name. */
const hooks = `
import { registerHooks } from "node:module";
registerHooks({
  resolve(name, context, next) {
    if (!name.startsWith(".")) console.error("asked for " + name);
    return next(name, context);
  },
});`;

test("--help loads no client, no verifier and no metrics: who asks for it waits for a few dozen files", async () => {
  const preload = `data:text/javascript,${encodeURIComponent(hooks)}`;
  const { code, stderr } = await run(process.execPath, [
    "--import",
    preload,
    "dev/product/bin/companyos.js",
    "--help",
  ]);
  const asked = new Set([...stderr.matchAll(/^asked for (.+)$/gm)].map(([, name]) => name));
  const packages = [...asked].filter((name) => !/^(node:|file:|data:|\/)/.test(name as string));
  expect([code, packages.sort()]).toEqual([0, ["@companyos/crds/names", "commander", "companyos"]]);
});
