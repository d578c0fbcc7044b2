/** Every code that a person reads, with its page: from the lists that docs/reason-codes.md and docs/verification.md are made of. */
import { reasonPage, reasons } from "@companyos/policies";
import { type LackCode, lacks, refusalGroups } from "@companyos/receipts";
import { remedies } from "../verify/remedies.ts";

export interface CodePage {
  readonly code: string;
  /** Whose code it is, and what it decides. */
  readonly group: string;
  readonly meaning: string;
  readonly example?: string;
  readonly remedy?: string;
}

export const codePages: readonly CodePage[] = [
  ...reasons.map((reason) => {
    const { intro, group, ...page } = reasonPage(reason);
    return { ...page, group: intro ? `${group}. ${intro}` : group };
  }),
  ...refusalGroups.flatMap(({ about, refusals }) =>
    refusals.map(({ code, title, meaning }) => ({
      code,
      group: `Refusal of \`companyos verify\`: ${about}`,
      meaning: `${title}. ${meaning}`,
    })),
  ),
  ...lacks.map(({ code, meaning }) => ({
    code,
    group: "What `companyos verify` finds lacking",
    meaning: `${meaning[0]!.toUpperCase()}${meaning.slice(1)}.`,
    remedy: remedies[code satisfies LackCode],
  })),
];

/** In capitals or not. */
export function codePage(code: string): CodePage | undefined {
  return codePages.find((page) => page.code === code.toUpperCase());
}
