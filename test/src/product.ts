import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { until } from "./until.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** `dev.json` as documented in docs/development.md; read as any other program would. */
export interface DevFile {
  readonly kubeconfig: string;
  readonly webhook: string;
  readonly metrics: { readonly operator: string[]; readonly webhook: string[]; readonly notary: string[] };
  readonly notaries: { readonly region: string; readonly url: string; readonly vkey: string }[];
  readonly trust: string;
  readonly ca: string;
  readonly caller: { readonly cert: string; readonly key: string };
  readonly pods: {
    readonly name: string;
    readonly role: string;
    readonly pid: number;
    readonly log: string;
  }[];
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole product as `companyos dev` starts it, seen only through `dev.json`. */
export interface Product {
  readonly dev: DevFile;
  readonly stateDir: string;
  /** Runs `companyos …` against it. */
  companyos(...args: string[]): Promise<CommandResult>;
  /** Ctrl-C, and waits until everything has ended. */
  stop(): Promise<void>;
}

/** Names the state folder of a running `companyos dev` that tests use instead of starting one. */
const RUNNING = "COMPANYOS_E2E_STATE";

/** Starts it with a state folder of its own; rejects with what it printed if it does not become ready. */
export async function startProduct(args: readonly string[] = []): Promise<Product> {
  const running = process.env[RUNNING];
  if (running) return { ...using(await devFile(running), running), stop: async () => {} };
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-e2e-"));
  const run = runDev(stateDir, args);
  const dev = await run.ready;
  return {
    ...using(dev, stateDir),
    stop: async () => {
      run.child.kill("SIGINT");
      await run.ended;
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** One run of `companyos dev`. */
export interface DevRun {
  readonly child: ChildProcess;
  /** Resolves when `dev.json` of this very run is there; rejects with what was printed when it ends before. */
  readonly ready: Promise<DevFile>;
  /** Exit code. */
  readonly ended: Promise<number>;
  printed(): string;
}

/** Starts `companyos dev` in a folder that may have seen other runs. `detached`: in a process group of its own, as a shell does. */
export function runDev(
  stateDir: string,
  args: readonly string[] = [],
  { detached = false }: { detached?: boolean } = {},
): DevRun {
  const since = Date.now();
  const child = spawn(
    process.execPath,
    ["dev/product/bin/companyos.js", "dev", "--state-dir", stateDir, ...args],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      detached,
    },
  );
  const parts: string[] = [];
  child.stdout.on("data", (chunk) => parts.push(String(chunk)));
  child.stderr.on("data", (chunk) => parts.push(String(chunk)));
  const printed = () => parts.join("");
  const over = new AbortController();
  const ended = new Promise<number>((resolve) =>
    child.once("close", (code) => {
      over.abort();
      resolve(code ?? 1);
    }),
  );
  const ready = Promise.race([
    devFile(stateDir, since, over.signal),
    ended.then((): never => {
      throw new Error(`companyos dev ended before it was ready:\n${printed()}`);
    }),
  ]);
  ready.catch(() => {});
  return { child, ready, ended, printed };
}

/** `companyos` as typed beside a run of `companyos dev`. */
export function beside(dev: DevFile, stateDir: string): Product["companyos"] {
  return using(dev, stateDir).companyos;
}

function using(dev: DevFile, stateDir: string): Omit<Product, "stop"> {
  return {
    dev,
    stateDir,
    companyos: (...words) =>
      companyos(words, { KUBECONFIG: dev.kubeconfig, COMPANYOS_DEV: join(stateDir, "dev.json") }),
  };
}

/** Runs one command line of `companyos`. */
export function companyos(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return startCompanyos(words, env).ended;
}

/** Starts one, for tests that send it signals. */
export function startCompanyos(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<CommandResult> } {
  // What was built for the product is what its users type; without it, the sources.
  const program = process.env.COMPANYOS_PROGRAM ?? join(root, "dev/product/bin/companyos.js");
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...process.env, ...env },
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (out.stdout += String(chunk)));
  child.stderr.on("data", (chunk) => (out.stderr += String(chunk)));
  const ended = new Promise<CommandResult>((resolve) =>
    child.once("close", (code) => resolve({ code: code ?? 1, ...out })),
  );
  return { child, ended };
}

/** Written whole and renamed, so that it is there or not. One from before `since` is another run's. */
async function devFile(stateDir: string, since = 0, signal?: AbortSignal): Promise<DevFile> {
  const file = join(stateDir, "dev.json");
  // A new machine builds the control plane's programs first; whoever runs out of time says what was printed.
  const options = { timeoutMs: Number.POSITIVE_INFINITY, ...(signal ? { signal } : {}) };
  await until(
    file,
    () => stat(file),
    ({ mtimeMs }) => mtimeMs >= since,
    options,
  );
  return JSON.parse(await readFile(file, "utf8")) as DevFile;
}
