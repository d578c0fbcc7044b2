import { q1ScaleResidency } from "./q1-scale-residency.ts";

const folder = "charts/companyos/files/dashboards";

/** Where the chart finds them, and whoever imports one by hand. */
export function generated(): { readonly path: string; readonly content: string }[] {
  return [
    {
      path: `${folder}/q1-scale-residency.json`,
      content: `${JSON.stringify(q1ScaleResidency(), null, 2)}\n`,
    },
  ];
}
