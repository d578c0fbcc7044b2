/** What `helm upgrade` would change of what stands, as far as it cannot be changed or somebody would miss it. Pure. */
import { type KubeObject, quantityValue } from "@companyos/kube";
import { type Item, missing, ok, warning } from "./item.ts";
import type { ChartValues } from "./values.ts";

const notaryPrefix = "companyos-notary-";

export function upgradeItems(
  standing: readonly KubeObject[],
  values: Pick<ChartValues, "regions" | "volumes" | "jurisdictions">,
): Item[] {
  return standing.flatMap((set) => {
    const { name = "" } = set.metadata;
    const region = name.startsWith(notaryPrefix) ? name.slice(notaryPrefix.length) : undefined;
    if (region !== undefined && !values.regions.includes(region)) return [gone(name, region)];
    return [
      ...volumeItems(set, values.volumes),
      ...(region === undefined ? [] : jurisdictionItem(set, region, values)),
    ];
  });
}

function gone(name: string, region: string): Item {
  return warning(
    `Notary of ${region}`,
    `StatefulSet ${name} stands, and ${region} is not in companyos.residency.regions: an upgrade would delete it`,
    "name the region, or know that its log is not reachable then (its volumes stay)",
  );
}

/** Kubernetes lets nobody change a StatefulSet's volumeClaimTemplates. */
function volumeItems({ metadata: { name = "" }, spec }: KubeObject, volumes: ChartValues["volumes"]): Item[] {
  const component = name.startsWith(notaryPrefix) ? "notary" : name.replace("companyos-", "");
  const claim = component === "notary" ? "store" : "journal";
  const wanted = volumes[`${component}.${claim}`];
  const template = (spec?.volumeClaimTemplates as KubeObject[] | undefined)?.find(
    (one) => one.metadata.name === claim,
  );
  if (!wanted || !template) return [];
  const size = String(template.spec?.resources?.requests?.storage ?? "");
  const storageClass = String(template.spec?.storageClassName ?? "");
  const changed = [
    ...(quantityValue(size) === quantityValue(wanted.size) ? [] : [`size from ${size} to ${wanted.size}`]),
    ...(storageClass === wanted.storageClassName
      ? []
      : [`storageClassName from ${storageClass || '""'} to ${wanted.storageClassName || '""'}`]),
  ];
  if (changed.length === 0) return [];
  return [
    missing(
      `StatefulSet ${name}`,
      `${component}.${claim} changes ${changed.join(" and ")}, and Kubernetes refuses that: the upgrade would fail half-way`,
      `leave it as it is; or, for a larger size, enlarge the claims by hand, kubectl delete statefulset ${name} --cascade=orphan, then upgrade`,
    ),
  ];
}

function jurisdictionItem(
  { spec }: KubeObject,
  region: string,
  { jurisdictions }: Pick<ChartValues, "jurisdictions">,
): Item[] {
  const args: readonly string[] =
    spec?.template?.spec?.initContainers?.flatMap(({ args = [] }: { args?: string[] }) => args) ?? [];
  const stated = args.find((one) => one.startsWith("--jurisdiction="))?.slice("--jurisdiction=".length);
  const wanted = jurisdictions[region];
  return stated === undefined || wanted === undefined || stated === wanted
    ? []
    : [
        warning(
          `Log of ${region}`,
          `it was installed as in ${stated}, and notary.jurisdictions says ${wanted}: trust files that auditors have say what it was`,
          `leave notary.jurisdictions.${region} at ${stated}, unless it was wrong from the first`,
        ),
      ];
}

/** How to see all of it. @param files of --values */
export function diffItem(release: string, namespace: string, files: readonly string[]): Item {
  const values = files.map((file) => ` --values ${file}`).join("");
  return ok(
    "Upgrade",
    `what it would change: helm template ${release} charts/companyos -n ${namespace} --is-upgrade --no-hooks${values} | kubectl diff -f -`,
  );
}
