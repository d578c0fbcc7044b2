/** On which line of a file a field stands: of documents that something is to be said of, and only as long as that costs little. */
import { readFile } from "node:fs/promises";
import { standardInput } from "@companyos/manifests";
import { parseDocument } from "yaml";
import type { Place } from "./result.ts";

/** `field`: a path such as `spec.template.spec.nodeSelector["a.b/c"]`, from the object down. */
export type FieldPlace = Place & { readonly field: string };

/** Bytes of documents that are looked through, in all: about a second. */
const mostLookedAt = 4 * 1024 * 1024;

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
export async function fieldLines(fields: readonly FieldPlace[]): Promise<(number | undefined)[]> {
  const texts = new Map<string, Promise<readonly string[]>>();
  const documents = new Map<string, Node | undefined>();
  let left = mostLookedAt;
  const found: (number | undefined)[] = [];
  for (const place of fields) {
    const { file, line, field } = place;
    if (file === standardInput || field === "") {
      found.push(undefined);
      continue;
    }
    if (!texts.has(file)) texts.set(file, linesOf(file));
    const lines = (await texts.get(file)) ?? [];
    const at = `${line} ${file}`;
    const text = textOf(lines, line);
    if (!documents.has(at)) {
      left -= text.length;
      documents.set(at, left < 0 ? undefined : parsed(text));
    }
    const root = documents.get(at);
    const offset = root && offsetOf(objectIn(root, place), stepsOf(field));
    found.push(offset === undefined ? undefined : line + text.slice(0, offset).split("\n").length - 1);
  }
  return found;
}

async function linesOf(file: string): Promise<readonly string[]> {
  return (await readFile(file, "utf8").catch(() => "")).split("\n");
}

/** A document as it stands from its first line on; where that says where it begins, that is no other document's begin. */
function textOf(lines: readonly string[], line: number): string {
  const [first = "", ...rest] = lines.slice(line - 1);
  const end = rest.findIndex((one) => /^---(\s|$)/.test(one));
  // The marker is kept in length, so that offsets are those of the file.
  return [first.replace(/^---/, "   "), ...(end === -1 ? rest : rest.slice(0, end))].join("\n");
}

function parsed(text: string): Node | undefined {
  try {
    return parseDocument(text, { version: "1.1", merge: true, uniqueKeys: false, logLevel: "silent" })
      .contents as Node | undefined;
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
