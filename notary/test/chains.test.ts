import { join } from "node:path";
import { disclosureNames, parseReceipt, type ReceiptEvent } from "@companyos/receipts";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { DisclosureReader } from "../src/prover/disclosures.ts";
import { listReceipts } from "../src/prover/list.ts";
import type { Writer } from "../src/writer/writer.ts";
import { breaking, type Fault } from "./faults.ts";
import { audit, blocked, journal, proven, type Rig, record, rig, sender } from "./rig.ts";

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.remove());

/** A refusal of a Tenant of this name in its `life`-th life: deleted and made again, it has another uid. */
const refusal = (name: string, life: number, at = 1_800_000_000_000): ReceiptEvent =>
  blocked(name, at, { tenant: { name, uid: `${name}-${life}` } });

const submission = (from: number, events: readonly ReceiptEvent[]) => ({
  journal,
  owner: sender,
  cluster: "test",
  from,
  records: events.map((event, i) => record(from + i, event)),
});

/** What a bundle shows of the tenant's chains, by index. */
function shownIn(bundle: string) {
  return bundle
    .split("\n")
    .filter((line) => line.startsWith("r "))
    .map((line) => parseReceipt(line.slice(2)))
    .filter(({ claims }) => claims.sub !== "_log")
    .map(({ claims, disclosed }) => ({ claims, disclosed: Object.fromEntries(disclosed) }));
}

const typesIn = (bundle: string) => shownIn(bundle).map(({ claims }) => `${claims.type} ${claims.seq}`);

