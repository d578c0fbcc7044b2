/** What becomes of an object from a file: decided, passed over, undecided, or not to be read. */
import { isReached, isReserved } from "@companyos/crds";
import type { Inventory, Lookup } from "@companyos/inventory";
import { parseApiVersion } from "@companyos/kube";
import type { Manifest } from "@companyos/manifests";
import {
  isClusterScoped,
  type KubeObject,
  needsTenant,
  type PlacedKind,
  placedKind,
  placedKinds,
  placesNothing,
  podSpecsAt,
  type ReasonCode,
  readRequirements,
} from "@companyos/policies";
import type { Installation } from "../installation.ts";
import { isNamespaceName } from "../object-names.ts";
import type { CustomScopes } from "./custom-scopes.ts";
import { noSuch, retired } from "./retired.ts";
import { whyUnread } from "./unread-kinds.ts";
import { isObject, type Unreadable } from "./unreadable.ts";

export interface ClassifyOptions {
  readonly inventory: Inventory;
  /** As `kubectl -n`: for objects that name none; others must name the same. */
  readonly namespace?: string | undefined;
  /** For objects that name none, where there is no such flag: that of a kubeconfig's context. */
  readonly usualNamespace?: string | undefined;
  /** Whether an object is of a kind that places nothing, as whoever asks says. */
  isIgnored(object: KubeObject): boolean;
  readonly scopes: CustomScopes;
  /** Tenants that have no say, by the namespaces they claim. */
  readonly claimed: ReadonlyMap<string, Manifest>;
  readonly installation: Installation;
  /** What is in force where nobody but the default tenant has a namespace, or why nobody can say; undefined: there is no such setting. */
  readonly byDefault: { readonly lookup: Claimed } | { readonly why: string } | undefined;
  readonly notRead: Unreadable;
}

export type Claimed = Exclude<Lookup, { state: "unclaimed" }>;

export type Class =
  | {
      readonly what: "placed";
      readonly placed: PlacedKind;
      readonly namespace: string;
      readonly lookup: Claimed;
    }
  /** `nobodys`: it may place something, in a namespace of no tenant. */
  | { readonly what: "passed over"; readonly nobodys?: true; readonly namespace?: string }
  /** In a namespace that no Tenant has. */
  | { readonly what: "refused"; readonly reason: ReasonCode; readonly namespace: string }
  | {
      readonly what: "undecided";
      readonly reason: ReasonCode;
      readonly namespace: string;
      readonly detail?: string;
    }
  | { readonly what: "unread"; readonly code: ReasonCode; readonly message: string };

const passedOver: Class = { what: "passed over" };

export function classify({ object }: Manifest, options: ClassifyOptions): Class {
  const { inventory, isIgnored, scopes } = options;
  const { group, version } = parseApiVersion(String(object.apiVersion));
  const kind = String(object.kind);
  const placed = placedKind(group, kind);
  // What a file says of a kind that is read here counts for nothing: else it could take every Deployment out.
  if (isClusterScoped(group, kind) || (!placed && scopes.isClusterScoped(group, kind))) return passedOver;

  const stated = namespaceOf(object);
  const namespace = stated ?? options.namespace ?? options.usualNamespace;
  if (options.namespace !== undefined && namespace !== options.namespace) {
    const message = `the namespace of the object is "${stated}", and --namespace says "${options.namespace}"`;
    return { what: "unread", code: "NAMESPACE_MISMATCH", message };
  }
  if (!placed && (isIgnored(object) || placesNothing(group, kind, object))) return passedOver;
  const unacceptable = whyUnacceptable(object, namespace, placed, version);
  if (unacceptable) return { what: "unread", code: "OBJECT_UNACCEPTABLE", message: unacceptable };
  const found = namespace === undefined ? undefined : inventory.lookup(namespace);
  const lookup = found?.state === "unclaimed" ? withoutTenant(namespace!, options) : found;
  const hanging = namespace === undefined ? undefined : whyHanging(namespace, options);
  if (hanging !== undefined && (placed || lookup?.state === "unclaimed"))
    return { what: "undecided", reason: "RULES_UNREADABLE", namespace: namespace!, detail: hanging };
  if (lookup?.state === "unclaimed") {
    const { action } = options.installation.unclaimed;
    const isRefused = isSet(namespace!, options) && needsTenant(placed, object, action);
    if (isRefused) return { what: "refused", reason: "TENANT_REQUIRED", namespace: namespace! };
    const by = options.claimed.get(namespace!);
    if (by) {
      const detail = `Tenant ${by.object.metadata.name} of ${by.file} claims it`;
      return { what: "undecided", reason: "TENANT_SET_ASIDE", namespace: namespace!, detail };
    }
    return isWithoutTenants(namespace!, options)
      ? { what: "undecided", reason: "TENANTS_UNKNOWN", namespace: namespace! }
      : { what: "passed over", nobodys: true, namespace: namespace! };
  }
  if (!placed) {
    const detail = whyUnread(object);
    const found = { what: "undecided", reason: "KIND_UNREAD", namespace: namespace ?? "" } as const;
    return detail === undefined ? found : { ...found, detail };
  }
  const unreadable = unreadableSpec(placed, object);
  if (unreadable) return { what: "unread", code: "SPEC_UNREADABLE", message: unreadable };
  if (namespace === undefined || lookup === undefined)
    return { what: "undecided", reason: "NAMESPACE_UNKNOWN", namespace: "" };
  return { what: "placed", placed, namespace, lookup };
}

