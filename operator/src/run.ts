import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { certificates, defaultProductNamespace } from "@companyos/crds";
import { createInventory } from "@companyos/inventory";
import { createEventRecorder, resources, runLeaderElection } from "@companyos/kube";
import { openOutbox } from "@companyos/outbox";
import type { Plan } from "@companyos/policies";
import { systemClock } from "@companyos/service";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { ControllerContext, RunningController } from "./context.ts";
import { controllers } from "./controllers.ts";
import { Enforcement } from "./enforcement.ts";
import { reconcileTimer, serveProbes } from "./metrics.ts";
import { NodeMap } from "./node-map.ts";
import type { OperatorOptions, RunningOperator } from "./options.ts";
import { givingUp } from "./owed.ts";

/**
 * Starts the operator and resolves when it watches; its controllers start once it leads. Rejects when the journal
 * cannot be opened or the metrics' address not be taken.
 */
export async function runOperator(options: OperatorOptions): Promise<RunningOperator> {
  const { kube, log, journalDir } = options;
  const namespace = options.namespace ?? defaultProductNamespace;
  const identity = options.identity ?? `${hostname()}-${randomBytes(4).toString("hex")}`;
  const registry = options.registry ?? new Registry();
  collectDefaultMetrics({ register: registry });
  const inventory = createInventory({ client: kube, log });
  const outbox = await openOutbox({
    dir: join(journalDir, "outbox"),
    cluster: options.cluster,
    regions: Object.fromEntries(Object.entries(options.notaries).map(([region, url]) => [region, { url }])),
    ca: trustedAuthorities,
    token: options.token,
    log,
  });
  const events = createEventRecorder({
    client: kube,
    controller: "companyos.io/operator",
    instance: identity,
    log,
  });
  const context: Omit<ControllerContext, "enforcement" | "nodeMap"> = {
    kube,
    log,
    registry,
    clock: systemClock,
    inventory,
    events,
    outbox,
    logs: new Set(Object.keys(options.notaries)),
    cluster: options.cluster,
    namespace,
    stateDir: join(journalDir, "state"),
    giveUp: givingUp(registry),
    timed: reconcileTimer(registry),
    inForce: (plan) => (plan && options.enforce === false ? audited(plan) : plan),
  };

  /** The certificates of the notaries are ours: read where we published what is to be trusted. */
  async function trustedAuthorities(): Promise<string | undefined> {
    const map = await kube.find(resources.configMaps, certificates.caConfigMap, { namespace });
    return map?.data?.[certificates.caConfigMapKey];
  }

  let leads: () => void = () => {};
  const leading = new Promise<void>((resolve) => {
    leads = resolve;
  });
  async function lead(signal: AbortSignal): Promise<void> {
    const running: RunningController[] = [];
    const before = metricNames(registry);
    // What another leader did meanwhile is not known here.
    const led = { ...context, enforcement: new Enforcement(), nodeMap: new NodeMap() };
    try {
      for (const start of controllers) {
        if (signal.aborted) return;
        running.push(await start(led, options));
      }
      log.info("controllers started", { controllers: running.map(({ name }) => name) });
      leads();
      await aborted(signal);
    } finally {
      await Promise.all(running.map((controller) => controller.stop()));
      // The next lead's controllers bring their own.
      for (const name of metricNames(registry)) if (!before.has(name)) registry.removeSingleMetric(name);
    }
  }

  const alone = new AbortController();
  const lonely = options.leaderElection === false ? lead(alone.signal) : undefined;
  const election = lonely
    ? undefined
    : runLeaderElection({
        client: kube,
        namespace,
        name: "companyos-operator",
        identity,
        lead,
        log,
        registry,
      });
  lonely?.catch((error: unknown) => log.error("the controllers could not be started", { error }));

  const probes =
    options.metricsListen &&
    (await serveProbes({
      address: options.metricsListen,
      registry,
      notReady: () => (inventory.synced() ? [] : ["inventory not synced"]),
    }));

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    alone.abort();
    await Promise.allSettled([lonely, election?.stop()]);
    await events.stop();
    if (!(await outbox.flush(10_000))) log.warn("the journal keeps records that no notary has yet");
    await outbox.stop();
    await inventory.stop();
    await probes?.stop();
  }
  return { metricsUrl: probes?.url, leading, stop: () => (stopping ??= stop()) };
}

function metricNames(registry: Registry): Set<string> {
  return new Set(registry.getMetricsAsArray().map(({ name }) => name));
}

function audited(plan: Plan): Plan {
  return plan.mode === "Audit" ? plan : { ...plan, mode: "Audit" };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
