/**
 * Compiles ../go to WebAssembly and compares the result with the committed bundle/manifests.wasm.br.
 *
 *     node packages/manifests/src/build.ts [--write]
 *
 * Exit 0: the same (or written); 1: drifted; 2: it does not compile. Newcomers need no Go: the result is committed.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { withMemoryLimit } from "./memory-limit.ts";

/** The release of Go that the committed file was compiled with; another one lays out the code differently. */
export const goVersion = "go1.26.8";

const run = promisify(execFile);
const room = join(import.meta.dirname, "..");
const committed = join(room, "bundle", "manifests.wasm.br");

/** 64 KiB each: 1 GiB. The largest document that is read takes about half. */
const maxPages = 16 * 1024;

/** Byte for byte the same for the same sources and release of Go. */
export async function compile(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "manifests-"));
  try {
    const file = join(folder, "manifests.wasm");
    const args = [
      "build",
      "-trimpath",
      "-buildvcs=false",
      "-buildmode=c-shared",
      "-ldflags",
      "-s -w",
      "-o",
      file,
      ".",
    ];
    await run("go", args, { cwd: join(room, "go"), env: environment() });
    return withMemoryLimit(await readFile(file), maxPages);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The Go on the PATH, such as `go1.26.8`. */
export async function installedGo(): Promise<string> {
  const { stdout } = await run("go", ["env", "GOVERSION"], { env: environment() });
  return stdout.trim();
}

export async function committedModule(): Promise<Uint8Array> {
  return brotliDecompressSync(await readFile(committed));
}

function environment(): NodeJS.ProcessEnv {
  const target = { GOOS: "wasip1", GOARCH: "wasm", GOWASM: "", CGO_ENABLED: "0" };
  return { ...process.env, ...target, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
}

async function main(): Promise<number> {
  const compiled = Buffer.from(await compile());
  const there = await committedModule().catch(() => undefined);
  if (there && compiled.equals(there)) {
    console.log("bundle/manifests.wasm.br is what packages/manifests/go compiles to");
    return 0;
  }
  if (process.argv.includes("--write")) {
    const options = { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } };
    await writeFile(committed, brotliCompressSync(compiled, options));
    console.log("written bundle/manifests.wasm.br");
    return 0;
  }
  const hint = `compile it again with ${goVersion}: node packages/manifests/src/build.ts --write`;
  console.error(`drifted bundle/manifests.wasm.br (${await installedGo()}): ${hint}`);
  return 1;
}

if (import.meta.main)
  process.exitCode = await main().catch((error: Error) => {
    console.error(`packages/manifests/go: ${error.message}`);
    return 2;
  });
