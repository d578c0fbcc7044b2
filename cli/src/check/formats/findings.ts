/** What a pipeline shows of a check: one finding for each object, file or document that is not simply allowed. Pure. */
import type { CheckResult } from "../result.ts";

/** `error` fails the command, `warning` does not, `note` is only recorded. */
export type Level = "error" | "warning" | "note";

export interface Finding {
  readonly level: Level;
  /** A reason code. */
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** Where the document begins, from 1; undefined where it is about the file as a whole. */
  readonly line: number | undefined;
  /** Where the field stands, else the document. */
  readonly at: number | undefined;
  /** `Deployment acme/web`; undefined of what could not be read. */
  readonly object: string | undefined;
  readonly field: string;
}

const levels = { block: "error", warn: "warning", audit: "note" } as const;

export function findingsOf(result: CheckResult, undecided: "fail" | "warn"): Finding[] {
  const { objects, faults } = result;
  return [
    ...faults.map(({ file, line, code, message, field = "", fieldLine }) => {
      const about = { level: "error", code, message, file, line, at: fieldLine ?? line } as const;
      return { ...about, object: undefined, field };
    }),
    ...objects.flatMap((one) => {
      const { verdict, reason, message, file, line, fieldLine, field } = one;
      if (verdict === "allow") return [];
      const where = { file, line, at: fieldLine ?? line, object: titleOf(one), field };
      return [{ level: levels[verdict], code: reason, message, ...where }];
    }),
    ...result.undecided.map((one) => {
      const level: Level = undecided === "fail" ? "error" : "warning";
      const { reason, message, file, line } = one;
      return { level, code: reason, message, file, line, at: line, object: titleOf(one), field: "" };
    }),
  ];
}

export const titleOf = ({
  kind,
  namespace,
  name,
}: {
  kind: string;
  namespace: string;
  name: string;
}): string => `${kind} ${[namespace, name].filter(Boolean).join("/")}`;

/** How many of the same key stand before each, such as of objects that share a generateName. */
export function repeats(keys: readonly string[]): number[] {
  const seen = new Map<string, number>();
  return keys.map((key) => {
    const before = seen.get(key) ?? 0;
    seen.set(key, before + 1);
    return before;
  });
}
