/** What a reader is told of a code: in docs/reason-codes.md, and by `companyos explain`. Texts are Markdown. */
import type { Reason } from "./reason.ts";

export const reasonGroups: readonly {
  readonly title: string;
  readonly intro: string;
  readonly outcome: Reason["outcome"];
}[] = [
  {
    title: "Refusals",
    intro: "Blocked in mode `Enforce`, allowed with a warning in `Warn`, only recorded in `Audit`.",
    outcome: "refuse",
  },
  {
    title: "Not decidable",
    intro: "Blocked in every mode: without a plan there is no mode either.",
    outcome: "block",
  },
  { title: "Allowed", intro: "", outcome: "allow" },
  {
    title: "Undecided",
    intro:
      "Of `companyos check`: what was read and cannot be decided from files. Its exit code is 3, or 0 with `--undecided=warn`.",
    outcome: "undecided",
  },
  {
    title: "Unread",
    intro: "Of `companyos check`: what in the files could not be read. Its exit code is 2.",
    outcome: "unread",
  },
  { title: "Records", intro: "In receipts only: what happened, not what was decided.", outcome: "record" },
  { title: "Notes", intro: "Said beside a decision, or of a plan.", outcome: "note" },
];

export interface ReasonPage {
  readonly code: string;
  readonly group: string;
  /** What holds for the whole group; may be empty. */
  readonly intro: string;
  readonly meaning: string;
  readonly example: string;
  /** What to do, for whoever reads it without an occasion. */
  readonly remedy: string;
}

export function reasonPage({ code, outcome, meaning, example, fix }: Reason): ReasonPage {
  const { title, intro } = reasonGroups.find((group) => group.outcome === outcome)!;
  return { code, group: title, intro, meaning, example, remedy: sentence(withoutOccasion(fix)) };
}

function withoutOccasion(fix: string): string {
  return fix
    .replace("{allowed}", "the allowed regions")
    .replace("{tenantName}", "NAME")
    .replace("{kindName}", "KIND.GROUP")
    .replace("{because}", "");
}

function sentence(text: string): string {
  return /[.]$/.test(text) ? text : `${text}.`;
}
