import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { ClusterError } from "./errors.ts";
import { parseVersion } from "./version.ts";

const run = promisify(execFile);

/** The Go on the PATH and where it keeps its caches. */
export interface Go {
  version: string;
  platform: string;
  buildCache: string;
  moduleCache: string;
  env: NodeJS.ProcessEnv;
}

/**
 * The environment in which every tool is built. The user's proxy and cache settings stay; what would change the
 * binaries does not. Without a home folder Go has no caches, so they go below ours.
 */
export function goEnvironment(cache: string, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return {
    ...(env.HOME ? {} : { GOCACHE: join(cache, "go-build"), GOPATH: join(cache, "go"), HOME: cache }),
    ...Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== "" || name !== "HOME")),
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly",
    GOWORK: "off",
    // A newer compiler fetched on the quiet would be neither the one that was checked nor the one in the cache key.
    GOTOOLCHAIN: "local",
    GOOS: "",
    GOARCH: "",
  };
}

/** GO_MISSING or GO_TOO_OLD (older than 1.26), each with what to do. */
export async function findGo(cache: string, from: NodeJS.ProcessEnv = process.env): Promise<Go> {
  const env = goEnvironment(cache, from);
  let stdout: string;
  try {
    ({ stdout } = await run("go", ["env", "-json", "GOVERSION", "GOOS", "GOARCH", "GOCACHE", "GOMODCACHE"], {
      env,
    }));
  } catch (cause) {
    throw new ClusterError(
      "GO_MISSING",
      "`go` did not run. The control plane is built from source: install Go 1.26 or newer (go.dev/doc/install) and put it on the PATH.",
      { cause },
    );
  }
  const values = JSON.parse(stdout) as Record<
    "GOVERSION" | "GOOS" | "GOARCH" | "GOCACHE" | "GOMODCACHE",
    string
  >;
  const version = parseVersion(values.GOVERSION.split(" ")[0]);
  if (version?.major !== 1 || version.minor < 26) {
    throw new ClusterError(
      "GO_TOO_OLD",
      `Go on the PATH is ${values.GOVERSION || "of no known version"}; the control plane needs 1.26 or newer (go.dev/doc/install).`,
    );
  }
  return {
    version: values.GOVERSION,
    platform: `${values.GOOS}/${values.GOARCH}`,
    buildCache: values.GOCACHE,
    moduleCache: values.GOMODCACHE,
    env,
  };
}

/** The same with a Go of that version, such as `go1.27.4`, which it fetches first unless it is there. */
export function withToolchain(go: Go, toolchain: string): Go {
  return { ...go, version: toolchain, env: { ...go.env, GOTOOLCHAIN: toolchain } };
}

/** Runs `go` in `folder`, calling `onLine` for each line of stderr. BUILD_FAILED with the last lines if it fails. */
export async function goRun(
  go: Go,
  folder: string,
  args: readonly string[],
  onLine: (line: string) => void = () => {},
): Promise<string> {
  const child = spawn("go", [...args], { cwd: folder, env: go.env, stdio: ["ignore", "pipe", "pipe"] });
  const last: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > 15) last.shift();
    onLine(line);
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(status ?? signal ?? "unknown"));
  });
  if (code === 0) return output;
  throw new ClusterError(
    "BUILD_FAILED",
    `\`go ${args[0]}\` in ${folder} failed (${code}). Its last lines:\n${last.join("\n")}\n` +
      "If modules could not be fetched, check the network and GOPROXY; if the disk is full, free some space; then run again.",
  );
}
