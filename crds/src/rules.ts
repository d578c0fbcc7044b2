import type { z } from "zod";

/**
 * A rule that spans fields, said twice because it is checked twice: `cel` by the API server, `holds` wherever a
 * manifest is read without one. The tests hold the two against each other on a real API server.
 */
export interface Rule<T> {
  /** CEL over `self`; a rule that names `oldSelf` is checked on updates only. */
  readonly cel: string;
  readonly message: string;
  /** Path below the value the rule is attached to, as Kubernetes writes it: `.homeRegion`. */
  readonly fieldPath?: string;
  /** Never FieldValueDuplicate: the API server's response then leaves the message out. */
  readonly reason?: "FieldValueInvalid" | "FieldValueForbidden" | "FieldValueRequired";
  /** Absent for transition rules: a manifest alone has no past. */
  readonly holds?: (value: T) => boolean;
}

const ofRule = { rule: true };

/** Whether what is wrong is a rule that does not hold: each field is as the schema has it. */
export function isOfRule(issue: z.core.$ZodIssue): boolean {
  return issue.code === "custom" && issue.params === ofRule;
}

/** Attaches rules to a schema: as zod checks now, as `x-kubernetes-validations` in the CRD. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const checked = schema.superRefine((value, context) => {
    for (const { holds, message, fieldPath } of rules) {
      if (holds === undefined || holds(value)) continue;
      context.addIssue({ code: "custom", message, path: segments(fieldPath), params: ofRule });
    }
  });
  return checked.meta({
    ...schema.meta(),
    "x-kubernetes-validations": rules.map(({ cel, message, fieldPath, reason }) => ({
      rule: cel,
      message,
      ...(fieldPath === undefined ? {} : { fieldPath }),
      ...(reason === undefined ? {} : { reason }),
    })),
  });
}

function segments(fieldPath: string | undefined): string[] {
  return fieldPath === undefined ? [] : fieldPath.split(".").filter((segment) => segment !== "");
}
