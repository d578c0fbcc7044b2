import { type Storage, StorageError } from "@companyos/storage";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";

import { audit, blocked, bound, journal, type Rig, record, rig, sender } from "./rig.ts";

let r: Rig;
beforeEach(async () => {
  r = await rig();
});
afterEach(() => r.remove());

const submission = (from: number, tenants: readonly string[]) => ({
  journal,
  owner: sender,
  cluster: "test",
  from,
  records: tenants.map((tenant, i) => record(from + i, blocked(tenant, 1_700_000_000_000 + from + i))),
});

describe("a writer", () => {
  test("begins a log with the endorsements of its keys and opens a chain for each tenant", async () => {
    const writer = r.writer();
    expect(await writer.submit(submission(0, ["acme", "globex", "acme"]))).toMatchObject({ acknowledged: 2 });
    await writer.stop();
    const { receipts } = await audit(r);
    expect(receipts.map(({ type, seq }) => `${type} ${seq}`)).toEqual([
      "key.endorsed 0",
      "key.endorsed 1",
      "tenant.opened 0",
      "admission.blocked 1",
      "tenant.opened 0",
      "admission.blocked 1",
      "admission.blocked 2",
    ]);
    expect(receipts[3]!.sub).not.toBe(receipts[5]!.sub);
  });

  test("goes on exactly where the last one stopped, with and without a snapshot in between", async () => {
    for (let round = 0; round < 6; round++) {
      const writer = r.writer({ snapshotEvery: 2, batchLimit: 3 });
      await writer.submit(submission(round * 4, ["acme", "globex", "acme", "initech"]));
      await writer.stop();
    }
    const { receipts } = await audit(r);
    expect(receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(24);
    expect(receipts.filter(({ type }) => type === "tenant.opened")).toHaveLength(3);
    expect(receipts.filter(({ type }) => type === "key.endorsed")).toHaveLength(2);
  });

  test("fills tiles beyond the first and collects their partials", async () => {
    const writer = r.writer();
    for (let from = 0; from < 600; from += 60) {
      await writer.submit(
        submission(
          from,
          Array.from({ length: 60 }, () => "acme"),
        ),
      );
      await writer.published(writer.state.tail.size);
    }
    await writer.stop();
    expect((await audit(r)).size).toBe(603);
    const keys: string[] = [];
    for await (const key of r.storage.list("log/tile/0/")) keys.push(key);
    expect(
      keys.filter((key) => key.startsWith("log/tile/0/000") || key.startsWith("log/tile/0/001")),
    ).toEqual(["log/tile/0/000", "log/tile/0/001"]);
  });

  test("acknowledges what it has, asks for what is missing, refuses other content", async () => {
    const writer = r.writer();
    const first = submission(0, ["acme", "acme"]);
    await writer.submit(first);
    expect(await writer.submit(first)).toMatchObject({ acknowledged: 1 });
    await expect(writer.submit(submission(5, ["acme"]))).rejects.toMatchObject({ code: "gap", expected: 2 });
    await expect(writer.submit(submission(1, ["globex"]))).rejects.toMatchObject({ code: "conflict" });
    await expect(writer.submit(submission(0, ["globex"]))).rejects.toMatchObject({ code: "conflict" });
    await expect(
      writer.submit({ ...submission(2, ["acme"]), previous: "x".repeat(43) }),
    ).rejects.toMatchObject({ code: "conflict" });
    await expect(writer.submit({ ...submission(2, ["acme"]), owner: "somebody" })).rejects.toMatchObject({
      code: "denied",
    });
    await writer.stop();
    expect((await audit(r)).receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(2);
  });

  test("logs a gap that a sender reports, and goes on after it", async () => {
    const writer = r.writer();
    await writer.submit(submission(0, ["acme"]));
    const gap = {
      kind: "gap",
      from: 1,
      offset: 5,
      digest: "g".repeat(43),
      at: 1,
      reason: "corrupt",
    } as const;
    await writer.submit({ ...submission(1, []), records: [gap] });
    expect(await writer.submit(submission(6, ["acme"]))).toMatchObject({ acknowledged: 6 });
    await writer.stop();
    expect(writer.state.journals.get(journal)?.n).toBe(6);
  });

  test("never lets iat decrease when the clock goes back", async () => {
    let now = 1_800_000_000_000;
    for (let i = 0; i < 4; i++) {
      const writer = r.writer({ now: () => now });
      await writer.submit(submission(i, ["acme"]));
      await writer.stop();
      now -= 86_400_000;
    }
    const { receipts } = await audit(r);
    expect(new Set(receipts.map(({ iat }) => iat))).toEqual(new Set([1_800_000_000]));
  });

  test("publishes on when the clock goes back by an hour while it runs", async () => {
    let now = 1_800_000_000_000;
    const waits: number[] = [];
    const published = (_size: number, sinces: readonly number[]) => {
      for (const since of sinces) waits.push(performance.now() - since);
    };
    const writer = r.writer({ now: () => now, publishIntervalMs: 20, events: { published } });
    await writer.submit(submission(0, ["acme"]));
    await writer.published(writer.state.tail.size);
    now -= 3_600_000;
    await writer.submit(submission(1, ["acme"]));
    await writer.published(writer.state.tail.size);
    now += 7_200_000;
    await writer.submit(submission(2, ["acme"]));
    await writer.published(writer.state.tail.size);
    const { receipts } = await audit(r);
    expect(receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(3);
    expect(receipts.at(-1)?.iat).toBe(1_800_003_600);
    // What the metrics say is how long it took, not how far the clock was moved.
    expect(waits.length).toBeGreaterThanOrEqual(3);
    expect(waits.filter((ms) => ms < 0 || ms > 600_000)).toEqual([]);
  });

  test("logs an oversized event with its values cut", async () => {
    const writer = r.writer();
    const event = blocked("acme", 1, {
      disclosable: { message: "m".repeat(100_000) },
      requested: Array.from({ length: 900 }, (_, i) => `r-${i}`),
    });
    await writer.submit({ ...submission(0, []), records: [record(0, event)] });
    await writer.stop();
    const { receipts } = await audit(r);
    expect(receipts.at(-1)).toMatchObject({ type: "admission.blocked" });
    expect(receipts.at(-1)!.requested.length).toBeLessThanOrEqual(32);
  });

  test("two writers on one store never fork it: each event once, in one history", async () => {
    const [a, b] = [r.writer(), r.writer()];
    const other = "BBBBBBBBBBBBBBBBBBBBBA";
    await Promise.all([
      (async () => {
        for (let i = 0; i < 30; i++) await a.submit(submission(i, ["acme"]));
      })(),
      (async () => {
        for (let i = 0; i < 30; i++) await b.submit({ ...submission(i, ["globex"]), journal: other });
      })(),
    ]);
    await Promise.all([a.stop(), b.stop()]);
    const { receipts } = await audit(r);
    expect(receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(60);
    expect(receipts.filter(({ type }) => type === "tenant.opened")).toHaveLength(2);
    expect(receipts.filter(({ type }) => type === "key.endorsed")).toHaveLength(2);
  });

  test("the same submission to two writers is logged once", async () => {
    const [a, b] = [r.writer(), r.writer()];
    for (let i = 0; i < 10; i++) {
      const same = submission(i, ["acme"]);
      // Who has not yet seen the other's commit asks for what is missing, as it must.
      const responses = await Promise.allSettled([a.submit(same), b.submit(same)]);
      for (const response of responses)
        if (response.status === "rejected") expect(response.reason.code).toBe("gap");
      expect(responses.some(({ status }) => status === "fulfilled")).toBe(true);
    }
    await Promise.all([a.stop(), b.stop()]);
    expect((await audit(r)).receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(10);
  });

  test("halts with an alarm when a tile holds something else", async () => {
    await r.storage.putIfAbsent("log/tile/0/000", new Uint8Array(8192));
    const alarms: string[] = [];
    const writer = r.writer({ events: { alarm: (code) => alarms.push(code) } });
    await writer.submit(
      submission(
        0,
        Array.from({ length: 250 }, () => "acme"),
      ),
    );
    await expect(
      writer
        .submit(
          submission(
            250,
            Array.from({ length: 10 }, () => "acme"),
          ),
        )
        .then(() => writer.published(262)),
    ).rejects.toMatchObject({ code: "halted" });
    expect(alarms).toEqual(["halted"]);
    await expect(writer.submit(submission(260, ["acme"]))).rejects.toMatchObject({ code: "halted" });
    await writer.stop();
  });

  test("halts when the store was rolled back behind its checkpoint", async () => {
    const writer = r.writer();
    await writer.submit(submission(0, ["acme"]));
    await writer.stop();
    await r.storage.delete("state/head");
    const again = r.writer();
    await expect(again.ready()).rejects.toMatchObject({ code: "halted" });
    await again.stop();
  });
});

test("a writer that was told to stop ends though its store fails at that very moment", async () => {
  const r = await rig();
  try {
    const reached = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const storage: Storage = {
      ...bound(r.storage),
      async putIfAbsent() {
        reached.resolve();
        await gate.promise;
        throw new StorageError("AMBIGUOUS", "the store went away");
      },
    };
    const writer = r.writer({ storage });
    const response = writer.submit({
      journal,
      owner: sender,
      cluster: "test",
      from: 0,
      records: [record(0, blocked("acme"))],
    });
    response.catch(() => {});
    await reached.promise;
    const stopped = writer.stop(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gate.resolve();
    await stopped;
    expect(writer.status().state).toBe("stopped");
    await expect(response).rejects.toMatchObject({ code: "stopping" });
  } finally {
    await r.remove();
  }
});
