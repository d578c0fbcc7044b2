import { z } from "zod";
import { dateTime, regionName, text } from "../fields.ts";
import { modes } from "../modes.ts";
import { conditions, joinedNames, observedGeneration } from "../status.ts";

/** Characters that the message of one region has at most. */
export const maxRegionMessage = 4_096;

const footprintRegion = z.object({
  name: regionName.describe("Region."),
  ready: z.boolean().describe("Whether the footprint is complete there."),
  reason: z.string().max(1024).optional().describe("Stable code, CamelCase."),
  message: text(maxRegionMessage).optional().describe("What happened and what to do."),
  namespace: z.string().max(63).optional().describe("Namespace there."),
});

const inventoryEntry = z.object({
  apiVersion: z.string().max(253).describe("API version of the object."),
  kind: z.string().max(63).describe("Kind of the object."),
  namespace: z.string().max(63).optional().describe("Its namespace; absent for cluster-scoped objects."),
  name: z.string().max(253).describe("Its name."),
  digest: z
    .string()
    .max(64)
    .optional()
    .describe(
      "Digest of what was wanted of it when it was last so: what is otherwise while the same is wanted, somebody changed.",
    ),
});

/** Characters that is said at most of a workload that waits. */
export const maxWaitingMessage = 1_024;
/** How many namespaces a Tenant's status names as looked at. */
export const maxLookedAt = 1_024;
/** How many workloads a Tenant's status names. */
export const maxWaiting = 50;

const waitingWorkload = z.object({
  kind: z.string().max(63).describe("Kind, such as Deployment."),
  namespace: z.string().max(63).describe("Its namespace."),
  name: z.string().max(253).describe("Its name."),
  reason: z.string().max(128).describe("Stable code, CamelCase: docs/operations.md lists them."),
  message: text(maxWaitingMessage).optional().describe("Why it waits and what to do."),
  generation: z
    .int()
    .min(0)
    .optional()
    .describe(
      "Its metadata.generation when the change began, or when the operator first looked at it after that.",
    ),
  asked: z
    .boolean()
    .optional()
    .describe(
      "True: somebody made or changed it since the change began (a new template, a restart, a scale), so what its controller is refused now counts among the tenant's blocks. Absent: nobody did, and these are retries.",
    ),
});

/** How many Jobs and pods a Tenant's status names. */
export const maxKept = 20;

const rollout = z.object({
  planDigest: z.string().max(128).describe("Digest of the plan that this was computed from."),
  regions: z
    .array(regionName)
    .max(32)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe(
      "Regions that pod templates are pinned to. Absent: templates bear no pin (modes Warn and Audit).",
    ),
  topologyPinned: z
    .array(regionName)
    .max(32)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe(
      "Regions that templates are pinned to by the topology label. Absent: it is not known which label they were pinned by.",
    ),
  since: dateTime
    .optional()
    .describe(
      "When the regions, their label or the mode last changed. Absent: they never did since the operator began to look, and it starts no rollouts.",
    ),
  finished: dateTime
    .optional()
    .describe(
      "When no template was left to be changed for that. From then on the operator changes none, whatever their authors write. Absent: it still does, or nothing ever began.",
    ),
  namespaces: z
    .array(z.string().max(63))
    .max(maxLookedAt)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .describe(
      "Namespaces that were looked at, those first that were handed over. One that joins later is brought to the regions too.",
    ),
  workloads: z
    .int()
    .min(0)
    .describe("Workloads that the operator pins: those that no other controller made, and every DaemonSet."),
  left: z
    .int()
    .min(0)
    .describe(
      "How many of them are not there yet: the template is pinned otherwise, or old pods still run. What another controller made, and what keeps its pods until somebody deletes them, counts here while pods of it are outside of the regions.",
    ),
  place: z
    .int()
    .min(1)
    .optional()
    .describe(
      "Place of the tenant in the line of those whose workloads wait until others' are replaced. Absent: it is its turn, or nothing waits.",
    ),
  waiting: z
    .array(waitingWorkload)
    .max(maxWaiting)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe(
      "The first of those that are left, and why. Those that are only waiting for their turn come last.",
    ),
  kept: z
    .array(waitingWorkload)
    .max(maxKept)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe(
      "The first of the Jobs, and of the pods that no workload makes anew, that are from before the change and can run nowhere now: nobody can change their placement, so whoever made them must make them anew. They are not among those that are left.",
    ),
  keptUnnamed: z
    .int()
    .min(1)
    .optional()
    .describe(
      "How many Jobs there are of the kind that are not named, about. While there are, what the Job controller is refused counts as retries.",
    ),
});

