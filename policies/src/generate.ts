/** docs/reason-codes.md, from the list of reasons, and docs/placed-kinds.md. */
import { placedKindsPage } from "./kinds/page.ts";
import { reasons, reasonsPage } from "./reasons/index.ts";
import { reasonGroups, reasonPage } from "./reasons/page.ts";
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
  for (const { title, intro, outcome } of reasonGroups) {
    parts.push(`## ${title}`);
    if (intro) parts.push(intro);
    for (const reason of reasons) if (reason.outcome === outcome) parts.push(...section(reason));
  }
  return `${parts.join("\n\n")}\n`;
}

function section(reason: Reason): string[] {
  const { code, meaning, example, remedy } = reasonPage(reason);
  return [`### ${code}`, meaning, `**Example.** ${example}`, `**What to do.** ${remedy}`];
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
}
