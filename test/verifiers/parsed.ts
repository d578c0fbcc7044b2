import { type Json, parseReceipt } from "@companyos/receipts";

/** The claims that our parser sees: what is in the clear and what is disclosed. */
export function claimsOf(sdJwt: string): Record<string, Json> {
  const { claims, disclosed } = parseReceipt(sdJwt);
  const { _sd, _sd_alg, ...clear } = claims;
  // A stricter reading of JSON than a program's own values: no −0, no undefined.
  return JSON.parse(JSON.stringify({ ...clear, ...Object.fromEntries(disclosed) })) as Record<string, Json>;
}
