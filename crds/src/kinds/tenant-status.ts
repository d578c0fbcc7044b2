import { z } from "zod";
import { regionName, text } from "../fields.ts";
import { modes } from "../modes.ts";
import { conditions, observedGeneration } from "../status.ts";

const footprintRegion = z.object({
  name: regionName.describe("Region."),
  ready: z.boolean().describe("Whether the footprint is complete there."),
  reason: z.string().max(1024).optional().describe("Stable code, CamelCase."),
  message: text(4096).optional().describe("What happened and what to do."),
  namespace: z.string().max(63).optional().describe("Namespace there."),
});

const inventoryEntry = z.object({
  apiVersion: z.string().max(253).describe("API version of the object."),
  kind: z.string().max(63).describe("Kind of the object."),
  namespace: z.string().max(63).optional().describe("Its namespace; absent for cluster-scoped objects."),
  name: z.string().max(253).describe("Its name."),
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
export type TenantInventoryEntry = z.output<typeof inventoryEntry>;
