/** When what was gathered is no evidence at all: no log has a receipt, none may be asked, or none responded. */

import type { LackReason } from "./lack.ts";
import type { Gathered } from "./part.ts";

/** No log responded, for reasons that pass: this says nothing about the tenant, and another try may help. */
export class NoLogResponded extends Error {
  override readonly name = "NoLogResponded";
}

/** Reasons for which another try may help. */
export const retryable: ReadonlySet<LackReason> = new Set(["unreachable", "timed_out", "cut", "failed"]);

/** Why nothing is to be written; undefined: it is evidence, perhaps incomplete. */
export function noEvidence(tenant: string, { parts, lacks }: Gathered): Error | undefined {
  if (parts.some(({ kind }) => kind === "bundle")) return undefined;
  const missed = lacks.filter(({ reason }) => reason !== "not_asked");
  if (parts.length > 0 && missed.length > 0) return undefined;
  const none = parts.map(({ name }) => `${name} has no receipt of it`);
  const why = [...none, ...lacks.map(({ name, message }) => `${name} ${message}`)].join("; ");
  if (missed.some(({ reason }) => retryable.has(reason)))
    return new NoLogResponded(
      `no log could be asked about tenant ${tenant}: ${why}. Ask again when one responds`,
    );
  if (missed.some(({ reason }) => reason === "forbidden"))
    return new Error(
      `you may not ask for the evidence of tenant ${tenant}: ${why}. Auditors and the tenant's owners may (docs/rbac.md)`,
    );
  return new Error(`there is no evidence of tenant ${tenant}: ${why}`);
}
