import { type ReceiptClaims, unknownRegion } from "../claims.ts";
import { receiptType } from "../types/table.ts";
import { unboundReasons } from "./unbound.ts";

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
  const { decisions, about } = receiptType(type);
  if (decisions !== undefined && !decisions.includes(decision))
    return `${type} with the decision ${decision}`;
  if (about === "request" || decision === "block") {
    const unbound = about === "request" && unboundReasons.has(reason);
    const outside = unbound || requested.length === 0 || leavesAllowed(claims);
    if (decision !== "allow" && decision !== "none" && !outside) {
      return `${decision}, though every requested region is allowed`;
    }
  }
  if (about === "placement") {
    if (requested.length === 0) return "an observed placement without a region";
    const lawful = decision === "allow" || decision === "none";
    if (lawful && leavesAllowed(claims)) return `observed in ${requested.join(", ")}, which is not allowed`;
  }
  return undefined;
}
