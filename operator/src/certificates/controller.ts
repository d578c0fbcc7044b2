import { certificates } from "@companyos/crds";
import { createReflector, type Reflector, resources, runController, watchSource } from "@companyos/kube";
import type { ControllerContext, RunningController } from "../context.ts";
import { follow } from "./cert-manager.ts";
import { certificateMetrics } from "./metrics.ts";
import { publishedTrust } from "./published.ts";
import type { Secret } from "./secret.ts";
import { type CertificateWork, rotate } from "./self-issued.ts";
import { servingCertificates } from "./serving.ts";
import { type CertificateSettings, defaultCertificateSettings } from "./settings.ts";

const shortest = 50;
const longest = 60 * 60 * 1000;

/**
 * Keeps a serving certificate for the webhook and each notary, and the public ConfigMap with what is to be trusted.
 * Trust is published, and has reached whoever calls, before a certificate that needs it is served.
 */
export function startCertificates(
  context: ControllerContext,
  options: {
    regions: readonly string[];
    extraHosts: readonly string[];
    settings?: Partial<CertificateSettings> | undefined;
  },
): RunningController {
  const { kube, namespace, clock, registry } = context;
  const log = context.log.child({ controller: "certificates" });
  const settings = { ...defaultCertificateSettings, ...options.settings };
  const self = settings.provider === "self";
  const desired = servingCertificates({ namespace, ...options });
  const names = [...(self ? [certificates.caSecret] : []), ...desired.map(({ secret }) => secret)];
  // One watch for each name, so that no right to read other Secrets is needed.
  const secrets = new Map<string, Reflector<Secret>>();
  for (const name of names) {
    secrets.set(
      name,
      createReflector({ client: kube, namespace, resource: resources.secrets, name, log, registry }),
    );
  }
  const published = publishedTrust({ kube, namespace, log, registry });
  const secret = (name: string) => secrets.get(name)?.store.get(`${namespace}/${name}`);
  const metrics = certificateMetrics(registry, settings);
  const work: CertificateWork = { kube, clock, namespace, settings, desired, published, secret };

  const reflectors = [...secrets.values(), published.reflector];
  const controller = runController({
    name: "certificates",
    log: context.log,
    registry,
    clock,
    sources: [...secrets.values()]
      .map((reflector) => watchSource(reflector, () => ["all"]))
      .concat(watchSource(published.reflector, () => ["all"])),
    async reconcile(_key, { log }) {
      for (const name of names) metrics.seen(name, secret(name));
      const due = self ? await rotate(work, certificates.caSecret, log) : await follow(work, log);
      return { requeueAfter: Math.min(Math.max(due - clock.now(), shortest), longest) };
    },
  });
  for (const reflector of reflectors) reflector.start();
  controller.enqueue("all");

  return {
    name: "certificates",
    async stop() {
      await controller.stop();
      await Promise.all(reflectors.map((reflector) => reflector.stop()));
    },
  };
}
