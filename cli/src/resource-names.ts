/** Names of resources in a Tenant's quota and limits that the API server takes in a Tenant, and in what is made of it refuses. Pure. */
import { parseApiVersion } from "@companyos/kube";
import type { Manifest } from "@companyos/manifests";
import { didYouMean } from "./near-miss.ts";

const compute = ["cpu", "memory", "ephemeral-storage"];

/** @see https://kubernetes.io/docs/concepts/policy/resource-quotas/ Names with a `/` are those of others: `count/jobs.batch`. */
const ofQuota: readonly string[] = [
  ...compute,
  ...compute.flatMap((name) => [`requests.${name}`, `limits.${name}`]),
  ...["requests.storage", "pods", "services", "services.loadbalancers", "services.nodeports"],
  ...["configmaps", "secrets", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"],
];

/** One for each name: `tenants.yaml, document 1: Tenant acme: spec.quota.hard.podz …`. An API server of tomorrow may know more. */
export function resourceWarnings(manifests: readonly Manifest[]): string[] {
  return manifests
    .filter(({ object }) => object.kind === "Tenant" && isOurs(object.apiVersion))
    .flatMap(({ file, document, object }) =>
      problems(object.spec).map(
        (problem) => `${file}, document ${document}: Tenant ${String(object.metadata?.name)}: ${problem}`,
      ),
    );
}

const isOurs = (apiVersion: unknown) =>
  parseApiVersion(String(apiVersion)).group === "residency.companyos.io";

function problems(spec: unknown): string[] {
  const { quota, limits } = mapOf(spec);
  const hard = mapOf(mapOf(quota).hard);
  return [
    ...Object.keys(hard)
      .filter((name) => !isOneOf(ofQuota, name.replace(/^requests\.(?=hugepages-)/, "")))
      .map(
        (name) =>
          `spec.quota.hard: ${shown(name)} is no resource of a quota${didYouMean(name, ofQuota)}; the API server refuses the whole ResourceQuota for it, and the tenant has none`,
      ),
    ...Object.entries(mapOf(limits)).flatMap(([which, values]) =>
      Object.keys(mapOf(values))
        .filter((name) => !isOneOf(compute, name))
        .map(
          (name) =>
            `spec.limits.${which}: ${shown(name)} is no resource of a container${didYouMean(name, compute)}; the API server refuses the whole LimitRange for it, and the tenant has none`,
        ),
    ),
  ];
}

const isOneOf = (names: readonly string[], name: string): boolean =>
  names.includes(name) || name.startsWith("hugepages-") || name.includes("/");

const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
