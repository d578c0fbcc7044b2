/** What a hand-over would mean for what runs in a namespace: where it is, and what its new Tenant's plan says to it. Pure. */
import { namespacesOf, type Tenant, topologyRegion } from "@companyos/crds";
import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import { isPodOver, type KubeObject, parseApiVersion } from "@companyos/kube";
import {
  type Decider,
  explain,
  type Mode,
  type Plan,
  placedKind,
  podSpecsAt,
  repinned,
} from "@companyos/policies";
import { isJobOver } from "../finished.ts";
import type { AtStake } from "./at-stake.ts";
import { clashes } from "./clashes.ts";
import type { Contents, Surroundings } from "./contents.ts";
import { limitProblems } from "./limits.ts";
import { type QuotaUse, quotaUse } from "./quota.ts";

/**
 * `lawful`: it stays as it is. `pinned`: its template leads anywhere, and gets the tenant's regions: what makes pods
 * is rolled for that at its own pace, in mode Enforce. `refused`: it asks for a place outside; the pods it has go on, and new
 * ones are not admitted until it is changed; in modes Warn and Audit it is `recorded` and goes on. `outside`: it is where the tenant may not be; it stays, is recorded, and
 * is not moved. `undecided`: no Tenant to decide by, or nothing here reads its kind.
 */
export type Outcome = "lawful" | "pinned" | "refused" | "recorded" | "outside" | "undecided";

export interface Affected {
  readonly kind: string;
  readonly name: string;
  /** Where its pods run, or it lies: regions, `unknown` for a place nobody vouches for; empty while nowhere. */
  readonly regions: readonly string[];
  /** Names of those nodes, sorted. */
  readonly nodes: readonly string[];
  readonly pods: number;
  /** Of these, in a place where the tenant may not be. */
  readonly podsOutside: number;
  readonly outcome: Outcome;
  /** A reason code, where it is refused. */
  readonly reason?: string;
  readonly message?: string;
  /** Why its pods are not made anew under the limits that come, a sentence each. */
  readonly limits: readonly string[];
}

export interface Prospect {
  /** Null where no plan could be compiled. */
  readonly mode: Mode | null;
  readonly allowed: readonly string[];
  /** Names of the ResidencyPolicies that select the Tenant. Without one it is in mode `Enforce`. */
  readonly policies: readonly string[];
  /** Workloads, and pods that none of them made. */
  readonly workloads: readonly Affected[];
  readonly volumes: readonly Affected[];
  /** Who gets rights there, and which. */
  readonly gets: readonly { readonly subject: string; readonly role: string }[];
  /** What else comes: quota, limits, network isolation. */
  readonly comes: readonly string[];
  /** What bears the name of one of those: `ResourceQuota NAME`. It is written over. */
  readonly clashes: readonly string[];
  /** The quota that comes, beside what is used of it now. */
  readonly quota: readonly QuotaUse[];
  /** Kinds that you may not list: what is said of them is too little. */
  readonly unread: readonly string[];
}

export function prospectOf(options: {
  readonly namespace: string;
  readonly tenant: Tenant | undefined;
  readonly contents: Contents;
  readonly objects: AtStake;
  readonly around: Surroundings;
  readonly decider: Decider;
}): Prospect {
  const { namespace, tenant, contents, objects, around, decider } = options;
  const claiming = tenant && claimant(tenant, namespace);
  const inventory = inventoryFromFiles([
    ...around.regions,
    ...around.policies,
    ...around.nodes,
    ...(claiming ? [claiming as KubeObject] : []),
  ]);
  const compiled = tenant && inventory.plan(tenant.metadata.name);
  // Where enforcing is switched off for the installation, the Tenant says so.
  const plan = compiled && { ...compiled, mode: (tenant.status?.mode as Mode | undefined) ?? compiled.mode };
  const view: View = { namespace, inventory, decider, plan, limits: tenant?.spec.limits };
  return {
    mode: plan?.mode ?? null,
    allowed: plan?.regions ?? [],
    policies: plan?.policies ?? [],
    workloads: workloads(contents, view),
    volumes: contents.claims.map((claim) => volume(claim, around.volumes, view)),
    gets: (tenant?.spec.owners ?? []).map(({ kind, namespace, name, role }) => ({
      subject: `${kind} ${namespace ? `${namespace}/` : ""}${name}`,
      role: role ?? "edit",
    })),
    comes: tenant ? coming(tenant) : [],
    clashes: claiming && plan ? clashes(claiming, plan, namespace, contents.guards) : [],
    quota: tenant ? quotaUse(tenant, contents, objects) : [],
    unread: [...around.unread, ...contents.unread],
  };
}

