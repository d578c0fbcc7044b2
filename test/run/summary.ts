import { relative } from "node:path";
import { type Count, total } from "./report.ts";
import type { Outcome } from "./runner.ts";

export interface Ran extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

/** Files below this are only counted. */
const shownFromSeconds = 3;

/** What a run prints at its end; its last line is `N passed, N failed`. */
export function summary(ran: readonly Ran[], root: string, seconds: number): string {
  const parts = [times(ran), runners(ran, seconds), flaky(ran, root), line(sum(ran))];
  return parts.filter(Boolean).join("\n\n");
}

export const sum = (ran: readonly Ran[]): Count => total(ran.map(({ count }) => count));

const line = ({ passed, failed }: Count): string => `${passed} passed, ${failed} failed`;

/** Test files by time, slowest first. */
function times(ran: readonly Ran[]): string {
  const files = ran.flatMap((each) => each.files).toSorted((a, b) => b.seconds - a.seconds);
  const shown = files.filter(({ seconds }) => seconds >= shownFromSeconds);
  const rest = files.length - shown.length;
  return [
    ...shown.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${file}`),
    ...(rest > 0
      ? [`${String(rest).padStart(7)} ${rest === 1 ? "file" : "files"} below ${shownFromSeconds} s`]
      : []),
  ].join("\n");
}

const runners = (ran: readonly Ran[], seconds: number): string =>
  [
    ...ran.map((each) => `${each.name.padEnd(24)} ${line(each.count)} (${Math.round(each.seconds)} s)`),
    `in all ${Math.round(seconds)} s`,
  ].join("\n");

function flaky(ran: readonly Ran[], root: string): string {
  const found = ran.flatMap((each) => each.flaky);
  if (found.length === 0) return "";
  return [
    ...found.flatMap(({ file, log }) => [`flaky: ${file}`, `  what failed first: ${relative(root, log)}`]),
    "A flaky test is a defect: write it into docs/roadmap.md, with its log.",
  ].join("\n");
}
