import { readFile } from "node:fs/promises";
import { createDecider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";

/** What this program consists of, by version. */
export async function versions(): Promise<Record<string, string>> {
  const decider = await createDecider(await loadBundle());
  return {
    companyos: await productVersion(),
    policies: decider.policyRevision,
    digest: decider.policyDigest,
    crds: "residency.companyos.io/v1",
    evidence: "companyos.io/evidence/v1",
    node: process.versions.node,
  };
}

/** Replaced by the bundler; from the sources it is read from this room's package.json. */
declare const COMPANYOS_VERSION: string | undefined;

export async function productVersion(): Promise<string> {
  if (typeof COMPANYOS_VERSION !== "undefined") return COMPANYOS_VERSION;
  const text = await readFile(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
