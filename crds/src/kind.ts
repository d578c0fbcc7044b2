/** What a kind is made of. Each file in `kinds/` makes one; `kinds.ts` lists them. */
import { z } from "zod";
import { dnsLabel, dnsSubdomain } from "./fields.ts";
import { apiVersion } from "./names.ts";
import { type Rule, withRules } from "./rules.ts";

/** A column of `kubectl get`; priority 1 shows with `-o wide` only. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 0 | 1;
}

export interface KindParts<K extends string, Spec extends z.ZodType, Status extends z.ZodType> {
  readonly kind: K;
  readonly plural: string;
  readonly short: string;
  readonly description: string;
  /** `label` where the name becomes a label value or names a namespace, else a DNS subdomain. */
  readonly name: "label" | "subdomain";
  readonly spec: Spec;
  readonly status: Status;
  readonly columns: readonly Column[];
}

/** Metadata as the API server writes it. Members not named here pass through untouched. */
const metadataOf = (name: z.ZodString) =>
  z.looseObject({
    name,
    uid: z.string().optional(),
    generation: z.int().optional(),
    resourceVersion: z.string().optional(),
    creationTimestamp: z.string().nullish(),
    deletionTimestamp: z.string().nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    finalizers: z.array(z.string()).nullish(),
  });

export type ObjectMeta = z.output<ReturnType<typeof metadataOf>>;

/** Rules every object named by a DNS label keeps. */
const labelNameRule: Rule<{ metadata: { name: string } }> = {
  cel: "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
  message: "the name must be a DNS label (no dots): it becomes a label value and part of other names",
  fieldPath: ".metadata.name",
  // `dnsLabel` has already refused it with the path of the name.
};

/** Builds the schema of whole objects and keeps the parts that the CRD needs. */
export function defineKind<K extends string, Spec extends z.ZodType, Status extends z.ZodType>(
  parts: KindParts<K, Spec, Status>,
  rules: readonly Rule<{ metadata: ObjectMeta; spec: z.output<Spec> }>[] = [],
) {
  const object = z.object({
    apiVersion: z.literal(apiVersion),
    kind: z.literal(parts.kind),
    metadata: metadataOf(parts.name === "label" ? dnsLabel : dnsSubdomain),
    spec: parts.spec,
    status: parts.status.optional(),
  });
  const all = [...(parts.name === "label" ? [labelNameRule] : []), ...rules] as Rule<
    z.output<typeof object>
  >[];
  const schema = all.length === 0 ? object : withRules(object, all);
  return {
    ...parts,
    singular: parts.kind.toLowerCase(),
    schema,
    maxNameLength: parts.name === "label" ? 63 : 253,
  };
}
