import { readFile } from "node:fs/promises";
import type { Entry } from "./catalogue/entry.ts";
import { catalogue } from "./catalogue/index.ts";

const path = "docs/operations.md";
const begins =
  "<!-- Generated from packages/service/src/catalogue by `npm run generate`; do not edit up to the next mark. -->";
const ends = "<!-- End of what is generated. -->";

/** The table of metrics in docs/operations.md; the rest of that page is kept. */
export async function generated(): Promise<{ path: string; content: string }[]> {
  const page = await readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
  const [from, to] = [page.indexOf(begins), page.indexOf(ends)];
  if (from < 0 || to < from) throw new Error(`${path} has lost the marks between which the metrics stand`);
  return [{ path, content: `${page.slice(0, from)}${begins}\n${table()}\n${page.slice(to)}` }];
}

function table(): string {
  const rows = Object.entries(catalogue as Readonly<Record<string, Entry>>).map(([name, entry]) => {
    const { labels, components, says } = entry;
    const series = labels.length > 0 ? `${name}{${labels.join(",")}}` : name;
    return `| \`${series}\` | ${components.length === 3 ? "all" : components.join(", ")} | ${says} |`;
  });
  return ["", "| metric | component | what it says |", "| --- | --- | --- |", ...rows, ""].join("\n");
}
