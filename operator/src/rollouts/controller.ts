import { annotations, fieldManager, labels, type Tenant, type TenantRollout } from "@companyos/crds";
import { createReflector, type KubeObject, pooled, runController, watchSource } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { waitAfter } from "@companyos/service/backoff";
import { sameStatus } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { ignoringOvertaken } from "../overtaken.ts";
import { planSource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { isAdopted } from "../tenants/adopt.ts";
import { bring } from "./bring.ts";
import { type Held, nextOf, rolloutStatus, type Standing, standingOf } from "./due.ts";
import { rolledKinds } from "./kinds.ts";
import { rolloutMetrics } from "./metrics.ts";
import { releaseOrphans } from "./orphans.ts";
import { isEmpty, nextState, pinOf, type RolloutState } from "./state.ts";
import type { Pin } from "./template.ts";
import { isRolled, slimWorkload, type Workload } from "./workload.ts";

const statusManager = fieldManager("tenant-rollout");
const atOnce = 8;
/** What is refused or stuck is tried again, or no longer waited for, after this long. */
const patienceMs = 10 * 60_000;
/** A change of templates that something else undoes is not made for ever. */
const mostTries = 5;
const pollMs = 5_000;
/** While many workloads move there is always news: a pass is at most ten times this late, and the next ones wait for it. */
const settleMs = 50;
const firstAgainMs = 1_000;

/**
 * Has the workloads pinned anew that were there before their tenant's regions or mode changed: it brings their templates to
 * the plan, a few at a time, and their own controllers replace the pods within their own limits. It says in the Tenant's
 * status how many are left and why. What no change concerns is left alone, whatever form its pin has.
 */
export async function startRollouts(
  context: ControllerContext,
  { enforce }: { readonly enforce: boolean },
): Promise<RunningController> {
  const { kube, inventory, registry, clock, enforcement } = context;
  const { tenants, namespaces } = inventory.reflectors;
  const log = context.log.child({ controller: "rollouts" });
  const reflectors = rolledKinds.map((kind) => {
    const reflector = createReflector<KubeObject>({
      client: kube,
      resource: kind.resource,
      transform: (object) => slimWorkload(kind, object),
      indices: { namespace: ({ metadata }) => [metadata.namespace ?? ""] },
      log,
      registry,
    });
    reflector.start();
    return { kind, reflector };
  });
  /** What was written last, by the Tenant's uid: the watch tells of it later. */
  const written = new Map<string, TenantRollout>();
  /** By the workload's uid. */
  const held = new Map<string, Held & Again>();
  const tries = new Map<string, { readonly of: string; readonly count: number }>();
  /** Since when its pods are being replaced. */
  const started = new Map<string, number>();
  const metrics = rolloutMetrics(registry, inventory);

  const controller = runController({
    name: "rollouts",
    log: context.log,
    registry,
    clock,
    concurrency: 4,
    sources: [
      planSource(inventory, ({ tenant }) => [tenant]),
      watchSource(
        tenants,
        undefined,
        (now, old) => now.spec.paused !== old.spec.paused || !now.status?.rollout,
      ),
      watchSource(
        namespaces,
        ({ metadata }) => tenantOf(metadata.name ?? ""),
        (now, old) => residencyOf(now as KubeObject) !== residencyOf(old as KubeObject),
      ),
      ...reflectors.map(({ reflector }) =>
        settled(
          watchSource(reflector, ({ metadata }) => tenantOf(metadata.namespace ?? "")),
          clock,
          settleMs,
        ),
      ),
    ],
    async reconcile(name) {
      const tenant = tenants.store.get(name);
      if (!enforce) {
        const written = await releaseOrphans(kube, named(name), tenant?.metadata.uid);
        if (written.length > 0) log.info("enforcing ended where the Tenant is gone", { namespaces: written });
      }
      const plan = context.inForce(inventory.plan(name));
      if (!tenant || !plan || tenant.metadata.deletionTimestamp || plan.uid !== tenant.metadata.uid)
        return undefined;
      return reconcile(tenant, plan);
    },
  });
  tenants.on({ delete: ({ metadata }) => void written.delete(metadata.uid ?? "") });
  for (const { reflector } of reflectors)
    reflector.on({ delete: ({ metadata }) => forget(metadata.uid ?? "") });

  async function reconcile(tenant: Tenant, plan: Plan) {
    const uid = tenant.metadata.uid!;
    const its = namespacesOf(tenant);
    const state = nextState(
      written.get(uid) ?? tenant.status?.rollout,
      plan,
      its.map(({ metadata }) => metadata.name!),
      new Set(its.filter(isAdopted).map(({ metadata }) => metadata.name!)),
      new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, "Z"),
    );
    const pin = pinOf(state, plan);
    const workloads = its.flatMap(({ metadata }) => workloadsIn(metadata.name!));
    if (!state.since || isEmpty(plan)) {
      await report(tenant, { ...state, workloads: workloads.length, left: 0 });
      return undefined;
    }
    const standings = workloads.map((workload) => standingOf(workload, pin, (of) => heldBack(of, state)));
    // Said before anything is done: from here on the webhook knows that refused retries are nobody's attempts.
    await report(tenant, rolloutStatus(state, standings));
    const wait = enforcement.remaining(clock.elapsed());
    if (wait > 0) return { requeueAfter: wait };
    const ready = new Set(its.filter((one) => isReady(one, plan)).map(({ metadata }) => metadata.name));
    const inPlace = standings.filter(({ workload }) => ready.has(workload.object.metadata.namespace));
    const next = tenant.spec.paused ? [] : nextOf(inPlace, inFlight(standings));
    const again = await roll(next, state, pin);
    const left = standings.some(({ is }) => is !== "available");
    return again ? { requeueAfter: 500 } : left ? { requeueAfter: pollMs } : undefined;
  }

  /** True when something is to be tried again soon. */
  async function roll(
    next: readonly Workload[],
    state: RolloutState,
    pin: Pin | undefined,
  ): Promise<boolean> {
    const outcomes = await pooled(next, atOnce, async (workload) => {
      const { uid = "", name, namespace } = workload.object.metadata;
      const { kind } = workload.kind.resource;
      const outcome = await bring({ kube, inventory }, workload, pin);
      if (outcome === "again") return true;
      const now = clock.elapsed();
      if (outcome === "done") {
        const before = tries.get(uid);
        tries.set(uid, { of: keyOf(state), count: before?.of === keyOf(state) ? before.count + 1 : 1 });
        started.set(uid, now);
        metrics.rolled.inc({ kind });
        log.info("workload pinned anew", { kind, namespace, name, regions: state.regions ?? [] });
        return false;
      }
      const of = versionOf(workload, state);
      const before = held.get(uid);
      const count = before?.of === of ? before.count + 1 : 1;
      const until = now + waitAfter(count, { first: firstAgainMs, max: patienceMs });
      held.set(uid, { ...outcome, of, count, until });
      log.warn("workload left as it is", { kind, namespace, name, ...outcome });
      return true;
    });
    return outcomes.some(Boolean);
  }

  function heldBack(workload: Workload, state: RolloutState): Held | undefined {
    const { uid = "" } = workload.object.metadata;
    const tried = tries.get(uid);
    if (tried?.of === keyOf(state) && tried.count >= mostTries)
      return { reason: "Undone", message: "something else takes the pin off again whenever it is set" };
    const known = held.get(uid);
    if (!known || known.of !== versionOf(workload, state) || known.until < clock.elapsed()) return undefined;
    return { reason: known.reason, message: known.message };
  }

  /** Workloads whose pods are being replaced now. One that does not come to an end is not waited for. */
  function inFlight(standings: readonly Standing[]): number {
    const now = clock.elapsed();
    let count = 0;
    for (const { workload, is, held } of standings) {
      const { uid = "" } = workload.object.metadata;
      if (is === "available" || held) started.delete(uid);
      if (is === "rolling" && !held && !started.has(uid)) started.set(uid, now);
      if (now - (started.get(uid) ?? Number.NEGATIVE_INFINITY) < patienceMs) count++;
    }
    return count;
  }

  async function report(tenant: Tenant, rollout: TenantRollout): Promise<void> {
    const { uid, name } = tenant.metadata;
    const last = written.get(uid!) ?? tenant.status?.rollout;
    // Somebody may have taken it away.
    if (last && tenant.status?.rollout && sameStatus(last, rollout)) return;
    const { apiVersion, kind } = tenant;
    const object = { apiVersion, kind, metadata: { name, uid }, status: { rollout } } as Tenant;
    await ignoringOvertaken(
      kube.apply(tenants.resource, object, { fieldManager: statusManager, subresource: "status" }),
    );
    written.set(uid!, rollout);
  }

  function workloadsIn(namespace: string): Workload[] {
    return reflectors.flatMap(({ kind, reflector }) =>
      reflector.store
        .byIndex("namespace", namespace)
        .filter((object) => isRolled(kind, object))
        .map((object) => ({ kind, object })),
    );
  }

  /** The Tenant's own, those included that it no longer claims: the plan holds there too. */
  function namespacesOf({ metadata }: Tenant): KubeObject[] {
    return named(metadata.name).filter((one) => one.metadata.labels?.[labels.tenantUid] === metadata.uid);
  }

  /** Namespaces that bear the name of a tenant, whichever Tenant's of that name they are. */
  function named(tenant: string): KubeObject[] {
    return inventory
      .namespacesOf(tenant)
      .flatMap((name) => (namespaces.store.get(name) as KubeObject | undefined) ?? []);
  }

  function tenantOf(namespace: string): string[] {
    const tenant = inventory.tenantOf(namespace);
    return tenant === undefined ? [] : [tenant];
  }

  function forget(uid: string): void {
    for (const map of [held, tries, started]) map.delete(uid);
  }

  return {
    name: "rollouts",
    async stop() {
      await controller.stop();
      await Promise.all(reflectors.map(({ reflector }) => reflector.stop()));
    },
  };
}

/** When what was refused is tried again: soon at first, since an API server may only be late to know the plan. */
interface Again {
  readonly of: string;
  readonly count: number;
  readonly until: number;
}

/** Whether the namespace says what the plan says: admission goes by it. */
function isReady(namespace: KubeObject, plan: Plan): boolean {
  return residencyOf(namespace) === `${plan.mode} ${plan.regions.join()}`;
}

function residencyOf({ metadata }: KubeObject): string {
  return `${metadata.labels?.[labels.mode]} ${metadata.annotations?.[annotations.allowedRegions]}`;
}

const keyOf = ({ regions, since }: RolloutState) => `${since} ${regions}`;

const versionOf = ({ object }: Workload, state: RolloutState) =>
  `${object.metadata.generation} ${keyOf(state)}`;
