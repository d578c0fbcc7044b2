/**
 * JUnit's XML, as Ant wrote it and GitLab, Jenkins and Azure read it: a suite for each file, a case for each object. What is
 * blocked has failed, what could not be read is an error, what is undecided has failed or is skipped. Pure.
 */
import { printable } from "../../terminal.ts";
import type { CheckResult } from "../result.ts";
import { type Finding, findingsOf, repeats, titleOf } from "./findings.ts";
import type { Format } from "./format.ts";

export interface Case {
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failure" | "error" | "skipped";
  readonly code: string;
  readonly message: string;
}

export const junit: Format = (result, { undecided, now }) => {
  return junitOf(casesOf(result, undecided), now);
};

export function junitOf(cases: readonly Case[], now: Date): string {
  const suites = Map.groupBy(cases, ({ file }) => file);
  const timestamp = now.toISOString().slice(0, 19);
  const inside = [...suites].map(([file, cases], id) => suiteOf(file, cases, { id, timestamp }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${inside.join("")}</testsuites>`;
}

function casesOf(result: CheckResult, undecided: "fail" | "warn"): Case[] {
  const allowed = result.objects
    .filter(({ verdict }) => verdict === "allow")
    .map((one) => ({ ...one, object: titleOf(one), code: one.reason, level: "note" as const }));
  const cases = [...findingsOf(result, undecided), ...allowed].map((finding) => {
    const { file, line, object, code, message } = finding;
    const at = line === undefined ? "" : ` (line ${line})`;
    return { file, name: `${object ?? code}${at}`, outcome: outcomeOf(finding), code, message };
  });
  const before = repeats(cases.map(({ file, name }) => `${name} ${file}`));
  return cases.map((one, i) => (before[i] ? { ...one, name: `${one.name} (${before[i] + 1})` } : one));
}

function outcomeOf({ level, object }: Pick<Finding, "level" | "object"> & { code: string }): Case["outcome"] {
  if (level === "error") return object === undefined ? "error" : "failure";
  return level === "warning" ? "skipped" : "passed";
}

function suiteOf(
  file: string,
  cases: readonly Case[],
  { id, timestamp }: { readonly id: number; readonly timestamp: string },
): string {
  const count = (outcome: Case["outcome"]) => cases.filter((one) => one.outcome === outcome).length;
  const numbers = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  const head = `name=${quoted(file)} package="companyos.check" id="${id}" hostname="localhost" timestamp="${timestamp}" time="0"`;
  return `  <testsuite ${head} ${numbers}>
    <properties/>
${cases.map(caseOf).join("")}    <system-out/>
    <system-err/>
  </testsuite>
`;
}

function caseOf({ file, name, outcome, code, message }: Case): string {
  const head = `    <testcase name=${quoted(name)} classname=${quoted(file)} time="0"`;
  if (outcome === "passed") return `${head}/>\n`;
  if (outcome === "skipped") return `${head}><skipped/></testcase>\n`;
  return `${head}><${outcome} type=${quoted(code)} message=${quoted(message)}>${escaped(message)}</${outcome}></testcase>\n`;
}

const quoted = (text: string): string => `"${escaped(text)}"`;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** XML 1.0 has no place for control characters, halves of surrogate pairs, U+FFFE and U+FFFF, escaped or not. */
function escaped(text: string): string {
  return printable(text)
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"]/g, (character) => entities[character] ?? "");
}
