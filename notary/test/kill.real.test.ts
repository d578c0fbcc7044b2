import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "@companyos/cluster";
import { openSender, timeoutMs } from "@companyos/outbox/testing/peer";

import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { audit, blocked, type Rig, region, rig } from "./rig.ts";

const kills = 5;
let r: Rig;
let journalDir: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  r = await rig();
  journalDir = await mkdtemp(join(tmpdir(), "journal-"));
});
afterAll(async () => {
  child?.kill("SIGKILL");
  await r.remove();
  await rm(journalDir, { recursive: true, force: true });
});

/** Starts a notary; resolves with its URL when it listens. */
async function start(port: number): Promise<string> {
  const script = join(import.meta.dirname, "notary-child.ts");
  child = spawn(process.execPath, [script, r.storeDir, r.keysDir, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  return line.toString().trim();
}

test("a notary killed under load again and again loses nothing and logs nothing twice", async () => {
  const port = await freePort();
  const url = await start(port);
  const outbox = await openSender({
    dir: journalDir,
    regions: { [region]: { url } },
    token: () => "webhook",
    limits: { backoffMs: 100 },
  });
  let appended = 0;
  let loading = true;
  const load = (async () => {
    while (loading) {
      const tenants = ["acme", "globex", "initech"];
      await Promise.all(Array.from({ length: 20 }, (_, i) => outbox.append(blocked(tenants[i % 3]!))));
      appended += 20;
      // What is left at the end has to be shipped: no more than a notary that is killed all the time keeps up with.
      do await pause(10);
      while (outbox.stats().regions[region]!.backlogRecords > 3_000);
    }
  })();
  for (let kill = 0; kill < kills; kill++) {
    await pause(150 + Math.random() * 250);
    const gone = once(child!, "exit");
    child!.kill("SIGKILL");
    await gone;
    await start(port);
  }
  await pause(200);
  loading = false;
  await load;
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await outbox.stop();
  // What is acknowledged is committed; the checkpoint over it follows.
  const blocks = ({ receipts }: Awaited<ReturnType<typeof audit>>) =>
    receipts.filter(({ type }) => type === "admission.blocked");
  const audited = await until(
    "a checkpoint over all of it",
    () => audit(r),
    (found) => blocks(found).length >= appended,
  );
  const logged = blocks(audited);
  expect(logged).toHaveLength(appended);
  expect(new Set(logged.map(({ n }) => n)).size).toBe(appended);
  expect(audited.receipts.filter(({ type }) => type === "tenant.opened")).toHaveLength(3);
}, 180_000);
