import { formatInstant, type Verdict, type VerifyOptions, verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { describe, expect, test } from "@jest/globals";
import { event, handle, observed, opened, type Showing, sealed, started, TestLog } from "./log.ts";
import { TestLogs } from "./logs.ts";

/** What went out without a receipt, and what a journal lost: the verdict says how much of either there is. */

const none = { decision: "none", op: "none", kind: "none", requested: [], allowed: [] } as const;

/** What a webhook submits for answers that it could only count. */
const unrecorded = (answers: { block?: number; warn?: number; audit?: number }, first = 0, last = first) => {
  const { block = 0, warn = 0, audit = 0 } = answers;
  return event({
    ...none,
    type: "journal.gap",
    reason: "JOURNAL_UNRECORDED",
    count: block + warn + audit,
    disclosable: {
      details: {
        journal: "j",
        answers: { block, warn, audit },
        first: (started + first) * 1000,
        last: (started + last) * 1000,
        code: "full",
      },
    },
  });
};

/** What a notary logs when a journal says that it lost records. */
const lost = (reason: string, count: number) => {
  const { tenant: _, ...gap } = event({ ...none, type: "journal.gap", reason, count, disclosable: {} });
  return gap;
};

const verify = (log: TestLog, input: string, options: Partial<VerifyOptions> = {}): Promise<Verdict> => {
  const now = (started + 100) * 1000;
  return verifyEvidence(Buffer.from(input), { trust: log.trust(), crypto: nodeCrypto, now, ...options });
};

async function covered(log: TestLog, sub: string, showing: Showing = {}) {
  const verdict = await verify(log, await log.bundle(sub, showing));
  if (!verdict.valid) throw new Error(`${verdict.code}: ${verdict.message}`);
  return verdict.covers;
}

describe("answers that went out without a receipt", () => {
  test("are counted apart from blocks, whatever is disclosed", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, unrecorded({ block: 3, warn: 2 }, 1, 4));
    await log.add(sub, event());
    await log.add(sub, unrecorded({ audit: 7 }, 6, 9));
    await log.add(sub, sealed());
    expect(await covered(log, sub)).toMatchObject({
      blocks: 1,
      unrecorded: 12,
      unrecordedTold: null,
      parts: [{ unrecorded: 12, unrecordedTold: null }],
    });
    const told = {
      block: 3,
      warn: 2,
      audit: 7,
      first: formatInstant(started + 1),
      last: formatInstant(started + 9),
    };
    const disclosing = await covered(log, sub, { disclose: ["details"] });
    expect(disclosing).toMatchObject({
      unrecorded: 12,
      unrecordedTold: told,
      parts: [{ unrecordedTold: told }],
    });
  });

  test("are none where there is no such receipt", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, event());
    await log.add(sub, sealed());
    expect(await covered(log, sub)).toMatchObject({
      unrecorded: 0,
      unrecordedTold: null,
      parts: [{ unrecorded: 0, gaps: [] }],
    });
  });

  test("count in the period in which they are logged", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    const before = await log.add(sub, unrecorded({ block: 1 }));
    const within = await log.add(sub, unrecorded({ block: 20 }));
    const after = await log.add(sub, unrecorded({ block: 300 }));
    await log.add(sub, sealed());
    const period = { from: before.iat + 1, to: after.iat - 1 };
    const showing: Showing = { from: before.seq, period, disclose: ["details"] };
    const covers = await covered(log, sub, showing);
    expect(covers).toMatchObject({ unrecorded: 20, unrecordedTold: { block: 20 } });
    const opening = await covered(log, sub, {
      ...showing,
      period: { from: before.iat, to: within.iat },
    });
    expect(opening).toMatchObject({ unrecorded: 21, unrecordedTold: { block: 21 } });
  });

  test("are told only in so far as the details come to what the receipt counts", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, { ...unrecorded({ block: 1 }), count: 500 });
    for (const details of [null, 7, { answers: { block: 1 } }, { answers: { block: -1, warn: 2, audit: 0 } }])
      await log.add(sub, { ...unrecorded({ block: 1 }), disclosable: { details } });
    await log.add(sub, unrecorded({ warn: 2 }));
    await log.add(sub, sealed());
    expect(await covered(log, sub, { disclose: ["details"] })).toMatchObject({
      unrecorded: 506,
      unrecordedTold: { block: 0, warn: 2, audit: 0 },
    });
  });

  test("are summed over every chain and log of the name", async () => {
    const logs = await TestLogs.of("eu-west-1", "us-east-1");
    await logs.add(await logs.chain("eu-west-1", "1"), unrecorded({ block: 1 }));
    await logs.add(await logs.chain("eu-west-1", "2"), unrecorded({ block: 2 }));
    await logs.add(await logs.chain("us-east-1", "3"), unrecorded({ block: 4 }));
    await logs.add(await logs.chain("eu-west-1", "9", "globex"), unrecorded({ block: 100 }));
    expect(await logs.verified()).toMatchObject({
      covers: { unrecorded: 7, parts: [{ unrecorded: 3 }, { unrecorded: 4 }] },
    });
  });
});

