import { logChain, type ReceiptClaims } from "./claims.ts";
import type { DisclosureName } from "./types/receipt-type.ts";
import { receiptType } from "./types/table.ts";

/** What a bundle shows whatever it was asked to: without these nobody can check the rest. */
export function isAlwaysShown(
  { sub, seq, type }: Pick<ReceiptClaims, "sub" | "seq" | "type">,
  name: DisclosureName,
): boolean {
  if (sub === logChain) return name === "details";
  const { alwaysShown } = receiptType(type);
  if (alwaysShown !== undefined) return alwaysShown.includes(name);
  return seq === 0 && (name === "tenant" || name === "uid");
}
