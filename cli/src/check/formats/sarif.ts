/** SARIF 2.1.0 (OASIS), as GitHub's code scanning and other viewers read it. Pure. */
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { standardInput } from "@companyos/manifests";
import { reasonOf } from "@companyos/policies";
import { exitCodes } from "../../exit-codes.ts";
import { jsonText } from "../../terminal.ts";
import { type Finding, findingsOf, repeats } from "./findings.ts";
import type { Format } from "./format.ts";

export const sarif: Format = (result, { undecided, version, exitCode }) => {
  const findings = findingsOf(result, undecided);
  const before = repeats(findings.map((finding) => JSON.stringify(identityOf(finding))));
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const log = sarifOf(
    version,
    {
      // A tool that could not read all it was given has not done what it was asked; what it could is in the results.
      invocations: [{ executionSuccessful: exitCode !== exitCodes.wrongUse, exitCode }],
      properties: { policy: result.policy },
      results: findings.map((finding, i) =>
        resultOf(finding, { ruleIndex: codes.indexOf(finding.code), before: before[i] ?? 0 }),
      ),
    },
    codes.map(ruleOf),
  );
  return jsonText(log);
};

/** A log of one run of this program. */
export function sarifOf(version: string, run: object, rules: readonly object[] = []) {
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      { tool: { driver: { name: "companyos check", version, rules } }, columnKind: "utf16CodeUnits", ...run },
    ],
  };
}

function ruleOf(code: string) {
  const { message, meaning, fix } = reasonOf(code) ?? { message: code, meaning: code, fix: "" };
  const plain = (text: string) => text.replace(/\{\w+\}/g, "…");
  return {
    id: code,
    name: code,
    // Reasons speak of what is before them; a rule speaks of none.
    shortDescription: { text: plain(message) },
    fullDescription: { text: meaning },
    help: { text: [meaning, plain(fix)].filter(Boolean).join("\n\n") },
  };
}

const identityOf = ({ code, file, object, message, field }: Finding) => [
  code,
  file,
  object ?? message,
  field,
];

function resultOf(finding: Finding, { ruleIndex, before }: { ruleIndex: number; before: number }) {
  const { level, code, message, file, at, object } = finding;
  const logical =
    object === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: object, kind: "resource" }] };
  const region = at === undefined ? {} : { region: { startLine: at } };
  const identity = createHash("sha256").update(
    JSON.stringify([...identityOf(finding), ...(before === 0 ? [] : [before])]),
  );
  return {
    ruleId: code,
    ruleIndex,
    level,
    message: { text: message },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region }, ...logical }],
    // The same tomorrow, though lines have moved.
    partialFingerprints: { "companyosCheck/v1": identity.digest("hex").slice(0, 32) },
  };
}

/** Relative ones stay relative: viewers look for them in the repository. */
function uriOf(file: string): string {
  if (file === standardInput) return "stdin";
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file
    .split("/")
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join("/");
}