describe("records that a journal lost", () => {
  const story = async () => {
    const log = await TestLog.open();
    const sub = handle();
    const first = await log.add("_log", lost("JOURNAL_CORRUPT", 1000));
    await log.add(sub, opened());
    const deleted = await log.add("_log", lost("JOURNAL_DELETED", 5));
    await log.add(sub, observed());
    const again = await log.add("_log", lost("JOURNAL_DELETED", 2));
    const nobodys = await log.add("_log", lost("JOURNAL_UNRECORDED", 3));
    await log.add(sub, sealed());
    await log.add("_log", lost("JOURNAL_CORRUPT", 4000));
    return { log, sub, first, deleted, again, nobodys };
  };

  test("are shown for each log by reason, and leave the evidence valid and complete", async () => {
    const { log, sub, deleted, again, nobodys } = await story();
    const verdict = await verify(
      log,
      await log.bundle(sub, { period: { from: deleted.iat, to: again.iat } }),
    );
    expect(verdict).toMatchObject({ valid: true });
    const { covers } = verdict as Extract<Verdict, { valid: true }>;
    expect(covers.parts[0]!.gaps).toEqual([
      {
        reason: "JOURNAL_DELETED",
        receipts: 2,
        records: 7,
        from: formatInstant(deleted.iat),
        to: formatInstant(again.iat),
      },
      {
        reason: "JOURNAL_UNRECORDED",
        receipts: 1,
        records: 3,
        from: formatInstant(nobodys.iat),
        to: formatInstant(nobodys.iat),
      },
    ]);
    expect(covers.unrecorded).toBe(0);
  });

  test("from before the period are left out; after it, up to the seal, they may be of it", async () => {
    const { log, sub, deleted, again } = await story();
    const reasons = async (from: number, to: number) =>
      (await covered(log, sub, { period: { from, to } })).parts[0]!.gaps.map(
        ({ reason, records }) => `${reason} ${records}`,
      );
    expect(await reasons(started, started + 1)).toEqual([
      "JOURNAL_CORRUPT 1000",
      "JOURNAL_DELETED 7",
      "JOURNAL_UNRECORDED 3",
    ]);
    expect(await reasons(deleted.iat + 1, deleted.iat + 1)).toEqual([
      "JOURNAL_DELETED 2",
      "JOURNAL_UNRECORDED 3",
    ]);
    expect(await reasons(again.iat + 1, again.iat + 1)).toEqual(["JOURNAL_UNRECORDED 3"]);
  });

  test("in a tenant's chain, for whatever other reason, are shown with them", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    await log.add(sub, { ...unrecorded({ block: 4 }), reason: "JOURNAL_LATER" });
    await log.add(sub, sealed());
    expect(await covered(log, sub)).toMatchObject({
      unrecorded: 0,
      parts: [{ gaps: [{ reason: "JOURNAL_LATER", records: 4 }] }],
    });
  });
});

describe("answers about Tenants that had no log", () => {
  const withoutHome = (count: number) => lost("JOURNAL_UNRECORDED_WITHOUT_HOME", count);

  test("are no gap in the evidence of a tenant that had one, and are said apart", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add("_log", withoutHome(1000));
    await log.add(sub, opened());
    const before = await log.add(sub, event());
    await log.add("_log", withoutHome(6));
    await log.add("_log", withoutHome(200));
    await log.add(sub, sealed());
    expect(await covered(log, sub)).toMatchObject({
      unrecorded: 0,
      parts: [{ unrecorded: 0, gaps: [], unrecordedWithoutHome: 1206 }],
    });
    const within = await covered(log, sub, { period: { from: before.iat, to: before.iat } });
    expect(within.parts[0]).toMatchObject({ gaps: [], unrecordedWithoutHome: 206 });
  });

  test("are only those in a log's own chain: in a tenant's it is a gap as any other", async () => {
    const log = await TestLog.open();
    const sub = handle();
    await log.add(sub, opened());
    const said = { ...unrecorded({ block: 4 }), reason: "JOURNAL_UNRECORDED_WITHOUT_HOME" };
    await log.add(sub, said);
    await log.add(sub, sealed());
    expect((await covered(log, sub)).parts[0]).toMatchObject({
      gaps: [{ reason: said.reason, records: 4 }],
      unrecordedWithoutHome: 0,
    });
  });
});
