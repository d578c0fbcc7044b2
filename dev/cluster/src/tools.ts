import { execFile } from "node:child_process";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { buildAll, familyCache, isExecutable, requireBuildRoom } from "./build.ts";
import { cacheRoot } from "./cache.ts";
import { findGo, type Go } from "./go.ts";
import type { Progress } from "./progress.ts";
import { type Found, type ToolName, toolbox } from "./toolbox.ts";

const run = promisify(execFile);
export interface ToolOptions {
  onProgress?: (progress: Progress) => void;
}

async function runs(file: string, found: Found): Promise<boolean> {
  if (!(await isExecutable(file))) return false;
  try {
    const { stdout } = await run(file, [...found.args], { timeout: 10_000, killSignal: "SIGKILL" });
    return found.fits(stdout);
  } catch {
    return false;
  }
}

/** A binary that is on this machine already and whose version fits, or undefined. */
export async function findInstalled(
  name: ToolName,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | undefined> {
  const tool = toolbox[name];
  const assets = env.KUBEBUILDER_ASSETS;
  if (tool.onPath) {
    for (const folder of (env.PATH ?? "").split(delimiter)) {
      if (isAbsolute(folder) && (await runs(join(folder, name), tool.onPath))) return join(folder, name);
    }
  }
  if (tool.inAssets && assets && isAbsolute(assets) && (await runs(join(assets, name), tool.inAssets))) {
    return join(assets, name);
  }
  return undefined;
}

/**
 * Absolute paths of the named tools: from the PATH or KUBEBUILDER_ASSETS where the version fits, else built from
 * `dev/cluster/tools` into the cache, one after the other. Several processes may ask at once; one builds, the others
 * wait. Errors: GO_MISSING, GO_TOO_OLD, DISK_SHORT, BUILD_FAILED, LOCK_TIMEOUT.
 */
export async function ensureTools<N extends ToolName>(
  names: readonly N[],
  options: ToolOptions = {},
): Promise<Record<N, string>> {
  const paths: Partial<Record<N, string>> = {};
  const missing: { name: N; cache: string }[] = [];
  let go: Go | undefined;
  for (const name of names) {
    const installed = await findInstalled(name);
    if (installed) {
      paths[name] = installed;
      continue;
    }
    go ??= await findGo(cacheRoot());
    const cache = await familyCache(go, toolbox[name].family);
    if (await isExecutable(join(cache, name))) paths[name] = join(cache, name);
    else missing.push({ name, cache });
  }
  if (go && missing.length > 0) {
    await requireBuildRoom(go, missing);
    await buildAll(go, missing, paths, options.onProgress ?? (() => {}));
  }
  return paths as Record<N, string>;
}

/** One tool; see {@link ensureTools}. */
export async function ensureTool(name: ToolName, options: ToolOptions = {}): Promise<string> {
  return (await ensureTools([name], options))[name];
}
