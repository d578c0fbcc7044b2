/** Every reason code: stable names. Decisions, receipts, metrics and docs/reason-codes.md speak these. */
import { decisionReasons } from "./decisions.ts";
import { fileReasons } from "./files.ts";
import type { Reason } from "./reason.ts";
import { recordReasons } from "./records.ts";

const list = { ...decisionReasons, ...fileReasons, ...recordReasons };

export type ReasonCode = keyof typeof list;

export const reasons: readonly (Reason & { readonly code: ReasonCode })[] = (
  Object.entries(list) as [ReasonCode, Omit<Reason, "code">][]
).map(([code, reason]) => ({ code, ...reason }));

const byCode: ReadonlyMap<string, Reason & { readonly code: ReasonCode }> = new Map(
  reasons.map((reason) => [reason.code, reason]),
);

export function reasonOf(code: string): (Reason & { readonly code: ReasonCode }) | undefined {
  return byCode.get(code);
}

/** Page that documents every code, relative to the root of the repository. */
export const reasonsPage = "docs/reason-codes.md";

/** `docs/reason-codes.md#cross_region`: the anchor that a heading with the bare code gets. */
export function reasonLink(code: string, page: string = reasonsPage): string {
  return `${page}#${code.toLowerCase()}`;
}
