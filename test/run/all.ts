/**
 * `make test`: every runner there is, one after the other; the last line adds up what each of them counted.
 * With names of rooms (`make test PART="operator notary"`) only the tests of those.
 */
import { glob, mkdir, rm } from "node:fs/promises";
import { jest } from "./jest.ts";
import { filesOf, UnknownPart } from "./parts.ts";
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
const whole = (...runners: Runner[]) => (everything ? runners : []);
const tests = (options: Parameters<typeof jest>[0]) => (options.files.length > 0 ? [jest(options)] : []);

const runners: readonly Runner[] = [
  ...whole(
    check("types", "npm", ["run", "--silent", "types"]),
    check("lint", "npm", ["run", "--silent", "lint"]),
    check("generated files", node, ["dev/tools/src/generate.ts", "--check"]),
  ),
  ...tests({ name: "pure", project: "pure", files: of(false), workers: 2 }),
  ...(everything || files.some((file) => file.startsWith("policies/")) ? [rego] : []),
  ...tests({ name: "real", project: "real", files: of(true), workers: 1, again: true }),
  ...whole(story),
];

await rm(reports, { recursive: true, force: true });
await mkdir(reports, { recursive: true });
const ran: Ran[] = [];
for (const runner of runners) {
  console.log(`\n=== ${runner.name}`);
  const started = performance.now();
  const outcome = await runner.run().catch((error: unknown) => {
    console.error(error);
    return counted({ passed: 0, failed: 1 });
  });
  ran.push({ name: runner.name, seconds: (performance.now() - started) / 1000, ...outcome });
}
const { passed, failed } = sum(ran);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
console.log(`\n${summary(ran, root)}`);

function chosen(): string[] {
  try {
    return filesOf(part, found).toSorted();
  } catch (error) {
    if (!(error instanceof UnknownPart)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
