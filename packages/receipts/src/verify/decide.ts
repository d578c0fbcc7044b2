import { type ReceiptClaims, unknownRegion } from "../claims.ts";
import type { ReceiptDecision, ReceiptType } from "../event.ts";
import { unboundReasons } from "./unbound.ts";

/** Decisions that a type may carry; types that are not listed carry any. */
const decisionsOf: Partial<Record<ReceiptType, readonly ReceiptDecision[]>> = {
  "admission.blocked": ["block"],
  "admission.denied_in_process": ["block"],
  "admission.undecided": ["none"],
  "admission.repeated": ["block", "warn", "audit"],
  "admission.warned": ["warn"],
  "admission.audited": ["audit"],
};

/** Whether some named region lies outside the allowed ones; an unknown region always does. */
export function leavesAllowed({ requested, allowed }: Pick<ReceiptClaims, "requested" | "allowed">): boolean {
  return requested.some((tag) => tag === unknownRegion || !allowed.includes(tag));
}

/**
 * Decides again, from the clear claims alone. Returns what contradicts, or undefined.
 * - A block, warning or audit needs a region outside (no region at all means anywhere), or a reason that needs none.
 * - An observed placement that was found lawful needs to lie inside. One that says of itself that it lies outside is
 *   the truth told: it counts against the tenant's cluster, not against the log.
 */
export function contradiction(claims: ReceiptClaims): string | undefined {
  const { type, decision, reason, requested } = claims;
  const decisions = decisionsOf[type];
  if (decisions !== undefined && !decisions.includes(decision))
    return `${type} with the decision ${decision}`;
  const admission = type.startsWith("admission.");
  if (admission || decision === "block") {
    const unbound = admission && unboundReasons.has(reason);
    const outside = unbound || requested.length === 0 || leavesAllowed(claims);
    if (decision !== "allow" && decision !== "none" && !outside) {
      return `${decision}, though every requested region is allowed`;
    }
  }
  if (type === "placement.observed") {
    if (requested.length === 0) return "an observed placement without a region";
    const lawful = decision === "allow" || decision === "none";
    if (lawful && leavesAllowed(claims)) return `observed in ${requested.join(", ")}, which is not allowed`;
  }
  return undefined;
}
