import { type ControllerSource, createReflector, resources, watchSource } from "@companyos/kube";
import { crdName, customKinds, type PlacedKind } from "@companyos/policies";
import type { ControllerContext } from "../context.ts";

/** CRDs with their schemas are large; few of them are held at once. */
const pageSize = 20;

/** Which of the custom resources that have a placement reader the cluster serves, as CRDs come and go. */
export interface ServedKinds {
  /** `keys` come back whenever one comes or goes. */
  source(keys: () => readonly string[]): ControllerSource;
  now(): readonly PlacedKind[];
  stop(): Promise<void>;
}

export function watchServed({
  kube,
  log,
  registry,
}: Pick<ControllerContext, "kube" | "log" | "registry">): ServedKinds {
  const read = new Map(customKinds.map((kind) => [crdName(kind), kind]));
  const reflector = createReflector({
    client: kube,
    resource: resources.customResourceDefinitions,
    transform: (original) => {
      const { name, uid, resourceVersion, deletionTimestamp } = original.metadata;
      return { metadata: { name, uid, resourceVersion, deletionTimestamp } } as typeof original;
    },
    pageSize,
    log,
    registry,
  });
  reflector.start();
  return {
    source: (keys) => watchSource(reflector, ({ metadata }) => (read.has(metadata.name ?? "") ? keys() : [])),
    now: () =>
      customKinds.filter((kind) => {
        const crd = reflector.store.get(crdName(kind));
        return crd !== undefined && crd.metadata.deletionTimestamp === undefined;
      }),
    stop: () => reflector.stop(),
  };
}
