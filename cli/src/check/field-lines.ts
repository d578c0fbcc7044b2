/** On which line of a file a field stands: of documents that something is to be said of, and only as long as that costs little. */
import { readFile } from "node:fs/promises";
import { standardInput } from "@companyos/manifests";
import { LineCounter, parseDocument } from "yaml";
import type { Place } from "./result.ts";

/** `field`: a path such as `spec.template.spec.nodeSelector["a.b/c"]`, from the object down. */
export type FieldPlace = Place & { readonly field: string };

/** Characters of documents that are looked through, in one call: about a second. */
const mostLookedAt = 1024 * 1024;

/** As much of a node of YAML as is needed here. */
interface Node {
  readonly range?: readonly number[] | null;
  readonly items?: readonly (Node | Pair)[];
  readonly value?: unknown;
}
interface Pair {
  readonly key: Node | null;
  readonly value: Node | null;
}

/**
 * The line of each field, from 1: of one that only an alias or a default has, that of what it stands in. Undefined where the file
 * cannot be read again, as standard input, or would cost too much.
 */
export async function fieldLines(
  fields: readonly (FieldPlace | undefined)[],
): Promise<(number | undefined)[]> {
  const files = new Map<string, readonly string[]>();
  const documents = new Map<string, Parsed | undefined>();
  let left = mostLookedAt;
  const found: (number | undefined)[] = [];
  for (const place of fields) {
    if (place === undefined || place.field === "") {
      found.push(undefined);
      continue;
    }
    const { file, line, field } = place;
    const at = `${line} ${file}`;
    if (file !== standardInput && !documents.has(at) && left > 0) {
      const lines = files.get(file) ?? (await linesOf(file));
      files.set(file, lines);
      const text = textOf(lines, line);
      // One that is too large takes nothing from small ones after it.
      const fits = text.length <= left;
      if (fits) left -= text.length;
      documents.set(at, fits ? parsed(text) : undefined);
    }
    const parsedOne = documents.get(at);
    const offset = parsedOne && offsetOf(objectIn(parsedOne.root, place), stepsOf(field));
    found.push(offset === undefined ? undefined : line + parsedOne!.lines.linePos(offset).line - 1);
  }
  return found;
}

interface Parsed {
  readonly lines: LineCounter;
  readonly root: Node;
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, "utf8").catch(() => "")).split("\n");
}

/** A document as it stands from its first line on; where that says where it begins, that is no other document's begin. */
function textOf(lines: readonly string[], line: number): string {
  let end = line;
  while (end < lines.length && !/^---(\s|$)/.test(lines[end]!)) end++;
  // The marker is kept in length, so that offsets are those of the file.
  return [(lines[line - 1] ?? "").replace(/^---/, "   "), ...lines.slice(line, end)].join("\n");
}

function parsed(text: string): Parsed | undefined {
  try {
    const lineCounter = new LineCounter();
    const options = {
      ...({ version: "1.1", merge: true, uniqueKeys: false, logLevel: "silent" } as const),
      lineCounter,
    };
    const root = parseDocument(text, options).contents as Node | null;
    return root ? { lines: lineCounter, root } : undefined;
  } catch {
    return undefined;
  }
}

/** The object itself, or the item of a list that has its kind and name. */
function objectIn(root: Node, { kind, name }: Place): Node {
  const items = memberOf(root, "items")?.value;
  const found = items?.items?.find((item) => {
    const metadata = memberOf(item as Node, "metadata")?.value;
    const named = memberOf(metadata, "name") ?? memberOf(metadata, "generateName");
    return (
      String(memberOf(item as Node, "kind")?.value?.value) === kind && String(named?.value?.value) === name
    );
  });
  return (found as Node | undefined) ?? root;
}

function memberOf(node: Node | null | undefined, key: string): Pair | undefined {
  return node?.items?.find((item): item is Pair => "key" in item && item.key?.value === key);
}

const stepsOf = (field: string): (string | number)[] =>
  [...field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(([, quoted, index, plain]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (plain ?? "") : (JSON.parse(`"${quoted}"`) as string);
  });

/** Of the deepest part of the path that is there. */
function offsetOf(object: Node, steps: readonly (string | number)[]): number | undefined {
  let at = object.range?.[0];
  let node: Node | null | undefined = object;
  for (const step of steps) {
    if (typeof step === "number") {
      node = node?.items?.[step] as Node | undefined;
      if (!node) break;
      at = node.range?.[0] ?? at;
    } else {
      const pair = memberOf(node, step);
      if (!pair) break;
      at = pair.key?.range?.[0] ?? at;
      node = pair.value;
    }
  }
  return at;
}
