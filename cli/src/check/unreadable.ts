/** What of the rules could not be read, and what hangs on it: that is decided neither way. Pure. */
import { namespacesOf, parseTenant, type Tenant } from "@companyos/crds";
import type { Manifest } from "@companyos/manifests";
import { type KubeObject, matchLabelSelector } from "@companyos/policies";

/** Where somebody is to look: `Tenant acme of tenants.yaml, document 2, is not valid`. */
type Why = string;

export interface Unreadable {
  /** Why nothing can be said of what is in this namespace; `tenant`: whose it is, as far as is known. */
  hanging(namespace: string, tenant: Tenant | undefined): Why | undefined;
  /** Why a Tenant that nobody finds may be there all the same. */
  tenant(name: string): Why | undefined;
}

export interface NotRead {
  /** Of kinds that something is decided by: not valid, or of one name with another that says other things. */
  readonly objects: readonly { readonly manifest: Manifest; readonly why: "invalid" | "twice" }[];
  /** Files and documents of which nobody knows what they would have said. */
  readonly places: readonly { readonly file: string; readonly document?: number | undefined }[];
}

/** With more, everything hangs on them: nobody would look at each. */
const mostTold = 1000;

/** What hangs on an object: every namespace, or those that a function tells. */
type Reach = (namespace: string, tenant: Tenant | undefined) => boolean;

export function unreadable({ objects, places }: NotRead): Unreadable {
  if (objects.length + places.length > mostTold) {
    const why = `${objects.length + places.length} of those objects and files are not valid`;
    return { hanging: () => why, tenant: () => why };
  }
  const all: { reach: Reach; name?: string; why: Why }[] = [
    ...places.map(({ file, document }) => ({ reach: () => true, why: whyOf(file, document) })),
    ...objects.map(({ manifest, why }) => ({
      reach: reachOf(manifest.object),
      why: `${manifest.object.kind} ${nameOf(manifest.object)} of ${manifest.file}, document ${manifest.document}, ${texts[why]}`,
      ...(manifest.object.kind === "Tenant" ? { name: nameOf(manifest.object) } : {}),
    })),
  ];
  return {
    hanging: (namespace, tenant) => all.find(({ reach }) => reach(namespace, tenant))?.why,
    tenant: (wanted) => (all.find(({ name }) => name === wanted) ?? all.find((one) => one.name === ""))?.why,
  };
}

const texts = {
  invalid: "is not valid",
  twice: "stands in another file, too, and says other things there",
} as const;

const whyOf = (file: string, document: number | undefined): Why =>
  document === undefined ? `${file} cannot be read` : `document ${document} of ${file} cannot be read`;

const nameOf = ({ metadata }: KubeObject): string => String(metadata?.name ?? "");

function reachOf(object: KubeObject): Reach {
  switch (object.kind) {
    case "Tenant": {
      const claimed = claimedBy(object);
      const name = nameOf(object);
      return (namespace, tenant) =>
        claimed === undefined || claimed.includes(namespace) || tenant?.metadata.name === name;
    }
    case "ResidencyPolicy":
      return (_, tenant) => tenant !== undefined && maySelect(object, tenant);
    case "Namespace": {
      const name = nameOf(object);
      return (namespace) => namespace === name;
    }
    case "CustomResourceDefinition":
    case "EvidenceBundle":
      return () => false;
    case "Region":
    case "Node":
      // Any plan may count on it.
      return (_, tenant) => tenant !== undefined;
    default:
      // A kind of ours that there is not: perhaps a Tenant, misspelt.
      return () => true;
  }
}

/** The namespaces that a Tenant claims, also where other fields are wrong; undefined where that cannot be told. */
export function claimedBy(object: KubeObject): string[] | undefined {
  const parsed = parseTenant(object);
  if (parsed.ok) return namespacesOf(parsed.value);
  const { metadata, spec } = object;
  const { namespace, namespaces } = isObject(spec) ? spec : {};
  const own = namespace ?? metadata?.name;
  const others = namespaces ?? [];
  if (!isObject(spec) || typeof own !== "string" || !Array.isArray(others)) return undefined;
  return others.every((one) => typeof one === "string") ? [own, ...others] : undefined;
}

/** Of a selector that cannot be read nobody knows whom it leaves out. */
function maySelect({ spec }: KubeObject, { metadata: { labels } }: Tenant): boolean {
  const selector: unknown = isObject(spec) ? spec.tenantSelector : undefined;
  if (!isObject(selector)) return true;
  try {
    return matchLabelSelector(selector, labels ?? {}) !== false;
  } catch {
    return true;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
