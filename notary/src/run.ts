/** One region's notary, wired. */

import type { Server } from "node:http";
import { annotations, certificates, defaultProductNamespace, notarySecret } from "@companyos/crds/names";
import { certificateSecret, kubernetesReviewer } from "@companyos/kube";
import {
  type Authenticator,
  type CertificateSource,
  certificateFiles,
  close,
  createAuthenticator,
  createPlainServer,
  createProbeServer,
  createTlsServer,
  limitConnections,
  listen,
  probes,
  reportFaults,
  start,
  tellBuild,
  toOriginForm,
  type WatchedCertificate,
  withDefaultMetrics,
} from "@companyos/service";
import type { Registry } from "prom-client";

import { openNotary } from "./open.ts";
import type { NotaryOptions, RunningNotary } from "./options.ts";
import { DisclosureReader } from "./prover/disclosures.ts";
import { journalUnsealer } from "./sealing.ts";
import { defaultSenders } from "./senders.ts";
import { notaryApp } from "./server/app.ts";
import { notaryMetrics } from "./server/metrics.ts";
import { DisclosureSealer } from "./writer/disclosures.ts";
import { issuer } from "./writer/issue.ts";
import { Writer } from "./writer/writer.ts";

/** Idle connections stay open longer than senders keep them: it is they who close them. */
const times = { keepAliveMs: 75_000, requestMs: 60_000 };

/**
 * Reads the store, takes records, publishes checkpoints, proves. Resolves when it listens; `/readyz` tells when the
 * log was read and a certificate is there. Throws NotaryError `bad_request` when keys, endorsements and store do not
 * belong together, KeyError when the keys cannot be used.
 */
export async function runNotary(options: NotaryOptions): Promise<RunningNotary> {
  const { client, audience } = options;
  return serveNotary(options, createAuthenticator({ reviewer: kubernetesReviewer(client, audience) }));
}

/** The same with another authenticator. */
export function serveNotary(
  options: Omit<NotaryOptions, "audience">,
  authenticator: Authenticator,
): Promise<RunningNotary> {
  return start(async (stack) => {
    const { region, keys, storage, endorsed } = options;
    const namespace = options.namespace ?? defaultProductNamespace;
    const log = options.log.child({ region });
    const registry = withDefaultMetrics(options.registry);
    tellBuild(registry, "notary");
    const opened = await openNotary({ region, keys, endorsed });
    const { identity } = opened;
    const { origin } = identity;
    const now = Date.now;
    const metrics = notaryMetrics(registry, region);
    const faults = reportFaults({ registry, log });
    const unsealer = await journalUnsealer(keys);
    const { batchDelayMs, publishIntervalMs } = options;
    const writer = new Writer({
      origin,
      region,
      storage,
      issue: issuer(opened.receipt),
      sealer: new DisclosureSealer(keys, origin),
      endorsements: opened.endorsements,
      signCheckpoint: opened.signCheckpoint,
      log,
      events: { ...metrics.events, fault: (error) => faults("background", error) },
      now,
      ...(batchDelayMs === undefined ? {} : { batchDelayMs }),
      ...(publishIntervalMs === undefined ? {} : { publishIntervalMs }),
    });
    metrics.observe(writer);
    stack.defer(() => writer.stop(10_000));
    const { server, uncertified, watch } = serverOf({ ...options, namespace, log, registry });
    const notReady = () => {
      const { state, reason } = writer.status();
      return [
        ...uncertified(),
        ...(state === "ready" ? [] : [`the log is ${state}${reason ? `: ${reason}` : ""}`]),
      ];
    };
    const parts = {
      origin,
      vkey: identity.vkey,
      region,
      identity,
      storage,
      writer,
      disclosures: new DisclosureReader(storage, keys, origin),
      statement: opened.statement,
      signAbsence: opened.signAbsence,
      now,
      authenticator,
      senders: options.senders ?? defaultSenders(namespace),
      unsealer,
      log,
      proved: metrics.proved,
      responded: metrics.responded,
      faults,
      probes: probes({ notReady, registry: options.metricsListen ? undefined : registry }),
    };

    const app = notaryApp(parts);
    server.on("request", (request, response) => {
      toOriginForm(request);
      app(request, response);
    });
    limitConnections(server, { total: 768, each: 192 });
    const plain = options.metricsListen && createProbeServer({ notReady, registry, faults });
    if (plain) stack.defer(() => close(plain, 1_000));
    const certificate = watch();
    stack.defer(() => certificate.stop());
    stack.defer(async () => void (await Promise.all([close(server, 10_000), writer.stop(10_000)])));
    const scheme = options.tls.kind === "none" ? "http" : "https";
    const url = `${scheme}://${await listen(server, options.listen)}`;
    const metricsUrl = plain && `http://${await listen(plain, options.metricsListen!)}`;
    log.info("notary listens", { url, metricsUrl, origin, vkey: identity.vkey });
    return { url, metricsUrl, reloadCertificate: () => certificate.reload() };
  });
}

interface Serving {
  readonly server: Server;
  readonly uncertified: () => readonly string[];
  readonly watch: () => WatchedCertificate;
}

function serverOf(
  options: Omit<NotaryOptions, "audience" | "registry"> & {
    readonly namespace: string;
    readonly registry: Registry;
  },
): Serving {
  const { tls } = options;
  if (tls.kind === "none") {
    const watch = () => ({ reload: async () => {}, stop: async () => {} });
    return { server: createPlainServer(times), uncertified: () => [], watch };
  }
  const { server, notReady, serve } = createTlsServer({ ...times, registry: options.registry });
  const source = sourceOf({ ...options, tls });
  return { server, uncertified: notReady, watch: () => source(serve) };
}

function sourceOf({
  tls,
  client,
  namespace,
  region,
  log,
  registry,
}: Pick<NotaryOptions, "client" | "region" | "log"> & {
  readonly tls: Exclude<NotaryOptions["tls"], { kind: "none" }>;
  readonly namespace: string;
  readonly registry: Registry;
}): CertificateSource {
  if (tls.kind === "files") return certificateFiles(tls, log);
  return certificateSecret({
    client,
    namespace,
    secret: tls.name ?? notarySecret(region),
    bundle: { configMap: certificates.caConfigMap, key: certificates.caConfigMapKey },
    settleMs: tls.settleMs,
    renewBefore: annotations.renewBefore,
    log,
    registry,
  });
}
