import { createInterface } from "node:readline/promises";

/** Asks on standard error; true for yes. Rejects where nobody is there to ask. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error("nobody is there to ask: say --yes, or --dry-run to only look");
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await ask.question(`${question} [y/N] `)).trim());
  } finally {
    ask.close();
  }
}
