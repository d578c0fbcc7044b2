/** Every code that a person reads, with its page: from the lists that the pages of docs/ are made of. */
import { conditionReasons, eventReasons } from "@companyos/crds/reasons";
import { reasonPage, reasons } from "@companyos/policies";
import { type LackCode, lacks, refusalGroups } from "@companyos/receipts";
import { codeLists } from "../codes/index.ts";
import { remedies } from "../verify/remedies.ts";

export interface CodePage {
  readonly code: string;
  /** Whose code it is, and what it decides. */
  readonly group: string;
  readonly meaning: string;
  readonly example?: string;
  readonly remedy?: string;
}

/** A code of several commands has one page. */
const codesOfCommands: readonly CodePage[] = [
  ...new Set(codeLists.flatMap(({ codes }) => Object.keys(codes))),
].map((code) => {
  const having = codeLists.filter(({ codes }) => Object.hasOwn(codes, code));
  const texts = new Set(having.map(({ codes }) => codes[code]!));
  const apart = having.map(({ of, codes }) => `Of ${of}: ${codes[code]}.`);
  return {
    code,
    group: `Code of ${having.map(({ of }) => of).join("; ")}`,
    meaning: texts.size === 1 ? sentence([...texts][0]!) : apart.join(" "),
  };
});

const pages: readonly CodePage[] = [
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
    meaning: sentence(meaning),
    remedy: remedies[code satisfies LackCode],
  })),
  ...codesOfCommands,
  ...conditionReasons.map(({ kinds, type, reason, state, meaning, fix }) => ({
    code: reason,
    group: `Reason of the condition \`${type}\` of ${kinds.join(" and ")}: ${state}`,
    meaning,
    remedy: fix,
  })),
  ...eventReasons.map(({ kind, reason, meaning }) => ({
    code: reason,
    group: `Reason of an Event about a ${kind}`,
    meaning,
  })),
];

/** In the order in which they are listed, each code once: what else has it is said on the page of the first. */
export const codePages: readonly CodePage[] = [...Map.groupBy(pages, ({ code }) => code).values()].map(
  ([first, ...others]) => ({
    ...first!,
    meaning: [first!.meaning, ...others.map(({ group, meaning }) => `${group}: ${meaning}`)].join(" "),
  }),
);

/** As it is written, else in capitals or not. */
export function codePage(code: string): CodePage | undefined {
  const wanted = code.toUpperCase();
  return (
    codePages.find((page) => page.code === code) ??
    codePages.find((page) => page.code.toUpperCase() === wanted)
  );
}

function sentence(text: string): string {
  const whole = `${text[0]!.toUpperCase()}${text.slice(1)}`;
  return whole.endsWith(".") ? whole : `${whole}.`;
}
