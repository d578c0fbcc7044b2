import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Product } from "./product.ts";

/** What `companyos verify --output json` says evidence covers, as far as tests read it. */
export interface Covers {
  readonly tenant: string;
  readonly blocks: number;
  readonly outside: number;
  readonly receipts: readonly { type: string; decision: string; receipts: number; count: number }[];
  readonly regions: {
    readonly allowed: readonly string[];
    readonly requested: readonly string[];
    readonly observed: readonly string[];
  };
}

/** Has a tenant's evidence sealed and checks it against the product's trust file; throws unless it is valid. */
export async function provenEvidence(
  product: Pick<Product, "companyos" | "dev">,
  tenant: string,
): Promise<Covers> {
  const folder = await mkdtemp(join(tmpdir(), "companyos-evidence-"));
  const bundle = join(folder, `${tenant}.evidence`);
  try {
    const proved = await product.companyos("prove", "--tenant", tenant, "--out", bundle);
    if (proved.code !== 0) throw new Error(`prove ended with ${proved.code}: ${proved.stderr}`);
    const verified = await product.companyos(
      "verify",
      bundle,
      "--trust",
      product.dev.trust,
      "--output",
      "json",
    );
    if (verified.code !== 0)
      throw new Error(`verify ended with ${verified.code}: ${verified.stdout}${verified.stderr}`);
    return (JSON.parse(verified.stdout) as { covers: Covers }).covers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A receipt as `companyos receipts list --output json` shows it. */
export interface ListedReceipt {
  readonly idx: number;
  readonly claims: {
    /** Origin of the log, whose key names it too. */
    readonly iss: string;
    readonly type: string;
    readonly decision: string;
    readonly reason: string;
    readonly kind: string;
    readonly requested: readonly string[];
    readonly allowed: readonly string[];
    readonly count: number;
  };
  readonly disclosed: Readonly<Record<string, unknown>>;
}

/** A tenant's receipts of one type, oldest first. */
export async function listedReceipts(
  product: Product,
  tenant: string,
  type: string,
): Promise<ListedReceipt[]> {
  const listed = await product.companyos(
    "receipts",
    "list",
    "--tenant",
    tenant,
    "--type",
    type,
    "--limit",
    "10000",
    "--output",
    "json",
  );
  if (listed.code !== 0) throw new Error(`receipts list ended with ${listed.code}: ${listed.stderr}`);
  return (JSON.parse(listed.stdout) as { receipts: ListedReceipt[] }).receipts;
}

/** The id of a receipt (UUIDv7) in what a person was answered. */
export function receiptIdIn(text: string): string | undefined {
  return /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b/.exec(text)?.[0];
}

/** The sum of one counter over several `/metrics` pages, of the series whose labels include `labels`. */
export async function sumOfMetric(
  urls: readonly string[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  let sum = 0;
  for (const url of urls) {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    for (const line of (await response.text()).split("\n")) {
      if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
      if (Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
        sum += Number(line.slice(line.lastIndexOf(" ") + 1));
    }
  }
  return sum;
}
