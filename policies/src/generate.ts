/** docs/reason-codes.md, from the list of reasons, and docs/placed-kinds.md. */
import { placedKindsPage } from "./kinds/page.ts";
import { reasons, reasonsPage } from "./reasons/index.ts";
import type { Reason } from "./reasons/reason.ts";

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly content: string;
}

export function generated(): GeneratedFile[] {
  return [
    { path: reasonsPage, content: page() },
    { path: "docs/placed-kinds.md", content: placedKindsPage() },
  ];
}

const groups: readonly {
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
  { title: "Notes", intro: "Said beside a decision.", outcome: "note" },
];

function page(): string {
  const parts = [
    "<!-- Generated from policies/src/reasons by `npm run generate`; do not edit. -->",
    "# Reason codes",
    "Decisions of the webhook and of `companyos check`, and receipts, carry one of these codes. They are stable: a code keeps its meaning, and none is reused.",
    [
      "| code | in short |",
      "| --- | --- |",
      ...reasons.map(
        ({ code, meaning }) => `| [${code}](#${code.toLowerCase()}) | ${firstSentence(meaning)} |`,
      ),
    ].join("\n"),
  ];
  for (const { title, intro, outcome } of groups) {
    parts.push(`## ${title}`);
    if (intro) parts.push(intro);
    for (const reason of reasons) if (reason.outcome === outcome) parts.push(...section(reason));
  }
  return `${parts.join("\n\n")}\n`;
}

function section({ code, meaning, example, fix }: Reason): string[] {
  return [`### ${code}`, meaning, `**Example.** ${example}`, `**What to do.** ${sentence(forThePage(fix))}`];
}

function forThePage(fix: string): string {
  return fix
    .replace("{allowed}", "the allowed regions")
    .replace("{tenantName}", "NAME")
    .replace("{because}", "");
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
}

function sentence(text: string): string {
  return /[.]$/.test(text) ? text : `${text}.`;
}
