/**
 * `make test`: every runner there is, one after the other; the last line adds up what each of them counted.
 * With names of rooms (`make test PART="operator notary"`) only the tests of those.
 */

import { glob, mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { build } from "./build.ts";
import { jest } from "./jest.ts";
import { lanesOf } from "./lanes.ts";
import { filesOf, UnknownPart } from "./parts.ts";
import { onProduct } from "./product.ts";
import { reports, root } from "./program.ts";
import { rego } from "./rego.ts";
import { check, counted, type Runner } from "./runner.ts";
import { story } from "./story.ts";
import { type Ran, sum, summary } from "./summary.ts";

const found: string[] = [];
const ignored = /(^|\/)(node_modules|dist|\.[^/]*)$/;
for await (const file of glob("**/*.test.ts", { cwd: root, exclude: (path) => ignored.test(path) }))
  found.push(file);
const part = process.argv.slice(2).join(" ");
const files = chosen();
const of = (real: boolean) => files.filter((file) => file.endsWith(".real.test.ts") === real);
const node = process.execPath;

const everything = part.trim() === "";
const tests = (options: Parameters<typeof jest>[0]) => (options.files.length > 0 ? [jest(options)] : []);

const { product, whole, rooms, alone } = lanesOf(of(true));
const lane = (name: string, files: readonly string[]) =>
  tests({ name, files, project: "real", workers: 1, again: true });

/** One stage after the other; the lanes of a stage side by side, the runners of a lane one after the other. */
const stages: readonly (readonly (readonly Runner[])[])[] = [
  [
    everything
      ? [
          check("types", "npm", ["run", "--silent", "types"]),
          check("lint", "npm", ["run", "--silent", "lint"]),
          check("generated files", node, ["dev/tools/src/generate.ts", "--check"]),
        ]
      : [],
  ],
  [
    tests({
      name: "pure",
      project: "pure",
      files: of(false),
      workers: Math.max(2, availableParallelism() - 1),
    }),
  ],
  [everything || files.some((file) => file.startsWith("policies/")) ? [rego] : []],
  [of(true).length > 0 ? [build] : []],
  [
    [...lane("real-product", product).map((each) => onProduct(each)), ...lane("real-whole", whole)],
    lane("real-rooms", rooms),
  ],
  [lane("real-alone", alone)],
  [everything ? [story] : []],
];

await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });
const began = performance.now();
const ran: Ran[] = [];
for (const stage of stages) {
  const lanes = await Promise.all(stage.map(inTurn));
  for (const each of lanes.flat()) ran.push(await secondLook(each));
}
const { passed, failed } = sum(ran);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`\n${summary(ran, root, secondsSince(began))}`);

async function inTurn(runners: readonly Runner[]): Promise<Ran[]> {
  const done: Ran[] = [];
  for (const runner of runners) {
    console.log(`\n=== ${runner.name}`);
    const started = performance.now();
    const outcome = await runner.run().catch((error: unknown) => {
      console.error(error);
      return counted({ passed: 0, failed: 1 });
    });
    done.push({ name: runner.name, seconds: secondsSince(started), ...outcome });
  }
  return done;
}

/** What failed runs once more by itself, now that nothing else runs. */
async function secondLook(first: Ran): Promise<Ran> {
  if (!first.again) return first;
  const { again: _, ...second } = { ...first, ...(await first.again()) };
  return { ...second, flaky: [...first.flaky, ...second.flaky] };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

function chosen(): string[] {
  try {
    return filesOf(part, found).toSorted();
  } catch (error) {
    if (!(error instanceof UnknownPart)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
