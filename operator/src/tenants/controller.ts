import {
  ignoreUnclaimed,
  isAssigned,
  namespacesOf,
  ownerUid,
  type Tenant,
  type UnclaimedSetting,
} from "@companyos/crds";
import { isInvalid, type ReconcileResult, runController, watchSource } from "@companyos/kube";
import { fewOf, type Plan, type PlanProblem } from "@companyos/policies";
import type { Health } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import type { DnsSettings } from "../dns/find.ts";
import { watchDns } from "../dns/watch.ts";
import { homeRegions } from "../home-regions.ts";
import { nodeMapTimeoutMs } from "../node-map.ts";
import { ignoringOvertaken } from "../overtaken.ts";
import { inNamespace } from "../owners-events.ts";
import { planSource } from "../plan-source.ts";
import { adopt } from "./adopt.ts";
import { runAdoptions } from "./adoptions/controller.ts";
import { openAdoptions } from "./adoptions/owed.ts";
import { byDefault, type Written } from "./by-default.ts";
import { watchClaimants } from "./claimants.ts";
import {
  adoptable,
  type ClaimProblem,
  type ClaimState,
  claimProblem,
  claimProblems,
  newNote,
} from "./claims.ts";
import { hasFinalizer, listedOf, releaseNamespaces, setFinalizer } from "./finalize.ts";
import {
  applyFootprint,
  applyResidency,
  type FootprintResult,
  type LastWanted,
  lastWantedOf,
} from "./footprint.ts";
import { awaitsEnd, endConsents, endGone } from "./gone.ts";
import { invalidFootprint, provisioned } from "./health.ts";
import { tellTenants } from "./metrics.ts";
import { runMoved } from "./moved.ts";
import { tenantKey, watchOwned } from "./owned.ts";
import { runOwnership } from "./ownership.ts";
import { abandoned, letNamespaceGo, toLetGo } from "./release.ts";
import { reportStatus } from "./report.ts";
import { type Revoked, revokeRights } from "./rights.ts";

/**
 * Applies each Tenant's footprint and reports its progress in the status. `unclaimed`: who has namespaces that nobody
 * claimed.
 */
