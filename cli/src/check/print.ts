import { fewOf, reasonLink } from "@companyos/policies";
import { counted } from "../plural.ts";
import { table } from "../table.ts";
import { complain, say } from "../terminal.ts";
import type { CheckResult, Fault, Place as Judged } from "./result.ts";

type Place = { file: string; document: number };
const at = ({ file, document }: Place) => `${file}#${document}`;

export function printChecked(result: CheckResult): void {
  const { objects, undecided, faults } = result;
  const rows = [
    ...objects.map((object) => ({ ...object, verdict: object.verdict.toUpperCase() })),
    ...undecided.map((object) => ({ ...object, verdict: "UNDECIDED" })),
  ].map((object) => [
    object.verdict,
    object.reason,
    `${object.kind} ${[object.namespace, object.name].filter(Boolean).join("/")}`,
    at(object),
  ]);
  if (rows.length > 0) console.log(table(["VERDICT", "REASON", "OBJECT", "FILE"], rows));
  for (const object of [...objects.filter(({ verdict }) => verdict !== "allow"), ...undecided]) {
    console.log();
    say(`${at(object)} (line ${object.line})`);
    say(`  ${object.message}`);
  }
  for (const line of summed(faults)) complain(`companyos: ${line}`);
  printAsides(result);
  if (rows.length > 0) console.log();
  console.log(countsOf(result));
  for (const line of notLookedAt(result)) say(line);
}

/** Beside another format, for whoever reads the log of a pipeline: what is wrong, and how much there was. */
export function printBeside(result: CheckResult): void {
  const { objects, undecided, faults } = result;
  for (const line of summed(faults)) complain(`companyos: ${line}`);
  for (const one of [...objects.filter(({ verdict }) => verdict !== "allow"), ...undecided])
    complain(`${at(one)} (line ${one.line}): ${one.message}`);
  printAsides(result);
  for (const line of [countsOf(result), ...notLookedAt(result)]) complain(`companyos: ${line}`);
}

/** What a reader should know of how it was decided. */
export function printAsides({ warnings, setAside, skipped }: CheckResult): void {
  for (const warning of warnings) complain(`companyos: warning: ${warning}`);
  if (setAside.length > 0) printSetAside(setAside);
  if (skipped.length > 0) complain(`companyos: ${skippedText(skipped)}`);
}

/** `not looked at: Rollout (1), Deployment (2) in namespaces of no Tenant (shop)`. */
function notLookedAt({ notLookedAt: those }: CheckResult): string[] {
  if (those.length === 0) return [];
  const byKind = Map.groupBy(those, ({ kind }) => kind);
  const kinds = [...byKind].map(
    ([kind, all]) => `${kind} (${all.reduce((sum, { count }) => sum + count, 0)})`,
  );
  const names = [...new Set(those.map(({ namespace }) => namespace))];
  return [
    `not looked at: ${kinds.join(", ")} in ${fewOf(names, mostSaid)}, which no Tenant claims among what is decided by`,
  ];
}

function countsOf({ objects, undecided, faults, passedOver }: CheckResult): string {
  const blocked = objects.filter(({ verdict }) => verdict === "block").length;
  const counts = [
    `${counted(objects.length, "object")} decided`,
    `${blocked} blocked`,
    ...(undecided.length > 0 ? [`${undecided.length} undecided`] : []),
    ...(faults.length > 0 ? [`${faults.length} unread`] : []),
    `${passedOver} that ${passedOver === 1 ? "places" : "place"} nothing for a tenant`,
  ];
  return `${counts.join(", ")}.`;
}

const mostSaid = 10;

/** The first of each file, and how many more there are. */
function summed(faults: readonly Fault[]): string[] {
  const byFile = Map.groupBy(faults, ({ file }) => file);
  return [...byFile].flatMap(([file, those]) => {
    const said = those.slice(0, mostSaid).map(textOf);
    const more = those.length - said.length;
    return more > 0 ? [...said, `${file}: and ${more} more, --output json has them all`] : said;
  });
}

function skippedText(skipped: CheckResult["skipped"]): string {
  const files = skipped.map(({ file, what }) => `${file} (${what})`);
  return `skipped: ${fewOf(files, mostSaid)}`;
}

function printSetAside(setAside: readonly Judged[]): void {
  const those = setAside.map((one) => `${one.kind} ${one.name} (${at(one)})`);
  complain(
    `companyos: nothing was decided by ${fewOf(those, mostSaid)}: where --with is given, it alone is what is decided by. If they may have a say, name their files with --with too`,
  );
}

function textOf({ file, document, line, code, message }: Fault): string {
  const where = document === undefined ? "" : ` document ${document} (line ${line}):`;
  const about = code.startsWith("FILE_") && document === undefined ? file : `${file}:${where}`;
  return `${about} ${message} [${code}; ${reasonLink(code)}]`;
}
