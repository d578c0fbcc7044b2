import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { defaultProductNamespace, type OwnedNamespace } from "@companyos/crds";
import { createInventory, publishedAuthorities } from "@companyos/inventory";
import { createEventRecorder, runLeaderElection } from "@companyos/kube";
import { openOutbox, tellJournal } from "@companyos/outbox";
import { inMode } from "@companyos/policies";
import {
  close,
  createProbeServer,
  isForeseen,
  listen,
  reportFaults,
  start,
  systemClock,
  tellBuild,
  withDefaultMetrics,
} from "@companyos/service";
import { lead, type SharedContext } from "./lead.ts";
import { reconcileTimer } from "./metrics.ts";
import type { OperatorOptions, RunningOperator } from "./options.ts";
import { forOwnersToo } from "./owners-events.ts";

/**
 * Starts the operator and resolves when it watches; its controllers start once it leads. Rejects when options contradict
 * each other, the journal cannot be opened, or the metrics' address not be taken.
 */
export function runOperator(options: OperatorOptions): Promise<RunningOperator> {
  return start((stack) => startOperator(options, stack));
}

async function startOperator(
  options: OperatorOptions,
  stack: AsyncDisposableStack,
): Promise<Omit<RunningOperator, "stop">> {
  const { kube, log, journalDir } = options;
  // Under Fail the API server quotes the webhook's URL to whoever it refuses.
  if (options.callers === "SecretPath" && options.whenUnavailable === "strict")
    throw new TypeError(
      "callers: SecretPath needs whenUnavailable: available; under strict the path is told to users",
    );
  const namespace = options.namespace ?? defaultProductNamespace;
  const identity = options.identity ?? `${hostname()}-${randomBytes(4).toString("hex")}`;
  const registry = withDefaultMetrics(options.registry);
  tellBuild(registry, "operator");
  const faults = reportFaults({ registry, log });
  const inventory = createInventory({ client: kube, log, registry, faults });
  stack.defer(() => inventory.stop());
  const notReady = () => (inventory.synced() ? [] : ["inventory not synced"]);
  const probes = options.metricsListen && createProbeServer({ notReady, registry, faults });
  if (probes) stack.defer(() => close(probes, 1_000));
  const outbox = await openOutbox({
    dir: join(journalDir, "outbox"),
    cluster: options.cluster,
    regions: Object.fromEntries(Object.entries(options.notaries).map(([region, url]) => [region, { url }])),
    ca: () => publishedAuthorities(kube, namespace),
    token: options.token,
    log,
    faults,
  });
  stack.defer(() => outbox.stop());
  tellJournal(registry, outbox);
  const metricsUrl = probes && `http://${await listen(probes, options.metricsListen!)}`;
  const recorder = createEventRecorder({
    client: kube,
    controller: "companyos.io/operator",
    instance: identity,
    log,
  });
  const events = forOwnersToo(recorder, {
    namespacesOf: inventory.namespacesOf,
    get: (name) => inventory.reflectors.namespaces.store.get(name) as OwnedNamespace | undefined,
  });
  const logs = new Set(Object.keys(options.notaries));
  const context: SharedContext = {
    kube,
    log,
    registry,
    clock: systemClock,
    inventory,
    events,
    outbox,
    logs,
    cluster: options.cluster,
    namespace,
    docs: options.docs,
    timed: reconcileTimer(registry),
    inForce: (plan) => (plan ? inMode(plan, options.enforce ?? true) : plan),
  };

  stack.defer(async () => {
    if (!(await outbox.flush(10_000))) log.warn("the journal keeps records that no notary has yet");
  });
  stack.defer(() => events.stop());
  const leading = Promise.withResolvers<void>();
  const run = (signal: AbortSignal) => lead(context, options, signal, leading.resolve);
  if (options.leaderElection === false) {
    const stopping = new AbortController();
    const alone = run(stopping.signal).catch((error: unknown) => {
      const message = "the controllers could not be started";
      if (isForeseen(error)) log.error(message, { error });
      else faults("background", error, {}, message);
    });
    stack.defer(() => {
      stopping.abort();
      return alone;
    });
  } else {
    const name = "companyos-operator";
    const election = runLeaderElection({ client: kube, namespace, name, identity, lead: run, log, registry });
    stack.defer(() => election.stop());
  }
  return { metricsUrl, leading: leading.promise };
}
