/** Commands that our messages tell people to run, collected from the sources of the messages. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reasons } from "@companyos/policies";
import { verbs } from "companyos/verbs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What is said on an occasion. `--help` texts, tables and pages for docs/ are not. */
const sources = [
  "{webhook,operator,notary,policies,crds,cdk8s}/src/**/*.ts",
  "packages/*/src/**/*.ts",
  "cli/src/**/*.ts",
];
const others = [
  /node_modules/,
  /(generate|\/page|\/rows|\/script)\.ts$/,
  /^cli\/src\/verbs\//,
  /^cli\/src\/check\/formats\//,
  /^crds\/src\/(kinds|reference)\//,
  /^policies\/src\/reasons\//,
];

const known: Readonly<Record<string, ReadonlySet<string>>> = {
  companyos: new Set([...verbs.map((verb) => verb().name()), "dev"]),
  kubectl: new Set(
    "annotate apply auth delete describe events get kustomize label logs patch port-forward rollout wait".split(
      " ",
    ),
  ),
};

/** Each command as a message has it, with `X` for what an occasion fills in, and where it is named. */
export function namedCommands(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const note = (where: string, commands: readonly string[]) => {
    for (const command of commands) found.set(command, [...(found.get(command) ?? []), where]);
  };
  for (const { code, message, fix } of reasons) note(code, commandsIn(JSON.stringify(`${message}. ${fix}`)));
  const files = globSync(sources, { cwd: root }).filter((file) => !others.some((other) => other.test(file)));
  for (const file of files.toSorted()) note(file, commandsIn(readFileSync(`${root}${file}`, "utf8")));
  return found;
}

/** Commands in the string literals of a source. Pure. */
export function commandsIn(source: string): string[] {
  const lines = source.split("\n").filter((line) => !/^\s*(\*|\/\/|\/\*)/.test(line));
  const filled = lines.join("\n").replace(/\$\{[^}]*\}|\{[a-zA-Z]+\}/g, "X");
  const texts = filled.matchAll(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g);
  return [...texts].flatMap(([text]) =>
    [...text.slice(1, -1).matchAll(/(?<![\w./-])(kubectl|companyos) ([^\n"`|;:,()\\]+)/g)]
      .map(([, program, rest]) => commandOf(program!, rest!.trim().split(/\s+/)))
      .filter((command) => command !== undefined),
  );
}

/** Without the prose that goes on behind: at most a verb and two small words. Undefined where prose is all there is. */
function commandOf(program: string, words: readonly string[]): string | undefined {
  const command: string[] = [];
  let small = 0;
  for (const word of words) {
    const isSmall = /^[a-z]/.test(word) && command.at(-1) !== "-n";
    if (isSmall && small++ >= (program === "kubectl" ? 2 : 1) && !/^(list|init|show)\b/.test(word)) break;
    command.push(word.replace(/\.$/, ""));
    if (word.endsWith(".")) break;
  }
  const verb = command.find((word) => /^[a-z]/.test(word));
  return verb !== undefined && known[program]!.has(verb) ? [program, ...command].join(" ") : undefined;
}
