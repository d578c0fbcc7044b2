/** Kustomizations that nobody has built, each with what to run instead: the same command, of what is built. Pure. */
import { type Kustomization, others } from "../kustomizations.ts";

export function unbuilt(
  judged: readonly Kustomization[],
  beside: readonly Kustomization[],
  { paths, context }: { readonly paths: readonly string[]; readonly context: readonly string[] },
): { one: Kustomization; command: string[] }[] {
  const flags = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  return [
    ...judged.map((one) => ({
      one,
      command: ["check", "-f", "-", ...others("-f", paths, one), ...flags("--with", context)],
    })),
    ...beside.map((one) => ({
      one,
      command: ["check", "--with", "-", ...others("--with", context, one), ...flags("-f", paths)],
    })),
  ];
}
