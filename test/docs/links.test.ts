import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = globSync(["README.md", "docs/**/*.md", "examples/**/*.md"], { cwd: root });
const text = (page: string) => readFileSync(join(root, page), "utf8");

/** Targets of `[…](…)` that are files of this project, without their anchors. */
function linked(page: string): string[] {
  const prose = text(page).replace(/`[^`\n]*`/g, "``");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => (target as string).replace(/#.*$/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

test("every link from one of our pages to a file leads to one", () => {
  const links = pages.flatMap((page) => linked(page).map((target) => ({ page, target })));
  expect(links.length).toBeGreaterThan(20);
  expect(links.filter(({ page, target }) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
});

/** Code spans that read as a path from the root of this project; `COMMIT` and the like stand for any name. */
function namedPaths(page: string): string[] {
  const rooms = new Set(readdirSync(root).filter((name) => name !== "dist"));
  return [...text(page).matchAll(/`([\w.-]+(?:\/[\w.*{},-]+)+\/?)`/g)]
    .map(([, path]) => path as string)
    .filter((path) => rooms.has(path.split("/")[0] as string))
    .map((path) => path.replace(/\b[A-Z]+\b/g, "*"));
}

test("every path that one of our pages names is there", () => {
  // Decisions name what was there on their day.
  const paths = pages
    .filter((page) => !page.startsWith("docs/decisions/"))
    .flatMap((page) => namedPaths(page).map((path) => ({ page, path })));
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter(({ path }) => globSync(path, { cwd: root }).length === 0)).toEqual([]);
});

test("every decision stands in the index, newest last", () => {
  const index = "docs/decisions/README.md";
  const notes = globSync("docs/decisions/2*.md", { cwd: root }).map((note) => basename(note));
  const listed = linked(index);
  expect(listed.toSorted()).toEqual(notes.toSorted());
  const days = listed.map((note) => note.slice(0, 10));
  expect(days).toEqual(days.toSorted());
});
