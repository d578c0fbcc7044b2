import {
  annotations,
  asksFor,
  byPrecedence,
  type Condition,
  consents,
  consentTo,
  isAssigned,
  isOwn,
  isReserved,
  isUnmarked,
  labels,
  maxConditionMessage,
  namespacesOf,
  orphanedUid,
  ownerUid,
} from "@companyos/crds";
import { cutTo } from "@companyos/policies";

/** Why a tenant may not have one of the namespaces it claims. */
export interface ClaimProblem {
  readonly reason: "NamespaceReserved" | "NamespaceConflict" | "NamespaceTerminating";
  readonly namespace: string;
  /** For the Tenant's own status, which its owners read: it names no other tenant. */
  readonly message: string;
  /** The Tenant that has it, or claims it first, for those who may know. */
  readonly other?: string | undefined;
  /** Which of both it is, and who, for those. */
  readonly note?: string | undefined;
}

export interface ClaimingTenant {
  readonly metadata: {
    readonly name: string;
    readonly uid?: string | undefined;
    readonly creationTimestamp?: string | null | undefined;
  };
  readonly spec: {
    readonly namespace?: string | undefined;
    readonly namespaces?: readonly string[] | undefined;
    readonly adopt?: readonly string[] | undefined;
  };
}

export interface ClaimedNamespace {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly deletionTimestamp?: string | undefined;
  };
}

export interface ClaimState {
  readonly productNamespace: string;
  namespace(name: string): ClaimedNamespace | undefined;
  /** Tenants that claim this namespace. */
  claimants(namespace: string): Iterable<ClaimingTenant>;
  /** Whether there is a Tenant with this uid. */
  exists(uid: string): boolean;
}

/**
 * What is yet to be told of a problem: its note, unless the Tenant's status has this very problem, and `told`, the last note if any
 * is known, is the same. Pure.
 */
export function newNote(
  { reason, message, note }: ClaimProblem,
  conditions: readonly Condition[] | undefined,
  told: string | undefined,
): string | undefined {
  const ready = conditions?.find(({ type }) => type === "Ready");
  const isKnown = ready?.reason === reason && ready.message === cutTo(message, maxConditionMessage);
  return isKnown && (told ?? note) === note ? undefined : note;
}

/**
 * The first claim that cannot be met and waits for a person, else the first that passes by itself; undefined when all can
 * be met.
 */
export function claimProblem(tenant: ClaimingTenant, state: ClaimState): ClaimProblem | undefined {
  const problems = claimProblems(tenant, state);
  return problems.find(({ reason }) => reason !== "NamespaceTerminating") ?? problems[0];
}

/**
 * Claims that cannot be met, one problem for each. A namespace that exists and is not this very Tenant's, by
 * uid, belongs to somebody else and is never taken over, nor is one that it has as the default tenant only; of two tenants
 * that claim one, `byPrecedence` says who has it.
 */
export function claimProblems(tenant: ClaimingTenant, state: ClaimState): ClaimProblem[] {
  return namespacesOf(tenant).flatMap((namespace) => problemOf(namespace, tenant, state) ?? []);
}

function problemOf(namespace: string, tenant: ClaimingTenant, state: ClaimState): ClaimProblem | undefined {
  if (isReserved(namespace, state.productNamespace)) {
    return {
      reason: "NamespaceReserved",
      namespace,
      message: `namespace ${namespace} is reserved: ${otherName(tenant, namespace)}`,
    };
  }
  const live = state.namespace(namespace);
  if (live && !isOwn(live, tenant.metadata.uid)) {
    return {
      reason: "NamespaceConflict",
      namespace,
      message: `namespace ${namespace} ${whose(live, tenant)}; it is not taken over and stays as it is. ${wayOut(namespace, live, tenant, state)}`,
      ...noted(live.metadata.labels?.[labels.tenant], tenant, (other) =>
        isAssigned(live)
          ? `namespace ${namespace} is in Tenant ${other}'s care by default`
          : `namespace ${namespace} is Tenant ${other}'s`,
      ),
    };
  }
  for (const other of live ? [] : state.claimants(namespace)) {
    if (other.metadata.name === tenant.metadata.name || !precedes(other, tenant, namespace)) continue;
    return {
      reason: "NamespaceConflict",
      namespace,
      message: `namespace ${namespace} is claimed by ${before(other, tenant)}`,
      ...noted(
        other.metadata.name,
        tenant,
        (name) => `namespace ${namespace} is claimed by Tenant ${name}, which comes first`,
      ),
    };
  }
  if (live?.metadata.deletionTimestamp) {
    return {
      reason: "NamespaceTerminating",
      namespace,
      message: `namespace ${namespace} is being deleted; it is made again when it is gone`,
    };
  }
  return undefined;
}

