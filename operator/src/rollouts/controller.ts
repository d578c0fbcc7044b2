import { fieldManager, labels, type Tenant, type TenantRollout } from "@companyos/crds";
import { createReflector, type KubeObject, runController, watchSource } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { sooner } from "@companyos/service/sooner";
import { sameStatus, wholeSeconds } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { planSource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { isAdopted } from "../tenants/adopt.ts";
import { applyStatus } from "../write-status.ts";
import { Abroad, goodForMs } from "./abroad.ts";
import { Asked } from "./asked.ts";
import { Attempts, patienceMs } from "./attempts.ts";
import { bring } from "./bring.ts";
import { byHand } from "./by-hand.ts";
import { isDone, isProgress, lingering, nextOf, rolloutStatus, type Standing, standingOf } from "./due.ts";
import { elsewhere } from "./elsewhere.ts";
import { keptJobs, keptNote, keptStatus, slimJob, WaitingPods } from "./kept.ts";
import { keptKinds, rolledKinds } from "./kinds.ts";
import { isLeftAlone, leftAlone } from "./left-alone.ts";
import { Line } from "./line.ts";
import { rolloutMetrics } from "./metrics.ts";
import { releaseOrphans } from "./orphans.ts";
import { pinManagers } from "./ownership.ts";
import { isReady, residencyOf } from "./ready.ts";
import { Returns } from "./returns.ts";
import { Slots } from "./slots.ts";
import { changeOf, isEmpty, isOpen, nextState, pinOf, type RolloutState } from "./state.ts";
import { isNowhere, type Pin } from "./template.ts";
import { isRolled, slimWorkload, type Workload } from "./workload.ts";

const statusManager = fieldManager("tenant-rollout");
/** Fewer than the client has connections (10): webhooks that hang leave the operator its other work, and other tenants theirs. */
const writesAtOnce = { total: 8, each: 6 };
const pollMs = 5_000;
/** While many workloads move there is always news: a pass is at most ten times this late, and the next ones wait for it. */
const settleMs = 50;
/** How often what is left is told while it changes and nothing else does: each time costs as much as a workload's write. */
const tellMs = 1_000;
/** After a change, workloads come for a moment that API servers judge by the plan of before. They are brought too. */
const openMs = 60_000;
/** How often a tenant that waits is looked at: the farther back, the less often, so that a long line is no load. */
const lookAgainMs = (place: number) => Math.max(30_000, place * 1_000);

export interface RolloutSettings {
  readonly enforce: boolean;
  /** The workloads of so many tenants are replaced at once; the others wait in line. Default 10. */
  readonly tenantsAtOnce?: number | undefined;
}

/**
 * Has the workloads pinned anew that were there before their tenant's regions or mode changed: it brings their templates to
 * the plan, a few at a time, and their own controllers replace the pods within their own limits. It says in the Tenant's
 * status how many are left and why. What no change concerns is left alone, whatever form its pin has.
 */
export async function startRollouts(
  context: ControllerContext,
  { enforce, tenantsAtOnce = 10 }: RolloutSettings,
): Promise<RunningController> {
  const { kube, inventory, registry, clock, enforcement } = context;
  const { tenants, namespaces } = inventory.reflectors;
  const log = context.log.child({ controller: "rollouts" });
  const reflectors = rolledKinds.map((kind) => {
    const reflector = createReflector<KubeObject>({
      client: kube,
      resource: kind.resource,
      transform: (object) => slimWorkload(kind, object),
      keepManagedFieldsOf: pinManagers,
      indices: { namespace: ({ metadata }) => [metadata.namespace ?? ""] },
      log,
      registry,
    });
    reflector.start();
    return { kind, reflector };
  });
  const jobs = createReflector<KubeObject>({
    client: kube,
    resource: keptKinds.jobs.resource,
    transform: slimJob,
    indices: { namespace: ({ metadata }) => [metadata.namespace ?? ""] },
    log,
    registry,
  });
  jobs.start();
  const waitingPods = new WaitingPods(kube, () => clock.elapsed());
  /** What was written last, by the Tenant's uid: the watch tells of it later. */
  const written = new Map<string, TenantRollout>();
  /** When that was, by the operator's clock. */
  const writtenAt = new Map<string, number>();
  const attempts = new Attempts(() => clock.elapsed());
  const asked = new Asked();
  const asksElsewhere = elsewhere(inventory);
  const line: Line = new Line({
    atOnce: tenantsAtOnce,
    turnMs: patienceMs,
    elapsed: () => clock.elapsed(),
    next: (name) => controller.enqueue(name),
  });
  const returns = new Returns(kube, log);
  const abroad = new Abroad(kube, inventory, () => clock.elapsed());
  const stopping = new AbortController();
  const slots = new Slots(writesAtOnce);
  const running = new Set<Promise<void>>();
  /** What ended a change otherwise than by a response, by the tenant's name: its next pass fails of it. */
  const broken = new Map<string, unknown>();
  const metrics = rolloutMetrics(registry, inventory, () => line.waiting);
  const began = clock.now();

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
      // Those of tenants of which something is from before: others' come and go.
      settled(
        watchSource(jobs, ({ metadata }) => tenantOf(metadata.namespace ?? "").filter(isLookedAt)),
        clock,
        settleMs,
      ),
    ],
    async reconcile(name) {
      const tenant = tenants.store.get(name);
      if (!enforce) {
        const written = await releaseOrphans(kube, named(name), tenant?.metadata.uid);
        if (written.length > 0) log.info("enforcing ended where the Tenant is gone", { namespaces: written });
      }
      const plan = context.inForce(inventory.plan(name));
      if (!tenant || !plan || tenant.metadata.deletionTimestamp || plan.uid !== tenant.metadata.uid) {
        line.leave(name);
        return undefined;
      }
      if (broken.has(name)) {
        const error = broken.get(name);
        broken.delete(name);
        throw error;
      }
      return reconcile(tenant, plan);
    },
  });
  // The reflector outlives this lead.
  const unsubscribe = tenants.on({
    delete: ({ metadata: { uid = "" } }) => {
      for (const known of [written, writtenAt]) known.delete(uid);
    },
  });
  for (const { reflector } of reflectors)
    reflector.on({
      delete: ({ metadata: { uid = "" } }) => {
        for (const one of [attempts, asked, returns, abroad]) one.forget(uid);
      },
    });

  jobs.on({ delete: ({ metadata: { uid = "" } }) => asked.forget(uid) });

  function lastOf({ metadata: { uid = "" }, status }: Tenant): TenantRollout | undefined {
    return written.get(uid) ?? status?.rollout;
  }

  function isLookedAt(name: string): boolean {
    const tenant = tenants.store.get(name);
    const rollout = tenant && lastOf(tenant);
    return rollout !== undefined && (isOpen(rollout) || isStillLookedAt(rollout));
  }

  async function reconcile(tenant: Tenant, plan: Plan) {
    const { name } = tenant.metadata;
    const its = namespacesOf(tenant);
    const names = its.map(({ metadata }) => metadata.name!);
    const last = lastOf(tenant);
    const workloads = names.flatMap((name) => workloadsIn(name));
    returns.begin(workloads);
    const begun = nextState(
      last,
      plan,
      names,
      new Set(its.filter(isAdopted).map(({ metadata }) => metadata.name!)),
      wholeSeconds(clock.now()),
      {
        nowhere: workloads.some(({ kind, object }) => isNowhere(object, kind.path)),
        wasKnown: isKnownSince(tenant, began),
      },
    );
    if (isEmpty(plan)) {
      line.leave(name);
      waitingPods.forget(names);
      // Nothing is done: who was left still is.
      const { left = 0, waiting, kept, keptUnnamed } = last ?? {};
      const before = {
        ...(waiting ? { waiting } : {}),
        ...(kept ? { kept } : {}),
        ...(keptUnnamed ? { keptUnnamed } : {}),
      };
      await report(tenant, { ...begun, workloads: workloads.length, left, ...before });
      return undefined;
    }
    const pin = pinOf(begun, plan);
    const of = changeOf(begun);
    const isWatched = isOpen(begun) || isStillLookedAt(last);
    const others = isWatched ? names.flatMap((name) => workloadsIn(name, isLeftAlone)) : [];
    const pauseOf = (one: Workload) => attempts.pauseOf(one, of);
    const elsewhereOf = isWatched ? asksElsewhere : undefined;
    const standings = workloads.map((workload) => standingOf(workload, pin, pauseOf, elsewhereOf));
    const looked =
      isWatched && pin
        ? [
            ...(await byHand(abroad, standings, pin.regions)),
            ...(await leftAlone(abroad, others, pin.regions)),
          ]
        : standings;
    const seen = asked.of(looked, begun, last);
    const state = ended(begun, seen);
    // What comes later is nobody's concern here: the last look is a new one.
    if (isOpen(begun) && !isOpen(state)) waitingPods.forget(names);
    const kept = isWatched && pin ? await keptOf(names, pin.regions, begun, last) : {};
    // Pods come and go, and tell nobody here.
    const isOfPods = seen.some(({ held }) => held && ofPods.has(held.reason));
    const pods = isOfPods || kept.kept?.some(({ kind }) => kind === "Pod") ? goodForMs : undefined;
    if (!isOpen(state)) {
      line.leave(name);
      // What was open a moment ago is told as it stands.
      const is = last && !isOpen(begun) ? lingering(seen, last) : isOpen(begun) ? seen : [];
      const told = { ...rolloutStatus(state, is), workloads: workloads.length, ...kept };
      return { requeueAfter: sooner(await report(tenant, told), pods) };
    }
    const wait = enforcement.remaining(clock.elapsed());
    const ready = new Set(its.filter((one) => isReady(one, plan)).map(({ metadata }) => metadata.name));
    const inPlace = seen.filter(({ workload }) => ready.has(workload.object.metadata.namespace));
    const inFlight = attempts.inFlight(seen);
    const next = tenant.spec.paused || wait > 0 ? [] : nextOf(inPlace, inFlight, attempts.retrying(seen));
    const place = placeOf(name, next, inFlight);
    // Said before anything is done: from here on the webhook knows that refused retries are nobody's attempts.
    const untold = await report(tenant, { ...rolloutStatus(state, seen, place), ...kept });
    if (wait > 0) return { requeueAfter: wait };
    if (place > 0) return { requeueAfter: lookAgainMs(place) };
    for (const workload of next) roll(name, workload, of, pin);
    return { requeueAfter: sooner(sooner(untold, pods), soonest(seen, state)) };
  }

  /** What the change found, and nobody can bring to it. */
  async function keptOf(
    names: readonly string[],
    regions: readonly string[],
    state: RolloutState,
    last: TenantRollout | undefined,
  ): Promise<Pick<TenantRollout, "kept" | "keptUnnamed">> {
    const found = names.flatMap((name) => jobs.store.byIndex("namespace", name));
    const ofJobs = asked.of(keptJobs(found, regions, asksElsewhere), state, last);
    const waits = await waitingPods.standings(names, regions, changeOf(state));
    return keptStatus([...ofJobs, ...waits], last);
  }

  /** 0: its turn, or nothing that waits for one. */
  function placeOf(name: string, next: readonly Workload[], inFlight: number): number {
    if (next.length > 0) return line.enter(name);
    if (inFlight > 0) line.stepOut(name);
    else line.leave(name);
    return 0;
  }

  /** Nobody waits for it: one whose write hangs holds up no other. Its event, or what is said of it, brings the tenant back. */
  function roll(tenant: string, workload: Workload, of: string, pin: Pin | undefined): void {
    const { name, namespace } = workload.object.metadata;
    const { kind } = workload.kind.resource;
    attempts.begin(workload);
    asked.begin(workload);
    let generation: number | undefined;
    const stored = (seen: number | undefined) => {
      generation = seen;
    };
    const change = async () => {
      try {
        const failed = attempts.hasFailed(workload, of);
        const means = { kube, inventory, signal: stopping.signal, failed, stored };
        const outcome = await bring(means, workload, pin);
        if (outcome === "done") {
          attempts.done(workload, of);
          metrics.rolled.inc({ kind });
          log.info("workload pinned anew", { kind, namespace, name, regions: pin?.regions ?? [] });
        } else {
          const told = attempts.failed(workload, of, outcome);
          if (told) log.warn("workload left as it is", { kind, namespace, name, ...told });
        }
      } catch (error) {
        broken.set(tenant, error);
      } finally {
        attempts.end(workload);
        asked.end(workload, generation);
        controller.enqueueAfter(tenant, settleMs);
      }
    };
    const one = slots.run(tenant, change).finally(() => running.delete(one));
    running.add(one);
  }

  function ended(state: RolloutState, standings: readonly Standing[]): RolloutState {
    if (!isOpen(state) || !isDone(standings) || openFor(state) > 0) return state;
    return { ...state, finished: wholeSeconds(clock.now()) };
  }

  /** Milliseconds for which the change is open at least. */
  function openFor({ since }: RolloutState): number {
    return Date.parse(since ?? "") + openMs - clock.now();
  }

  /** When nothing happens before: a pause ends, what was stuck is not waited for any more, or the change is over. */
  function soonest(standings: readonly Standing[], state: RolloutState): number | undefined {
    const moves = standings.some(
      ({ is, held, again }) => (is === "due" && again) || ((is === "due" || is === "rolling") && !held),
    );
    const pause = attempts.soonest(standings);
    const waits = [
      pause === undefined ? undefined : Math.max(settleMs, pause),
      moves ? pollMs : undefined,
      isDone(standings) ? Math.max(settleMs, openFor(state)) : undefined,
    ].filter((ms) => ms !== undefined);
    return waits.length > 0 ? Math.min(...waits) : undefined;
  }

  /** Gives the milliseconds after which it is to be told, when it is not told now. */
  async function report(tenant: Tenant, rollout: TenantRollout): Promise<number | undefined> {
    const { uid } = tenant.metadata;
    const last = lastOf(tenant);
    // Somebody may have taken it away.
    if (last && tenant.status?.rollout) {
      if (sameStatus(last, rollout)) return undefined;
      const early = (writtenAt.get(uid!) ?? Number.NEGATIVE_INFINITY) + tellMs - clock.elapsed();
      if (early > 0 && isProgress(last, rollout)) return early;
    }
    await applyStatus(kube, tenants.resource, statusManager, tenant, { rollout });
    written.set(uid!, rollout);
    writtenAt.set(uid!, clock.elapsed());
    const note = keptNote(last?.kept, rollout.kept);
    if (note) context.events.record(tenant, { type: "Warning", reason: "MadeBeforeTheRule", note });
    return undefined;
  }

  function workloadsIn(namespace: string, which = isRolledOne): Workload[] {
    return reflectors.flatMap(({ kind, reflector }) =>
      reflector.store
        .byIndex("namespace", namespace)
        .map((object) => ({ kind, object }))
        .filter(which),
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

  return {
    name: "rollouts",
    async stop() {
      stopping.abort();
      unsubscribe();
      await controller.stop();
      await Promise.all(running);
      await returns.ended();
      await Promise.all([jobs.stop(), ...reflectors.map(({ reflector }) => reflector.stop())]);
    },
  };
}

/** Something of a change that is over is left, and may go. */
const isStillLookedAt = (last: TenantRollout | undefined) =>
  (last?.left ?? 0) > 0 || last?.kept !== undefined;

/** Why something is left whose pods are counted. */
const ofPods = new Set(["OnDelete", "MadeByController"]);

const isRolledOne = ({ kind, object }: Workload) => isRolled(kind, object);

/** Whether a process before this one wrote something of the Tenant. */
function isKnownSince({ status }: Tenant, began: number): boolean {
  return (status?.conditions ?? []).some(
    ({ lastTransitionTime }) => Date.parse(lastTransitionTime) + 1_000 < began,
  );
}