describe("a Tenant that is deleted and made again under its name", () => {
  test("leaves a handover in both of its chains, each naming the other", async () => {
    const writer = r.writer();
    await writer.submit(submission(0, [refusal("acme", 1), refusal("globex", 1)]));
    await writer.submit(submission(2, [refusal("acme", 2), refusal("acme", 1), refusal("acme", 2)]));
    const shown = shownIn(await proven(r, writer, { tenant: "acme", disclose: [] }));
    const [old, fresh] = writer.state.chainsNamed("acme");
    expect(
      shown.map(({ claims }) => `${claims.sub === old?.handle ? "old" : "new"} ${claims.type} ${claims.seq}`),
    ).toEqual([
      "old tenant.opened 0",
      "old admission.blocked 1",
      "new tenant.opened 0",
      "new tenant.handover 1",
      "old tenant.handover 2",
      "new admission.blocked 2",
      "old admission.blocked 3",
      "new admission.blocked 3",
      "new evidence.sealed 4",
    ]);
    const { origin } = r.opened.identity;
    const handovers = shown.filter(({ claims }) => claims.type === "tenant.handover");
    expect(handovers.map(({ disclosed }) => disclosed.details)).toEqual([
      { from: { origin, uid: "acme-1", handle: old?.handle } },
      { to: { origin, uid: "acme-2", handle: fresh?.handle } },
    ]);
    const disclose = ["message", "name", "uid"] as const;
    const told = shownIn(await proven(r, writer, { tenant: "acme", disclose })).filter(
      ({ claims }) => claims.type === "tenant.handover",
    );
    expect(told.map(({ claims, disclosed: { name, uid } }) => [claims.reason, name, uid])).toEqual([
      ["TENANT_RECREATED", "acme", "acme-2"],
      ["TENANT_RECREATED", "acme", "acme-1"],
    ]);
    expect(told.map(({ disclosed }) => disclosed.message)).toEqual([
      expect.stringMatching(/made again/),
      expect.stringMatching(/made again/),
    ]);
    await writer.stop();
    await audit(r);
  });

  test("is told in its former chain that a namespace was released; where there is none, no chain is opened for it", async () => {
    const writer = r.writer();
    await writer.submit(submission(0, [refusal("acme", 1), refusal("acme", 2)]));
    const released = (life: number): ReceiptEvent => ({
      ...refusal("acme", life),
      type: "namespace.released",
      decision: "none",
      reason: "NAMESPACE_RELEASED",
      op: "none",
      kind: "Namespace",
    });
    await writer.submit(submission(2, [released(1), released(0), refusal("acme", 2)]));
    expect(writer.state.chainsNamed("acme").map(({ uid }) => uid)).toEqual(["acme-1", "acme-2"]);
    const [old] = writer.state.chainsNamed("acme");
    const shown = shownIn(await proven(r, writer, { tenant: "acme", disclose: [] }));
    const told = shown.filter(({ claims }) => claims.type === "namespace.released");
    expect(told.map(({ claims }) => claims.sub)).toEqual([old?.handle]);
    await writer.stop();
    await audit(r);
  });

  test("has every chain in its evidence, however often it was made again, with uid and name of each", async () => {
    const writer = r.writer();
    const lives = [1, 2, 3, 4, 5];
    await writer.submit(
      submission(
        0,
        lives.map((life) => refusal("acme", life)),
      ),
    );
    const shown = shownIn(await proven(r, writer, { tenant: "acme", disclose: [] }));
    const geneses = shown.filter(({ claims }) => claims.seq === 0);
    expect(geneses.map(({ disclosed }) => disclosed)).toEqual(
      lives.map((life) => ({ tenant: "acme", uid: `acme-${life}` })),
    );
    expect(shown.filter(({ claims }) => claims.type === "admission.blocked")).toHaveLength(5);
    expect(shown.filter(({ claims }) => claims.type === "tenant.handover")).toHaveLength(8);
  });

  test("is read from the store once, not once for each of its chains", async () => {
    const writer = r.writer({ publishIntervalMs: 0 });
    const lives = Array.from({ length: 40 }, (_, life) => refusal("acme", life));
    await writer.submit(submission(0, lives));
    const counted = breaking(r.storage, undefined);
    await proven({ ...r, storage: counted.storage }, writer, { tenant: "acme" });
    const sealed = counted.names.filter((name) => name.startsWith("get disclosures/"));
    expect(sealed.length).toBeGreaterThan(0);
    expect(sealed).toHaveLength(new Set(sealed).size);
  });

  test("discloses to its owner of today nothing of whoever had the name before, and leaves no chain out", async () => {
    const writer = r.writer({ publishIntervalMs: 0 });
    await writer.submit(submission(0, [refusal("acme", 1), refusal("acme", 2)]));
    const only = new Set(["acme-2"]);
    const shown = shownIn(await proven(r, writer, { tenant: "acme", only }));
    const blocks = shown.filter(({ claims }) => claims.type === "admission.blocked");
    expect(blocks.map(({ disclosed }) => disclosed.user)).toEqual([undefined, "jane"]);
    expect(blocks[0]?.disclosed).toEqual({});
    const disclosures = new DisclosureReader(r.storage, r.opened.keys, r.opened.identity.origin);
    const from = { storage: r.storage, writer, disclosures };
    const { receipts, others } = await listReceipts(from, { tenant: "acme", only, limit: 100 });
    expect(new Set(receipts.map(({ uid }) => uid))).toEqual(only);
    expect(others).toBe(true);
    for (const all of [undefined, new Set(["acme-1", "acme-2"])]) {
      const requested = { tenant: "acme", limit: 100, ...(all && { only: all }) };
      expect(await listReceipts(from, requested)).not.toHaveProperty("others");
    }
    const nobody = new Set(["acme-3"]);
    await expect(proven(r, writer, { tenant: "acme", only: nobody })).rejects.toMatchObject({
      code: "denied",
    });
    await expect(listReceipts(from, { tenant: "acme", only: nobody, limit: 1 })).rejects.toMatchObject({
      code: "denied",
    });
  });

  test("shows of a chain that ended before the period its genesis and its last receipt", async () => {
    let now = 1_800_000_000_000;
    const writer = r.writer({ now: () => now });
    await writer.submit(
      submission(0, [refusal("acme", 1, now), refusal("acme", 1, now), refusal("acme", 2, now)]),
    );
    now += 3_600_000;
    await writer.submit(submission(3, [refusal("acme", 2, now)]));
    const from = now / 1000;
    expect(typesIn(await proven(r, writer, { tenant: "acme", from }, () => now))).toEqual([
      "tenant.opened 0",
      "tenant.opened 0",
      "tenant.handover 3",
      "admission.blocked 2",
      "admission.blocked 3",
      "evidence.sealed 4",
    ]);
  });

  test("is sealed with exactly the chains there were at the seal, though one is opened while it is asked for", async () => {
    const writer = r.writer({ batchDelayMs: 50 });
    await writer.submit(submission(0, [refusal("acme", 1)]));
    // Both wait for the same batch, the new chain ahead of the seal that was meant for the old one.
    const opening = writer.submit(submission(1, [refusal("acme", 2)]));
    const bundle = await proven(r, writer, { tenant: "acme" });
    await opening;
    const shown = shownIn(bundle);
    const seal = shown.at(-1);
    const heads = new Map<string, object>();
    for (const { claims } of shown.slice(0, -1)) {
      heads.set(claims.sub, { handle: claims.sub, seq: claims.seq, idx: claims.idx });
    }
    expect(seal?.disclosed.details).toMatchObject({ chains: [...heads.values()] });
    expect(seal?.claims.sub).toBe([...heads.keys()].at(-1));
    await writer.stop();
  });

  test("goes on over a restart, with and without a snapshot, and from what a writer without handovers left", async () => {
    for (let life = 0; life < 6; life++) {
      const writer = r.writer({ snapshotEvery: 2 });
      await writer.submit(submission(life * 2, [refusal("acme", life), refusal("globex", 1)]));
      await writer.stop();
    }
    const writer = r.writer();
    await writer.ready();
    expect(writer.state.chainsNamed("acme").map(({ uid }) => uid)).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => `acme-${n}`),
    );
    await writer.stop();
    const { receipts } = await audit(r);
    expect(receipts.filter(({ type }) => type === "tenant.handover")).toHaveLength(10);
  });

  test("has one handover, never half a one, whatever operation of the store the writer dies at", async () => {
    let stores = 0;
    const run = async (fault: Fault | undefined) => {
      const storage = await openFilesystemStorage({ dir: join(r.dir, `crashed-${stores++}`) });
      const broken = breaking(storage, fault);
      const events = [refusal("acme", 1), refusal("acme", 2), refusal("acme", 1)];
      const ship = async (writer: Writer) => {
        await writer.ready();
        const from = (writer.state.journals.get(journal)?.n ?? -1) + 1;
        for (let at = from; at < events.length; at++)
          await writer.submit(submission(at, events.slice(at, at + 1)));
      };
      const first = r.writer({ storage: broken.storage, publishIntervalMs: 0 });
      const dead = Promise.withResolvers<void>();
      const watch = setInterval(() => {
        if (fault !== undefined && broken.names.length > fault.at) dead.resolve();
      }, 1);
      await Promise.race([ship(first).catch(() => {}), dead.promise]);
      clearInterval(watch);
      await first.stop(0);
      const second = r.writer({ storage, publishIntervalMs: 0 });
      await ship(second);
      await second.stop();
      const { receipts } = await audit({ opened: r.opened, storage });
      const [old, fresh] = second.state.chainsNamed("acme");
      const handovers = receipts.filter(({ type }) => type === "tenant.handover");
      expect({ fault, seen: handovers.map(({ sub, seq }) => [sub, seq]) }).toEqual({
        fault,
        seen: [
          [fresh?.handle, 1],
          [old?.handle, 2],
        ],
      });
      expect(receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(3);
      return broken.names;
    };
    const operations = await run(undefined);
    for (const at of operations.keys()) {
      for (const when of ["before", "after"] as const) await run({ at: at + 1, when, kind: "crash" });
    }
  }, 120_000);
});

