/** A file that its index does not know does nothing, and nothing says so: docs/development.md, "Where new things go". */
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Indexed {
  readonly files: string;
  readonly index: string;
  /** Names of files that are no entry: what the others share. */
  readonly shared?: readonly string[];
}

const indexed: readonly Indexed[] = [
  {
    files: "policies/src/kinds/*.ts",
    index: "policies/src/kinds/index.ts",
    shared: ["kind", "find", "page", "template"],
  },
  { files: "crds/src/kinds/*.ts", index: "crds/src/kinds.ts", shared: ["tenant-status"] },
  {
    files: "packages/receipts/src/types/*.ts",
    index: "packages/receipts/src/types/index.ts",
    shared: ["decided-request", "disclosures", "receipt-type", "table"],
  },
  { files: "packages/receipts/src/refusal-list/*.ts", index: "packages/receipts/src/refusal-list.ts" },
  { files: "packages/conformance/src/ways/*.ts", index: "packages/conformance/src/attempts.ts" },
  { files: "operator/src/*/controller.ts", index: "operator/src/controllers.ts" },
  {
    files: "operator/src/admission/objects/*.ts",
    index: "operator/src/admission/objects/index.ts",
    shared: ["excess", "literal", "may-move", "mirror", "own-pin", "owners", "pin-cel", "placed"],
  },
  { files: "cli/src/verbs/*.ts", index: "cli/src/verbs/index.ts" },
];

test.each(indexed)("$index imports each of $files", ({ files, index, shared = [] }) => {
  const text = readFileSync(join(root, index), "utf8");
  const entries = globSync(files, { cwd: root })
    .filter((file) => file !== index && !shared.includes(basename(file, ".ts")))
    .toSorted();
  expect(entries.length).toBeGreaterThan(2);
  const from = (file: string) => `from "./${relative(dirname(index), file)}"`;
  expect(entries.filter((file) => !text.includes(from(file)))).toEqual([]);
});

test("every file that is said to be shared is there", () => {
  const names = indexed.flatMap(({ files, shared = [] }) =>
    shared.map((name) => join(dirname(files), `${name}.ts`)),
  );
  expect(names.filter((name) => globSync(name, { cwd: root }).length === 0)).toEqual([]);
});
