import { fewOf } from "@companyos/policies";
import { type ExitCode, exitCodes } from "../exit-codes.ts";

/**
 * One thing that was looked at. `missing`: an installation would not work, or not hold. `warning`: it would, and somebody should
 * know. `unknown`: it could not be looked at.
 */
export interface Item {
  readonly check: string;
  readonly state: "ok" | "warning" | "missing" | "unknown";
  readonly detail: string;
  /** What to do about it; empty with `ok`. */
  readonly todo: string;
}

export const ok = (check: string, detail: string): Item => ({ check, state: "ok", detail, todo: "" });

export const missing = (check: string, detail: string, todo: string): Item => ({
  ...{ check, state: "missing", detail, todo },
});

export const warning = (check: string, detail: string, todo: string): Item => ({
  ...{ check, state: "warning", detail, todo },
});

export const unknown = (check: string, detail: string, todo: string): Item => ({
  ...{ check, state: "unknown", detail, todo },
});

/** Of the command: 0 nothing is missing, 1 something is, 2 something is not known. */
export function exitCodeOf(items: readonly Item[]): ExitCode {
  if (items.some(({ state }) => state === "missing")) return exitCodes.no;
  return items.some(({ state }) => state === "unknown") ? exitCodes.wrongUse : exitCodes.yes;
}

const mostNamed = 8;

/** `a, b and 3 more`. */
export function some(names: readonly string[]): string {
  return fewOf(names, mostNamed);
}
