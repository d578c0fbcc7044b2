import { z } from "zod";
import { isAnybody, isSomebodyCel } from "../everybody.ts";
import {
  dnsLabel,
  mapOf,
  quantity,
  regionName,
  regionWords,
  regionWordsCel,
  setOf,
  text,
} from "../fields.ts";
import { defineKind } from "../kind.ts";
import { defaultProductNamespace, ownerRoles } from "../names.ts";
import { isAccountNameCel, isBlank, isMisnamedAccount, isNotBlankCel } from "../nobody.ts";
import { isReserved, reservedNames, reservedPrefix } from "../ownership.ts";
import { withRules } from "../rules.ts";
import { tenantStatus } from "./tenant-status.ts";

const owner = withRules(
  z.object({
    kind: z.enum(["User", "Group", "ServiceAccount"]).describe("What kind of subject it is."),
    name: text(256)
      .refine((name) => name !== "", "must not be empty")
      .meta({ minLength: 1, maxLength: 256 })
      .describe("Name of the user, group or service account, as the API server knows it."),
    namespace: dnsLabel.optional().describe("Namespace of the service account; absent for users and groups."),
    role: z
      .enum(ownerRoles)
      .optional()
      .describe(
        "ClusterRole bound in the tenant's namespaces; absent: edit. None of them can change residency metadata: namespaces are cluster-scoped.",
      ),
  }),
  [
    {
      cel: "has(self.__namespace__) == (self.kind == 'ServiceAccount')",
      message: "a ServiceAccount needs its namespace; a User or Group has none",
      fieldPath: ".namespace",
      holds: ({ kind, namespace }) => (namespace !== undefined) === (kind === "ServiceAccount"),
    },
    {
      cel: isSomebodyCel,
      message:
        "an owner is somebody in particular: a group of Kubernetes' own, such as system:authenticated, or system:anonymous stands for whoever comes; name your users' groups, or system:serviceaccounts:NAMESPACE",
      fieldPath: ".name",
      reason: "FieldValueForbidden",
      holds: (owner) => !isAnybody(owner),
    },
    {
      cel: isAccountNameCel,
      message:
        "no ServiceAccount can be called so: say its own name, such as deployer (not system:serviceaccount:ci:deployer), and its namespace beside it",
      fieldPath: ".name",
      holds: (owner) => !isMisnamedAccount(owner),
    },
    {
      cel: isNotBlankCel,
      message: "a name of blanks is nobody's",
      fieldPath: ".name",
      holds: (owner) => !isBlank(owner),
    },
  ],
);

const resources = mapOf(quantity, 64);

/** How many a tenant may claim besides its own one. */
export const maxNamespaces = 64;

/** As far as a schema can tell, which does not know where the product runs. */
const reserved = reservedNames(defaultProductNamespace);
const isFree = (namespace: string) => !isReserved(namespace, defaultProductNamespace);
const isFreeCel = (namespace: string) =>
  [
    `!${namespace}.startsWith('${reservedPrefix}')`,
    ...reserved.map((name) => `${namespace} != '${name}'`),
  ].join(" && ");

const noRegion = `${regionWords.join(", ")} are no Region's names: receipts and metrics have them for what is no one Region`;

