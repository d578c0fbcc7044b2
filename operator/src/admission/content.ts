import { createHash } from "node:crypto";
import type { KubeObject } from "@companyos/kube";
import { isExclusion } from "./cloud-exclusions.ts";
import { contentFields } from "./drift.ts";

/**
 * Digest of what an object does: of one that is to be written, and of the same as the API server has it then, since what is
 * written says everything that the API server would default. Without metadata, and without what clouds may add to webhooks, so
 * that neither is taken for somebody's change. Pure.
 */
export function contentOf(object: KubeObject): string {
  const content = Object.fromEntries(
    contentFields(object, object)
      .sort()
      .map((field) => [field, field === "webhooks" ? object[field]?.map(withoutExclusions) : object[field]]),
  );
  return createHash("sha256").update(JSON.stringify(content, inOrder)).digest("base64url");
}

function withoutExclusions(webhook: KubeObject): object {
  const { matchExpressions = [], ...rest } = webhook.namespaceSelector ?? {};
  const kept = matchExpressions.filter((one: Parameters<typeof isExclusion>[0]) => !isExclusion(one));
  return {
    ...webhook,
    namespaceSelector: { ...rest, ...(kept.length > 0 ? { matchExpressions: kept } : {}) },
  };
}

/** The API server gives back members in an order of its own. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
