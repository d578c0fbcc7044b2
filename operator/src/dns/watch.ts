import { isDeepStrictEqual } from "node:util";
import { type ClusterDns, usualDns } from "@companyos/cdk8s";
import { isAssigned, ownerUid } from "@companyos/crds";
import {
  createReflector,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Reflector,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Clock, Logger } from "@companyos/service";
import type { Registry } from "prom-client";
import { type DnsSettings, findDns, whereDnsIs } from "./find.ts";

/** Longer than this nobody waits for what the API server says of its DNS: 30 s. */
const syncTimeoutMs = 30_000;

/** Where this cluster's DNS is, as it is known now. */
export interface WatchedDns {
  current(): ClusterDns;
  /** Resolves once it was looked up, or could not be. */
  whenSynced(): Promise<void>;
  /** Hears of every change. Returns how to hear no more. */
  onChange(listener: () => void): () => void;
  stop(): Promise<void>;
}

/** Follows the Services that may be the cluster's DNS, and what stands behind them. */
export function watchDns(options: {
  kube: KubeClient;
  log: Logger;
  registry: Registry;
  clock: Clock;
  settings: DnsSettings;
  nameservers: readonly string[];
  namespaces: Reflector<KubeObject>;
}): WatchedDns {
  const { kube, log, registry, clock, settings, nameservers, namespaces } = options;
  const listeners = new Set<() => void>();
  const slices = new Map<string, Reflector<KubeObject>>();
  let current = findDns({ services: [], slices: [], nameservers, isTenants }, settings, usualDns);

  const services = whereDnsIs(nameservers).map((where) => follow(resources.services as Resource, where));
  for (const reflector of services) reflector.on({ add: behind, update: behind, delete: look });
  const unheard = namespaces.on({ add: changedHands, update: changedHands });

  function changedHands({ metadata: { name } }: KubeObject): void {
    if (services.some(({ store }) => [...store.values()].some(({ metadata }) => metadata.namespace === name)))
      look();
  }

  function isTenants(name: string): boolean {
    const namespace = namespaces.store.get(name);
    return namespace !== undefined && ownerUid(namespace) !== undefined && !isAssigned(namespace);
  }

  function follow(resource: Resource, where: object): Reflector<KubeObject> {
    const reflector = createReflector({ client: kube, resource, log, registry, clock, ...where });
    reflector.start();
    return reflector;
  }

  /** Services come and go seldom: what was watched once is watched until the end. */
  function behind(service: KubeObject): void {
    const key = keyOf(service);
    if (!slices.has(key)) {
      const { name, namespace } = service.metadata;
      const labelSelector = `kubernetes.io/service-name=${name}`;
      const reflector = follow(resources.endpointSlices as Resource, { namespace, labelSelector });
      reflector.on({ add: look, update: look, delete: look });
      slices.set(key, reflector);
    }
    look();
  }

  function look(): void {
    const all = (reflectors: Iterable<Reflector<KubeObject>>) =>
      [...reflectors].flatMap(({ store }) => [...store.values()]);
    const facts = { services: all(services), slices: all(slices.values()), nameservers, isTenants };
    const found = findDns(facts, settings, current);
    if (isDeepStrictEqual(found, current)) return;
    current = found;
    log.info("the isolation of tenants lets through to the cluster's DNS", { dns: current });
    for (const listener of listeners) listener();
  }

  const synced = (async () => {
    await namespaces.whenSynced();
    await Promise.all(services.map((reflector) => reflector.whenSynced()));
    await Promise.all([...slices.values()].map((reflector) => reflector.whenSynced()));
  })();
  // Stopped before: nobody waits any more.
  synced.catch(() => {});
  const late = Promise.withResolvers<void>();
  const cancel = clock.after(syncTimeoutMs, () => {
    log.warn(
      "the cluster's DNS could not be looked up; the isolation of tenants goes by what most clusters have",
    );
    late.resolve();
  });
  synced.then(cancel, cancel);

  return {
    current: () => current,
    whenSynced: () => Promise.race([synced, late.promise]),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      cancel();
      unheard();
      await Promise.all([...services, ...slices.values()].map((reflector) => reflector.stop()));
    },
  };
}
