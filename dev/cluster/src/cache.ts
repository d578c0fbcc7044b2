import { createHash } from "node:crypto";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** Everything that decides what a built binary contains. */
export interface BuildInputs {
  goMod: string;
  goSum: string;
  /** Go programs of the family's own, path and text; empty if all it builds comes from modules. */
  sources: string;
  linkerFlags: string;
  goVersion: string;
  /** `<GOOS>/<GOARCH>`. */
  platform: string;
}

/** 24 hex digits that change whenever any input does. */
export function cacheKey(inputs: BuildInputs): string {
  const { goMod, goSum, linkerFlags, goVersion, platform, sources } = inputs;
  const fields = [goMod, goSum, linkerFlags, goVersion, platform, ...(sources ? [sources] : [])];
  // JSON keeps the fields apart: moving a character from one to the next must change the key.
  return createHash("sha256").update(JSON.stringify(fields)).digest("hex").slice(0, 24);
}

/** `COMPANYOS_CACHE`, or `companyos` under `XDG_CACHE_HOME` (absolute paths only, as its spec asks) or `~/.cache`. */
export function cacheRoot(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (env.COMPANYOS_CACHE) return resolve(env.COMPANYOS_CACHE);
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), ".cache"), "companyos");
}
