/** What preflight reads of the values that the chart is to be installed with, its defaults filled in. */

import type { Region, UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { chartDefaults } from "../chart/defaults.ts";
import { at, readValues } from "../chart/read.ts";
import { type ChartDefaultPath, type Contradiction, contradictions } from "./contradictions.ts";
import { type Item, missing, ok, warning } from "./item.ts";

export interface ChartValues {
  readonly regions: readonly string[];
  readonly jurisdictions: Readonly<Record<string, string>>;
  readonly notarySelector: Readonly<Record<string, string>>;
  /** By what it is for; storageClassName "": the cluster's default. */
  readonly volumes: Readonly<Record<string, { readonly size: string; readonly storageClassName: string }>>;
  /** What happens in namespaces of no Tenant; nothing where nothing is enforced. */
  readonly unclaimed: UnclaimedSetting;
  readonly podUser: "Fixed" | "Platform";
  /** Paths of values that fix a user or group of pods or containers. */
  readonly ownUser: readonly string[];
  readonly priorityClass: string;
  readonly certManager: boolean;
  /** What Helm refuses that its schema takes. */
  readonly refused: readonly Contradiction[];
  /** Files that Helm refuses for their first line alone. */
  readonly headed: readonly string[];
}

const check = "Values";

/** Later files over earlier ones, as Helm has it. Rejects for what Helm would refuse. */
export async function chartValues(files: readonly string[]): Promise<ChartValues> {
  const { values, headed } = await readValues(files);
  // Of the types that the chart's schema says; what a null took out is at its default for the chart.
  const value = <T>(path: ChartDefaultPath) => (at(values, path) ?? chartDefaults[path]) as T;
  return {
    regions: value("companyos.residency.regions"),
    jurisdictions: value("notary.jurisdictions"),
    notarySelector: value("notary.nodeSelector"),
    volumes: Object.fromEntries(
      (["operator.journal", "webhook.journal", "notary.store"] as const).map((path) => [
        path,
        { size: value(`${path}.size`), storageClassName: value(`${path}.storageClassName`) },
      ]),
    ),
    unclaimed: {
      action: value("companyos.residency.enforce") ? value("companyos.residency.unclaimed.action") : "Ignore",
      except: value("companyos.residency.unclaimed.except"),
    },
    podUser: value("podUser"),
    ownUser: (["podSecurityContext", "securityContext"] as const).flatMap((path) =>
      ["runAsUser", "runAsGroup", "fsGroup"]
        .filter((id) => Object.hasOwn(value(path), id))
        .map((id) => `${path}.${id}`),
    ),
    priorityClass: value("priorityClassName"),
    certManager: value("certificates.provider") === "cert-manager",
    refused: contradictions(value),
    headed,
  };
}

/** What the values lack by themselves. Pure. */
export function valuesItems(values: ChartValues, isGiven: boolean): Item[] {
  const headed = values.headed.map((file) =>
    warning(
      check,
      `${file} begins with the heading of \`helm get values\`, which is no value: it is passed over here, and Helm refuses the file`,
      "take out that line before you install by it, or make the file with -o yaml",
    ),
  );
  const refused = values.refused.map(({ path, why, todo }) => missing(check, `${path} ${why}`, todo));
  const ofRegions = regionItems(values, isGiven);
  return [...headed, ...refused, ...(refused.length > 0 ? ofRegions.filter(isNotOk) : ofRegions)];
}

const isNotOk = ({ state }: Item): boolean => state !== "ok";

function regionItems({ regions, jurisdictions }: ChartValues, isGiven: boolean): Item[] {
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

/** Whether logs state what their Regions say. Pure. @param regions of the cluster, and those that will be applied */
export function jurisdictionItems(
  { regions: withNotary, jurisdictions }: Pick<ChartValues, "regions" | "jurisdictions">,
  regions: readonly KubeObject[],
): Item[] {
  return withNotary.flatMap((name) => {
    const region = regions.find(({ metadata }) => metadata.name === name) as Region | undefined;
    const [said, wanted] = [jurisdictions[name], region?.spec.jurisdiction];
    if (said === undefined || wanted === undefined || said === wanted || said === "unstated") return [];
    return [
      missing(
        `Jurisdiction of ${name}`,
        `notary.jurisdictions says ${said}, and Region ${name} says ${wanted}`,
        "correct the one that is wrong before you install: a log's keys are made once, and state it for ever",
      ),
    ];
  });
}