export const tenantSpec = withRules(
  z.object({
    displayName: text(128).optional().describe("Name for people."),
    homeRegion: regionName.describe(
      "Region that keeps the tenant's receipts and personal data. One of regions.",
    ),
    regions: setOf(regionName, { min: 1, max: 32 })
      .optional()
      .describe(
        "Regions the tenant asks to live in. ResidencyPolicies may narrow them, never widen. Absent: the home region only.",
      ),
    owners: z.array(owner).max(64).optional().describe("Who may work in the tenant's namespaces."),
    contact: z
      .object({
        email: z
          .string()
          .max(254)
          .regex(/^[^@ ]+@[^@ ]+$/, "must be an address such as ops@example.com")
          .optional()
          .describe("Where to reach the tenant."),
      })
      .optional()
      .describe("How to reach the tenant."),
    quota: z
      .object({
        hard: resources.describe(
          "Limits by resource, as in a ResourceQuota: requests.cpu, pods, persistentvolumeclaims …; fractions in quotes.",
        ),
      })
      .optional()
      .describe("ResourceQuota for each of the tenant's namespaces. Absent: none."),
    limits: z
      .object({
        default: resources.optional().describe("Limit of a container that states none."),
        defaultRequest: resources.optional().describe("Request of a container that states none."),
        max: resources.optional().describe("Most a container may ask for."),
        min: resources.optional().describe("Least a container may ask for."),
      })
      .optional()
      .describe("LimitRange for containers in each of the tenant's namespaces. Absent: none."),
    network: z
      .object({
        isolation: z
          .enum(["Isolated", "None"])
          .default("Isolated")
          .describe(
            "Isolated: pods exchange traffic only with pods of the same tenant, and look up names; owners open more with NetworkPolicies of their own. None: no NetworkPolicy.",
          ),
      })
      .default({ isolation: "Isolated" })
      .describe("Network policies for each of the tenant's namespaces."),
    namespace: dnsLabel
      .optional()
      .describe("The tenant's namespace. Absent: the tenant's name. Cannot change."),
    namespaces: setOf(dnsLabel, { max: maxNamespaces })
      .optional()
      .describe("Further namespaces that belong to the tenant."),
    adopt: setOf(dnsLabel, { max: maxNamespaces + 1 })
      .optional()
      .describe(
        "Namespaces among the claimed ones that are there already and are to be taken over, with what lies in them. Each must consent: annotation residency.companyos.io/adopt-by with this Tenant's name and uid (companyos adopt writes both). Without effect on those that are the tenant's own.",
      ),
    paused: z
      .boolean()
      .default(false)
      .describe(
        "True stops the operator from touching the footprint. Enforcement goes on, and who is no owner any more loses the rights; who is new gets none yet.",
      ),
    deletionPolicy: z
      .enum(["Retain", "Purge"])
      .default("Retain")
      .describe(
        "What becomes of the Tenant's namespaces when it is deleted, and of one that leaves spec.namespaces: Retain keeps them, Purge deletes them with everything in them. What left the spec under Retain stays, whatever is set later; so does what was handed over, unless adoptedDeletionPolicy says Purge too.",
      ),
    adoptedDeletionPolicy: z
      .enum(["Retain", "Purge"])
      .optional()
      .describe(
        "What deletionPolicy Purge does to namespaces that were handed over to the Tenant, so were there before it: absent or Retain keeps them, Purge deletes them too. Without effect while deletionPolicy is Retain.",
      ),
    release: setOf(dnsLabel, { max: maxNamespaces })
      .optional()
      .describe(
        "Namespaces of the Tenant, no longer among the claimed ones, that are let go: nothing in them is deleted, they belong to no Tenant afterwards and may be claimed by another. Its regions are no longer enforced there.",
      ),
  }),
  [
    {
      cel: "!has(self.regions) || self.homeRegion in self.regions",
      message: "homeRegion must be one of regions",
      fieldPath: ".homeRegion",
      holds: ({ homeRegion, regions }) => regions === undefined || regions.includes(homeRegion),
    },
    {
      cel: `!(self.homeRegion in ${regionWordsCel})`,
      message: noRegion,
      fieldPath: ".homeRegion",
      holds: ({ homeRegion }) => !regionWords.includes(homeRegion),
    },
    {
      cel: `!has(self.regions) || self.regions.all(r, !(r in ${regionWordsCel}))`,
      message: noRegion,
      fieldPath: ".regions",
      holds: ({ regions }) => !(regions ?? []).some((name) => regionWords.includes(name)),
    },
    {
      cel: `!has(self.namespaces) || self.namespaces.all(n, ${isFreeCel("n")})`,
      message: `a tenant cannot claim ${reserved.join(", ")} or a namespace that starts with ${reservedPrefix}`,
      fieldPath: ".namespaces",
      reason: "FieldValueForbidden",
      holds: ({ namespaces }) => (namespaces ?? []).every(isFree),
    },
    {
      cel: "!has(self.release) || !has(self.namespaces) || !self.release.exists(n, n in self.namespaces)",
      message: "release lists namespaces that are let go: take them out of namespaces",
      fieldPath: ".release",
      holds: ({ release, namespaces }) => !(release ?? []).some((name) => namespaces?.includes(name)),
    },
  ],
).describe("What the tenant asks for.");

