import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, constants, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheRoot } from "./cache.ts";
import { ClusterError } from "./errors.ts";
import { withLock } from "./lock.ts";

const run = promisify(execFile);

interface Base {
  command: string;
  /** Version, implementation and platform: what decides which packages fit. */
  identity: string;
}

// Fails without the modules that make a virtual environment, which Debian ships apart.
const QUESTION = `import ensurepip, json, platform, sys, sysconfig, venv
print(json.dumps([*sys.version_info[:3], platform.python_implementation(), sysconfig.get_platform()]))`;

async function findPython(env: NodeJS.ProcessEnv): Promise<Base> {
  const found: string[] = [];
  for (const command of ["python3", "python"]) {
    try {
      const { stdout } = await run(command, ["-I", "-c", QUESTION], { env, timeout: 20_000 });
      const [major, minor, ...rest] = JSON.parse(stdout) as [number, number, ...unknown[]];
      if (major === 3 && minor >= 9) return { command, identity: JSON.stringify([major, minor, ...rest]) };
      found.push(`${command} is ${major}.${minor}`);
    } catch (error) {
      const missing = (error as { code?: unknown }).code === "ENOENT";
      found.push(missing ? `no ${command}` : `${command} cannot make virtual environments`);
    }
  }
  throw new ClusterError(
    "PYTHON_MISSING",
    `Python 3.9 or newer with its venv module is needed (${found.join("; ")}): install it (Debian: python3-venv) and put it on the PATH.`,
  );
}

/**
 * Absolute path of a Python that has exactly the packages of a requirements file, every one of them pinned by
 * hash: a virtual environment in the cache, made once for each content of the file and each Python. Settings of
 * pip in the environment stay. Errors: PYTHON_MISSING, BUILD_FAILED, LOCK_TIMEOUT.
 */
export async function ensurePython(
  requirements: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const base = await findPython(env);
  const text = await readFile(requirements, "utf8");
  const key = createHash("sha256")
    .update(JSON.stringify([text, base.identity]))
    .digest("hex")
    .slice(0, 24);
  const folder = join(cacheRoot(env), "python", key);
  const python = join(folder, "bin", "python");
  const ready = () =>
    access(python, constants.X_OK).then(
      () => true,
      () => false,
    );
  if (await ready()) return python;
  await withLock(`${folder}.lock`, async () => {
    if (!(await ready())) await make(base, requirements, folder, env);
  });
  return python;
}

async function make(base: Base, requirements: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const building = `${folder}.building`;
  const options = { env, timeout: 10 * 60_000, maxBuffer: 16 * 1024 * 1024 };
  await rm(building, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, ".."), { recursive: true });
  try {
    await run(base.command, ["-I", "-m", "venv", building], options);
    const pip = ["-I", "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    // Wheels only: nothing that is fetched runs at installation.
    const strict = ["--require-hashes", "--only-binary", ":all:", "--requirement", requirements];
    await run(join(building, "bin", "python"), [...pip, ...strict], options);
    await rename(building, folder);
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split("\n").slice(-15).join("\n") ?? "";
    throw new ClusterError(
      "BUILD_FAILED",
      `The packages of ${requirements} could not be installed. The last lines:\n${said}\nCheck the network and pip's settings, then run again.`,
      { cause },
    );
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}
