import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import { setTimeout } from "node:timers/promises";
import type { Inventory } from "@companyos/inventory";
import type { Outbox } from "@companyos/outbox";
import type { Decider } from "@companyos/policies";
import {
  type Address,
  boundProbes,
  close,
  type Logger,
  listen,
  type ServingPair,
  systemClock,
} from "@companyos/service";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createAdmission } from "./admission.ts";
import { createAdmit } from "./admit.ts";
import { admissionApp, metricsApp } from "./app.ts";
import type { CallerOptions, CallerTrust, WatchedCallers } from "./callers.ts";
import type { WatchedCertificate } from "./certificate.ts";
import { openDoor } from "./door.ts";
import { admissionMetrics } from "./metrics.ts";
import type { RunningWebhook } from "./options.ts";
import { createRepeatWindows } from "./repeat-window.ts";

/** What the webhook serves from. It stops the outbox, the inventory and the certificate when it stops. */
export interface WebhookParts {
  readonly inventory: Inventory;
  readonly decider: Decider;
  readonly outbox: Outbox;
  /** Begins to watch the serving certificate; every usable pair is given to `changed`. */
  readonly certificate: (changed: (pair: ServingPair) => void) => WatchedCertificate;
  readonly callers: CallerOptions;
  /** Begins to watch what callers are measured by; everything new is given to `changed`. */
  readonly trust: (changed: (trust: CallerTrust) => void) => WatchedCallers;
  readonly log: Logger;
  readonly registry?: Registry | undefined;
  readonly cluster: string;
  readonly listen: Address;
  readonly metricsListen?: Address | undefined;
  readonly enforce?: boolean | undefined;
  readonly shutdownDelaySeconds?: number | undefined;
  readonly drainSeconds?: number | undefined;
  /** Passes the time between being told to stop and closing the door; default a timer. */
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
}

/** Listens and answers; resolves when it listens. Rejects when an address is taken. */
export async function serveWebhook(parts: WebhookParts): Promise<RunningWebhook> {
  const { inventory, decider, outbox, log, cluster, enforce } = parts;
  const registry = parts.registry ?? new Registry();
  collectDefaultMetrics({ register: registry });
  const windows = createRepeatWindows({
    journal: outbox,
    clock: systemClock,
    onError: (error, rid) => log.error("a window could not be closed", { rid, error }),
  });
  const metrics = admissionMetrics(registry, () => windows.open);
  const { judge } = createAdmission({
    inventory,
    decider,
    windows,
    journal: outbox,
    metrics,
    clock: systemClock,
    log,
    cluster,
    enforce,
  });

  let draining = false;
  const probes = {
    notReady: () => [
      ...(draining ? ["draining"] : []),
      ...(inventory.synced() ? [] : ["inventory not synced"]),
      ...door.notReady(),
    ],
  };
  const server = createServer({
    // Whoever shows none, or a wrong one, is told so by an answer: TLS could say it only in a way that nobody reads.
    requestCert: parts.callers.mode === "ClientCertificate",
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
    // Who does not get on with it loses its connection; looked after often, for the limits below to mean something.
    handshakeTimeout: 10_000,
    connectionsCheckingInterval: 5_000,
  });
  // Once everything is seen, the inventory says CACHE_NOT_SYNCED of a namespace that it has not seen: either there is none
  // of the name, or the watch has not told of it yet.
  const exists = (namespace: string) => {
    const found = inventory.lookup(namespace);
    return !inventory.synced() || found.state !== "error" || found.code !== "CACHE_NOT_SYNCED";
  };
  const door = openDoor(server, parts.callers, metrics);
  const admit = createAdmit({ judge, door, exists, metrics, log, draining: () => draining });
  const answer = admissionApp({ admit, probes });
  server.on("request", (request, response) => {
    // Until it is known who asks: strangers get one answer for each handshake.
    if (draining || door.ends(request)) response.setHeader("connection", "close");
    answer(request, response);
  });
  // Longer than the 90 s for which API servers keep idle connections: it is they who close them.
  server.keepAliveTimeout = 120_000;
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  const certificate = parts.certificate((pair) => door.serve(pair));
  const trust = parts.trust((next) => door.trust(next));

  const url = `https://${await listen(server, parts.listen)}`;
  const plain = parts.metricsListen && createPlainServer(metricsApp({ registry, probes }));
  if (plain) boundProbes(plain);
  const metricsUrl = plain && `http://${await listen(plain, parts.metricsListen!)}`;
  log.info("webhook listens", {
    url,
    metricsUrl,
    policy: decider.policyRevision,
    callers: parts.callers.mode,
  });

  let stopping: Promise<void> | undefined;
  async function stop(): Promise<void> {
    draining = true;
    // Whoever sends connections here learns of it a moment later: until then a closed door would be a missed decision.
    await (parts.wait ?? setTimeout)((parts.shutdownDelaySeconds ?? 0) * 1000);
    const deadline = performance.now() + (parts.drainSeconds ?? 20) * 1000;
    const left = () => Math.max(0, deadline - performance.now());
    await close(server, left());
    await windows.closeAll();
    if (!(await outbox.flush(left()))) log.warn("the journal keeps records that no notary has yet");
    await outbox.stop();
    await Promise.all([certificate.stop(), trust.stop()]);
    await inventory.stop();
    if (plain) await close(plain, 1000);
  }
  return { url, metricsUrl, stop: () => (stopping ??= stop()) };
}
