/** Codes of what the compiler of plans has to say: in `companyos preview` and in a Tenant's conditions. None of them decides. */
import type { Reason } from "./reason.ts";

export const planReasons = {
  REGION_UNREGISTERED: {
    outcome: "note",
    message: "A Tenant or ResidencyPolicy names a region that is no Region",
    meaning: "It is not allowed until there is a Region of that name; the others are.",
    example: "A Tenant of `regions: [eu-west-1, eu-west-2]` where there is no Region eu-west-2.",
    fix: "Create the Region, or correct its name where the message says; in `check` and `preview`, name its file with --with",
  },
  JURISDICTION_WITHOUT_REGION: {
    outcome: "note",
    message: "A ResidencyPolicy allows a jurisdiction that no Region belongs to",
    meaning: "It allows nothing by that name until a Region has it.",
    example: "`jurisdictions: [eu]` where the Regions say `EU`.",
    fix: "Correct the jurisdiction, in the policy or in the Region",
  },
  SELECTOR_INVALID: {
    outcome: "note",
    message: "The tenantSelector of a ResidencyPolicy cannot be read",
    meaning: "The policy selects every Tenant until it is corrected: that is the safe side.",
    example: "An expression with the operator `in`, which is written `In`.",
    fix: "Correct spec.tenantSelector of the policy",
  },
  HOME_REGION_OUTSIDE_PLAN: {
    outcome: "note",
    message: "A Tenant's home region is none that it may run in, or no Region",
    meaning:
      "Where it is a Region, its receipts are kept there all the same. Where it is none, the last home that took effect stays.",
    example: "A Tenant whose home is us-east-1, selected by a policy that allows jurisdiction EU only.",
    fix: "Change spec.homeRegion of the Tenant, or the policy that excludes it",
  },
} as const satisfies Record<string, Omit<Reason, "code">>;
