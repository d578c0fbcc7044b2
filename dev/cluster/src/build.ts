import { access, constants, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheKey, cacheRoot } from "./cache.ts";
import { requireRoom } from "./disk.ts";
import { type Go, goRun, withToolchain } from "./go.ts";
import { withLock } from "./lock.ts";
import { estimateRemaining, type Progress } from "./progress.ts";
import { buildTags, type Family, linkerFlags, type ToolName, toolbox, toolchains } from "./toolbox.ts";

const TICK_MS = 5_000;
// Modules and build cache of all Kubernetes tools after a cold build, rounded up; a binary is at most 120 MB.
const MODULES_BYTES = 1.2e9;
const BUILD_CACHE_BYTES = 3.5e9;
const BINARY_BYTES = 0.12e9;

/** The module folder of a family, in the sources. */
export const familyFolder = (family: Family): string =>
  fileURLToPath(new URL(`../tools/${family}`, import.meta.url));

/** True if this is a file that may be run. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function ownSources(folder: string): Promise<string> {
  const files = (await readdir(folder, { recursive: true }))
    .filter((file) => file.endsWith(".go"))
    .toSorted();
  const texts = await Promise.all(
    files.map(async (file) => [file, await readFile(join(folder, file), "utf8")]),
  );
  return texts.length > 0 ? JSON.stringify(texts) : "";
}

/** Where a family's binaries are kept for this source, flags, Go and platform. */
export async function familyCache(go: Go, family: Family): Promise<string> {
  const folder = familyFolder(family);
  const [goMod, goSum, sources] = await Promise.all([
    readFile(join(folder, "go.mod"), "utf8"),
    readFile(join(folder, "go.sum"), "utf8"),
    ownSources(folder),
  ]);
  const key = cacheKey({
    goMod,
    goSum,
    sources,
    linkerFlags: [linkerFlags(family), buildTags(family)].filter((part) => part !== "").join(" "),
    goVersion: toolchains[family] ?? go.version,
    platform: go.platform,
  });
  return join(cacheRoot(), "tools", key);
}

/** DISK_SHORT unless binaries, modules and build cache have room. */
export async function requireBuildRoom(go: Go, missing: readonly { name: ToolName }[]): Promise<void> {
  await requireRoom([
    { folder: cacheRoot(), bytes: BINARY_BYTES * missing.length, setting: "COMPANYOS_CACHE" },
    { folder: go.moduleCache, bytes: share(missing, MODULES_BYTES), setting: "GOMODCACHE" },
    { folder: go.buildCache, bytes: share(missing, BUILD_CACHE_BYTES), setting: "GOCACHE" },
  ]);
}

// A single small tool does not need the room of the whole control plane.
function share(missing: readonly { name: ToolName }[], bytes: number): number {
  const seconds = missing.reduce((sum, { name }) => sum + toolbox[name].seconds, 0);
  return bytes * Math.min(1, 0.1 + seconds / 300);
}

/** Builds tools one after the other, each under its cache folder's lock, and tells how it goes. */
export async function buildAll<N extends ToolName>(
  go: Go,
  missing: readonly { name: N; cache: string }[],
  paths: Partial<Record<N, string>>,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const began = Date.now();
  const finished: { expected: number; took: number }[] = [];
  for (const [index, { name, cache }] of missing.entries()) {
    const expected = toolbox[name].seconds;
    const stepBegan = Date.now();
    let phase: Progress["phase"] = "compiling";
    let modules = 0;
    let detail: string | undefined;
    const tell = () =>
      onProgress({
        what: name,
        step: index + 1,
        steps: missing.length,
        phase,
        elapsed: (Date.now() - began) / 1000,
        remaining: estimateRemaining({
          finished,
          running: { expected, elapsed: (Date.now() - stepBegan) / 1000 },
          waiting: missing.slice(index + 1).map((m) => toolbox[m.name].seconds),
        }),
        ...(detail ? { detail } : {}),
      });
    tell();
    let lastLine = Date.now();
    const ticker = setInterval(() => {
      // Go says nothing while it compiles: silence after the downloads is how to tell.
      if (phase === "downloading" && Date.now() - lastLine > TICK_MS) phase = "compiling";
      tell();
    }, TICK_MS);
    try {
      paths[name] = await withLock(
        join(cache, ".lock"),
        async () => {
          if (!(await isExecutable(join(cache, name)))) {
            phase = "compiling";
            detail = undefined;
            await build(go, name, cache, (line) => {
              if (!line.startsWith("go: downloading ")) return;
              lastLine = Date.now();
              phase = "downloading";
              detail = `${++modules} modules`;
            });
          }
          return join(cache, name);
        },
        {
          onWait: ({ pid }) => {
            phase = "waiting";
            detail = `process ${pid} is building`;
          },
        },
      );
    } finally {
      clearInterval(ticker);
    }
    finished.push({ expected, took: (Date.now() - stepBegan) / 1000 });
    phase = "done";
    detail = undefined;
    tell();
  }
}

async function build(go: Go, name: ToolName, cache: string, onLine: (line: string) => void): Promise<void> {
  const tool = toolbox[name];
  const temporary = join(cache, `.${name}.building`);
  await mkdir(cache, { recursive: true });
  try {
    const tags = buildTags(tool.family);
    const args = ["build", "-trimpath", ...(tags ? ["-tags", tags] : [])];
    args.push("-ldflags", linkerFlags(tool.family), "-o", temporary, tool.package);
    const { [tool.family]: toolchain } = toolchains;
    await goRun(toolchain ? withToolchain(go, toolchain) : go, familyFolder(tool.family), args, onLine);
    await rename(temporary, join(cache, name));
  } finally {
    await rm(temporary, { force: true });
  }
}
