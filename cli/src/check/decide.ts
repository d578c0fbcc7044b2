import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import { parseApiVersion } from "@companyos/kube";
import { type Manifest, type ReadManifests, readManifests } from "@companyos/manifests";
import {
  createDecider,
  type Decider,
  type Decision,
  type ExplainContext,
  explain,
  inMode,
  pinned,
  reasonLink,
} from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import type { Installation } from "../installation.ts";
import { apart, buildOf, type Kustomization } from "../kustomizations.ts";
import { ownProblems } from "../own-kinds.ts";
import { resourceWarnings } from "../resource-names.ts";
import { type Class, type ClassifyOptions, classify } from "./classify.ts";
import type { ClusterLaw } from "./cluster.ts";
import { customScopes } from "./custom-scopes.ts";
import { type FieldPlace, fieldLines } from "./field-lines.ts";
import { ignoring, mustBeUnread, unmatched } from "./ignored.ts";
import { hasSay, type Law, lawOf, over, twiceText } from "./law.ts";
import type { Checked, CheckResult, Fault, Place, Undecided } from "./result.ts";
import { unbuilt } from "./unbuilt.ts";
import { type Unreadable, unreadable } from "./unreadable.ts";

export interface CheckOptions {
  readonly paths: readonly string[];
  /** Tenants, ResidencyPolicies, Regions and Nodes: none is decided by but these, where any path is given. */
  readonly context: readonly string[];
  /** Counts where `context` does, which counts over it. */
  readonly cluster?: ClusterLaw | undefined;
  readonly namespace?: string | undefined;
  /** `KIND.GROUP` of kinds that place nothing, or patterns of them. */
  readonly ignoreKinds: readonly string[];
  /** Whether to look for the line of each field, for which files are read again. */
  readonly fieldLines: boolean;
  readonly installation: Installation;
}

/**
 * Decides every manifest below `paths` as the webhook would on CREATE, by the Tenants, ResidencyPolicies, Regions
 * and Nodes below `context` and of `cluster`, without either by those among them. Nothing is asked here. Rejects when a kind that is
 * read is to be ignored, and when the default tenant is not among them.
 */
export async function checkManifests(options: CheckOptions): Promise<CheckResult> {
  for (const name of options.ignoreKinds) mustBeUnread(name);
  const isIgnored = ignoring(options.ignoreKinds);
  const { rest: own, kustomizations } = await apart(await readManifests(options.paths));
  const { rest: around, kustomizations: beside } = await apart(await readManifests(options.context));
  const { manifests } = own;
  const { law, differing } = lawBy(options, manifests, around.manifests);
  const inventory = inventoryFromFiles(law.objects);
  const invalidIn = (those: readonly Manifest[]) =>
    those.flatMap((manifest) => invalidOf(manifest).map((one) => ({ manifest, one })));
  const [ofAround, ofOwn] = [invalidIn(around.manifests), invalidIn(manifests)];
  const isAlone = options.context.length === 0 && !options.cluster;
  const rules = isAlone ? own : around;
  const notRead = unreadable({
    objects: [
      ...(isAlone ? ofOwn : ofAround).map(({ manifest }) => ({ manifest, why: "invalid" as const })),
      ...law.contested.map((manifest) => ({ manifest, why: "twice" as const })),
    ],
    places: rules.faults,
  });
  const faults: Fault[] = [
    ...own.faults,
    ...around.faults,
    ...law.twice.map(twiceOf),
    ...(await withLines(
      options,
      [...ofAround, ...ofOwn].map(({ manifest, one }) => ({
        one,
        place: { ...placeOf(manifest, ""), field: one.field ?? "" },
      })),
    )),
    ...(isSilent(around, beside) ? [silentOf(options.context)] : []),
  ];
  const settings: ClassifyOptions = {
    inventory,
    namespace: options.namespace,
    usualNamespace: options.cluster?.namespace,
    isIgnored,
    scopes: customScopes(law.objects),
    claimed: law.claims,
    installation: options.installation,
    byDefault: ofDefaultTenant(inventory, options.installation, notRead),
    notRead,
  };
  const by = {
    inventory,
    decider: await createDecider(await loadBundle()),
    enforce: options.installation.enforce,
    nodesKnown: options.cluster?.nodesListed === true || inventory.nodes().size > 0,
  };
  const objects: Checked[] = [];
  // What is decided by may be otherwise than it is written, too.
  const undecided = unbuilt(kustomizations, beside, options).map(({ one, command }) =>
    unbuiltOf(one, command),
  );
  let passedOver = 0;
  const nobodys: { kind: string; namespace: string }[] = [];
  for (const manifest of manifests) {
    const found = classify(manifest, settings);
    if (found.what === "placed") {
      const decided = decideOne(manifest, found, by);
      if ("verdict" in decided) objects.push(decided);
      else undecided.push(decided);
    } else if (found.what === "refused") objects.push(refusedOf(manifest, found));
    else if (found.what === "undecided") undecided.push(undecidedOf(manifest, found));
    else if (found.what === "unread") faults.push(faultOf(manifest, found));
    else {
      passedOver++;
      if (found.nobodys)
        nobodys.push({ kind: String(manifest.object.kind), namespace: found.namespace ?? "" });
    }
  }
  return {
    objects: await withLines(
      options,
      objects.map((one) => ({ one, place: one.verdict === "allow" ? undefined : one })),
    ),
    undecided,
    passedOver,
    notLookedAt: counted(nobodys),
    faults,
    warnings: [
      ...(options.cluster?.warnings ?? []),
      ...planWarnings(inventory),
      ...resourceWarnings([...around.manifests, ...manifests]),
      ...unmatched(options.ignoreKinds, manifests),
    ],
    setAside: [...law.setAside, ...differing].map((one) => placeOf(one, "")),
    skipped: [...own.skipped, ...around.skipped],
    policy: by.decider.policyDigest,
  };
}

