/**
 * Jest's `runtime` for the pure tests: Node itself loads what they import, once for all files of a worker. What lies in a
 * folder `test`, the file included, is loaded for each file anew.
 *
 * Jest's own runtime evaluates every module once more for each file, in a realm of the file's own.
 */

import { createRequire, registerHooks } from "node:module";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { last } from "@companyos/service/uuidv7";
import { type Globals, give } from "./given.ts";

const rootUrl = new URL("../../../", import.meta.url).href;
const root = fileURLToPath(rootUrl);
const givenUrl = new URL("given.ts", import.meta.url).href;
const globalsUrl = new URL("globals.ts", import.meta.url).href;
const require = createRequire(import.meta.url);
const { default: Runtime } = require("jest-runtime") as typeof import("jest-runtime");

/** A module with this query belongs to the test file that it names. */
const ownQuery = "?of=";
let runs = 0;
const isWatching = process.argv.some((argument) => argument.startsWith("--watch"));

const replacing = [
  "mock",
  "doMock",
  "setMock",
  "unstable_mockModule",
  "resetModules",
  "isolateModules",
] as const;
const refuse = () => {
  throw new Error("pure test files share their modules (test/run/shared): none can be replaced");
};

registerHooks({
  resolve(specifier, context, next) {
    const at = context.parentURL?.indexOf(ownQuery) ?? -1;
    if (at === -1) return next(specifier, context);
    const query = context.parentURL?.slice(at) ?? "";
    if (specifier === "@jest/globals") return { url: `${globalsUrl}${query}`, shortCircuit: true };
    const found = next(specifier, context);
    return isOwn(found.url) ? { ...found, url: `${found.url}${query}` } : found;
  },
});

export default class SharedRuntime extends Runtime {
  /** The framework (jest-circus) keeps the tests of a file in its module: that is made anew, what it imports is not. */
  override requireInternalModule<T = unknown>(path: string): T {
    delete require.cache[path];
    return require(path) as T;
  }

  override async unstable_importModule(path: string): Promise<undefined> {
    const globals = this.requireModuleOrMock<Globals>(path, "@jest/globals");
    for (const name of replacing) globals.jest[name] = refuse;
    give(globals);
    Object.assign(last, { time: 0, sequence: 0 });
    const of = `${encodeURIComponent(relative(root, path))},${runs++}`;
    await import(`${pathToFileURL(path).href}${ownQuery}${of}`);
  }

  /** Jest calls it before and after each file. */
  override resetModules(): void {}
}

/** Whether it is a test's: all that lies in a folder `test`, but no package from elsewhere. In watch mode ours change too. */
function isOwn(url: string): boolean {
  if (!url.startsWith(rootUrl) || url === givenUrl) return false;
  const folders = url.slice(rootUrl.length).split("/");
  return !folders.includes("node_modules") && (isWatching || folders.includes("test"));
}

/** A stack with paths, as jest shows them, instead of URLs. */
export const withPaths = (stack: string): string =>
  stack.replaceAll(rootUrl, root).replaceAll(/\?of=[^:)\s]*(?=:\d)/g, "");