describe("a name of many", () => {
  test("is found among ten thousand, and only its own chains are", async () => {
    const writer = r.writer({ batchLimit: 2_000, publishIntervalMs: 60_000 });
    const names = Array.from({ length: 10_000 }, (_, i) => `tenant-${i}`);
    const { state } = writer;
    for (const [i, name] of names.entries()) {
      for (const life of [1, 2]) {
        state.put({ handle: `${name}-${life}`, seq: 0, last: i, name, uid: `${name}.${life}`, first: i });
      }
    }
    for (const name of names) {
      expect(state.chainsNamed(name).map(({ uid }) => uid)).toEqual([`${name}.1`, `${name}.2`]);
    }
    expect(state.chainsNamed("tenant-10000")).toEqual([]);
    expect(state.chainsNamed("constructor")).toEqual([]);
  });
});

describe("a list of receipts", () => {
  test("goes over all chains of the name in the order of the log, in pages, and says whose chain each is of", async () => {
    const writer = r.writer({ publishIntervalMs: 0 });
    const lives = [1, 1, 2, 1, 2, 3, 1, 3, 2, 3];
    await writer.submit(
      submission(
        0,
        lives.map((life) => refusal("acme", life)),
      ),
    );
    const disclosures = new DisclosureReader(r.storage, r.opened.keys, r.opened.identity.origin);
    const from = { storage: r.storage, writer, disclosures };
    for (const limit of [1, 2, 3, 5, 100]) {
      const seen: { idx: number; uid: string | null; handle: string; type: string }[] = [];
      let before: number | undefined;
      do {
        const page = await listReceipts(from, {
          tenant: "acme",
          limit,
          ...(before === undefined ? {} : { before }),
        });
        seen.unshift(
          ...page.receipts.map(({ idx, uid, handle, claims }) => ({ idx, uid, handle, type: claims.type })),
        );
        before = page.continue === undefined ? undefined : Number(page.continue);
      } while (before !== undefined);
      const indexes = seen.map(({ idx }) => idx);
      expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b));
      expect(seen).toHaveLength(10 + 3 + 4);
      const blocks = seen.filter(({ type }) => type === "admission.blocked");
      expect(blocks.map(({ uid }) => uid)).toEqual(lives.map((life) => `acme-${life}`));
      const handleOf = new Map(writer.state.chainsNamed("acme").map(({ uid, handle }) => [uid, handle]));
      for (const { uid, handle } of seen) expect(handleOf.get(uid ?? "")).toBe(handle);
    }
  });

  test("shows nothing of another tenant, whatever it is told to go on from", async () => {
    const writer = r.writer({ publishIntervalMs: 0 });
    const events = Array.from({ length: 8 }, (_, i) => refusal(i % 2 ? "globex" : "acme", 1));
    await writer.submit(submission(0, events));
    const disclosures = new DisclosureReader(r.storage, r.opened.keys, r.opened.identity.origin);
    for (let before = 0; before < 20; before++) {
      const request = { tenant: "acme", limit: 100, before };
      const { receipts } = await listReceipts({ storage: r.storage, writer, disclosures }, request);
      expect(receipts.map(({ disclosed }) => disclosed.tenant)).toEqual(receipts.map(() => "acme"));
      expect(receipts.every(({ idx }) => idx <= before)).toBe(true);
    }
  });
});

test("a handover's details and a genesis' uid are names those receipts have", () => {
  expect(disclosureNames["tenant.handover"]).toContain("details");
  expect(disclosureNames["tenant.opened"]).toContain("uid");
});
