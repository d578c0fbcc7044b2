import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Pages that people read; decisions tell what was there on their day. */
export const pages: readonly string[] = globSync(
  ["README.md", "docs/*.md", "docs/runbooks/*.md", "examples/**/*.md"],
  {
    cwd: root,
  },
).filter((page) => page !== "docs/roadmap.md");

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

export interface Block {
  readonly page: string;
  /** Of its fence, from 1. */
  readonly line: number;
  /** First word after the fence: `sh`, `yaml`; empty where there is none. */
  readonly language: string;
  /** What else stands there: `run`. */
  readonly marks: readonly string[];
  readonly text: string;
}

/** Code blocks of a page, those inside lists too. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: string; lines: string[]; indent: string } | undefined;
  for (const [index, line] of textOf(page).split("\n").entries()) {
    const fence = /^( *)```(.*)$/.exec(line);
    if (fence === null)
      open?.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    else if (open === undefined)
      open = { line: index + 1, info: fence[2]!.trim(), lines: [], indent: fence[1]! };
    else {
      const [language = "", ...marks] = open.info.split(/\s+/);
      blocks.push({ page, line: open.line, language, marks, text: open.lines.join("\n") });
      open = undefined;
    }
  }
  return blocks;
}

/** A page without its code blocks and code spans, for whoever reads links and headings. */
export const proseOf = (page: string): string =>
  textOf(page)
    .replace(/^ *```[\s\S]*?^ *```.*$/gm, "")
    .replace(/`[^`\n]*`/g, "``");

/** Contents of code spans, outside of blocks. */
export const spansOf = (page: string): string[] =>
  [
    ...textOf(page)
      .replace(/^ *```[\s\S]*?^ *```.*$/gm, "")
      .matchAll(/`([^`\n]+)`/g),
  ].map(([, span]) => span as string);

/** What a block of shell runs: one command a line, continued lines joined, comments and empty lines left out. */
export function commandsOf({ text }: Pick<Block, "text">): string[] {
  return text
    .replace(/\\\n\s*/g, " ")
    .replace(/\|\n\s*/g, "| ")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** As GitHub makes an anchor of a heading. */
export const anchorOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

export const anchorsOf = (page: string): Set<string> =>
  new Set(
    textOf(page)
      .replace(/^ *```[\s\S]*?^ *```.*$/gm, "")
      .split("\n")
      .flatMap((line) => /^#{1,6} (.+)$/.exec(line)?.[1] ?? [])
      .map(anchorOf),
  );
