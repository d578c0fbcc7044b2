import {
  certificates,
  fieldManager,
  group,
  labels,
  managedBy,
  webhookConfigurationName,
} from "@companyos/crds";
import { applyIfChanged, createReflector, type KubeClient, resources } from "@companyos/kube";
import { type Logger, splitPem } from "@companyos/service";
import type { Registry } from "prom-client";
import type { Trust } from "./trust.ts";

export const certificatesManager = fieldManager("certificates");
const marksAnnotation = `${group}/authorities`;

type ConfigMap = NonNullable<(typeof resources.configMaps)["shape"]>;

/** The ConfigMap with what is to be trusted, which webhook configurations, senders and people go by. */
export function publishedTrust({
  kube,
  namespace,
  log,
  registry,
}: {
  kube: KubeClient;
  namespace: string;
  log: Logger;
  registry: Registry;
}) {
  const reflector = createReflector({
    client: kube,
    namespace,
    resource: resources.configMaps,
    name: certificates.caConfigMap,
    keepManagedFieldsOf: [certificatesManager],
    log,
    registry,
  });
  const live = () => reflector.store.get(`${namespace}/${certificates.caConfigMap}`);
  return {
    reflector,
    read: (): Trust => trustOf(live()),
    async write({ authorities, marks }: Trust): Promise<void> {
      await applyIfChanged({
        client: kube,
        resource: resources.configMaps,
        fieldManager: certificatesManager,
        live: live() ?? null,
        desired: {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: {
            name: certificates.caConfigMap,
            namespace,
            labels: { [labels.managedBy]: managedBy },
            annotations: { [marksAnnotation]: JSON.stringify(marks) },
          },
          data: { [certificates.caConfigMapKey]: `${authorities.join("\n")}\n` },
        },
      });
    },
  };
}

function trustOf(map: ConfigMap | undefined): Trust {
  const authorities = splitPem(map?.data?.[certificates.caConfigMapKey] ?? "");
  return { authorities, marks: marksOf(map?.metadata.annotations?.[marksAnnotation]) };
}

/** Anything but what we wrote counts as nothing written. */
function marksOf(text: string | undefined): Trust["marks"] {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).map(([id, mark]) => {
        const { everywhere, unused } = Object(mark);
        return [
          id,
          {
            ...(Number.isFinite(everywhere) ? { everywhere } : {}),
            ...(Number.isFinite(unused) ? { unused } : {}),
          },
        ];
      }),
    );
  } catch {
    return {};
  }
}

/** True once both webhook configurations trust this authority. */
export async function isEverywhere(kube: KubeClient, authority: string): Promise<boolean> {
  const found = await Promise.all([
    kube.find(resources.mutatingWebhookConfigurations, webhookConfigurationName),
    kube.find(resources.validatingWebhookConfigurations, webhookConfigurationName),
  ]);
  return found.every(
    (configuration) =>
      configuration?.webhooks?.every(({ clientConfig }) =>
        Buffer.from(clientConfig.caBundle ?? "", "base64")
          .toString()
          .includes(authority.trim()),
      ) ?? false,
  );
}
