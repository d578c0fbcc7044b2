import { apiVersion } from "@companyos/crds/names";
import { residencyResources } from "@companyos/inventory";
import type { KubeClient, KubeObject, Resource } from "@companyos/kube";
import { connected } from "../connected.ts";
import { kinded } from "../kinded.ts";
import { table } from "../table.ts";
import { printJson, say, tell } from "../terminal.ts";
import { apiServer, nodeRestriction } from "./api-server.ts";
import { type Answer, get, list, metadataOf } from "./ask.ts";
import { engineItems } from "./engines.ts";
import { exitCodeOf, type Item, missing, ok, unknown } from "./item.ts";
import { nodeItems } from "./nodes.ts";
import { networkItem, sccItems } from "./platform.ts";
import { admissionPlugins, pluginsItem } from "./plugins.ts";
import { proposedRegions } from "./proposed.ts";
import { releaseItems } from "./release.ts";
import { rightsItems } from "./rights.ts";
import { priorityItem, storageItems } from "./storage.ts";
import { unclaimedItems } from "./unclaimed.ts";
import { type ChartValues, chartValues, jurisdictionItems, valuesItems } from "./values.ts";

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
  const [values, proposed] = await allOf([chartValues(flags.values), proposedRegions(flags.with)]);
  const client = await connected(flags);
  try {
    const ofServer = await apiServer(client);
    // Asking for them is what makes the API server count its plugins.
    const rights = await installation(client, flags, values);
    const plugins = await admissionPlugins(client);
    const items = [
      ...ofServer,
      pluginsItem(plugins),
      ...valuesItems(values, flags.values.length > 0),
      ...(await nodes(client, values, proposed, plugins)),
      ...(await storage(client, values)),
      ...(await platform(client, values)),
      ...(await engines(client)),
      ...(await certManager(client, values)),
      ...(await unclaimed(client, values, flags.namespace)),
      ...rights,
    ];
    return report(items, flags.output);
  } finally {
    await client.close();
  }
}

/** What is wrong with both is told at once. */
async function allOf<A, B>(wanted: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const settled = await Promise.allSettled(wanted);
  const wrong = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));
  if (wrong.length > 1) throw new Error(wrong.map(({ message }) => message).join("\n"));
  return Promise.all(wanted);
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
  plugins: ReadonlySet<string> | undefined,
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
  const jurisdictions = jurisdictionItems(values, regions);
  if (found.state === "forbidden")
    return [...jurisdictions, ...["NodeRestriction", "Nodes"].map((check) => notSeen(check, found.message))];
  const all = found.state === "there" ? found.value : [];
  return [
    ...jurisdictions,
    await nodeRestriction(client, all[0]?.metadata.name, plugins),
    ...nodeItems(all, regions, values),
  ];
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

/** What lies beneath: OpenShift, and the network. */
async function platform(client: KubeClient, values: ChartValues): Promise<Item[]> {
  const [scc, daemonSets] = await Promise.all([
    get(client, "/apis/security.openshift.io/v1"),
    metadataOf(client, "/apis/apps/v1/daemonsets"),
  ]);
  return [
    ...sccItems(scc.state === "there", values),
    networkItem(daemonSets.state === "there" ? daemonSets.value : []),
  ];
}

async function unclaimed(client: KubeClient, values: ChartValues, namespace: string): Promise<Item[]> {
  if (values.unclaimed.action !== "Deny") return [];
  const fieldSelector = "status.phase!=Succeeded,status.phase!=Failed";
  const [namespaces, pods] = await Promise.all([
    metadataOf(client, "/api/v1/namespaces"),
    metadataOf(client, "/api/v1/pods", { fieldSelector }),
  ]);
  return unlessForbidden(
    "Unclaimed namespaces",
    namespaces,
    (all) =>
      unlessForbidden(
        "Unclaimed namespaces",
        pods,
        (running) => unclaimedItems(all, running, values.unclaimed, namespace),
        [],
      ),
    [],
  );
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
async function installation(
  client: KubeClient,
  { namespace, values: files }: Pick<PreflightFlags, "namespace" | "values">,
  values: ChartValues,
): Promise<Item[]> {
  const there = await get(client, `/api/v1/namespaces/${namespace}`);
  return [
    ...(await rightsItems(client, namespace, there.state === "there")),
    ...(await releaseItems(client, namespace, values, files)),
  ];
}

function report(items: readonly Item[], output: "text" | "json"): number {
  const code = exitCodeOf(items);
  if (output === "json") {
    printJson({ ready: code === 0, items });
    return code;
  }
  const words = { ok: "ok", warning: "warning", missing: "MISSING", unknown: "UNKNOWN" };
  tell(
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
