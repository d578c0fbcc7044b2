/** Whose the product is that is there already: of the release that this would be an upgrade of, of another one, of nobody. */
import { group } from "@companyos/crds/names";
import type { KubeClient, KubeObject } from "@companyos/kube";
import { get, list, metadataOf } from "./ask.ts";
import { type Item, missing, ok, unknown } from "./item.ts";
import { diffItem, upgradeItems } from "./upgrade.ts";
import type { ChartValues } from "./values.ts";

/** Where a release lives, and whether Helm knows it still; undefined: you may not look. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
  readonly isThere: boolean | undefined;
}

const check = "CRDs";

/** @param files of --values */
export async function releaseItems(
  client: KubeClient,
  namespace: string,
  values: ChartValues,
  files: readonly string[],
): Promise<Item[]> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tenants.${group}`;
  const found = await get(client, path);
  if (found.state === "forbidden") return [unknown(check, found.message, "ask as somebody who may read it")];
  if (found.state === "absent") return [ok(check, "not there yet")];
  const said = releaseOf(found.value);
  if (!said) return [crdItem(undefined, namespace)];
  const labelSelector = `owner=helm,name=${said.name}`;
  // Their names are enough: what is in them is the release's values.
  const records = await metadataOf(client, `/api/v1/namespaces/${said.namespace}/secrets`, { labelSelector });
  const isThere =
    records.state === "forbidden" ? undefined : records.state === "there" && records.value.length > 0;
  const item = crdItem({ ...said, isThere }, namespace);
  if (item.state !== "ok") return [item];
  const sets = await list(client, `/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  const its = (sets.state === "there" ? sets.value : []).filter(({ metadata: { name = "" } }) =>
    name.startsWith("companyos-"),
  );
  // Without values nothing is known of what they would change.
  return [
    item,
    ...(files.length > 0 ? upgradeItems(its, values) : []),
    diffItem(said.name, namespace, files),
  ];
}

function releaseOf({
  metadata: { annotations = {} },
}: KubeObject): Pick<Release, "name" | "namespace"> | undefined {
  const { "meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace } = annotations;
  return name === undefined || namespace === undefined ? undefined : { name, namespace };
}

/** Pure. @param release of the CRDs that are there; undefined: they are no Helm release's */
export function crdItem(release: Release | undefined, namespace: string): Item {
  const takeOver = "say `helm upgrade --install … --take-ownership`, once";
  if (!release)
    return missing(
      check,
      "they are there, and are no Helm release's: Helm refuses to take them over",
      takeOver,
    );
  const { name, namespace: its, isThere } = release;
  if (its === namespace) return ok(check, `of release ${name}: this would be an upgrade`);
  const stay = `say \`-n ${its}\`, here and to Helm, where it goes on`;
  const todo = {
    true: stay,
    false: `it is uninstalled: ${takeOver}. Its volumes, and the logs on them, stay in ${its}; to go on with them, -n ${its}`,
    undefined: `${stay}; where it was uninstalled (helm list -n ${its}), ${takeOver}`,
  }[String(isThere) as "true" | "false" | "undefined"];
  return missing(
    check,
    `they are of release ${name} in namespace ${its}, and this would be one in ${namespace}: Helm refuses to take them over`,
    todo,
  );
}
