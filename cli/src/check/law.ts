/** What is decided by, and what stands among what is judged and would have a say in it. Pure. */
import { isDeepStrictEqual } from "node:util";
import { annotations, labels, parseRegion, parseResidencyPolicy, parseTenant } from "@companyos/crds";
import { parseApiVersion } from "@companyos/kube";
import type { Manifest } from "@companyos/manifests";
import type { KubeObject } from "@companyos/policies";
import { claimedBy } from "./unreadable.ts";

export interface Law {
  readonly objects: readonly KubeObject[];
  /** Two that are one object in a cluster, and say different things. */
  readonly twice: readonly { readonly one: Manifest; readonly other: Manifest; readonly subject: string }[];
  /** Both of each two that are among what is decided by: which of them counts, nobody knows. */
  readonly contested: readonly Manifest[];
  /** Among what is judged, and not among what is decided by: they have no say. */
  readonly setAside: readonly Manifest[];
  /** Those among them that claim a namespace, by its name. */
  readonly claims: ReadonlyMap<string, Manifest>;
}

/**
 * Where `around` is given, it alone is what is decided by: else whoever writes a manifest writes the rule for it. Without
 * it (undefined), the manifests have what they are decided by with them.
 */
export function lawOf(judged: readonly Manifest[], around: readonly Manifest[] | undefined): Law {
  const counting = around ?? judged;
  const known = new Map<string, { readonly fact: Fact; readonly manifest: Manifest }>();
  const twice: Law["twice"][number][] = [];
  const setAside: Manifest[] = [];
  for (const manifest of around ? [...around, ...judged] : judged) {
    const fact = factOf(manifest.object);
    if (!fact) continue;
    const there = known.get(fact.subject);
    if (there && isDeepStrictEqual(there.fact.says, fact.says)) continue;
    if (there) twice.push({ one: there.manifest, other: manifest, subject: fact.subject });
    else known.set(fact.subject, { fact, manifest });
  }
  const given = new Set(counting);
  for (const { fact, manifest } of known.values())
    if (!given.has(manifest) && fact.counts) setAside.push(manifest);
  const others = around ? twice.map(({ other }) => other).filter((one) => !given.has(one)) : [];
  return {
    objects: counting.map(({ object }) => object),
    twice,
    contested: twice.filter(({ other }) => given.has(other)).flatMap(({ one, other }) => [one, other]),
    setAside,
    claims: new Map([...setAside, ...others].flatMap(claimsOf)),
  };
}

export const twiceText = ({ one, subject }: Law["twice"][number]): string =>
  `${subject} stands in ${one.file}, document ${one.document}, too, and says other things there`;

/** Whether it is of a kind that something may be decided by. */
export const hasSay = (object: KubeObject): boolean => factOf(object) !== undefined;

/** What `files` have in the place of what a cluster has: of one name the file's counts. */
export function over(files: readonly Manifest[], cluster: readonly Manifest[]): Manifest[] {
  const subjectOf = ({ object }: Manifest) => factOf(object)?.subject ?? "";
  const standing = new Map(cluster.map((one) => [subjectOf(one), one.object]));
  const proposed = files.map((one) => {
    const there = subjectOf(one) === "" ? undefined : standing.get(subjectOf(one));
    return there ? { ...one, object: asStanding(one.object, there) } : one;
  });
  const replaced = new Set(files.map(subjectOf));
  return [...proposed, ...cluster.filter((one) => subjectOf(one) !== "" && !replaced.has(subjectOf(one)))];
}

/** What a file cannot know of an object that stands: its uid, its age, and what the operator said of it. */
function asStanding(object: KubeObject, { metadata, status }: KubeObject): KubeObject {
  const { uid, creationTimestamp } = metadata;
  return {
    ...object,
    metadata: { ...object.metadata, uid, creationTimestamp },
    ...(status === undefined ? {} : { status }),
  };
}

interface Fact {
  /** As it is shown; one object in a cluster. */
  readonly subject: string;
  /** As much of it as counts in a decision. */
  readonly says: unknown;
  /** Whether anything may be decided otherwise for it. */
  readonly counts: boolean;
}

const residency = {
  Tenant: parseTenant,
  ResidencyPolicy: parseResidencyPolicy,
  Region: parseRegion,
} as const;

/** Undefined of an object that has no say. */
function factOf(object: KubeObject): Fact | undefined {
  const { group } = parseApiVersion(String(object.apiVersion));
  const kind = String(object.kind);
  const subject = `${kind} ${object.metadata?.name}`;
  if (group === "residency.companyos.io" && Object.hasOwn(residency, kind)) {
    // With the defaults that the API server fills in: read from a cluster and from a file it is the same.
    const parsed = residency[kind as keyof typeof residency](object);
    const { metadata, spec } = parsed.ok ? parsed.value : object;
    return { subject, says: [metadata?.labels ?? {}, spec], counts: true };
  }
  if (group === "" && kind === "Node") return { subject, says: object.metadata?.labels ?? {}, counts: true };
  if (group === "" && kind === "Namespace") {
    const says = [
      ...[labels.tenant, labels.tenantUid].map((key) => object.metadata?.labels?.[key]),
      ...[annotations.allowedRegions, annotations.topologyPinned].map(
        (key) => object.metadata?.annotations?.[key],
      ),
    ];
    return says.some((one) => one !== undefined) ? { subject, says, counts: true } : undefined;
  }
  if (group === "apiextensions.k8s.io" && kind === "CustomResourceDefinition") {
    const { group: defined, names, scope } = object.spec ?? {};
    return { subject: `${kind} ${names?.kind}.${defined}`, says: scope, counts: scope === "Cluster" };
  }
  return undefined;
}

function claimsOf(manifest: Manifest): [string, Manifest][] {
  if (manifest.object.kind !== "Tenant") return [];
  return (claimedBy(manifest.object) ?? []).map((name) => [name, manifest]);
}
