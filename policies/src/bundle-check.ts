/**
 * Tests policies/rego with `opa` (every rule must be covered), compiles it, and compares the result with the committed
 * policies/bundle/residency.wasm.
 *
 *     node policies/src/bundle-check.ts [--opa PATH] [--write]
 *
 * Exit 0: the same (or written); 1: drifted; 2: a test failed, or it does not compile. Newcomers need no opa: the result is committed.
 */
// biome-ignore-start lint/correctness/noNodejsModules: a developer's tool, imported by nothing that decides
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { gunzipSync } from "node:zlib";

// biome-ignore-end lint/correctness/noNodejsModules: see above

/** The release of opa that the committed file was compiled with; another one may lay out the code differently. */
export const opaVersion = "1.22.2";

export const bundlePath = "policies/bundle/residency.wasm";

/** What may be asked of the compiled policy. */
export const entrypoints = [
  "residency/decision",
  "residency/allow",
  "residency/block_cross_region",
  "residency/revision",
] as const;

const room = join(import.meta.dirname, "..");

/**
 * Compiles the Rego bundle to WebAssembly; byte for byte the same for the same sources and opa.
 * @param opa path of the binary
 */
export async function compileBundle(opa: string): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "residency-bundle-"));
  try {
    const archive = join(folder, "bundle.tar.gz");
    const asked = entrypoints.flatMap((entrypoint) => ["-e", entrypoint]);
    // From this room and by a relative path: the path of the sources is written into the result.
    await promisify(execFile)(opa, ["build", "-t", "wasm", ...asked, "-b", "rego", "-o", archive], {
      cwd: room,
    });
    const wasm = memberOf(gunzipSync(await readFile(archive)), "/policy.wasm");
    if (!wasm) throw new Error(`opa build made no /policy.wasm; expected opa ${opaVersion}`);
    return wasm;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the policy's own tests.
 * @throws when one fails, or when a line of the policy is covered by none
 */
export async function testBundle(opa: string): Promise<void> {
  const sources = [join(room, "rego"), join(room, "test")];
  await promisify(execFile)(opa, ["check", "--strict", ...sources]);
  await promisify(execFile)(opa, ["test", ...sources]);
  await promisify(execFile)(opa, ["test", "--coverage", "--threshold", "100", ...sources]);
}

/** One file of a tar archive (POSIX ustar: 512-byte headers, name at 0, octal size at 124). */
function memberOf(archive: Buffer, wanted: string): Uint8Array | undefined {
  for (let at = 0; at + 512 <= archive.length; ) {
    const name = archive.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(archive.toString("ascii", at + 124, at + 136), 8) || 0;
    if (name === wanted) return archive.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return undefined;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { opa: { type: "string", default: "opa" }, write: { type: "boolean" } },
  });
  await testBundle(values.opa);
  const compiled = await compileBundle(values.opa);
  const path = join(room, "bundle", "residency.wasm");
  const committed = await readFile(path).catch(() => undefined);
  if (committed?.equals(compiled)) {
    console.log(`${bundlePath} is what policies/rego compiles to`);
    return 0;
  }
  if (values.write) {
    await writeFile(path, compiled);
    console.log(`written ${bundlePath}`);
    return 0;
  }
  console.error(
    `drifted ${bundlePath}: compile it again with opa ${opaVersion}: node policies/src/bundle-check.ts --write`,
  );
  return 1;
}

if (import.meta.main)
  process.exitCode = await main().catch((error: Error & { stdout?: string }) => {
    console.error(`policies/rego: ${error.message}`);
    if (error.stdout) console.error(error.stdout);
    return 2;
  });