export async function startTenants(
  context: ControllerContext,
  {
    unclaimed = ignoreUnclaimed,
    dns: settings,
    nameservers,
  }: {
    unclaimed: UnclaimedSetting | undefined;
    dns: DnsSettings;
    nameservers: readonly string[];
  },
): Promise<RunningController> {
  const { kube, inventory, registry, clock, nodeMap, namespace: productNamespace } = context;
  const log = context.log.child({ controller: "tenants" });
  const tenants = inventory.reflectors.tenants;
  const owedAdoptions = await openAdoptions(context.ledgers, context.cluster);
  tellTenants(registry, inventory);
  const owned = watchOwned({ kube, log, registry });
  const adoptions = runAdoptions(context, owned, owedAdoptions);
  const moved = runMoved(context, owned.namespaces);
  const dns = watchDns({ kube, log, registry, clock, settings, nameservers, namespaces: owned.namespaces });
  const claimants = watchClaimants(tenants);
  const ownership = runOwnership(context, owned);
  const { latest, report } = reportStatus(context);
  const claims: ClaimState = {
    productNamespace,
    namespace: (name) => owned.namespaces.store.get(name),
    claimants: claimants.of,
    // What it left is handed to nobody before its rights and consents have ended.
    exists: (uid) => claimants.exists(uid) || owned.namespacesOf(uid).some(awaitsEnd),
  };
  const defaults = byDefault(context, { log, owned, adoptions, claimants, claims, unclaimed });
  /**
   * Uids, by name, of Tenants that are gone and that the watch has not told of yet. What their namespaces agree to from
   * then on counts, and must not be taken off by a second look.
   */
  const finalized = new Map<string, string>();
  /** By name of the Tenant: what its objects were when they were last as they should be. */
  const wanted = new Map<string, { readonly uid: string; readonly last: LastWanted }>();
  /** By name of the Tenant: with whom it was said to be in conflict. */
  const conflicts = new Map<string, string>();
  /** Tenants that are complete but not yet Ready: since when, as `clock.elapsed` tells, and their regions. */
  const held = new Map<string, { readonly since: number; readonly regions: readonly string[] }>();

  const controller = runController({
    name: "tenants",
    log: context.log,
    registry,
    clock,
    concurrency: 8,
    sources: [
      watchSource(tenants),
      planSource(inventory, (change) => [change.tenant]),
      {
        whenSynced: async () => {},
        subscribe: (enqueue) =>
          nodeMap.onAnnounced(() => {
            for (const [name, { regions }] of held) if (!nodeMap.isAwaited(regions)) enqueue(name);
          }),
      },
      {
        whenSynced: dns.whenSynced,
        subscribe: (enqueue) =>
          dns.onChange(() => {
            for (const name of tenants.store.keys()) enqueue(name);
          }),
      },
      ...owned.reflectors.map((reflector) => watchSource(reflector, tenantKey)),
      ...owned.bindings.map((reflector) =>
        watchSource(reflector, ({ metadata }) =>
          tenantKey(owned.namespaces.store.get(metadata.namespace ?? "") ?? { metadata: {} }),
        ),
      ),
      // What somebody else has holds up who claims it, until that namespace or that Tenant is gone.
      watchSource(owned.namespaces, ({ metadata }) => claiming([metadata.name ?? ""])),
      watchSource(
        tenants,
        (tenant) => {
          const its = owned.namespacesOf(tenant.metadata.uid!).map(({ metadata }) => metadata.name ?? "");
          return claiming([...namespacesOf(tenant), ...its]);
        },
        (now, old) => now.metadata.uid !== old.metadata.uid,
      ),
      watchSource(owned.namespaces, ({ metadata }) =>
        defaults.name !== undefined && (ownerUid({ metadata }) === undefined || isAssigned({ metadata }))
          ? [defaults.name]
          : [],
      ),
      ownership.settled,
    ],
    reconcile: async (name) => {
      let again: ReconcileResult | undefined;
      await context.timed(async () => {
        again = await reconcile(name);
      });
      return again;
    },
  });

  function claiming(namespaces: readonly string[]): string[] {
    return namespaces.flatMap((name) => Array.from(claimants.of(name), ({ metadata }) => metadata.name));
  }

  async function reconcile(name: string): Promise<ReconcileResult | undefined> {
    const since = held.get(name)?.since;
    held.delete(name);
    const tenant = latest(name);
    if (!tenant) for (const known of [finalized, wanted, conflicts]) known.delete(name);
    // Whose they are is about to be settled; that brings the tenant back.
    if (owned.unmarkedOf(name).length > 0) return undefined;
    const kept = await endGone({ kube, log, owned, tenants, claimants, name });
    const free = kept ? [] : abandoned(owned.namedFor(name), claims.exists);
    if (free.length > 0) {
      for (const live of free) await letNamespaceGo(context, { owned, adoptions, tenant: undefined, live });
      // The watch tells of it.
      return undefined;
    }
    if (!tenant) {
      const left = await defaults.letGo(name, undefined);
      if (kept) throw kept;
      return unlessAll(left);
    }
    // First, whatever holds up the rest: former owners lose their rights.
    const revoked = await revokeRights({ kube, owned, tenant });
    const { written, removed, failed } = revoked;
    if (written.length + removed.length > 0)
      log.info("rights of those who are no owners taken away", { tenant: name, written, removed });
    const left = await defaults.letGo(name, tenant);
    // Where some were let go, the watch tells of it.
    const again = left.some ? undefined : await bringAbout(tenant, revoked, since);
    const error = failed ?? kept;
    if (error) throw error;
    return again ?? unlessAll(left);
  }

  async function bringAbout(
    tenant: Tenant,
    revoked: Revoked,
    since: number | undefined,
  ): Promise<ReconcileResult | undefined> {
    const { name } = tenant.metadata;
    const plan = context.inForce(inventory.plan(name));
    if (tenant.metadata.deletionTimestamp) {
      if (plan) await keepResidency(tenant, plan);
      const { failed } = revoked;
      // Who was an owner would keep the rights if the Tenant went first.
      if (failed) {
        const message = `deletion waits for the owners' rights to be taken away: ${failed.message}`;
        await report(tenant, undefined, applyFailed(message));
      } else await finalize(tenant);
      return undefined;
    }
    if (!hasFinalizer(tenant)) {
      // Its own event brings the tenant back with the finalizer on it.
      await ignoringOvertaken(setFinalizer(kube, tenants.resource, tenant, true));
      return undefined;
    }
    if (!plan) {
      await report(tenant, undefined, {
        state: "Stalled",
        reason: "PlanMissing",
        message: `no plan can be compiled from this Tenant and the policies that select it; every placement is refused${name === defaults.name ? asDefaultToo : ""}${whyOf(inventory.planProblems(name))}`,
      });
      return undefined;
    }
    const taken = name === defaults.name ? await defaults.take(tenant, plan) : { some: false, all: true };
    if (taken.some) return undefined;
    if (tenant.spec.paused) {
      await keepResidency(tenant, plan);
      const message =
        "spec.paused is true: the footprint is left as it is, but for the rights of those who are no owners any more; enforcement goes on";
      await report(tenant, plan, { state: "Paused", reason: "Paused", message });
      return undefined;
    }
    const left = toLetGo(owned.namespacesOf(tenant.metadata.uid!), tenant);
    if (left.length > 0) {
      for (const live of left) await letNamespaceGo(context, { owned, adoptions, tenant, live });
      // The watch tells of it.
      return undefined;
    }
    const handedOver = adoptable(tenant, claims);
    if (handedOver.length > 0) {
      for (const namespace of handedOver) await adopt(context, { owned, adoptions, tenant, plan, namespace });
      // The watch tells of it.
      return undefined;
    }
    const again = await provision(tenant, plan, revoked, since);
    return again ?? unlessAll(taken);
  }

  /** What keeps the footprint as it is must not keep a plan out of force: this is enforcement. */
  async function keepResidency(tenant: Tenant, plan: Plan): Promise<void> {
    const written = await applying(tenant, plan, () => applyResidency({ kube, owned, tenant, plan }));
    if (written.length > 0)
      log.info("residency metadata written", { tenant: tenant.metadata.name, namespaces: written });
  }

  /** What it may have: a claim in conflict holds up none of the others. */
  async function provision(
    tenant: Tenant,
    plan: Plan,
    revoked: Revoked,
    since?: number,
  ): Promise<ReconcileResult | undefined> {
    const problem = claimProblem(tenant, claims);
    if (problem) await keepResidency(tenant, plan);
    const except = new Set(claimProblems(tenant, claims).map(({ namespace }) => namespace));
    const last = lastWanted(tenant);
    const before = new Map(last);
    let result: FootprintResult;
    try {
      result = await applying(tenant, plan, () =>
        applyFootprint({ kube, owned, tenant, plan, dns: dns.current(), last, except }),
      );
    } catch (error) {
      if (!isInvalid(error)) throw error;
      // It stays so until somebody changes the spec, and that brings the tenant back.
      log.warn("the API server finds what a Tenant asks for invalid", {
        tenant: tenant.metadata.name,
        error,
      });
      return { requeueAfter: invalidRetryMs };
    }
    // Taking rights away comes first, and writes the same bindings.
    const undone = revoked.written.filter((id) => before.has(id) && before.get(id) === last.get(id));
    announce(tenant, {
      ...result,
      written: [...new Set([...revoked.written, ...result.written])],
      restored: [...new Set([...undone, ...result.restored])],
    });
    if (problem) {
      nameOther(tenant, problem);
      await report(tenant, plan, inConflict(problem), result, last);
      return undefined;
    }
    const wait = plan.mode === "Enforce" && !isReady(tenant) ? hold(tenant.metadata.name, plan, since) : 0;
    const health =
      wait > 0
        ? comingIntoForce
        : provisioned(
            plan,
            inventory.planProblems(tenant.metadata.name),
            context.logs,
            homeRegions(context),
            tenant.spec.owners,
          );
    await report(tenant, plan, health, result, last);
    return wait > 0 ? { requeueAfter: wait } : undefined;
  }

  /**
   * Milliseconds until lawful pods of the tenant may be admitted; 0 when they are now. The policies must be in force, and
   * the nodes of its regions vouched for. Nodes that keep joining do not hold up the tenant beyond a timeout.
   */
  function hold(name: string, plan: Plan, since = clock.elapsed()): number {
    const now = clock.elapsed();
    const nodes = nodeMap.isAwaited(plan.regions) ? since + nodeMapTimeoutMs - now : 0;
    const wait = Math.max(0, nodes, context.enforcement.remaining(now));
    if (wait > 0) held.set(name, { since, regions: plan.regions });
    return wait;
  }

  /** Says in the status what went wrong, and passes it on: it is tried again. */
  async function applying<T>(tenant: Tenant, plan: Plan, apply: () => Promise<T>): Promise<T> {
    try {
      return await apply();
    } catch (error) {
      const { message } = error as Error;
      await report(tenant, plan, isInvalid(error) ? invalidFootprint(message) : applyFailed(message));
      throw error;
    }
  }

  async function finalize(tenant: Tenant): Promise<void> {
    const { name, uid = "" } = tenant.metadata;
    if (!hasFinalizer(tenant) || finalized.get(name) === uid) return;
    if (tenant.spec.paused && tenant.spec.deletionPolicy === "Purge") {
      const message = "deletion waits: spec.paused is true and deletionPolicy is Purge";
      return report(tenant, undefined, { state: "Paused", reason: "Paused", message });
    }
    if (!(await releaseNamespaces(kube, owned, tenant))) {
      const message = "its namespaces are being deleted (deletionPolicy Purge)";
      return report(tenant, undefined, { state: "Reconciling", reason: "Purging", message });
    }
    const its = await listedOf(kube, owned, tenant);
    if (!(await defaults.letGo(name, tenant, its.filter(isAssigned))).all) {
      const message =
        "deletion waits: a namespace that it has as the default tenant cannot be let go; the operator's log says why";
      return report(tenant, undefined, applyFailed(message));
    }
    const ended = await endConsents(
      kube,
      owned,
      its.filter((one) => !isAssigned(one)),
    );
    if (ended.length > 0)
      log.info("consents to a hand-over ended with the Tenant that had the namespaces", {
        tenant: name,
        namespaces: ended,
      });
    const off = setFinalizer(kube, tenants.resource, tenant, false);
    await ignoringOvertaken(off.then(() => finalized.set(name, uid)));
  }

  /** A change of mode, regions or the Tenant writes something else than before: nobody's change is undone by that. */
  function announce(tenant: Tenant, { written, removed, restored }: FootprintResult): void {
    if (written.length + removed.length > 0)
      log.info("footprint written", { tenant: tenant.metadata.name, written, removed });
    if (restored.length === 0) return;
    const note = `restored ${fewOf(restored, shownRestored)}`;
    context.events.record(tenant, { type: "Normal", reason: "FootprintRestored", note });
  }

  /** In the product's namespace: the Tenant's owners read its status and the Events in their own. */
  function nameOther(tenant: Tenant, problem: ClaimProblem): void {
    const { name } = tenant.metadata;
    const note = newNote(problem, tenant.status?.conditions, conflicts.get(name));
    if (note === undefined) return;
    conflicts.set(name, note);
    context.events.record(inNamespace(tenant, context.namespace), {
      type: "Warning",
      reason: problem.reason,
      note,
    });
  }

  /** Of this very Tenant; after a start, what its status says. */
  function lastWanted(tenant: Tenant): LastWanted {
    const { name, uid = "" } = tenant.metadata;
    const known = wanted.get(name);
    if (known?.uid === uid) return known.last;
    const last = lastWantedOf(tenant);
    wanted.set(name, { uid, last });
    return last;
  }

  return {
    name: "tenants",
    async stop() {
      await controller.stop();
      await adoptions.stop();
      await moved.stop();
      await ownership.stop();
      claimants.stop();
      await dns.stop();
      await owned.stop();
    },
  };
}

/** How many objects an Event names. */
const shownRestored = 8;
/** Milliseconds. */
const retryMs = 5_000;
/** Milliseconds. An upgrade of the API server may have other rules. */
const invalidRetryMs = 5 * 60_000;
const unlessAll = ({ all }: Written) => (all ? undefined : { requeueAfter: retryMs });

const asDefaultToo =
  ", also in the namespaces that it has as the default tenant, and it gets none besides: correct it, or change companyos.residency.unclaimed of the chart, by which they are let go";

const whyOf = (problems: readonly PlanProblem[]) =>
  problems.length > 0 ? `. ${problems.map(({ message }) => message).join("; ")}` : "";

const applyFailed = (message: string): Health => ({ state: "Reconciling", reason: "ApplyFailed", message });

const comingIntoForce: Health = {
  state: "Reconciling",
  reason: "PoliciesComingIntoForce",
  message:
    "the footprint is complete; the API server is taking up the policies that pin its pods and the nodes they may use",
};

function isReady({ status }: Tenant): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Terminating passes by itself; the others wait for a person. */
function inConflict({ reason, message }: ClaimProblem): Health {
  return { state: reason === "NamespaceTerminating" ? "Reconciling" : "Stalled", reason, message };
}
