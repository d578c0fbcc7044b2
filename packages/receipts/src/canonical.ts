import { decodeUtf8 } from "./encoding.ts";
import type { Json } from "./event.ts";
import { refuse } from "./refusals.ts";

export function isJsonObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON whose text is exactly what `JSON.stringify(JSON.parse(text))` writes: no white space, no second
 * spelling of a number or string, no duplicate key. Refuses with `JSON_DUPLICATE_KEY` or `JSON_NOT_CANONICAL`.
 */
export function parseCanonicalJson(text: string, what: string): Json {
  const value = parse(text, what);
  if (write(value, what) !== text) {
    refuseDuplicates(text, value, what);
    refuse("JSON_NOT_CANONICAL", `${what} is not written canonically`);
  }
  return value;
}

/** Parses JSON in any layout, but without duplicate keys. For files that people edit. */
export function parseJson(text: string, what: string): Json {
  const value = parse(text, what);
  refuseDuplicates(text, value, what);
  return value;
}

/** The same for bytes, which must be UTF-8. */
export function parseCanonicalJsonBytes(bytes: Uint8Array, what: string): Json {
  const text = decodeUtf8(bytes);
  return text === undefined
    ? refuse("JSON_NOT_CANONICAL", `${what} is not UTF-8`)
    : parseCanonicalJson(text, what);
}

function parse(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return refuse("JSON_NOT_CANONICAL", `${what} is not JSON`);
  }
}

function refuseDuplicates(text: string, value: Json, what: string): void {
  if (typeof value !== "object" || value === null) return;
  const twice = duplicateKey(text);
  if (twice !== undefined) refuse("JSON_DUPLICATE_KEY", `${what} has the key ${JSON.stringify(twice)} twice`);
}

function write(value: Json, what: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    return refuse("JSON_NOT_CANONICAL", `${what} is nested too deeply`);
  }
}

/**
 * First key that occurs twice in one object of a valid JSON text. JSON.parse keeps the last silently, so two
 * readers could see two values.
 */
export function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === "{") open.push(new Set());
    else if (char === "[") open.push(undefined);
    else if (char === "}" || char === "]") open.pop();
    else if (char === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === "\\") i++;
      const keys = open.at(-1);
      if (keys !== undefined && followedByColon(text, i + 1)) {
        const key = JSON.parse(text.slice(start, i + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
    }
  }
  return undefined;
}

function followedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === " " || text[at] === "\t" || text[at] === "\n" || text[at] === "\r") at++;
  return text[at] === ":";
}
