import { apiVersion, group } from "@companyos/crds/names";
import { residencyResources } from "@companyos/inventory";
import type { KubeClient, KubeObject, Resource } from "@companyos/kube";
import { readManifests } from "@companyos/manifests";
import { connected } from "../connected.ts";
import { kinded } from "../kinded.ts";
import { table } from "../table.ts";
import { printJson, say } from "../terminal.ts";
import { apiServer, nodeRestriction } from "./api-server.ts";
import { type Answer, get, list } from "./ask.ts";
import { engineItems } from "./engines.ts";
import { exitCodeOf, type Item, missing, ok, unknown } from "./item.ts";
import { nodeItems } from "./nodes.ts";
import { rightsItems } from "./rights.ts";
import { priorityItem, storageItems } from "./storage.ts";
import { type ChartValues, chartValues, valuesItems } from "./values.ts";

export interface PreflightFlags {
  readonly values: readonly string[];
  readonly with: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace: string;
  readonly output: "text" | "json";
}

/** Prints what is there and what is not; resolves to the exit code. Writes nothing: the one patch it asks for is a dry run. */
export async function preflight(flags: PreflightFlags): Promise<number> {
  const values = await chartValues(flags.values);
  const proposed = await regionsIn(flags.with);
  const client = await connected(flags);
  try {
    const items = [
      ...(await apiServer(client)),
      ...valuesItems(values, flags.values.length > 0),
      ...(await nodes(client, values, proposed)),
      ...(await storage(client, values)),
      ...(await engines(client)),
      ...(await certManager(client, values)),
      ...(await installation(client, flags.namespace)),
    ];
    return report(items, flags.output);
  } finally {
    await client.close();
  }
}

/** A right that is lacking is said, and what it is lacking for is not known. */
function unlessForbidden<T>(check: string, answer: Answer<T>, then: (value: T) => Item[], absent: T): Item[] {
  if (answer.state === "forbidden") return [notSeen(check, answer.message)];
  return then(answer.state === "there" ? answer.value : absent);
}

function notSeen(check: string, message: string): Item {
  return unknown(check, message, "ask as somebody who may read it");
}

async function nodes(
  client: KubeClient,
  values: ChartValues,
  proposed: readonly KubeObject[],
): Promise<Item[]> {
  const [found, standing] = await Promise.all([
    list(client, "/api/v1/nodes"),
    list(client, `/apis/${apiVersion}/regions`),
  ]);
  const names = new Set(proposed.map(({ metadata }) => metadata.name));
  const there = standing.state === "there" ? standing.value : [];
  const regions = [
    ...proposed,
    ...kinded(
      residencyResources.regions as Resource,
      there.filter(({ metadata }) => !names.has(metadata.name)),
    ),
  ];
  if (found.state === "forbidden")
    return ["NodeRestriction", "Nodes"].map((check) => notSeen(check, found.message));
  const all = found.state === "there" ? found.value : [];
  return [await nodeRestriction(client, all[0]?.metadata.name), ...nodeItems(all, regions, values)];
}

async function storage(client: KubeClient, values: ChartValues): Promise<Item[]> {
  const [classes, priorities] = await Promise.all([
    list(client, "/apis/storage.k8s.io/v1/storageclasses"),
    list(client, "/apis/scheduling.k8s.io/v1/priorityclasses"),
  ]);
  return [
    ...unlessForbidden("Storage classes", classes, (all) => storageItems(all, values), []),
    ...unlessForbidden("Priority class", priorities, (all) => [priorityItem(all, values.priorityClass)], []),
  ];
}

async function engines(client: KubeClient): Promise<Item[]> {
  const admission = "/apis/admissionregistration.k8s.io/v1";
  const kinds = [
    ["mutatingwebhookconfigurations", "MutatingWebhookConfiguration"],
    ["validatingwebhookconfigurations", "ValidatingWebhookConfiguration"],
    ["mutatingadmissionpolicies", "MutatingAdmissionPolicy"],
  ] as const;
  const found = await Promise.all(kinds.map(([plural]) => list(client, `${admission}/${plural}`)));
  const forbidden = found.find((one) => one.state === "forbidden");
  if (forbidden) return [notSeen("Other engines", forbidden.message)];
  const [mutating = [], validating = [], policies = []] = found.map((one, i) =>
    one.state === "there" ? one.value.map((object) => ({ ...object, kind: kinds[i]![1] })) : [],
  );
  return engineItems({ mutating, validating, policies });
}

async function certManager(client: KubeClient, values: ChartValues): Promise<Item[]> {
  if (!values.certManager) return [];
  const found = await get(client, "/apis/cert-manager.io/v1");
  return [
    found.state === "there"
      ? ok("cert-manager", "it is there")
      : missing(
          "cert-manager",
          "cert-manager.io/v1 is not served",
          "install cert-manager first, or leave certificates.provider at self",
        ),
  ];
}

/** Rights, and what an earlier attempt left that Helm would not take for its own. */
async function installation(client: KubeClient, namespace: string): Promise<Item[]> {
  const there = await get(client, `/api/v1/namespaces/${namespace}`);
  const crd = await get(client, `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/tenants.${group}`);
  return [
    ...(await rightsItems(client, namespace, there.state === "there")),
    ...unlessForbidden<KubeObject | undefined>("CRDs", crd, (found) => [crdItem(found)], undefined),
  ];
}

function crdItem(found: KubeObject | undefined): Item {
  const check = "CRDs";
  if (!found) return ok(check, "not there yet");
  const release = found.metadata.annotations?.["meta.helm.sh/release-name"];
  return release === undefined
    ? missing(
        check,
        "they are there, and are no Helm release's: Helm refuses to take them over",
        "say `helm upgrade --install … --take-ownership`, once",
      )
    : ok(check, `of release ${release}: this would be an upgrade`);
}

/** Region manifests that are to be applied. Rejects for files that cannot be read. */
async function regionsIn(paths: readonly string[]): Promise<KubeObject[]> {
  if (paths.length === 0) return [];
  const { manifests, faults } = await readManifests(paths);
  const [fault] = faults;
  if (fault) throw new Error(`${fault.file}: ${fault.message} [${fault.code}]`);
  return manifests
    .map(({ object }) => object as KubeObject)
    .filter(({ apiVersion, kind }) => kind === "Region" && String(apiVersion).startsWith(`${group}/`));
}

function report(items: readonly Item[], output: "text" | "json"): number {
  const code = exitCodeOf(items);
  if (output === "json") {
    printJson({ ready: code === 0, items });
    return code;
  }
  const words = { ok: "ok", warning: "warning", missing: "MISSING", unknown: "UNKNOWN" };
  console.log(
    table(
      ["CHECK", "STATE", "DETAIL"],
      items.map(({ check, state, detail }) => [check, words[state], detail]),
    ),
  );
  const open = items.filter(({ state }) => state !== "ok");
  if (open.length > 0) console.log();
  for (const { check, state, todo } of open) say(`${words[state]} ${check}: ${todo}`);
  return code;
}
