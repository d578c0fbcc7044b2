/** Every reason code: stable names. Decisions, receipts, metrics and docs/reason-codes.md speak these. */
import { decisionReasons } from "./decisions.ts";
import { fileReasons } from "./files.ts";
import { planReasons } from "./plans.ts";
import type { Reason } from "./reason.ts";
import { recordReasons } from "./records.ts";

const list = { ...decisionReasons, ...planReasons, ...fileReasons, ...recordReasons };

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

/**
 * Where somebody reads what a code means. `docs`: URL of the folder with our pages, whose headings have their code as anchor:
 * `https://docs.example/residency/reason-codes.md#cross_region`. Without one it is the verb that prints the same page.
 */
export function reasonLink(code: string, docs?: string): string {
  return docs ? pageLink(`${reasonsPage}#${code.toLowerCase()}`, docs) : `companyos explain ${code}`;
}

/** Where somebody reads a page of ours, such as `docs/operations.md#a-pod-runs-outside`. `docs` as above; without one its path. */
export function pageLink(page: string, docs?: string): string {
  return docs ? `${docs.replace(/\/+$/, "")}/${page.replace(/^docs\//, "")}` : page;
}
