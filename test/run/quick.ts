/**
 * `npm test`: the pure tests, as quickly as they go, with whatever further arguments jest takes. What `make test` does
 * more slowly: it goes through every place where a process can die, and writes to the disk of the machine.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { jestProgram, root } from "./program.ts";

/** Linux's file system in memory: nobody waits for a disk there. Containers often have 64 MiB of it. */
const memory = "/dev/shm";
const wantedBytes = 512 << 20;

const seed = process.env.COMPANYOS_SEED ?? String(Date.now() % 1_000_000);
const folder = await inMemory();
const jest = spawn(process.execPath, [...jestProgram, "--selectProjects=pure", ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    COMPANYOS_EXPLORE: "share",
    COMPANYOS_SEED: seed,
    ...(folder !== undefined && { TMPDIR: folder }),
  },
});
// It ends with jest, which a terminal's signal reaches, and one that is sent to this process alone does not.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => jest.kill(signal));
// Before all else: who ends it half-way needs the seed too.
console.log(`COMPANYOS_SEED=${seed}`);
const [code] = await once(jest, "close");
if (folder !== undefined) await rm(folder, { recursive: true, force: true });
console.log(
  `Of every place where a process can die, and of dear properties' runs, a share was tried (COMPANYOS_SEED=${seed}); make test tries all.`,
);
process.exitCode = code ?? 1;

async function inMemory(): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(memory).catch(() => ({ bavail: 0, bsize: 0 }));
  if (bavail * bsize < wantedBytes) return undefined;
  return mkdtemp(join(memory, "companyos-test-")).catch(() => undefined);
}
