/** What a command line that could not be carried out prints where a pipeline waits for a document: one that says so. */
import { exitCodes } from "../../exit-codes.ts";
import { jsonText } from "../../terminal.ts";
import { annotation } from "./github.ts";
import { junitOf } from "./junit.ts";
import { sarifOf } from "./sarif.ts";

const code = "WRONG_USE";
const file = "companyos check";

/** By format, from the message and the version of this program. */
export const wrongUse: Readonly<Record<string, (message: string, version: string) => string>> = {
  sarif: (text, version) =>
    jsonText(
      sarifOf(version, {
        invocations: [
          {
            executionSuccessful: false,
            exitCode: exitCodes.wrongUse,
            toolExecutionNotifications: [{ level: "error", message: { text } }],
          },
        ],
        results: [],
      }),
    ),
  junit: (message) => junitOf([{ file, name: code, outcome: "error", code, message }], new Date()),
  github: (message) => annotation({ level: "error", title: `${file}: ${code}`, message }),
};