/** How many makers of pods outside a Tenant's status names. */
export const maxOutsideNamed = 20;

const namedOutside = z.object({
  apiVersion: z.string().max(253).describe("API version of what made the pods; v1 for a pod by itself."),
  kind: z
    .string()
    .max(63)
    .describe(
      "Kind of what made the pods, such as CloneSet: a Deployment where a ReplicaSet of its own did, a CronJob for its Jobs. Pod for one that nothing makes anew, a static pod too.",
    ),
  namespace: z.string().max(63).describe("Its namespace."),
  name: z.string().max(253).describe("Its name."),
  pods: z.int().min(0).describe("How many of its pods run outside: up to nine exactly, beyond that about."),
});

const outside = z.object({
  pods: z
    .int()
    .min(0)
    .describe("How many pods: up to nine exactly, beyond that about so many. May be some minutes late."),
  regions: z
    .array(z.string().max(63))
    .max(32)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe("Regions that they run in; unknown stands for nodes that nobody vouches for."),
  named: z
    .array(namedOutside)
    .max(maxOutsideNamed)
    .meta({ "x-kubernetes-list-type": "atomic" })
    .optional()
    .describe(
      "The first of what made them. Those come first that no rollout replaces: pods by themselves, and those of other controllers than Deployments, StatefulSets and DaemonSets of apps.",
    ),
  unnamed: z
    .int()
    .min(1)
    .optional()
    .describe("How many pods the rest has, about. Absent: all are named, or none is."),
});

export const tenantStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    conditions: conditions.optional(),
    regions: z
      .array(footprintRegion)
      .max(32)
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
      .optional()
      .describe("The footprint, region by region."),
    effectiveRegions: z
      .array(regionName)
      .max(32)
      .meta({ "x-kubernetes-list-type": "atomic" })
      .optional()
      .describe(
        "Regions in force: the tenant's own, narrowed by every policy that selects it. Empty blocks every placement.",
      ),
    effectiveRegionsText: joinedNames("effectiveRegions"),
    homeRegion: regionName
      .optional()
      .describe(
        "Home in effect: whose log has the receipts. The last spec.homeRegion that was a Region; one that is none takes no effect.",
      ),
    mode: z.enum(modes).optional().describe("Mode in force."),
    planDigest: z
      .string()
      .max(128)
      .optional()
      .describe("Digest of the plan in force: sha256: and 64 hex digits."),
    namespace: z.string().max(63).optional().describe("The tenant's namespace."),
    rollout: rollout
      .optional()
      .describe(
        "How far the workloads that were there before the regions or the mode changed are pinned anew.",
      ),
    outside: outside
      .optional()
      .describe(
        "What runs now where the tenant may not, whatever let it: modes Warn and Audit, or that it was there before. The condition PlacementsInside says why.",
      ),
    inventory: z
      .array(inventoryEntry)
      .max(1024)
      .meta({ "x-kubernetes-list-type": "atomic" })
      .optional()
      .describe("Objects of the footprint, so that what is no longer wanted can be removed."),
  })
  .describe("What is in force and how far the footprint is.");

export type TenantStatus = z.output<typeof tenantStatus>;
export type TenantRegionStatus = z.output<typeof footprintRegion>;
export type TenantRollout = z.output<typeof rollout>;
export type WaitingWorkload = z.output<typeof waitingWorkload>;
export type NamedOutside = z.output<typeof namedOutside>;
export type TenantInventoryEntry = z.output<typeof inventoryEntry>;
