/** Looking into JSON whose shape nobody vouches for. */

/** A JSON object (not null, not an array). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Own property only: `constructor` and `__proto__` in a user's object are data like any other. */
export function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Absent in the Kubernetes sense: missing or null. */
export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Follows own properties; undefined as soon as one is missing or not an object. */
export function at(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const key of path) {
    if (!isObject(current)) return undefined;
    current = own(current, key);
  }
  return current;
}

const longest = 256;

/** Text of a user made fit for one line of a message: no control characters, at most 256 characters. */
export function oneLine(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "�");
}