/** Whether it is nobody's only because no Tenant is known. */
function isWithoutTenants(namespace: string, { inventory, installation }: ClassifyOptions): boolean {
  const isEvery = inventory.tenants().next().done === true;
  return isEvery && !isReserved(namespace, installation.productNamespace);
}

/** What is in force in a namespace that no Tenant claims: with a default tenant, that one's plan. */
function withoutTenant(namespace: string, options: ClassifyOptions): Lookup {
  const { byDefault } = options;
  return byDefault && "lookup" in byDefault && isSet(namespace, options)
    ? byDefault.lookup
    : { state: "unclaimed" };
}

/** Why what is in this namespace is decided neither way: what it would be decided by was not read. */
function whyHanging(namespace: string, options: ClassifyOptions): string | undefined {
  const { inventory, byDefault, notRead, installation } = options;
  if (isReserved(namespace, installation.productNamespace)) return undefined;
  const owner = inventory.tenantOf(namespace);
  const isDefault = owner === undefined && byDefault !== undefined && isSet(namespace, options);
  if (isDefault && "why" in byDefault) return byDefault.why;
  const name = owner ?? (isDefault ? installation.unclaimed.tenant : undefined);
  return notRead.hanging(namespace, name === undefined ? undefined : inventory.tenant(name));
}

/** Where nothing is enforced, the setting for such namespaces is not in force either. */
function isSet(namespace: string, { installation }: ClassifyOptions): boolean {
  const { enforce = true, unclaimed, productNamespace } = installation;
  return enforce && isReached(namespace, unclaimed, productNamespace);
}

/** Undefined where kubectl takes another one: an empty one is none. What is no text is refused elsewhere. */
export function namespaceOf({ metadata }: KubeObject): string | undefined {
  const namespace: unknown = metadata?.namespace;
  return typeof namespace === "string" && namespace !== "" ? namespace : undefined;
}

/** Why no API server takes it, whatever it says. Of kinds of others, what is asked of them is not known here. */
function whyUnacceptable(
  { metadata, apiVersion, kind }: KubeObject,
  namespace: string | undefined,
  placed: PlacedKind | undefined,
  version: string,
): string | undefined {
  const noText = whyNoText("namespace", metadata?.namespace);
  if (noText) return noText;
  if (namespace !== undefined && !isNamespaceName(namespace))
    return `metadata.namespace: ${JSON.stringify(namespace)} is no name of a namespace`;
  if (!placed) return retired({ apiVersion, kind });
  if (placedKinds.includes(placed) && !placed.versions.includes(version))
    return noSuch(String(apiVersion), placed);
  const { name, generateName } = metadata ?? {};
  const wrong = whyNoText("name", name) ?? whyNoText("generateName", generateName);
  return wrong ?? (name || generateName ? undefined : "metadata.name: it has none, and no generateName");
}

/** Why a field of the metadata is refused that is there and no text, such as a bare `no`. */
function whyNoText(field: string, value: unknown): string | undefined {
  if (value === undefined || value === null || typeof value === "string") return undefined;
  if (typeof value === "object")
    return `metadata.${field}: it is ${Array.isArray(value) ? "a list" : "an object"}, and no text`;
  const bare = { true: "yes, on and true", false: "no, off and false" }[String(value)];
  const why = bare === undefined ? "" : `: YAML reads ${bare} as that`;
  return `metadata.${field}: it is ${JSON.stringify(value)}, a ${typeof value} and no text${why}; write it in quotes`;
}

/** Which field should have a pod spec and has none, or says of nodes what no API server takes. A custom resource may have its template elsewhere. */
function unreadableSpec(placed: PlacedKind, object: KubeObject): string | undefined {
  const path = placed.template && [...placed.template.path, "spec"];
  if (path) {
    const [found] = podSpecsAt(object, path);
    if (!isObject(found?.spec)) return `${path.join(".")} is no object`;
    const [malformed] = readRequirements(found.spec, path.join(".")).malformed;
    return malformed && `${malformed.field} ${malformed.detail}`;
  }
  for (const where of placed.podSpecs ?? []) {
    const wrong = podSpecsAt(object, where).find(({ spec }) => !isObject(spec));
    if (wrong) return `${wrong.field} is no object`;
  }
  return placed.podSpecs && !isObject(object.spec) ? "spec is no object" : undefined;
}
