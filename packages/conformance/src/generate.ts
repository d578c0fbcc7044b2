/** docs/conformance.md, from the rows of the enforcement table. */
import { deletion } from "./kinds.ts";
import { runLabel } from "./request.ts";
import { beyondAdmission, type Row, rows } from "./rows.ts";

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly content: string;
}

export function generated(): GeneratedFile[] {
  return [{ path: "docs/conformance.md", content: page() }];
}

function page(): string {
  const parts = [
    "<!-- Generated from packages/conformance/src/rows.ts by `npm run generate`; do not edit. -->",
    "# What is tried, and what is not",
    "Every way past a residency rule that counts, by the row that `companyos conformance` prints. It tries the rows marked *this command*, [on your cluster](operations.md#prove-it-on-your-cluster); the others take breaking something that a cluster in use needs, so the project's own tests try them against a real API server.",
    ["| row | way past the rule | tried by |", "| --- | --- | --- |", ...rows.map(line)].join("\n"),
    "## Should the command be killed",
    "What it created never runs and stays. This deletes it, in the namespace of tenant `acme`:",
    ["```sh", deletion("acme", runLabel), "```"].join("\n"),
    "## Beyond admission",
    "No admission control prevents these:",
    beyondAdmission.map((what) => `- ${what}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function line({ id, way, covered, by }: Row): string {
  const who = { corpus: "this command", tests: `\`${by}\``, no: "nobody: not in this release" };
  return `| ${id} | ${way} | ${who[covered]} |`;
}
