/** Workflow commands of GitHub Actions, which its runner shows beside the lines of a pull request. Pure. */
import { printable } from "../../terminal.ts";
import { type Finding, findingsOf } from "./findings.ts";
import type { Format } from "./format.ts";

const commands = { error: "error", warning: "warning", note: "notice" } as const;

export const github: Format = (result, { undecided }) =>
  findingsOf(result, undecided)
    .map(({ code, object, ...rest }) =>
      annotation({ ...rest, title: object === undefined ? code : `${code}: ${object}` }),
    )
    .join("\n");

interface Annotation extends Pick<Finding, "level" | "message"> {
  readonly title: string;
  readonly file?: string;
  readonly at?: number | undefined;
}

export function annotation({ level, title, message, file, at }: Annotation): string {
  const where = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(at === undefined ? [] : [`line=${at}`]),
  ];
  return `::${commands[level]} ${[...where, `title=${property(title)}`].join(",")}::${data(message)}`;
}

const data = (text: string): string => printable(text).replaceAll("%", "%25");

const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