/**
 * A reserved word of CEL is written with underscores (the plain name compiles too, but the cost estimate then loses
 * its bound); so does an optional, hence the `has`.
 */
const ownNamespace = (object: "self" | "oldSelf") =>
  `(has(${object}.spec.__namespace__) ? ${object}.spec.__namespace__ : ${object}.metadata.name)`;

export const tenant = defineKind(
  {
    kind: "Tenant",
    plural: "tenants",
    short: "tn",
    description: "The owner of data: a home region, a set of regions, and the namespaces it gets.",
    name: "label",
    spec: tenantSpec,
    status: tenantStatus,
    columns: [
      { name: "Home", type: "string", jsonPath: ".spec.homeRegion", description: "Home region." },
      {
        name: "Regions",
        type: "string",
        jsonPath: ".status.effectiveRegionsText",
        description: "Regions in force.",
      },
      {
        name: "Namespace",
        type: "string",
        jsonPath: ".status.namespace",
        description: "The tenant's namespace.",
      },
      { name: "Mode", type: "string", jsonPath: ".status.mode", description: "Mode in force." },
      {
        name: "Outside",
        type: "integer",
        jsonPath: ".status.outside.pods",
        description: "Pods that run where the tenant may not, about.",
      },
      {
        name: "Ready",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
        description: "Whether the footprint is complete.",
      },
      {
        name: "Reason",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
        description: "Why.",
      },
      {
        name: "Message",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].message',
        description: "Why, for people.",
        priority: 1,
      },
      {
        name: "Age",
        type: "date",
        jsonPath: ".metadata.creationTimestamp",
        description: "Time since it was created.",
      },
    ],
  },
  [
    {
      cel: `${ownNamespace("self")} == ${ownNamespace("oldSelf")}`,
      message: "the tenant's namespace cannot change; make another Tenant",
      fieldPath: ".spec.namespace",
      reason: "FieldValueForbidden",
    },
    {
      cel: isFreeCel(ownNamespace("self")),
      message: `a tenant cannot claim ${reserved.join(", ")} or a namespace that starts with ${reservedPrefix}; set spec.namespace if the tenant's name is one of these`,
      fieldPath: ".spec.namespace",
      reason: "FieldValueForbidden",
      holds: ({ metadata, spec }) => isFree(spec.namespace ?? metadata.name),
    },
    {
      cel: `!has(self.spec.namespaces) || !(${ownNamespace("self")} in self.spec.namespaces)`,
      message: "namespaces lists further namespaces, not the tenant's own",
      fieldPath: ".spec.namespaces",
      holds: ({ metadata, spec }) => !(spec.namespaces ?? []).includes(spec.namespace ?? metadata.name),
    },
    {
      cel: `!has(self.spec.release) || !(${ownNamespace("self")} in self.spec.release)`,
      message: "the tenant's own namespace is not let go while the Tenant exists: delete the Tenant",
      fieldPath: ".spec.release",
      holds: ({ metadata, spec }) => !(spec.release ?? []).includes(spec.namespace ?? metadata.name),
    },
  ],
);

export type TenantSpec = z.output<typeof tenantSpec>;
export type TenantOwner = z.output<typeof owner>;
export type Tenant = z.output<typeof tenant.schema>;
export type TenantInput = z.input<typeof tenant.schema>;

/** What an owner may do. The schema has no default: one inside a list makes every diff of the list show it, for ever. */
export function roleOf({ role }: TenantOwner): (typeof ownerRoles)[number] {
  return role ?? "edit";
}

/** Every namespace a tenant claims: its own first, then the further ones as listed. */
export function namespacesOf(object: {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly namespace?: string | undefined;
    readonly namespaces?: readonly string[] | undefined;
  };
}): string[] {
  return [object.spec.namespace ?? object.metadata.name, ...(object.spec.namespaces ?? [])];
}
