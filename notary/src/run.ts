/** One region's notary, wired. */

import { createServer as createPlainServer, type Server } from "node:http";
import { createServer } from "node:https";

import { watchServingCertificate } from "@companyos/kube";
import { boundProbes, close, limitConnections, listen, type ServingPair } from "@companyos/service";
import { collectDefaultMetrics, Registry } from "prom-client";

import { openNotary } from "./open.ts";
import type { NotaryOptions, RunningNotary } from "./options.ts";
import { DisclosureReader } from "./prover/disclosures.ts";
import { journalUnsealer } from "./sealing.ts";
import { defaultSenders } from "./senders.ts";
import { notaryApp, probeApp } from "./server/app.ts";
import { type Authenticator, kubernetesAuthenticator } from "./server/auth.ts";
import { type CertificateSource, readFiles } from "./server/certificate.ts";
import { notaryMetrics } from "./server/metrics.ts";
import { DisclosureSealer } from "./writer/disclosures.ts";
import { issuer } from "./writer/issue.ts";
import { Writer } from "./writer/writer.ts";

const minVersion = "TLSv1.2";
/** How often connections are looked through for requests that do not come to an end, in ms. */
const connectionsCheckingInterval = 5_000;

/**
 * Reads the store, takes records, publishes checkpoints, proves. Resolves when it listens; `/readyz` tells when the
 * log was read and a certificate is there. Throws NotaryError `bad_request` when keys, endorsements and store do not
 * belong together, KeyError when the keys cannot be used.
 */
export async function runNotary(options: NotaryOptions): Promise<RunningNotary> {
  const { client, audience } = options;
  const auth = kubernetesAuthenticator({ client, ...(audience === undefined ? {} : { audience }) });
  return serveNotary(options, auth);
}

/** The same with another judge of tokens. */
export async function serveNotary(
  options: Omit<NotaryOptions, "audience">,
  authenticator: Authenticator,
): Promise<RunningNotary> {
  const { region, keys, storage, endorsed } = options;
  const namespace = options.namespace ?? "companyos-system";
  const log = options.log.child({ region });
  const registry = options.registry ?? new Registry();
  collectDefaultMetrics({ register: registry });
  const opened = await openNotary({ region, keys, endorsed });
  const { identity } = opened;
  const { origin } = identity;
  const now = Date.now;
  const metrics = notaryMetrics(registry, region);
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
    events: metrics.events,
    now,
    ...(batchDelayMs === undefined ? {} : { batchDelayMs }),
    ...(publishIntervalMs === undefined ? {} : { publishIntervalMs }),
  });
  metrics.observe(writer);
  let certified = options.tls.kind === "none";
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
    registry,
    proved: metrics.proved,
    answered: metrics.answered,
    certified: () => certified,
    serveMetrics: options.metricsListen === undefined,
  };

  const app = notaryApp(parts);
  const { server, certificate } = await serverOf(app, { ...options, namespace, log }, () => {
    certified = true;
  });
  // Longer than senders keep idle connections: it is they who close them.
  server.keepAliveTimeout = 75_000;
  limitConnections(server, { total: 768, each: 192 });
  const plain = options.metricsListen && createPlainServer(probeApp(parts));
  if (plain) boundProbes(plain);
  const stop = async () => {
    await Promise.all([close(server, 10_000), writer.stop(10_000)]);
    await certificate.stop();
    if (plain) await close(plain, 1_000);
  };
  try {
    const scheme = options.tls.kind === "none" ? "http" : "https";
    const url = `${scheme}://${await listen(server, options.listen)}`;
    const metricsUrl = plain && `http://${await listen(plain, options.metricsListen!)}`;
    log.info("notary listens", { url, metricsUrl, origin, vkey: identity.vkey });
    let stopping: Promise<void> | undefined;
    return {
      url,
      metricsUrl,
      reloadCertificate: () => certificate.reload(),
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function serverOf(
  app: Parameters<typeof createPlainServer>[1],
  { tls, client, namespace, region, log }: NotaryOptions & { namespace: string },
  certified: () => void,
): Promise<{ server: Server; certificate: CertificateSource }> {
  if (tls.kind === "none") {
    const certificate = { reload: async () => {}, stop: async () => {} };
    return { server: createPlainServer({ connectionsCheckingInterval }, app!), certificate };
  }
  const server = createServer(
    { minVersion, ALPNProtocols: ["http/1.1"], handshakeTimeout: 10_000, connectionsCheckingInterval },
    app,
  );
  const use = (pair: ServingPair) => {
    server.setSecureContext({ ...pair, minVersion });
    certified();
  };
  if (tls.kind === "files") return { server, certificate: await readFiles({ ...tls, log, use }) };
  const watched = watchServingCertificate({
    client,
    namespace,
    secret: tls.name ?? `companyos-notary-${region}-tls`,
    bundle: { configMap: "companyos-ca", key: "ca.crt" },
    settleMs: tls.settleMs,
    log,
    use,
  });
  return { server, certificate: { reload: async () => {}, stop: () => watched.stop() } };
}
