import { evidenceBundle } from "./kinds/evidence-bundle.ts";
import { region } from "./kinds/region.ts";
import { residencyPolicy } from "./kinds/residency-policy.ts";
import { tenant } from "./kinds/tenant.ts";

/** Every custom resource of the product. A new one is a file in `kinds/` and a line here. */
export const kinds = [region, tenant, residencyPolicy, evidenceBundle] as const;

export type ResidencyKind = (typeof kinds)[number];