/**
 * Namespaces that exist, are not this Tenant's, and are handed over to it by both sides: the Tenant names them in
 * `spec.adopt`, and they name it, with its uid. What a Tenant that exists owns is nobody's to hand over, unless it has
 * it as the default tenant only.
 */
export function adoptable(tenant: ClaimingTenant, state: ClaimState): string[] {
  return namespacesOf(tenant).filter((namespace) => {
    const live = state.namespace(namespace);
    return (
      live !== undefined &&
      !isReserved(namespace, state.productNamespace) &&
      !live.metadata.deletionTimestamp &&
      !isUnmarked(live) &&
      !isOwn(live, tenant.metadata.uid) &&
      isFree(live, state) &&
      asksFor(tenant, namespace) &&
      consents(live, tenant.metadata)
    );
  });
}

function precedes(a: ClaimingTenant, b: ClaimingTenant, namespace: string): boolean {
  return (byPrecedence(a, b, namespace) || (a.metadata.name < b.metadata.name ? -1 : 1)) < 0;
}

function noted(
  other: string | undefined,
  tenant: ClaimingTenant,
  note: (other: string) => string,
): Pick<ClaimProblem, "other" | "note"> {
  return other === undefined || other === tenant.metadata.name ? {} : { other, note: note(other) };
}

function before({ metadata: { creationTimestamp } }: ClaimingTenant, tenant: ClaimingTenant): string {
  if (creationTimestamp !== tenant.metadata.creationTimestamp) return "an older Tenant";
  return "another Tenant, as old as this one: it goes to the one whose own it is, else to the first by name";
}

/** No Tenant that exists has it, but by default. */
function isFree(live: ClaimedNamespace, state: Pick<ClaimState, "exists">): boolean {
  return isAssigned(live) || !state.exists(ownerUid(live) ?? "");
}

function consent({ metadata }: ClaimingTenant): string {
  return consentTo({ name: metadata.name, uid: metadata.uid ?? "" });
}

function whose(live: ClaimedNamespace, tenant: ClaimingTenant): string {
  const holder = live.metadata.labels?.[labels.tenant];
  if (holder === undefined) return "exists and belongs to nobody this product knows";
  if (isAssigned(live)) {
    const its = ownerUid(live) === tenant.metadata.uid ? "this Tenant" : "another Tenant";
    return `exists, and ${its} has it as the default tenant only, for its regions and nothing else`;
  }
  if (holder !== tenant.metadata.name) return "exists and belongs to another Tenant";
  const former = ownerUid(live) ?? orphanedUid;
  const which = former === orphanedUid ? "whose uid is not known" : `uid ${former}`;
  return `belongs to a former tenant ${holder} (${which}), not to this one (uid ${tenant.metadata.uid})`;
}

function wayOut(
  namespace: string,
  live: ClaimedNamespace,
  tenant: ClaimingTenant,
  state: Pick<ClaimState, "exists">,
): string {
  if (!isFree(live, state))
    return `Have that Tenant let it go first: take it out of its spec.namespaces and list it in its spec.release, or, where it is that Tenant's own namespace, delete that Tenant (with deletionPolicy Retain, since Purge deletes the namespace with everything in it). Else take the claim out of this Tenant: ${otherName(tenant, namespace)}`;
  if (live.metadata.deletionTimestamp)
    return `It is being deleted and cannot be handed over; once it is gone it is made for this Tenant. What holds it up: kubectl describe namespace ${namespace}`;
  const both = `companyos adopt ${namespace} --tenant ${tenant.metadata.name}`;
  const otherwise = `Else ${otherName(tenant, namespace)}`;
  const [asked, given] = [asksFor(tenant, namespace), live.metadata.annotations?.[annotations.adoptBy]];
  if (consents(live, tenant.metadata))
    return `It may be handed over: add it to spec.adopt of this Tenant. ${otherwise}`;
  if (!asked) return `To hand it over on purpose: ${both}. ${otherwise}`;
  const wrong = given === undefined ? "" : ` (it names ${given})`;
  return `This Tenant asks for it, and it does not consent${wrong}: kubectl annotate --overwrite namespace ${namespace} ${annotations.adoptBy}=${consent(tenant)}. ${otherwise}`;
}

/** `spec.namespace` cannot change: another own namespace takes another Tenant. */
function otherName(tenant: ClaimingTenant, namespace: string): string {
  return tenant.spec.namespaces?.includes(namespace)
    ? "name another in spec.namespaces"
    : "make another Tenant, of another name or with another spec.namespace (this one's cannot change)";
}
