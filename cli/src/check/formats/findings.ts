/** What a pipeline shows of a check: one finding for each object, file or document that is not simply allowed. Pure. */
import type { CheckResult } from "../decide.ts";

/** `error` fails the command, `warning` does not, `note` is only recorded. */
export type Level = "error" | "warning" | "note";

export interface Finding {
  readonly level: Level;
  /** A reason code. */
  readonly code: string;
  readonly message: string;
  readonly file: string;
  /** From 1; undefined where it is about the file as a whole. */
  readonly line: number | undefined;
  /** `Deployment acme/web`; undefined of what could not be read. */
  readonly object: string | undefined;
  readonly field: string;
}

const levels = { block: "error", warn: "warning", audit: "note" } as const;

export function findingsOf(result: CheckResult, undecided: "fail" | "warn"): Finding[] {
  const { objects, faults } = result;
  return [
    ...faults.map(({ file, line, code, message }) => {
      const about = { level: "error", code, message, file, line } as const;
      return { ...about, object: undefined, field: "" };
    }),
    ...objects.flatMap((one) => {
      const { verdict, reason, message, file, line, field } = one;
      if (verdict === "allow") return [];
      return [{ level: levels[verdict], code: reason, message, file, line, object: titleOf(one), field }];
    }),
    ...result.undecided.map((one) => {
      const level: Level = undecided === "fail" ? "error" : "warning";
      const { reason, message, file, line } = one;
      return { level, code: reason, message, file, line, object: titleOf(one), field: "" };
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
