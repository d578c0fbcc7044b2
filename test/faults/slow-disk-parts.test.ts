import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { audit, blocked, journal, record, region, rig, sender, silent } from "@companyos/notary/testing/rig";
import { openOutbox } from "@companyos/outbox";
import { type Disk, nodeDisk } from "@companyos/outbox/testing/parts";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
import { nodeFiles } from "@companyos/storage/testing/parts";
import { expect, test } from "@jest/globals";

/** What each operation waits for besides, ms. */
const slowness = 15;

/** The methods of `fast`, each of them late. */
function late<T extends object>(fast: T): T {
  const slow = Object.entries(fast).map(([name, method]) => [
    name,
    async (...args: unknown[]) => {
      await pause(slowness);
      return (method as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return Object.fromEntries(slow) as T;
}

test("on a slow disk, answers wait for few syncs together, not each for its own", async () => {
  const dir = await mkdtemp(join(tmpdir(), "companyos-slow-"));
  let syncs = 0;
  const disk: Disk = {
    ...late(nodeDisk),
    async create(path) {
      const file = late(await nodeDisk.create(path));
      return {
        ...file,
        sync() {
          syncs++;
          return file.sync();
        },
      };
    },
  };
  const r = await rig();
  const publicKey = r.opened.identity.sealing;
  const outbox = await openOutbox(
    {
      dir,
      cluster: "test",
      regions: { [region]: { url: "http://127.0.0.1:1", publicKey } },
      ca: () => undefined,
      token: () => "",
      log: silent,
      faults: () => {},
    },
    { disk },
  );
  try {
    await outbox.append(blocked("acme"));
    const before = syncs;
    await Promise.all(Array.from({ length: 300 }, () => outbox.append(blocked("acme"))));
    expect(syncs - before).toBeLessThanOrEqual(3);
  } finally {
    await outbox.stop();
    await r.remove();
    await rm(dir, { recursive: true, force: true });
  }
});

test("a notary over a slow disk logs everything, in fewer and larger commits", async () => {
  const r = await rig();
  try {
    const storage = await openFilesystemStorage({ dir: r.storeDir, files: late(nodeFiles) });
    const writer = r.writer({ storage });
    const records = Array.from({ length: 500 }, (_, i) => record(i, blocked(`tenant-${i % 3}`)));
    const submitted: Promise<unknown>[] = [];
    for (let from = 0; from < records.length; from += 50) {
      const some = records.slice(from, from + 50);
      submitted.push(writer.submit({ journal, owner: sender, cluster: "test", from, records: some }));
      await pause(5);
    }
    await Promise.all(submitted);
    await writer.published(writer.state.tail.size);
    const { receipts } = await audit(r);
    expect(receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(500);
    expect(writer.state.g).toBeLessThan(20);
  } finally {
    await r.remove();
  }
});