/** What differs from a cluster is a proposal, and has no say unless it is given with --with. */
function lawBy(
  { context, cluster }: CheckOptions,
  judged: readonly Manifest[],
  around: readonly Manifest[],
): { law: Law; differing: Manifest[] } {
  if (!cluster) return { law: lawOf(judged, context.length > 0 ? around : undefined), differing: [] };
  const law = lawOf(judged, over(around, cluster.manifests));
  const standing = new Set(cluster.manifests);
  const [differing, twice] = [true, false].map((live) =>
    law.twice.filter(({ one }) => standing.has(one) === live),
  );
  return { law: { ...law, twice: twice ?? [] }, differing: (differing ?? []).map(({ other }) => other) };
}

const isSilent = ({ manifests, faults }: ReadManifests, beside: readonly unknown[]): boolean =>
  manifests.length > 0 &&
  faults.length + beside.length === 0 &&
  !manifests.some(({ object }) => hasSay(object));

const silentOf = (paths: readonly string[]): Fault => ({
  file: paths.join(", "),
  code: "NOTHING_TO_DECIDE_BY",
  message:
    "there is no Tenant, ResidencyPolicy, Region, Node or CRD in what --with names: is the path right?",
});

function counted(nobodys: readonly { kind: string; namespace: string }[]): CheckResult["notLookedAt"] {
  const groups = Map.groupBy(nobodys, ({ kind, namespace }) => `${namespace} ${kind}`);
  return [...groups.values()].map((those) => ({ ...those[0]!, count: those.length }));
}

function planWarnings(inventory: Inventory): string[] {
  const problems = [...inventory.tenants()].flatMap(({ metadata }) => inventory.planProblems(metadata.name));
  return [...new Set(problems.map(({ code, message }) => `${message} [${code}; ${reasonLink(code)}]`))];
}

/** With the line of the field of those that have a place, which is read again for it. */
async function withLines<T extends object>(
  { fieldLines: wanted }: CheckOptions,
  found: readonly { readonly one: T; readonly place: FieldPlace | undefined }[],
): Promise<T[]> {
  const lines = wanted ? await fieldLines(found.map(({ place }) => place)) : [];
  return found.map(({ one }, i) => (lines[i] === undefined ? one : { ...one, fieldLine: lines[i] }));
}

/** What is in force in namespaces that the default tenant has: the same as in its own. */
function ofDefaultTenant(
  inventory: Inventory,
  { enforce, unclaimed }: Installation,
  notRead: Unreadable,
): ClassifyOptions["byDefault"] {
  if (enforce === false || unclaimed.action !== "DefaultTenant") return undefined;
  const name = unclaimed.tenant ?? "";
  const tenant = inventory.tenant(name);
  const why = notRead.tenant(name);
  if (why !== undefined) return { why };
  if (!tenant) throw new Error(`the default tenant ${name} is not among the files: give it with --with`);
  const lookup = inventory.lookup(tenant.spec.namespace ?? name);
  return lookup.state === "unclaimed" ? undefined : { lookup };
}

interface DecideBy {
  readonly inventory: Inventory;
  readonly decider: Decider;
  readonly enforce: boolean | undefined;
  /** Otherwise a name that no Node has is none that there is not. */
  readonly nodesKnown: boolean;
}

