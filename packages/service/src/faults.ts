import type { Registry } from "prom-client";
import type { LogFields, Logger } from "./logger.ts";
import { counter } from "./metrics.ts";

/** Where a mistake of ours may show itself, and what the log says of it. Values of the label `where`: a closed list. */
const places = {
  /** A route of the webhook, of the notary, or a probe's. */
  route: "a request could not be responded to",
  /** The compiled policy trapped or gave no decision, or what it is asked with could not be made. */
  decision: "a request could not be decided",
  reconcile: "a reconcile failed",
  /** Who is told of what a watch sees. */
  watch: "a listener of a watch failed",
  /** Work that nobody waits for. */
  background: "work in the background failed",
  /** What nothing else caught: the process ends. */
  process: "the process ends: nothing caught this",
} as const;

export type FaultPlace = keyof typeof places;

/** Logs a fault, with `fields` such as the id of the request and under `message` if there is a better one, and counts it. */
export type Faults = (where: FaultPlace, error: unknown, fields?: LogFields, message?: string) => void;

/** One for a process, in the registry that it serves; asking again gives the same counter. */
export function reportFaults({
  registry,
  log,
}: {
  readonly registry: Registry;
  readonly log: Pick<Logger, "error">;
}): Faults {
  const total = counter(registry, "residency_faults_total", { where: Object.keys(places) });
  return (where, error, fields = {}, message = places[where]) => {
    total.inc({ where });
    log.error(message, { ...fields, error });
  };
}

/** Errors of the language itself: however they came about, somebody made a mistake. */
const mistakes = new Set([
  "TypeError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "RuntimeError",
  "AssertionError",
]);

/** Whether somebody thought of this error: it has a code, as those of ours and of the system have. */
export function isForeseen(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return typeof code === "string" && !mistakes.has(String(name));
}
