/** Tells a Tenant's readers, by an Event, what became of its plan, and who wrote last what the plan follows from. */
import { isOurManager, residencyPolicy, type Tenant, tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  type EventRecorder,
  findListed,
  type KubeClient,
  type KubeObject,
  type Resource,
} from "@companyos/kube";
import type { RecordedPlan } from "./event.ts";

/** Tenants that are looked up at once: a policy may move thousands, whose Events then say what, and not by whom. */
const mostWaiting = 20;

/** What is different, for people; empty when nothing is that they would see. Pure. */
export function whatChanged(before: RecordedPlan, after: RecordedPlan): string {
  const list = (names: readonly string[]) => names.join(", ") || "none";
  const parts: readonly (readonly [what: string, before: string, after: string])[] = [
    ["regions", list(before.regions), list(after.regions)],
    ["mode", before.mode, after.mode],
    ["home", before.homeRegion, after.homeRegion],
    ["policies", list(before.policies), list(after.policies)],
  ];
  return parts
    .filter(([, old, now]) => old !== now)
    .map(([what, old, now]) => `${what}: ${now} (before: ${old})`)
    .join("; ");
}

/** `KIND NAME, by MANAGER at TIME`: the newest write of a spec or of labels among these, as their managedFields have it. Pure. */
export function lastWrite(objects: readonly KubeObject[]): string | undefined {
  const writes = objects.flatMap(({ kind, metadata }) =>
    (metadata.managedFields ?? [])
      // A status, and a finalizer of the operator's, change no plan.
      .filter(({ subresource, manager }) => !subresource && !isOurManager(manager))
      .map(({ manager, time = "" }) => ({
        time,
        said: `${kind} ${metadata.name}, by ${manager} at ${time}`,
      })),
  );
  return writes.sort((a, b) => (a.time < b.time ? 1 : -1))[0]?.said;
}

export function announcePlans({
  kube,
  events,
}: {
  readonly kube: KubeClient;
  readonly events: EventRecorder;
}) {
  let waiting = 0;

  async function by(before: RecordedPlan, after: RecordedPlan): Promise<string> {
    const named = (resource: Resource, kind: string) => async (name: string) => {
      const object = await findListed(kube, resource, name);
      return object && { ...object, kind };
    };
    const policy = named(residencyResources.policies as Resource, residencyPolicy.kind);
    const policies = [...new Set([...before.policies, ...after.policies])];
    const found = await Promise.all(policies.map(policy));
    const gone = policies.filter((_, index) => found[index] === undefined);
    if (gone.length > 0) return `; gone: ${residencyPolicy.kind} ${gone.join(", ")}`;
    const its = await named(residencyResources.tenants as Resource, tenant.kind)(after.tenant);
    const last = lastWrite([its, ...found].filter((one) => one !== undefined));
    return last === undefined ? "" : `; last written: ${last}`;
  }

  /** Does not wait, nor reject: an Event is a word beside the receipt. */
  return function announce(about: Tenant, before: RecordedPlan, after: RecordedPlan): void {
    const what = whatChanged(before, after);
    if (what === "") return;
    const tell = (whom: string) =>
      events.record(about, { type: "Normal", reason: "PlanChanged", note: `${what}${whom}` });
    if (waiting >= mostWaiting) {
      tell("");
      return;
    }
    waiting += 1;
    by(before, after)
      .catch(() => "")
      .then(tell)
      .finally(() => {
        waiting -= 1;
      });
  };
}
