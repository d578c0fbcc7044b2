/**
 * What the command costs to start, and what `verify` costs as evidence grows: CPU and memory of the process itself, from source and
 * as built. `npx --no-install node test/bench/cli/run.ts`; figures in docs/benchmarks.md.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { blocked, journal, proven, record, rig, sender } from "@companyos/notary/testing/rig";
import { buildProgram } from "@companyos/tools/bundle";
import { composeTrust, trustText } from "companyos/trust";
import { median } from "../median.ts";

const root = join(import.meta.dirname, "../../..");
const rounds = 5;
const sizes = [10, 100, 1_000, 10_000];
/** Printed by each child at its end. The kernel's `maxrss` begins with what the parent had; the high-water mark is its own. */
const told = `import { readFileSync } from "node:fs";
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const rss = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
  process._rawDebug(JSON.stringify({ cpu: (user + system) / 1e6, rss }));
});`;
const hook = `data:text/javascript,${encodeURIComponent(told)}`;

interface Cost {
  /** Seconds, of all threads. */
  readonly cpu: number;
  /** MiB at most. */
  readonly rss: number;
}

async function costOf(program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Cost> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stderr } = await promisify(execFile)(process.execPath, ["--import", hook, program, ...words], {
      env: { ...process.env, ...env },
    }).catch((error: { stderr: string }) => error);
    costs.push(JSON.parse(stderr.trimEnd().split("\n").at(-1)!));
  }
  return { cpu: median(costs.map(({ cpu }) => cpu)), rss: median(costs.map(({ rss }) => rss)) };
}

const dir = await mkdtemp(join(tmpdir(), "bench-cli-"));
const log = await rig();
try {
  const trust = join(dir, "trust.json");
  await writeFile(trust, trustText(composeTrust([log.opened.identity])));
  const writer = log.writer();
  const files: string[] = [];
  let sent = 0;
  for (const size of sizes) {
    // A tenant each: its evidence has its own receipts, and hashes in the place of the others'.
    for (let left = size; left > 0; left -= 200) {
      const records = Array.from({ length: Math.min(left, 200) }, (_, i) =>
        record(sent + i, blocked(`tenant-${size}`)),
      );
      await writer.submit({ journal, owner: sender, cluster: "bench", from: sent, records });
      sent += records.length;
    }
    const file = join(dir, `${size}.evidence`);
    await writeFile(file, await proven(log, writer, { tenant: `tenant-${size}` }));
    files.push(file);
  }
  const programs = {
    source: join(root, "cli/src/production.ts"),
    built: await buildProgram(root, join(dir, "dist")),
  };
  const kubeconfig = join(dir, "kubeconfig");
  const named = { server: "https://127.0.0.1:1" };
  const context = { cluster: "none", user: "none" };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "none", cluster: named }],
      users: [{ name: "none", user: { token: "none" } }],
      contexts: [{ name: "none", context }],
      "current-context": "none",
    }),
  );
  const verify = (file: string) => ["verify", file, "--trust", trust];
  const list = [
    "receipts",
    "list",
    "--tenant",
    "acme",
    "--notaries",
    "eu=https://127.0.0.1:1",
    "--timeout",
    "1",
  ];
  for (const [name, program] of Object.entries(programs)) {
    const print = (what: string, { cpu, rss }: Cost) =>
      console.log(`${name.padEnd(7)} ${what.padEnd(28)} ${cpu.toFixed(2)} CPU s  ${rss.toFixed(0)} MiB`);
    print("--help", await costOf(program, ["--help"]));
    print("receipts list, nobody there", await costOf(program, list, { KUBECONFIG: kubeconfig }));
    for (const [i, file] of files.entries())
      print(`verify, ${sizes[i]} receipts`, await costOf(program, verify(file)));
  }
} finally {
  await log.remove();
  await rm(dir, { recursive: true });
}
