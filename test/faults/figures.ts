/** Figures of the long forms, for `make soak`: a line of JSON each in the file that COMPANYOS_FIGURES names. */

import { appendFileSync } from "node:fs";

/** Long forms are asked for by `make soak`; everything else is scaled to minutes. */
export const soak = process.env.COMPANYOS_SOAK === "1";

/** The figure for `make test`, or the one for `make soak`. */
export function scaled<T>(test: T, soaked: T): T {
  return soak ? soaked : test;
}

export type Figures = Readonly<Record<string, string | number>>;

export function record(what: string, figures: Figures): void {
  const file = process.env.COMPANYOS_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify({ what, figures })}\n`);
}