function decideOne(
  manifest: Manifest,
  { placed, namespace, lookup }: Extract<Class, { what: "placed" }>,
  { inventory, decider, enforce = true, nodesKnown }: DecideBy,
): Checked | Undecided {
  const { object } = manifest;
  const full = lookup.state === "tenant" ? inMode(lookup.plan, enforce) : undefined;
  const topology = lookup.state === "tenant" ? lookup.topology : inventory.topology(namespace);
  const plan = lookup.state === "error" ? { lookupError: lookup.code } : full!;
  // As the API server would pin it.
  const pinPath = placed.pinnedOn?.includes("CREATE") ? placed.template?.path : undefined;
  const admitted =
    full?.mode === "Enforce" && pinPath ? pinned(object, full.regions, pinPath, topology) : object;
  const { group, resource } = placed;
  const asked = { operation: "CREATE", group, resource, object: admitted, topology, plan } as const;
  const place = placeOf(manifest, namespace);
  const tenant = full?.tenant ?? inventory.tenantOf(namespace) ?? "";
  const decision =
    lookup.state === "error" && !enforce ? verdictOf("allow", lookup.code) : decider.decide(asked);
  const [region] = full?.regions ?? [];
  if (!nodesKnown && region !== undefined && namesNode(decision)) {
    // Wherever that node stands, what is said beside it may be refused all the same.
    const nodes = new Map([[decision.raw, { name: decision.raw, region, labels: {} }]]);
    const atBest = decider.decide({ ...asked, topology: { ...topology, nodes } });
    if (atBest.verdict === "allow" || namesNode(atBest))
      return undecidedOf(manifest, { reason: "NODES_UNKNOWN", namespace, detail: decision.raw });
    return checkedOf(place, atBest, { tenant, mode: full?.mode, policies: full?.policies });
  }
  return checkedOf(place, decision, { tenant, mode: full?.mode, policies: full?.policies });
}

/** A node of some name, and nothing else is known to be wrong. */
function namesNode(decision: Decision): decision is Decision & { raw: string } {
  return decision.reason === "NODE_UNKNOWN" && Boolean(decision.raw);
}

const verdictOf = (verdict: Decision["verdict"], reason: string): Decision => ({
  ...{ verdict, reason, requested: [], allowed: [], field: "" },
});

function refusedOf(manifest: Manifest, found: Extract<Class, { what: "refused" }>): Checked {
  return checkedOf(placeOf(manifest, found.namespace), verdictOf("block", found.reason), { tenant: "" });
}

function checkedOf(place: Place, decision: Decision, context: ExplainContext & { tenant: string }): Checked {
  const { verdict, reason, field, requested, allowed } = decision;
  const message = explain(decision, { ...place, ...context });
  return { ...place, tenant: context.tenant, verdict, reason, field, requested, allowed, message };
}

function undecidedOf(
  manifest: Manifest,
  { reason, namespace, detail }: Omit<Extract<Class, { what: "undecided" }>, "what">,
): Undecided {
  const place = placeOf(manifest, namespace);
  const said = { verdict: "warn", reason, requested: [], allowed: [], field: "" } as const;
  const { group } = parseApiVersion(String(manifest.object.apiVersion));
  const message = explain(detail === undefined ? said : { ...said, detail }, { ...place, group });
  return { ...place, reason, message };
}

function unbuiltOf(one: Kustomization, command: readonly string[]): Undecided {
  const found = { what: "undecided", reason: "KUSTOMIZATION_UNBUILT", namespace: "" } as const;
  const object = { kind: "Kustomization" };
  return undecidedOf({ ...one, object }, { ...found, detail: buildOf(one, command) });
}

function twiceOf(two: Law["twice"][number]): Fault {
  const { file, document, line } = two.other;
  return { file, document, line, code: "OBJECT_TWICE", message: twiceText(two) };
}

const invalidOf = (manifest: Manifest): Fault[] =>
  ownProblems(manifest.object).map((message) => {
    const field = /^([\w.[\]"/-]+): /.exec(message)?.[1];
    const fault = faultOf(manifest, { what: "unread", code: "OBJECT_INVALID", message });
    return field === undefined ? fault : { ...fault, field };
  });

function faultOf(manifest: Manifest, { code, message }: Extract<Class, { what: "unread" }>): Fault {
  const { file, document, line, kind, namespace, name } = placeOf(manifest, "");
  const object = [kind, [namespace, name].filter(Boolean).join("/")].join(" ");
  return { file, document, line, code, message: `${object}: ${message}` };
}

function placeOf({ file, document, line, object }: Manifest, namespace: string): Place {
  const name = String(object.metadata?.name ?? object.metadata?.generateName ?? "");
  return { file, document, line, kind: String(object.kind), namespace, name };
}
