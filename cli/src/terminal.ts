/**
 * What is printed and may quote text from elsewhere passes `printable` or `jsonText`: without characters that control a terminal or turn
 * the order of what is read, and without commands to the pipeline that it is printed in. GitHub's runner takes `::` at a line's
 * start and `##[` anywhere for one, Azure's `##vso[`, TeamCity `##teamcity[`.
 */
const command = /##(?=\w*\[)/g;
const turning = "\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";
/** Controls that JSON does not escape by itself. */
const outside = new RegExp(`[\\u007f-\\u009f${turning}]`, "g");
const controls = new RegExp(`[\\u0000-\\u001f\\u007f-\\u009f${turning}]`, "g");

/** As long as it was. */
export function printable(text: string): string {
  return text
    .replace(command, "#\ufffd")
    .replace(/^(\s*):(?=:)/, "$1\ufffd")
    .replace(controls, "\ufffd");
}

/** JSON, indented, which reads back as it was: what may not stand in it as it is stands escaped. */
export function jsonText(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, null, 2).replace(command, "\\u0023#").replace(outside, escaped);
}

export const printJson = (value: unknown): void => console.log(jsonText(value));

/** Messages name our pages by their path; whoever has them somewhere says where, as the chart's docs.baseURL does for refusals. */
function withPages(text: string): string {
  const docs = process.env.COMPANYOS_DOCS_URL?.replace(/\/+$/, "");
  return docs ? text.replace(/(?<![\w./-])docs\/(?=[\w/-]+\.md)/g, () => `${docs}/`) : text;
}

/** One line for a person, which may quote text from elsewhere. */
export const say = (line: string): void => console.log(withPages(printable(line)));

/** Lines for a person, of text that is `printable` already. */
export const tell = (text: string): void => console.log(withPages(text));

/** The same to standard error. A text of several lines keeps them. */
export const complain = (text: string): void =>
  console.error(withPages(text.split("\n").map(printable).join("\n")));
