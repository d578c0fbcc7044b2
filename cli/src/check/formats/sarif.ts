/** SARIF 2.1.0 (OASIS), as GitHub's code scanning and other viewers read it. Pure. */
import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { standardInput } from "@companyos/manifests";
import { reasonOf } from "@companyos/policies";
import { type Finding, findingsOf } from "./findings.ts";
import type { Format } from "./format.ts";

export const sarif: Format = (result, { undecided, version, exitCode }) => {
  const findings = findingsOf(result, undecided);
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "companyos check", version, rules: codes.map(ruleOf) } },
        // What was wrong with files is no failure of the tool: the results are whole, as far as they could be read.
        invocations: [{ executionSuccessful: true, exitCode }],
        properties: { policy: result.policy },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => resultOf(finding, codes.indexOf(finding.code))),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
};

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

function resultOf({ level, code, message, file, line, object, field }: Finding, ruleIndex: number) {
  const logical =
    object === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: object, kind: "resource" }] };
  const region = line === undefined ? {} : { region: { startLine: line } };
  const identity = createHash("sha256").update(JSON.stringify([code, file, object ?? message, field]));
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
