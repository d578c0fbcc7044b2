import { CommanderError } from "commander";

/** The JSON of a command line that could not be carried out: `--output json` prints JSON in any case. */
export interface WrongUseJson {
  readonly error: { readonly code: string; readonly message: string };
}

/** Whether a command line asks for JSON, readable or not. */
export function asksForJson(words: readonly string[]): boolean {
  return words.some((word, i) => {
    if (word === "--output" || word === "-o") return words[i + 1] === "json";
    return word === "--output=json" || word === "-ojson";
  });
}

/** `WRONG_USE`, unless the error brings a code of ours. */
export function wrongUseJson(error: unknown, message: string): WrongUseJson {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const ours = typeof code === "string" && /^[A-Z][A-Z_]+$/.test(code) && syscall === undefined;
  const said = error instanceof CommanderError ? message.replace(/^error: /, "") : message;
  return { error: { code: ours ? code : "WRONG_USE", message: said } };
}