interface View {
  readonly namespace: string;
  readonly inventory: Inventory;
  readonly decider: Decider;
  readonly plan: Plan | undefined;
  readonly limits: Tenant["spec"]["limits"];
}

/** The Tenant as it is once it claims the namespace. */
function claimant(tenant: Tenant, namespace: string): Tenant {
  const { namespaces = [] } = tenant.spec;
  const claimed = namespacesOf(tenant).includes(namespace);
  return {
    ...tenant,
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    spec: claimed ? tenant.spec : { ...tenant.spec, namespaces: [...namespaces, namespace] },
  };
}

function workloads({ pods, workloads }: Contents, view: View): Affected[] {
  const made = new Map(workloads.map((object) => [object.metadata.uid ?? "", object]));
  /** The topmost owner that is known by name, at most a few steps up. */
  const top = (object: KubeObject): { kind: string; name: string; object: KubeObject | undefined } => {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
    const above = owner && made.get(owner.uid);
    if (above) return top(above);
    return owner
      ? { kind: owner.kind, name: owner.name, object: undefined }
      : { kind: object.kind!, name: object.metadata.name ?? "", object };
  };
  const found = new Map<
    string,
    { kind: string; name: string; object: KubeObject | undefined; its: KubeObject[] }
  >();
  const at = (object: KubeObject) => {
    const { kind, name, object: itself } = top(object);
    const known = found.get(`${kind}/${name}`) ?? { kind, name, object: itself, its: [] };
    found.set(`${kind}/${name}`, known);
    return known;
  };
  for (const object of workloads) at(object);
  for (const pod of pods) if (!isOver(pod)) at(pod).its.push(pod);
  return [...found.values()]
    .filter(({ object, its }) => its.length > 0 || (object && !isOver(object)))
    .map(({ kind, name, object, its }) => ({
      kind,
      name,
      ...where(its, view),
      ...decided(object, its, view),
      limits: [
        ...new Set([...its, ...templatesOf(object)].flatMap(({ spec }) => limitProblems(spec, view.limits))),
      ],
    }))
    .sort((a, b) => (`${a.kind}/${a.name}` < `${b.kind}/${b.name}` ? -1 : 1));
}

/** What its pods are made from, where it is of a kind that is read here. */
function templatesOf(object: KubeObject | undefined): { readonly spec?: unknown }[] {
  const placed = object && placedKind(parseApiVersion(object.apiVersion ?? "").group, object.kind!);
  return placed?.template ? podSpecsAt(object!, [...placed.template.path, "spec"]) : [];
}

/** A pod or a Job that is finished places nothing any more. */
function isOver({ kind, status }: KubeObject): boolean {
  return (kind === "Job" && isJobOver(status)) || (kind === "Pod" && isPodOver(status));
}

function where(pods: readonly KubeObject[], { inventory, plan }: View) {
  const nodes = [...new Set(pods.map(({ spec }) => String(spec?.nodeName ?? "")))].filter(Boolean).sort();
  const regionOf = (node: string) => inventory.nodes().get(node)?.region ?? "unknown";
  return {
    nodes,
    regions: [...new Set(nodes.map(regionOf))].sort(),
    pods: pods.length,
    podsOutside: plan
      ? pods.filter(({ spec }) => spec?.nodeName && !plan.regions.includes(regionOf(spec.nodeName))).length
      : 0,
  };
}

type Verdict = Pick<Affected, "outcome" | "reason" | "message">;

