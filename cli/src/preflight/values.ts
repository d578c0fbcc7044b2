/** What preflight reads of the values that the chart is to be installed with, its defaults filled in. */
import { readFile } from "node:fs/promises";
import { chartDefaults } from "./chart-defaults.ts";
import { type Item, missing, ok, warning } from "./item.ts";

export interface ChartValues {
  readonly regions: readonly string[];
  readonly jurisdictions: Readonly<Record<string, string>>;
  readonly notarySelector: Readonly<Record<string, string>>;
  /** By what it is for; "": the cluster's default. */
  readonly storageClasses: Readonly<Record<string, string>>;
  readonly priorityClass: string;
  readonly certManager: boolean;
}

/** A member of a map inside maps; undefined where anything on the way is none. */
function at(values: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (inside, key) =>
        typeof inside === "object" && inside !== null ? (inside as Record<string, unknown>)[key] : undefined,
      values,
    );
}

/** Later files over earlier ones, as Helm has it. Rejects for a file that cannot be read or is no map. */
export async function chartValues(files: readonly string[]): Promise<ChartValues> {
  const { load } = await import("js-yaml");
  const all: unknown[] = [];
  for (const file of files) {
    const values = load(await readFile(file, "utf8"));
    if (typeof values !== "object" || values === null || Array.isArray(values))
      throw new Error(`--values ${file}: it is no map of Helm values`);
    all.push(values);
  }
  const last = (path: string) =>
    all.map((values) => at(values, path)).findLast((value) => value !== undefined);
  const text = (path: keyof typeof chartDefaults): string => {
    const value = last(path) ?? chartDefaults[path];
    if (typeof value !== "string")
      throw new Error(`--values: ${path} is ${JSON.stringify(value)}: expected a text`);
    return value;
  };
  const texts = (path: string): Record<string, string> => {
    const merged = Object.assign({}, ...all.map((values) => at(values, path) ?? {})) as Record<
      string,
      unknown
    >;
    return Object.fromEntries(Object.entries(merged).map(([key, value]) => [key, String(value)]));
  };
  const regions = last("companyos.residency.regions") ?? chartDefaults["companyos.residency.regions"];
  if (!Array.isArray(regions) || !regions.every((one) => typeof one === "string"))
    throw new Error(
      `--values: companyos.residency.regions is ${JSON.stringify(regions)}: expected a list of names`,
    );
  return {
    regions,
    jurisdictions: texts("notary.jurisdictions"),
    notarySelector: texts("notary.nodeSelector"),
    storageClasses: {
      "operator.journal": text("operator.journal.storageClassName"),
      "webhook.journal": text("webhook.journal.storageClassName"),
      "notary.store": text("notary.store.storageClassName"),
    },
    priorityClass: text("priorityClassName"),
    certManager: text("certificates.provider") === "cert-manager",
  };
}

/** What the values lack by themselves. Pure. */
export function valuesItems({ regions, jurisdictions }: ChartValues, isGiven: boolean): Item[] {
  const check = "Values";
  const without = regions.filter((region) => !jurisdictions[region]);
  if (without.length > 0)
    return [
      missing(
        check,
        `no jurisdiction for ${without.join(", ")}`,
        "set notary.jurisdictions: a log's keys are made once with what is said there",
      ),
    ];
  if (regions.length === 0)
    return [
      warning(
        check,
        isGiven
          ? "companyos.residency.regions is empty: there would be no log"
          : "none given: nothing is known of regions and notaries",
        isGiven ? "name the regions that get a notary" : "give those that you install with: --values FILE",
      ),
    ];
  return [ok(check, `regions ${regions.map((region) => `${region} (${jurisdictions[region]})`).join(", ")}`)];
}
