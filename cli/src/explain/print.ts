import { table } from "../table.ts";
import type { CodePage } from "./codes.ts";

/** A code's page for a terminal of so many columns. */
export function pageText(page: CodePage, columns: number): string {
  const { code, group, meaning, example, remedy } = page;
  const parts = [
    code,
    plain(group),
    plain(meaning),
    ...(example ? [`Example: ${plain(example)}`] : []),
    ...(remedy ? [`What to do: ${plain(remedy)}`] : []),
  ];
  return parts.map((part) => wrapped(part, columns)).join("\n\n");
}

export function listText(pages: readonly CodePage[]): string {
  return table(
    ["CODE", "IN SHORT"],
    pages.map(({ code, meaning }) => [code, plain(firstSentence(meaning))]),
  );
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
}

/** Of Markdown's links a terminal shows what they are called; backticks stay, as they tell a command from prose. */
function plain(text: string): string {
  return text.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1");
}

function wrapped(text: string, columns: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].join("\n");
}
