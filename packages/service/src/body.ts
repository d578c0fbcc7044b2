/** What a request says, held against a schema; and what is wrong with it, in the one form that all our servers answer. */

import type { z } from "zod";

/** The first thing that is wrong. */
export interface Invalid {
  /** Such as `records[3].data`; empty: the whole body. */
  readonly path: string;
  /** In words, such as `a whole number from 0`: the text of the schema's check. */
  readonly expected: string;
}

export type Checked<T> = { readonly value: T } | { readonly invalid: Invalid };

/** `value`: with no other fields than the schema's. */
export function check<T>(schema: z.ZodType<T>, body: unknown): Checked<T> {
  const result = schema.safeParse(body);
  return result.success ? { value: result.data } : { invalid: invalidOf(result.error.issues) };
}

/** `body: expected a JSON object`. `whole`: what an empty path means. */
export function sayInvalid({ path, expected }: Invalid, whole = "body"): string {
  return `${path || whole}: expected ${expected}`;
}

function invalidOf(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[] = []): Invalid {
  const issue = issues[0] as z.core.$ZodIssue;
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    return { path: pathText([...path, issue.keys[0] as string]), expected: "no such field" };
  }
  // Of several forms the one that it comes nearest to.
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return invalidOf(issue.errors.toSorted((a, b) => a.length - b.length)[0]!, path);
  }
  return { path: pathText(path), expected: issue.message };
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part).slice(0, 40)}`))
    .join("")
    .replace(/^\./, "");
}
