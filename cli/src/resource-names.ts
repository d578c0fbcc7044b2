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

/** So many are said; of the others how many there are. */
const mostSaid = 10;

/**
 * One for each of the first names: `tenants.yaml, document 1: Tenant acme: spec.quota.hard: "podz" …`. An API server of tomorrow
 * may know more.
 */
export function resourceWarnings(manifests: Iterable<Manifest>): string[] {
  const said = new Set<string>();
  let more = 0;
  for (const { file, document, object } of new Set(manifests)) {
    if (object.kind !== "Tenant" || !isOurs(object.apiVersion)) continue;
    for (const [field, name] of unknownNames(object.spec))
      if (said.size < mostSaid)
        said.add(
          `${file}, document ${document}: Tenant ${shown(String(object.metadata?.name)).slice(1, -1)}: ${problem(field, name)}`,
        );
      else more++;
  }
  return more === 0 ? [...said] : [...said, `and ${more} more names of resources that are none in Tenants`];
}

const isOurs = (apiVersion: unknown) =>
  parseApiVersion(String(apiVersion)).group === "residency.companyos.io";

function* unknownNames(spec: unknown): Generator<readonly [field: string, name: string]> {
  const { quota, limits } = mapOf(spec);
  for (const name of Object.keys(mapOf(mapOf(quota).hard)))
    if (!isOneOf(ofQuota, name.replace(/^requests\.(?=hugepages-)/, ""))) yield [quotaField, name];
  for (const [which, values] of Object.entries(mapOf(limits)))
    for (const name of Object.keys(mapOf(values)))
      if (!isOneOf(compute, name)) yield [`spec.limits.${which}`, name];
}

const quotaField = "spec.quota.hard";

function problem(field: string, name: string): string {
  const [what, object, known] =
    field === quotaField ? ["a quota", "ResourceQuota", ofQuota] : ["a container", "LimitRange", compute];
  return `${field}: ${shown(name)} is no resource of ${what}${didYouMean(name, known)}; the API server refuses the whole ${object} for it, and the tenant has none`;
}

const isOneOf = (names: readonly string[], name: string): boolean =>
  names.includes(name) || name.startsWith("hugepages-") || name.includes("/");

const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
