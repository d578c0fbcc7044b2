import type { Command, Option } from "commander";
import { program } from "../program.ts";
import { codesPage } from "./codes-page.ts";

export interface GeneratedFile {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly content: string;
}

/** docs/cli.md, from what the verbs say of themselves, and docs/codes.md. */
export function generated(): GeneratedFile[] {
  return [
    { path: "docs/cli.md", content: cliPage(program()) },
    { path: "docs/codes.md", content: codesPage() },
  ];
}

/** What containers run; the rest a person types. */
const services = new Set(["operator", "webhook", "notary"]);

export function cliPage(whole: Command): string {
  const commands = whole.commands.flatMap((verb) => leaves(verb, "companyos"));
  const line = ({ name, command }: Leaf) => `| [\`${name}\`](#${anchor(name)}) | ${command.description()} |`;
  const byPeople = commands.filter(({ verb }) => !services.has(verb));
  const byPods = commands.filter(({ verb }) => services.has(verb));
  const parts = [
    "<!-- Generated from cli/src/verbs by `npm run generate`; do not edit. -->",
    "# The command companyos",
    "Every verb, as its `--help` has it. [Where the program comes from](install.md#the-program-companyos).",
    ["| verb | what it does |", "| --- | --- |", ...byPeople.map(line)].join("\n"),
    "What containers of the chart run:",
    ["| verb | what it does |", "| --- | --- |", ...byPods.map(line)].join("\n"),
    "Exit codes, where a verb does not say more: 0 yes, 1 no (blocked, invalid, not ready), 2 wrong use or a broken environment. `COMPANYOS_DEBUG=1` prints where an error comes from. A flag that takes one value and is given twice is wrong use.",
    ...byPeople.flatMap(section),
    ...byPods.flatMap(section),
  ];
  return `${parts.join("\n\n")}\n`;
}

interface Leaf {
  /** As it is typed: `companyos receipts list`. */
  readonly name: string;
  /** The word after `companyos`. */
  readonly verb: string;
  readonly command: Command;
}

function leaves(command: Command, before: string, verb = command.name()): Leaf[] {
  const name = `${before} ${command.name()}`;
  if (command.commands.length === 0) return [{ name, verb, command }];
  return command.commands.flatMap((sub) => leaves(sub, name, verb));
}

const anchor = (name: string) => name.replaceAll(" ", "-");

function section({ name, command }: Leaf): string[] {
  const { notes, examples } = said(command);
  const options = command.options.filter(({ hidden }) => !hidden);
  return [
    `## ${name}`,
    sentence(command.description()),
    ["```text", `${name} ${command.usage()}`.replace("[options]", "[flags]"), "```"].join("\n"),
    ...(options.length === 0
      ? []
      : [["| flag | what | default |", "| --- | --- | --- |", ...options.map(row)].join("\n")]),
    ...(notes === "" ? [] : [["```text", notes, "```"].join("\n")]),
    ...(examples === "" ? [] : [["```sh", examples, "```"].join("\n")]),
  ];
}

function row(option: Option): string {
  const choices = option.argChoices ? ` One of ${option.argChoices.map(code).join(", ")}.` : "";
  const env = option.envVar ? ` Also from \`${option.envVar}\` in the environment.` : "";
  const must = option.mandatory ? "**required** " : "";
  const what = cell(`${must}${sentence(option.description)}${choices}${env}`);
  return `| ${code(cell(option.flags))} | ${what} | ${cell(defaultOf(option))} |`;
}

function defaultOf({ defaultValue: value, defaultValueDescription: described, mandatory }: Option): string {
  if (described !== undefined) return described === "none" ? "" : code(described);
  if (value === undefined || mandatory || (Array.isArray(value) && value.length === 0)) return "";
  return code(String(value));
}

/** What stands below the flags, with its examples apart. */
function said(command: Command): { readonly notes: string; readonly examples: string } {
  let written = "";
  command.configureOutput({
    writeOut: (text) => {
      written += text;
    },
    getOutHasColors: () => false,
    getOutHelpWidth: () => 100,
  });
  command.outputHelp();
  const after = written.slice(command.helpInformation().length).trim();
  const [notes = "", examples = ""] = after.split(/^Examples?:\n/m);
  return { notes: notes.trim(), examples: examples.trimEnd().replace(/^ {2}/gm, "") };
}

const code = (text: string) => `\`${text}\``;
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function sentence(text: string): string {
  // The name of a value stays as it is written.
  const begun = /^[\w]+\./.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?!)]$/.test(begun) ? begun : `${begun}.`;
}
