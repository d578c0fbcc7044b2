/** When what was gathered is no evidence at all, and why: nobody has a receipt, nobody may be asked, nobody answered. */

import type { LackReason } from "./lack.ts";
import type { Gathered } from "./part.ts";

/** No log gave a response, for reasons that pass: it says nothing about the tenant, and asking again may help. */
export class NoLogAsked extends Error {
  override readonly name = "NoLogAsked";
}

/** Of logs that may give more when they are asked again. */
export const passing: ReadonlySet<LackReason> = new Set(["unreachable", "timed_out", "cut", "failed"]);

/** Why nothing shall be written; undefined: it is evidence, if incomplete. */
export function nothingToWrite(tenant: string, { parts, lacks }: Gathered): Error | undefined {
  if (parts.some(({ kind }) => kind === "bundle")) return undefined;
  const missed = lacks.filter(({ reason }) => reason !== "not_asked");
  if (parts.length > 0 && missed.length > 0) return undefined;
  const none = parts.map(({ name }) => `${name} has no receipt of it`);
  const why = [...none, ...lacks.map(({ name, message }) => `${name} ${message}`)].join("; ");
  if (missed.some(({ reason }) => passing.has(reason)))
    return new NoLogAsked(`no log could be asked about tenant ${tenant}: ${why}. Ask again when one answers`);
  if (missed.some(({ reason }) => reason === "forbidden"))
    return new Error(
      `you may not ask for the evidence of tenant ${tenant}: ${why}. Auditors and the tenant's owners may (docs/rbac.md)`,
    );
  return new Error(`there is no evidence of tenant ${tenant}: ${why}`);
}
