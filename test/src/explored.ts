import { createHash } from "node:crypto";

/** Of so many that lie side by side, a share tries one. */
const oneOf = 8;

/**
 * What a test that goes through everything there is tries of it: all, unless COMPANYOS_EXPLORE is `share`, as `npm test` sets it.
 * Then one of each eight side by side; which ones depends on COMPANYOS_SEED alone.
 */
export function explored<T>(all: readonly T[], env: NodeJS.ProcessEnv = process.env): T[] {
  if (env.COMPANYOS_EXPLORE !== "share") return [...all];
  const chosen = (group: number) =>
    (createHash("sha256").update(`${env.COMPANYOS_SEED} ${group}`).digest()[0] as number) % oneOf;
  const groups = Array.from({ length: Math.ceil(all.length / oneOf) }, (_, group) =>
    all.slice(group * oneOf, (group + 1) * oneOf),
  );
  return groups.map((group, i) => group[chosen(i) % group.length] as T);
}

/** How often a property is tried that is to hold so often: as often, or for a share an eighth of it, and ten times at least. */
export function runs(all: number, env: NodeJS.ProcessEnv = process.env): number {
  return env.COMPANYOS_EXPLORE === "share" ? Math.min(all, Math.max(10, Math.ceil(all / oneOf))) : all;
}
