import { annotations, certificates, defaultProductNamespace } from "@companyos/crds";
import { createInventory, publishedAuthorities } from "@companyos/inventory";
import { certificateSecret } from "@companyos/kube";
import { openOutbox, tellJournal } from "@companyos/outbox";
import { createDecider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import {
  type CertificateSource,
  certificateFiles,
  reportFaults,
  start,
  tellBuild,
  withDefaultMetrics,
} from "@companyos/service";
import type { Registry } from "prom-client";
import { watchCallers } from "./callers.ts";
import type { RunningWebhook, WebhookOptions } from "./options.ts";
import { serveWebhook } from "./serve.ts";

/**
 * Starts the webhook and resolves when it listens; it is ready later, once `/readyz` says so. Rejects when the
 * journal cannot be opened, the policy not be loaded, the certificate not be watched, or an address not be taken.
 */
export function runWebhook(options: WebhookOptions): Promise<RunningWebhook> {
  return start((stack) => startWebhook(options, stack));
}

async function startWebhook(
  options: WebhookOptions,
  stack: AsyncDisposableStack,
): Promise<Omit<RunningWebhook, "stop">> {
  const { kube, log } = options;
  const registry = withDefaultMetrics(options.registry);
  tellBuild(registry, "webhook");
  const faults = reportFaults({ registry, log });
  const decider = await createDecider(options.policy ?? (await loadBundle()));
  const inventory = createInventory({ client: kube, log, registry, faults });
  stack.defer(() => inventory.stop());
  const outbox = await openOutbox({
    dir: options.journalDir,
    cluster: options.cluster,
    regions: Object.fromEntries(Object.entries(options.notaries).map(([region, url]) => [region, { url }])),
    ca: options.notaryCa ?? (() => publishedAuthorities(kube, options.namespace)),
    token: options.token,
    // A journal remembers tenants by pseudonyms only: whose gap a crash left over is looked up here.
    tenants: () =>
      inventory.synced()
        ? Array.from(inventory.tenants(), ({ metadata: { name, uid = "" } }) => ({
            name,
            uid,
            // The one in effect: receipts go there.
            homeRegion: inventory.plan(name)?.homeRegion,
          }))
        : undefined,
    log,
    faults,
  });
  stack.defer(() => outbox.stop());
  tellJournal(registry, outbox);
  const callers = options.callers ?? { mode: "Unverified" };
  const namespace = options.namespace ?? defaultProductNamespace;
  return serveWebhook(
    {
      ...options,
      registry,
      faults,
      inventory,
      decider,
      outbox,
      callers,
      trust: (changed) => watchCallers({ callers, kube, namespace, log, registry, changed }),
      certificate: certificateOf(options, registry),
    },
    stack,
  );
}

function certificateOf(
  { certificate, certificateSettleMs, kube, log }: WebhookOptions,
  registry: Registry,
): CertificateSource {
  if ("files" in certificate) return certificateFiles(certificate.files, log);
  return certificateSecret({
    client: kube,
    namespace: certificate.secret.namespace,
    secret: certificate.secret.name,
    bundle: { configMap: certificates.caConfigMap, key: certificates.caConfigMapKey },
    settleMs: certificateSettleMs,
    renewBefore: annotations.renewBefore,
    log,
    registry,
  });
}
