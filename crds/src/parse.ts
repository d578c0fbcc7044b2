import type { z } from "zod";
import { evidenceBundle } from "./kinds/evidence-bundle.ts";
import { region } from "./kinds/region.ts";
import { residencyPolicy } from "./kinds/residency-policy.ts";
import { tenant } from "./kinds/tenant.ts";
import { isOfRule } from "./rules.ts";

/** One thing wrong with a manifest. */
export interface Problem {
  /** As kubectl writes paths: `spec.regions[1]`; empty for the object as a whole. */
  readonly field: string;
  readonly message: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Issue = z.core.$ZodIssue;

/**
 * Reads an object the way the API server would: defaults filled in, unknown fields dropped, or what is wrong. Never throws.
 * With nothing but `excused` wrong, the object is given as it is.
 */
function parserOf<S extends z.ZodType>(
  schema: S,
  excused: (issue: Issue) => boolean = () => false,
): (object: unknown) => Parsed<z.output<S>> {
  return (object) => {
    const result = schema.safeParse(object);
    if (result.success) return { ok: true, value: result.data };
    if (result.error.issues.every(excused)) return { ok: true, value: object as z.output<S> };
    return {
      ok: false,
      problems: result.error.issues.map(({ path, message }) => ({ field: fieldPath(path), message })),
    };
  };
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    return text === "" ? String(segment) : `${text}.${String(segment)}`;
  }, "");
}

export const parseRegion = parserOf(region.schema);
export const parseTenant = parserOf(tenant.schema);
export const parseResidencyPolicy = parserOf(residencyPolicy.schema);
export const parseEvidenceBundle = parserOf(evidenceBundle.schema);
// Of what the API server has, so with its defaults: it may be older than a rule, which need not hold then, nor after a change
// of something else.
export const parseStoredRegion = parserOf(region.schema, isOfRule);
export const parseStoredTenant = parserOf(tenant.schema, isOfRule);
export const parseStoredResidencyPolicy = parserOf(residencyPolicy.schema, isOfRule);
