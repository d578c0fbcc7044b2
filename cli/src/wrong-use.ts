import { CommanderError } from "commander";
import { jsonText } from "./terminal.ts";

/** The JSON of a command line that could not be carried out: `--output json` prints JSON in any case. */
interface WrongUseJson {
  readonly error: { readonly code: string; readonly message: string };
}

/** What a command line asks to print, readable or not; undefined: text. */
function outputAsked(words: readonly string[]): string | undefined {
  const asked = words.flatMap((word, i) => {
    if (word === "--output" || word === "-o") return [words[i + 1] ?? ""];
    const given = /^(?:--output=|-o)(.+)$/.exec(word);
    return given ? [given[1] ?? ""] : [];
  });
  return asked.at(-1);
}

/** The document that is printed where one is waited for, though there is nothing in it; undefined where there is none. */
export async function wrongUseText(
  words: readonly string[],
  error: unknown,
  message: string,
): Promise<string | undefined> {
  const asked = outputAsked(words) ?? "";
  if (asked === "json") return jsonText(wrongUseJson(error, message));
  if (words[0] !== "check") return undefined;
  const { wrongUse } = await import("./check/formats/wrong-use.ts");
  const { productVersion } = await import("./versions.ts");
  return Object.hasOwn(wrongUse, asked) ? wrongUse[asked]?.(message, await productVersion()) : undefined;
}

/** `WRONG_USE`, unless the error brings a code of ours. */
function wrongUseJson(error: unknown, message: string): WrongUseJson {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  const ours = typeof code === "string" && /^[A-Z][A-Z_]+$/.test(code) && syscall === undefined;
  const said = error instanceof CommanderError ? message.replace(/^error: /, "") : message;
  return { error: { code: ours ? code : "WRONG_USE", message: said } };
}
