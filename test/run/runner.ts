import { run } from "./program.ts";
import type { Count, FileReport } from "./report.ts";

export interface Outcome {
  readonly count: Count;
  /** Empty for what is not made of test files. */
  readonly files: readonly FileReport[];
  readonly flaky: readonly Flaky[];
  /** There when files failed that run once more by themselves: to be called when nothing else runs. */
  readonly again?: () => Promise<Outcome>;
}

export interface Flaky {
  readonly file: string;
  /** Path of what the first, failed run of it printed. */
  readonly log: string;
}

export interface Runner {
  readonly name: string;
  /** `env`: besides the environment of this process. */
  run(env?: Readonly<Record<string, string>>): Promise<Outcome>;
}

export const counted = (count: Count): Outcome => ({ count, files: [], flaky: [] });

/** A check that counts as one. */
export function check(name: string, program: string, args: readonly string[]): Runner {
  return {
    name,
    async run() {
      const { code } = await run(program, args);
      return counted(code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
    },
  };
}
