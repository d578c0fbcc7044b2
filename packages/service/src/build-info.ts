import { readFileSync } from "node:fs";
import type { Registry } from "prom-client";
import type { Component } from "./catalogue/entry.ts";
import { gauge } from "./metrics.ts";

/** Replaced by the bundler; from the sources there is no commit, and the version is read from this room's package.json. */
declare const COMPANYOS_VERSION: string | undefined;
declare const COMPANYOS_COMMIT: string | undefined;

/** `residency_build_info` is 1 from now on: which build of what this process is. */
export function tellBuild(registry: Registry, component: Component): void {
  const commit = typeof COMPANYOS_COMMIT === "undefined" ? "" : COMPANYOS_COMMIT;
  gauge(registry, "residency_build_info").set(
    { name: "companyos", version: version(), commit: commit || "unknown", component },
    1,
  );
}

function version(): string {
  if (typeof COMPANYOS_VERSION !== "undefined") return COMPANYOS_VERSION;
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
