/**
 * A receipt that is noted on a namespace waits there for a home that is no Region yet. When the namespace changes hands again, the
 * next notes take its place: what still waits then is kept in a list of its own. Pure.
 */
import { annotations, isAssigned, labels, orphanedUid, ownerUid } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import type { OwedAdoption } from "./remember.ts";

/** A namespace has as many: the oldest go. A name has 63 characters, a uid 36. */
export const maxEarlier = 20;

/** One note: `tenant` and `uid` of whoever is owed it, `other` the uid of who had the namespace before, or after. */
interface Earlier {
  readonly is: OwedAdoption["is"];
  readonly rid: string;
  readonly tenant: string;
  readonly uid: string;
  readonly other: string;
  /** Of `released`: the home; empty where that was no Region. Of `adopted`: `default` where nobody claimed it. */
  readonly rest: string;
}

const written = ({ is, rid, tenant, uid, other, rest }: Earlier) =>
  [is, rid, tenant, uid, other, rest].join("/");

function earlierOn({ metadata }: KubeObject): Earlier[] {
  return (metadata.annotations?.[annotations.earlierReceipts] ?? "").split(",").flatMap((one) => {
    const [is, rid = "", tenant = "", uid = "", other = "", rest = ""] = one.split("/");
    return (is === "adopted" || is === "released") && rid && tenant && uid
      ? [{ is, rid, tenant, uid, other, rest }]
      : [];
  });
}

/**
 * The list once the namespace changes hands, for a merge patch: what it bears goes into it.
 * @param keepsRelease the note of a release stays where it is
 * @param homeless the release by a Tenant whose home is no Region, and the uid of who has the namespace next: owed to whoever is
 * owed the hand-over to it, and to nobody else
 */
export function carried(
  live: KubeObject,
  keepsRelease: boolean,
  homeless?: { readonly rid: string; readonly next?: string },
): string | null {
  const said = live.metadata.annotations ?? {};
  const owner = ownerUid(live);
  const tenant = live.metadata.labels?.[labels.tenant];
  const all = earlierOn(live);
  const before = said[annotations.adoptedFrom] ?? said[annotations.releasedFrom];
  const [rid, name, region] = said[annotations.releaseReceipt]?.split("/") ?? [];
  if (!keepsRelease && rid && name && region && before)
    all.push({ is: "released", rid, tenant: name, uid: before, other: owner ?? "", rest: region });
  const adopted = said[annotations.adoptionReceipt];
  if (adopted && owner && tenant) {
    const rest = isAssigned(live) ? "default" : "";
    all.push({ is: "adopted", rid: adopted, tenant, uid: owner, other: before ?? orphanedUid, rest });
    if (homeless)
      all.push({
        is: "released",
        rid: homeless.rid,
        tenant,
        uid: owner,
        other: homeless.next ?? "",
        rest: "",
      });
  }
  return listed(all.slice(-maxEarlier));
}

/** The list without these of them, for a merge patch. */
export function withoutEarlier(live: KubeObject, rids: readonly string[]): string | null {
  return listed(earlierOn(live).filter(({ rid }) => !rids.includes(rid)));
}

const listed = (all: readonly Earlier[]) => (all.length > 0 ? all.map(written).join() : null);

/** What of the list can be told: of a hand-over to a Tenant, once that has a plan. `planOf`: of the Tenant with this uid. */
export function earlierOwed(
  namespace: KubeObject,
  planOf: (tenant: string, uid: string) => Plan | undefined,
  at: number,
): OwedAdoption[] {
  const { name = "", uid: ofNamespace = "" } = namespace.metadata;
  return earlierOn(namespace).flatMap(({ is, rid, tenant, uid, other, rest }): OwedAdoption[] => {
    const plan = planOf(tenant, uid);
    if (is === "released") {
      const about = { name, uid: ofNamespace, previousTenantUid: uid };
      const log = rest || plan?.homeRegion;
      const next = other ? { plan: { uid: other } } : {};
      return log ? [{ is, at, rid, log, by: tenant, namespace: about, ...next }] : [];
    }
    const about = { name, uid: ofNamespace, previousTenantUid: other };
    const assigned = rest === "default" ? { assigned: true as const } : {};
    return plan ? [{ is, at, rid, log: plan.homeRegion, plan, namespace: about, ...assigned }] : [];
  });
}
