import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = (file: string) => readFileSync(join(root, file), "utf8");

test("every metric of ours that the code names is in docs/operations.md", () => {
  const sources = globSync(["{webhook,operator,notary,cli}/src/**/*.ts", "packages/**/src/**/*.ts"], {
    cwd: root,
    exclude: ["**/node_modules/**"],
  });
  const names = new Set(
    sources.flatMap((file) =>
      [...text(file).matchAll(/["`\s](residency_[a-z_]+[a-z])\b/g)].map(([, name]) => name as string),
    ),
  );
  const documented = new Set(text("docs/operations.md").match(/residency_[a-z_]+[a-z]\b/g));
  expect(names.size).toBeGreaterThan(30);
  expect([...names].filter((name) => !documented.has(name)).toSorted()).toEqual([]);
});
