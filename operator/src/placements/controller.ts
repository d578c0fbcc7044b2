import { labels } from "@companyos/crds";
import {
  type AnyObject,
  createReflector,
  type KubeObject,
  metaOf,
  type Resource,
  resources,
  runController,
  watchSource,
} from "@companyos/kube";
import { gauge, setLargest } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext, RunningController } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import { planSource, topologySource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { placementDecision, type RecordedPlacement } from "./event.ts";
import { Outside } from "./outside.ts";
import { openPlacements } from "./owed.ts";
import { type SeenPod, seenPod, slimPod } from "./pod.ts";
import { ended, observed, owesNowhere, readdressed } from "./remember.ts";
import { tellOutside } from "./tell.ts";

/**
 * Leaves a receipt for every pod of a tenant that was bound to a node, and one when it is gone: what ran where, whoever
 * placed it. When a plan narrows or a node changes its region, the pods that are outside then are observed again; they
 * are left running.
 */
export async function startPlacements(context: ControllerContext): Promise<RunningController> {
  const { inventory, clock } = context;
  const log = context.log.child({ controller: "placements" });
  /** Pods by uid, those that are gone included until their end is recorded. */
  const seen = new Map<string, SeenPod>();
  const isHome = homeRegions(context);
  /** Pods, by uid, of which something is owed to what is no region. */
  const astray = new Set<string>();
  const whenSynced = async (signal?: AbortSignal) => {
    await Promise.all([pods.whenSynced(signal), inventory.whenSynced(signal)]);
  };
  /** By pod uid. */
  const recorded = await openPlacements(context.ledgers, context.cluster, (uid) => seen.get(uid), whenSynced);
  const outside = new Outside();
  for (const [uid, known] of recorded.entries()) outside.note(uid, known);
  let outsideChanged: (tenant: string) => void = () => {};
  const pods = createReflector<KubeObject>({
    client: context.kube,
    resource: resources.pods as Resource,
    transform: slimPod,
    indices: { namespace: ({ metadata }) => [metadata.namespace ?? ""] },
    log,
    registry: context.registry,
  });

  const controller = runController({
    name: "placements",
    log: context.log,
    registry: context.registry,
    clock,
    // The journal syncs once for everything that waits together.
    concurrency: 16,
    sources: [
      {
        whenSynced,
        subscribe(enqueue) {
          const note = (object: KubeObject, live?: false) => {
            const pod = seenPod(object);
            seen.set(pod.uid, live === false ? { ...pod, live } : pod);
            enqueue(pod.uid);
          };
          const replaced = (object: KubeObject, old: KubeObject) => {
            // A pod deleted and made again under one name between two looks at the list.
            if (old.metadata.uid !== object.metadata.uid) note(old, false);
            note(object);
          };
          const remove = pods.on({ add: note, update: replaced, delete: (object) => note(object, false) });
          for (const [uid] of recorded.entries()) enqueue(uid);
          return remove;
        },
      },
      planSource(inventory, ({ tenant, plan }) => [
        ...podsIn(inventory.namespacesOf(tenant)),
        ...[...astray].filter((uid) => recorded.get(uid)?.tenantUid === plan?.uid),
      ]),
      topologySource(inventory, () => astray),
      // A namespace that is handed over takes its pods along.
      watchSource(
        inventory.reflectors.namespaces,
        ({ metadata }) => podsIn([metadata.name ?? ""]),
        (now, old) => whose(now) !== whose(old),
      ),
      settled(topologySource(inventory, moved), clock),
    ],
    async reconcile(uid) {
      const before = recorded.get(uid);
      await context.timed(() => reconcile(uid));
      noteOutside(uid, before);
      return undefined;
    },
  });
  pods.start();
  countOutside();
  const telling = tellOutside(context, outside, {
    whenSynced,
    subscribe(enqueue) {
      outsideChanged = enqueue;
      for (const { metadata } of inventory.tenants()) enqueue(metadata.name);
      return () => {
        outsideChanged = () => {};
      };
    },
    looked: (tenant) =>
      podsIn(inventory.namespacesOf(tenant).filter(isTenants)).every((uid) => {
        const pod = seen.get(uid);
        return !pod?.live || pod.node === "" || recorded.get(uid) !== undefined;
      }),
    *seen(uids) {
      for (const uid of uids) {
        const pod = seen.get(uid);
        if (pod) yield pod;
      }
    },
  });

  function countOutside(): void {
    gauge(context.registry, "residency_placements_outside", function () {
      const names = new Map([...inventory.tenants()].map(({ metadata }) => [metadata.uid, metadata.name]));
      const pods = Array.from(
        outside.tenants(),
        (uid) => [names.get(uid) ?? "-", outside.of(uid).pods] as const,
      );
      setLargest(this, "tenant", pods);
    });
  }

  /** A pod may have passed from one tenant to another. */
  function noteOutside(uid: string, before: RecordedPlacement | undefined): void {
    const known = recorded.get(uid);
    if (!outside.note(uid, known)) return;
    for (const one of [before, known]) {
      const tenant = one && (one.tenant ?? tenantName(one.tenantUid));
      if (tenant !== undefined) outsideChanged(tenant);
    }
  }

  async function reconcile(uid: string): Promise<void> {
    await readdress(uid);
    const pod = seen.get(uid);
    const known = recorded.get(uid);
    if (pod?.live) {
      if (pod.node !== "" && (known?.state !== "ending" || passedOn(pod, known))) await observe(pod, known);
    } else if (known) await end(uid, known, pod);
    const now = recorded.get(uid);
    if (now && owesNowhere(now, isHome)) astray.add(uid);
    else astray.delete(uid);
    await recorded.send(uid);
    if (!pod?.live) seen.delete(uid);
  }

  /** A tenant that never had a home may have one by now. */
  async function readdress(uid: string): Promise<void> {
    const known = recorded.get(uid);
    const plan = known?.owed && inventory.plan(known.tenant ?? "");
    if (!plan || !isHome(plan.homeRegion)) return;
    const to = { uid: plan.uid, home: plan.homeRegion };
    await recorded.change(uid, (known) => known && readdressed(known, to, isHome));
  }

  async function observe(pod: SeenPod, known: RecordedPlacement | undefined): Promise<void> {
    const lookup = inventory.lookup(pod.namespace);
    if (lookup.state === "unclaimed") {
      // Its tenant let the namespace go.
      if (known) await end(pod.uid, known, pod);
      return;
    }
    if (lookup.state === "error") {
      if (lookup.code === "CACHE_NOT_SYNCED")
        throw Object.assign(new Error(`placement of a pod in ${pod.namespace}: ${lookup.message}`), {
          code: lookup.code,
        });
      // A namespace whose Tenant is gone: nothing to record it under. A plan of that name brings the pod back.
      return;
    }
    const plan = context.inForce(lookup.plan)!;
    // Handed over, with its namespace: with the Tenant before it has ended.
    if (known && known.tenantUid !== plan.uid) await end(pod.uid, known, pod);
    const at = clock.now();
    const fresh = { rid: uuidv7(at), at };
    const node = inventory.nodes().get(pod.node);
    const before = recorded.get(pod.uid);
    await recorded.change(pod.uid, (known) => observed(known, { pod, plan, node }, fresh));
    if (recorded.get(pod.uid) === before) return;
    const { decision, reason } = placementDecision(node, plan);
    if (decision !== "allow")
      log.warn("a pod runs outside its tenant's regions", { pod: pod.uid, node: pod.node, reason });
  }

  async function end(uid: string, known: RecordedPlacement, pod: SeenPod | undefined): Promise<void> {
    // The pod may outlive its tenant. The end of the placement belongs in that tenant's chain all the same.
    const tenant = known.tenant ?? tenantName(known.tenantUid);
    if (tenant === undefined) {
      log.warn("the end of a placement has no tenant to be recorded for", { pod: uid });
      return recorded.drop(uid);
    }
    const at = clock.now();
    const fresh = { rid: uuidv7(at), at };
    const current = inventory.plan(tenant);
    const plan = current?.uid === known.tenantUid ? context.inForce(current) : undefined;
    const watched = pod !== undefined;
    await recorded.change(uid, (known) => known && ended(known, { tenant, plan, watched }, fresh));
  }

  /** Whether a pod's namespace is another Tenant's than when it was recorded. */
  function passedOn(pod: SeenPod, known: RecordedPlacement): boolean {
    const lookup = inventory.lookup(pod.namespace);
    return lookup.state !== "unclaimed" && lookup.state !== "error" && lookup.plan.uid !== known.tenantUid;
  }

  function isTenants(namespace: string): boolean {
    return inventory.lookup(namespace).state === "tenant";
  }

  function podsIn(namespaces: readonly string[]): string[] {
    return namespaces
      .flatMap((namespace) => pods.store.byIndex("namespace", namespace))
      .map(({ metadata }) => metadata.uid ?? "");
  }

  /** Pods whose node stands elsewhere than when they were recorded. */
  function* moved(): Generator<string> {
    for (const [uid, { node, region }] of recorded.entries())
      if ((inventory.nodes().get(node)?.region ?? "unknown") !== region) yield uid;
  }

  function tenantName(uid: string): string | undefined {
    for (const { metadata } of inventory.tenants()) if (metadata.uid === uid) return metadata.name;
    return undefined;
  }

  function whose(namespace: AnyObject): string | undefined {
    return metaOf(namespace).labels?.[labels.tenantUid];
  }

  return {
    name: "placements",
    async stop() {
      await controller.stop();
      await telling.stop();
      await pods.stop();
    },
  };
}
