import { isDeepStrictEqual } from "node:util";
import {
  actualNodePolicyName,
  certificates,
  namespaceGuardName,
  podsWebhookName,
  webhookConfigurationName,
  webhookPathsIn,
} from "@companyos/crds";
import {
  createReflector,
  type KubeObject,
  metaOf,
  resources,
  runController,
  watchSource,
} from "@companyos/kube";
import { crdName } from "@companyos/policies";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext, RunningController } from "../context.ts";
import { topologySource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { withoutExclusions } from "./cloud-exclusions.ts";
import { contentOf } from "./content.ts";
import { type ContestSettings, defaultContestSettings } from "./contest.ts";
import { admissionFacts, claimedNames, tenantsNamespaces } from "./facts.ts";
import { type Found, keyOf, objectOf, watchInstalled } from "./installed.ts";
import { admissionMetrics } from "./metrics.ts";
import { type AdmissionSettings, admissionObjects, formerObjects } from "./objects/index.ts";
import { maxRegionSets } from "./objects/webhooks.ts";
import { openObjects } from "./owed.ts";
import { regionSetOf, regionSetsOf } from "./region-sets.ts";
import { digestOf } from "./remember.ts";
import { createRestorations } from "./restorations.ts";
import { watchServed } from "./served.ts";

/** A burst of nodes or tenants is one write, at most ten times this late: 200 ms. */
const settleMs = 20;

/**
 * Owns what enforces inside the API server, and the webhook's registration: installs it, keeps its literals at the
 * inventory's state, and restores it as soon as the watch shows that somebody changed or deleted it. One object's
 * trouble holds up no other. The webhook's configurations wait for the certificate authority's ConfigMap.
 */
export async function startAdmission(
  context: ControllerContext,
  {
    contests = {},
    ...options
  }: Omit<AdmissionSettings, "caBundle" | "path" | "productNamespace"> & {
    readonly contests?: Partial<ContestSettings> | undefined;
  },
): Promise<RunningController> {
  const { kube, namespace, registry, inventory, clock, enforcement, nodeMap } = context;
  const settings = { ...options, productNamespace: namespace };
  const log = context.log.child({ controller: "admission" });
  const remembered = await openObjects(context.ledgers, context.cluster, () => clock.now());
  const restorations = createRestorations({
    remembered,
    logs: [...context.logs],
    contests: { ...defaultContestSettings, ...contests },
    now: () => clock.now(),
    newId: () => uuidv7(clock.now()),
  });
  const nodeMapKey = `ValidatingAdmissionPolicy/${actualNodePolicyName}`;
  const kept = admissionObjects({ ...settings, caBundle: "" });
  const keys = kept.map(keyOf);
  const metrics = admissionMetrics(
    registry,
    kept.map(({ kind, metadata }) => ({ kind: kind!, name: metadata.name! })),
  );
  const former = new Map(
    formerObjects({ ...settings, caBundle: "" }).map((object) => [keyOf(object), object]),
  );
  const webhookKeys = keys.filter((key) => key.endsWith(`WebhookConfiguration/${webhookConfigurationName}`));
  enforcement.expect(keys.filter((key) => !webhookKeys.includes(key)));
  const served = watchServed(context);
  const desiredNow = desiredObjects();
  const tenants = () => tenantsNamespaces(inventory);
  const installed = watchInstalled(
    { kube, log, registry },
    new Set([...keys, ...former.keys()]),
    (live, desired) => withoutExclusions(live, desired, tenants),
  );
  const trust = createReflector({
    client: kube,
    resource: resources.configMaps,
    namespace,
    name: certificates.caConfigMap,
    log,
    registry,
  });
  trust.start();
  const secret = createReflector({
    client: kube,
    resource: resources.secrets,
    namespace,
    name: certificates.webhookPathSecret,
    log,
    registry,
  });
  const hasPath = options.callers === "SecretPath";
  if (hasPath) secret.start();

  const controller = runController({
    name: "admission",
    log: context.log,
    registry,
    clock,
    concurrency: 4,
    sources: [
      ...installed.sources,
      watchSource(trust, () => webhookKeys),
      ...(hasPath ? [watchSource(secret, () => webhookKeys)] : []),
      served.source(() => webhookKeys),
      settled(
        topologySource(inventory, () => [nodeMapKey]),
        clock,
        settleMs,
      ),
      settled(
        {
          whenSynced: (signal) => inventory.whenSynced(signal),
          subscribe: (enqueue) => nodeMap.onAnnounced(() => enqueue(nodeMapKey)),
        },
        clock,
        settleMs,
      ),
      settled(
        watchSource(inventory.reflectors.tenants, () => [
          `ValidatingAdmissionPolicy/${namespaceGuardName}`,
          ...webhookKeys,
        ]),
        clock,
        settleMs,
      ),
      // What a cloud added to the webhooks may exclude it from now on, and its regions may be a new set.
      settled(
        watchSource(
          inventory.reflectors.namespaces,
          () => webhookKeys,
          (now, before) =>
            !isDeepStrictEqual(metaOf(now).labels, metaOf(before).labels) ||
            !isDeepStrictEqual(regionSetOf(metaOf(now)), regionSetOf(metaOf(before))),
        ),
        clock,
        settleMs,
      ),
    ],
    async reconcile(key, { log }) {
      const before = former.get(key);
      if (before) {
        if (await installed.remove(before))
          log.info("admission object of another setting removed", { ...objectOf(key) });
        // Under the other setting again, that it is missing is nobody's doing.
        await remembered.drop(key);
        return undefined;
      }
      const caBundle = trust.store.get(`${namespace}/${certificates.caConfigMap}`)?.data?.[
        certificates.caConfigMapKey
      ];
      const path = hasPath
        ? webhookPathsIn(secret.store.get(`${namespace}/${certificates.webhookPathSecret}`)).current
        : undefined;
      const { objects, nodes } = desiredNow(caBundle ?? "", path);
      const desired = objects.get(key);
      // The arrival of ConfigMap and Secret brings the key back.
      if (!desired || ((!caBundle || (hasPath && !path)) && desired.webhooks)) return undefined;
      const object = objectOf(key);
      let by: string | undefined;
      const outcome = await restorations.restore({
        key,
        digest: digestOf(desired),
        content: () => contentOf(desired),
        repair: () => {
          const repair = installed.repair(desired);
          if (repair === undefined || repair === "late") return repair;
          const write: typeof repair.write = async (receipts) => {
            if (receipts !== undefined && repair.found === "changed") by = await installed.changedBy(desired);
            return repair.write(receipts);
          };
          return { ...repair, write };
        },
        restoredUnder: () => installed.restoredUnder(desired),
      });
      const again = outcome.againMs === undefined ? undefined : { requeueAfter: outcome.againMs };
      metrics.generation(object, installed.generation(desired));
      metrics.waits(object, outcome.state === "waits");
      if (outcome.state === "late" || outcome.state === "waits") return again;
      const written = outcome.state === "written" ? outcome : undefined;
      enforcement.installed(key, written?.found === "missing" ? clock.elapsed() : undefined);
      if (key === nodeMapKey) nodeMap.written(nodes, written ? clock.elapsed() : undefined);
      if (written) {
        const { found, tampered } = written;
        const why = tampered ? "restored" : found === "missing" ? "installed" : "updated";
        metrics.written({ ...object, why });
        const times = tampered ? { times: remembered.get(key)?.contest?.times } : {};
        log[tampered ? "warn" : "info"]("admission object written", { ...object, why, found, ...times });
        if (tampered) context.events.record(desired, { type: "Warning", ...restoredNote(found, by) });
      }
      // Receipts come after the object: a notary that is away must not keep it from being restored.
      await remembered.trySend(key);
      if (outcome.unwritten) throw outcome.unwritten.error;
      return again;
    },
  });
  for (const key of [...keys, ...former.keys()]) controller.enqueue(key);

  /** Made anew only when something they are made of is another: the map of many nodes is large. */
  function desiredObjects(): (caBundle: string, path: string | undefined) => Desired {
    let made: (Desired & { readonly of: readonly unknown[] }) | undefined;
    const configuration = kept.find(({ kind }) => kind === "MutatingWebhookConfiguration")!;
    let entries: ReadonlyMap<string, readonly string[]> | undefined;
    /** At the first look what an operator of before wrote. */
    const hasEntry = (value: string) =>
      entries ? entries.has(value) : installed.hasWebhook(configuration, podsWebhookName(value));
    return (caBundle, path) => {
      const nodes = inventory.nodes();
      const claimed = claimedNames(inventory);
      const kinds = served.now();
      const { sets: regionSets, left: setsLeft } = regionSetsOf(
        inventory.reflectors.namespaces.store.values(),
        maxRegionSets,
        hasEntry,
      );
      const sets = JSON.stringify([...regionSets]);
      const named = kinds.map(crdName).join();
      const of = [nodes, nodeMap.revision, claimed.join(), named, sets, setsLeft, caBundle, path];
      if (made?.of.every((part, i) => part === of[i])) return made;
      const facts = admissionFacts(nodes.values(), claimed, nodeMap.announced());
      metrics.left({ ...facts.left, sets: setsLeft });
      if (facts.left.nodes + facts.left.names > 0) log.error("the cluster outgrew the policies", facts.left);
      const all = admissionObjects({ ...settings, caBundle, path }, { ...facts, served: kinds, regionSets });
      entries = regionSets;
      made = { of, nodes: facts.nodes, objects: new Map(all.map((object) => [keyOf(object), object])) };
      return made;
    };
  }

  return {
    name: `admission/${webhookConfigurationName}`,
    async stop() {
      await controller.stop();
      await Promise.all([installed.stop(), trust.stop(), secret.stop(), served.stop()]);
    },
  };
}

/** In `default`, where Events about cluster-scoped objects lie: it names no tenant. */
function restoredNote(found: Found, by: string | undefined): { reason: string; note: string } {
  const what = found === "missing" ? "deleted" : "changed";
  return {
    reason: "AdmissionRestored",
    note: `it was ${what}${by === undefined ? "" : ` by field manager ${by}`}, and is as it should be again. Its receipts (ADMISSION_RESTORED) are in every log; whoever changes it on purpose: companyos explain ADMISSION_RESTORED`,
  };
}

/** What is to be installed, by key, and the map of nodes in it. */
interface Desired {
  readonly objects: ReadonlyMap<string, KubeObject>;
  readonly nodes: ReadonlyMap<string, string>;
}
