/** docs/codes.md: what verbs print of their own. */
import { codeLists } from "../codes/index.ts";

export function codesPage(): string {
  const parts = [
    "<!-- Generated from cli/src/codes by `npm run generate`; do not edit. -->",
    "# Codes of commands",
    "What verbs print beside a decision. They are stable: a code keeps its meaning. `companyos explain CODE` prints the same, and of [decisions and receipts](reason-codes.md), of [the verifier](verification.md), and of [conditions](resources.md) as well.",
    ...codeLists.flatMap(({ of, codes }) => [
      `## ${of[0]!.toUpperCase()}${of.slice(1)}`,
      [
        "| code | what it means, what to do |",
        "| --- | --- |",
        ...Object.entries(codes).map(([code, text]) => `| \`${code}\` | ${text} |`),
      ].join("\n"),
    ]),
  ];
  return `${parts.join("\n\n")}\n`;
}
