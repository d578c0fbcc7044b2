/** Which flags and arguments are names of something that there is. */
import type { Command, Option } from "commander";

/** What names can be asked for. `types` and `codes` this program knows; the others a cluster or a kubeconfig does. */
export const nameKinds = ["tenants", "regions", "namespaces", "contexts", "types", "codes"] as const;
export type NameKind = (typeof nameKinds)[number];

const ofFlags: Readonly<Record<string, NameKind>> = {
  "--tenant": "tenants",
  "--default-tenant": "tenants",
  "--log": "regions",
  "--lost": "regions",
  "--namespace": "namespaces",
  "--context": "contexts",
  "--type": "types",
};

/** By verb, with its sub-verb. */
const ofArguments: Readonly<Record<string, NameKind>> = {
  explain: "codes",
  adopt: "namespaces",
  release: "namespaces",
  unpin: "namespaces",
};

export function kindOfFlag({ long }: Option): NameKind | undefined {
  return ofFlags[long ?? ""];
}

/** Of the words behind a verb that are no flags. */
export function kindOfArgument(path: string): NameKind | undefined {
  return ofArguments[path];
}

export interface Values {
  readonly flags: readonly string[];
  /** The only values there are. */
  readonly choices?: readonly string[] | undefined;
  readonly kind?: NameKind | undefined;
}

/** What may follow each flag of a verb that takes a value; neither: a file, perhaps. */
export function valuesOf(command: Command): Values[] {
  return command.options
    .filter(({ required }) => required)
    .map((option) => ({
      flags: [option.long, option.short].filter((flag): flag is string => Boolean(flag)),
      choices: option.argChoices,
      kind: kindOfFlag(option),
    }));
}
