/** Workflow commands of GitHub Actions, which its runner shows beside the lines of a pull request. Pure. */
import { printable } from "../../terminal.ts";
import { type Finding, findingsOf } from "./findings.ts";
import type { Format } from "./format.ts";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

export const github: Format = (result, { undecided }) =>
  findingsOf(result, undecided).map(annotation).join("\n");

function annotation({ level, code, message, file, line, object }: Finding): string {
  const where = [`file=${property(file)}`, ...(line === undefined ? [] : [`line=${line}`])];
  const title = property(object === undefined ? code : `${code}: ${object}`);
  return `::${commands[level]} ${[...where, `title=${title}`].join(",")}::${data(message)}`;
}

const data = (text: string): string => printable(text).replaceAll("%", "%25");

const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
