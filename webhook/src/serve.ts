import { setTimeout } from "node:timers/promises";
import type { UnclaimedSetting } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import type { Outbox } from "@companyos/outbox";
import type { Decider } from "@companyos/policies";
import {
  type Address,
  type CertificateSource,
  close,
  createProbeServer,
  createTlsServer,
  type Faults,
  isForeseen,
  type Logger,
  listen,
  probes,
  type Running,
  systemClock,
  toOriginForm,
} from "@companyos/service";
import type { Registry } from "prom-client";
import { createAdmission } from "./admission.ts";
import { createAdmit } from "./admit.ts";
import { admissionApp } from "./app.ts";
import type { CallerOptions, CallerTrust } from "./callers.ts";
import { identifyCallers } from "./identification.ts";
import { admissionMetrics } from "./metrics.ts";
import type { RunningWebhook } from "./options.ts";
import { createRepeatWindows } from "./repeat-window.ts";

/** What the webhook serves from. Whoever opened the outbox and the inventory stops them, after the webhook. */
export interface WebhookParts {
  readonly inventory: Inventory;
  readonly decider: Decider;
  readonly outbox: Outbox;
  readonly certificate: CertificateSource;
  readonly callers: CallerOptions;
  /** Begins to watch what callers are measured by; everything new is given to `changed`. */
  readonly trust: (changed: (trust: CallerTrust) => void) => Running;
  readonly log: Logger;
  /** Served at `/metrics`. */
  readonly registry: Registry;
  readonly faults: Faults;
  readonly cluster: string;
  readonly docs?: string | undefined;
  readonly listen: Address;
  readonly metricsListen?: Address | undefined;
  readonly enforce?: boolean | undefined;
  readonly unclaimed?: UnclaimedSetting | undefined;
  /** The product's own; default `companyos-system`. */
  readonly namespace?: string | undefined;
  readonly shutdownDelaySeconds?: number | undefined;
  readonly drainSeconds?: number | undefined;
  /** Passes the time between being told to stop and closing the port; default a timer. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
}

/** Resolves when it listens. Rejects when an address is taken. What ends it is put on the stack. */
export async function serveWebhook(
  parts: WebhookParts,
  stack: AsyncDisposableStack,
): Promise<Omit<RunningWebhook, "stop">> {
  const { inventory, decider, outbox, registry, faults, log, cluster, enforce, unclaimed, callers } = parts;
  const windows = createRepeatWindows({
    journal: outbox,
    clock: systemClock,
    onError: (error, rid) => {
      const message = "a window could not be closed";
      if (isForeseen(error)) log.error(message, { rid, error });
      else faults("background", error, { rid }, message);
    },
  });
  const metrics = admissionMetrics(registry, inventory, () => windows.open);
  const { decide } = createAdmission({
    inventory,
    decider,
    windows,
    journal: outbox,
    metrics,
    faults,
    clock: systemClock,
    log,
    cluster,
    docs: parts.docs,
    enforce,
    unclaimed,
    productNamespace: parts.namespace,
  });

  let draining = false;
  // Longer than the 90 s for which API servers keep idle connections.
  const tls = createTlsServer({
    requestCert: callers.mode === "ClientCertificate",
    keepAliveMs: 120_000,
    requestMs: 30_000,
    registry,
  });
  const { server } = tls;
  const identification = identifyCallers(tls, callers, metrics);
  const notReady = () => [
    ...(draining ? ["draining"] : []),
    ...(inventory.synced() ? [] : ["inventory not synced"]),
    ...identification.notReady(),
  ];
  const admit = createAdmit({
    decide,
    identification,
    exists: (namespace) => exists(inventory, namespace),
    metrics,
    faults,
    draining: () => draining,
  });
  const app = admissionApp({ admit, probes: probes({ notReady }), faults });
  server.on("request", (request, response) => {
    // Until it is known who asks: strangers get one response for each handshake.
    if (draining || identification.ends(request)) response.setHeader("connection", "close");
    toOriginForm(request);
    app(request, response);
  });

  const plain = parts.metricsListen && createProbeServer({ notReady, registry, faults });
  if (plain) stack.defer(() => close(plain, 1_000));
  const trust = parts.trust(identification.trust);
  stack.defer(() => trust.stop());
  const certificate = parts.certificate(tls.serve);
  stack.defer(() => certificate.stop());
  stack.defer(() => close(server, 0));
  const url = `https://${await listen(server, parts.listen)}`;
  const metricsUrl = plain && `http://${await listen(plain, parts.metricsListen!)}`;
  stack.defer(async () => {
    draining = true;
    // Whoever sends connections here learns of it a moment later: until then a closed port would be a missed decision.
    await (parts.wait ?? setTimeout)((parts.shutdownDelaySeconds ?? 0) * 1000);
    const deadline = performance.now() + (parts.drainSeconds ?? 20) * 1000;
    const left = () => Math.max(0, deadline - performance.now());
    await close(server, left());
    await windows.closeAll();
    if (!(await outbox.flush(left()))) log.warn("the journal keeps records that no notary has yet");
  });
  log.info("webhook listens", { url, metricsUrl, policy: decider.policyRevision, callers: callers.mode });
  return { url, metricsUrl };
}

/**
 * Once everything is seen, the inventory says CACHE_NOT_SYNCED of a namespace that it has not seen: either there is none of
 * the name, or the watch has not told of it yet.
 */
function exists(inventory: Inventory, namespace: string): boolean {
  const found = inventory.lookup(namespace);
  return !inventory.synced() || found.state !== "error" || found.code !== "CACHE_NOT_SYNCED";
}
