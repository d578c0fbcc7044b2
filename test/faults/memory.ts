/** Memory of the product's processes beside the limits that the chart gives their containers. */

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { peakResident } from "./limited.ts";
import type { BreakableProduct } from "./product.ts";

const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

export interface PeakMemory {
  readonly pod: string;
  /** Of its process since it began, bytes: see `peakResident`. */
  readonly peak: number;
  /** `resources.limits.memory` of its container, bytes. */
  readonly limit: number;
}

/** Of every process that runs now. */
export async function peaksOf(product: BreakableProduct): Promise<PeakMemory[]> {
  const limits = await chartLimits();
  return Promise.all(
    product.pods.map(async ({ pod, process }) => {
      if (process?.pid === undefined) throw new Error(`${pod.name} does not run: its memory cannot be read`);
      return { pod: pod.name, peak: await peakResident(process.pid), limit: limits(pod.component) };
    }),
  );
}

async function chartLimits(): Promise<(component: string) => number> {
  const file = fileURLToPath(new URL("../../charts/companyos/values.yaml", import.meta.url));
  const values = load(await readFile(file, "utf8")) as Record<
    string,
    { resources?: { limits?: { memory?: string } } }
  >;
  return (component) => {
    const text = values[component]?.resources?.limits?.memory ?? "";
    const [, number, unit] = /^(\d+)(Ki|Mi|Gi)$/.exec(text) ?? [];
    if (number === undefined) throw new Error(`the chart limits no memory of ${component}: ${text}`);
    return Number(number) * (units[unit as string] as number);
  };
}