function decided(object: KubeObject | undefined, pods: readonly KubeObject[], view: View): Verdict {
  const { namespace, inventory, decider, plan } = view;
  const placed = object && placedKind(parseApiVersion(object.apiVersion ?? "").group, object.kind!);
  if (!plan) return { outcome: "undecided" };
  if (!object || !(placed?.template || placed?.podSpecs))
    return {
      outcome: "undecided",
      message: "nothing here reads its kind: its pods are pinned and decided when they are made",
    };
  // A pod without a controller stays where it is: it is not made anew.
  if (placed.kind === "Pod") {
    const { podsOutside } = where(pods, view);
    return podsOutside > 0
      ? { outcome: "outside", message: "it goes on running there until somebody deletes it" }
      : { outcome: "lawful" };
  }
  const { group, resource, kind } = placed;
  const topology = inventory.topology(namespace);
  const { topologyPinned } = plan;
  // What an earlier pin wrote there is replaced. What is other people's is not pinned, its pods are.
  const { template } = placed;
  const after = template ? repinned(object, plan.regions, template.path, { topologyPinned }) : object;
  const admitted = placed.pinnedOn ? after : object;
  const decision = decider.decide({ operation: "CREATE", group, resource, object: admitted, topology, plan });
  const { verdict, reason } = decision;
  if (verdict !== "allow") {
    const { name } = object.metadata;
    const { tenant, mode, policies } = plan;
    const message = explain(decision, { tenant, kind, namespace, name, mode, policies });
    return { outcome: verdict === "block" ? "refused" : "recorded", reason, message };
  }
  return {
    outcome: plan.mode === "Enforce" && !isSame(after, object) ? "pinned" : "lawful",
  };
}

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);

/** Where a claim's volume can be reached from, by what the volume itself requires of nodes. */
function volume(claim: KubeObject, volumes: readonly KubeObject[], view: View): Affected {
  const { inventory, plan } = view;
  const bound = volumes.find(({ metadata }) => metadata.name === claim.spec?.volumeName);
  const regions = bound ? regionsOf(bound, inventory) : [];
  const outside = plan && regions.some((region) => !plan.regions.includes(region));
  const message = outside
    ? "its data lies outside, and what uses it can run nowhere else: such pods, made anew, stay Pending"
    : undefined;
  return {
    kind: "PersistentVolumeClaim",
    name: claim.metadata.name ?? "",
    regions,
    nodes: [],
    pods: 0,
    podsOutside: 0,
    limits: [],
    outcome: plan && regions.length > 0 ? (outside ? "outside" : "lawful") : "undecided",
    ...(message ? { message } : {}),
  };
}

/** Read as a pod that asks for the same nodes; `unknown` where that leads nowhere known; empty when it asks for none. */
function regionsOf({ metadata, spec }: KubeObject, inventory: Inventory): readonly string[] {
  const requiredDuringSchedulingIgnoredDuringExecution = spec?.nodeAffinity?.required;
  if (!requiredDuringSchedulingIgnoredDuringExecution) {
    const labelled = metadata.labels?.[topologyRegion];
    return labelled ? [labelled] : [];
  }
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution };
  const pod = { metadata: {}, spec: { containers: [], affinity: { nodeAffinity } } };
  const placements = placedKind("", "Pod")!.read(pod, undefined, inventory.topology(""));
  const named = placements.flatMap((placement) =>
    placement.constraint === "regions"
      ? placement.regions
      : placement.constraint === "unresolvable"
        ? ["unknown"]
        : [],
  );
  return [...new Set(named)].sort();
}

function coming({ spec }: Tenant): string[] {
  const { quota, limits, network } = spec;
  return [
    ...(quota ? [`ResourceQuota ${list(quota.hard)}`] : []),
    ...(limits ? [`LimitRange ${limitsText(limits)}`] : []),
    ...((network?.isolation ?? "Isolated") === "Isolated"
      ? ["NetworkPolicies: pods exchange traffic with pods of the same tenant only, and look up names"]
      : []),
  ];
}

/** `max cpu=2; default memory=1Gi`. */
function limitsText(limits: NonNullable<Tenant["spec"]["limits"]>): string {
  return Object.entries(limits)
    .map(([which, amounts = {}]) => `${which} ${list(amounts)}`)
    .join("; ");
}

function list(hard: Readonly<Record<string, string>>): string {
  return Object.entries(hard)
    .map(([resource, limit]) => `${resource}=${limit}`)
    .join(", ");
}
