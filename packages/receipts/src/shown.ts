import { logChain, type ReceiptClaims } from "./claims.ts";
import type { DisclosureName } from "./event.ts";

/** What a bundle shows whatever it was asked to: without these nobody can check the rest. */
export function isAlwaysShown(
  { sub, seq, type }: Pick<ReceiptClaims, "sub" | "seq" | "type">,
  name: DisclosureName,
): boolean {
  if (sub === logChain || type === "evidence.sealed" || type === "tenant.handover") return name === "details";
  return seq === 0 && (name === "tenant" || name === "uid");
}
