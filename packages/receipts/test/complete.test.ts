import { formatInstant, type Verdict, verifyEvidence } from "@companyos/receipts";
import { webCrypto } from "@companyos/receipts/webcrypto";
import { describe, expect, test } from "@jest/globals";
import { event, handle, observed, opened, started, TestLog } from "./log.ts";
import { outcome, TestLogs } from "./logs.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"];

/** acme lived in eu, was deleted and made again there, moved to us and is there now; ap never knew it. */
async function history(): Promise<TestLogs> {
  const logs = await TestLogs.of(eu, us, ap);
  for (let i = 0; i < 3; i++) await logs.block(eu, "1");
  await logs.block(eu, "9", "globex");
  await logs.block(eu, "2");
  await logs.move({ region: eu, uid: "2" }, { region: us, uid: "2" });
  for (let i = 0; i < 2; i++) await logs.block(us, "2");
  await logs.block(ap, "9", "globex");
  return logs;
}

const covers = (verdict: Verdict) => {
  if (!verdict.valid) throw new Error(`${verdict.code}: ${verdict.message}`);
  return verdict.covers;
};

describe("complete evidence", () => {
  test("counts what every chain of the name holds, in every log", async () => {
    const logs = await history();
    const verdict = await logs.verified();
    expect(verdict).toMatchObject({ valid: true, complete: true, lacks: [] });
    expect(covers(verdict).blocks).toBe(6);
    expect(
      covers(verdict).parts.map(({ log, chains, blocks }) => [log.region, chains.length, blocks]),
    ).toEqual([
      [eu, 2, 4],
      [us, 1, 2],
    ]);
    expect(covers(verdict).absences.map(({ log }) => log.region)).toEqual([ap]);
  });

  test("shows uids, handles and homes", async () => {
    const logs = await history();
    const [first, second] = covers(await logs.verified()).parts;
    const handles = logs.chains.filter(({ name }) => name === "acme").map(({ sub }) => sub);
    expect([first, second].flatMap((part) => part!.chains.map(({ uid, handle }) => [uid, handle]))).toEqual([
      ["1", handles[0]],
      ["2", handles[1]],
      ["2", handles[2]],
    ]);
  });

  test("of a name that no log ever knew is the word of every log", async () => {
    const logs = await history();
    const verdict = await logs.verified({ tenant: "nobody" });
    expect(verdict).toMatchObject({
      valid: true,
      complete: true,
      covers: { tenant: "nobody", blocks: 0, parts: [] },
    });
  });

  test("of a tenant that was made again seventy times in one log", async () => {
    const logs = await TestLogs.of(eu);
    for (let i = 0; i < 70; i++) await logs.block(eu, String(i));
    const verdict = await logs.verified();
    expect(verdict).toMatchObject({ complete: true, covers: { blocks: 70 } });
    expect(covers(verdict).parts[0]!.chains).toHaveLength(70);
  });

  test("of a period shows of every chain its genesis and its last receipt before, and counts neither", async () => {
    const logs = await history();
    const old = logs.chains[0]!;
    await logs.add(old, observed("eu-west-1"));
    const since = logs.clock + 1;
    await logs.block(us, "2");
    const verdict = await logs.verified({ since });
    expect(verdict).toMatchObject({
      complete: true,
      covers: { blocks: 1, period: { from: formatInstant(since) }, regions: { requested: ["us-east-1"] } },
    });
    expect(covers(verdict).parts[0]).toMatchObject({
      blocks: 0,
      regions: { requested: [], allowed: [], observed: [] },
    });
    expect(covers(verdict).parts[0]!.chains.map(({ whole }) => whole)).toEqual([false, false]);
  });

  test("is for one audience and answers one nonce, in every part", async () => {
    const logs = await history();
    const asked = { audience: "auditor", nonce: "n-1" };
    expect(await logs.verified(asked, { ...asked, tenant: "acme" })).toMatchObject({
      complete: true,
      covers: asked,
    });
  });
});

test("the regions of genesis and predecessor before the period do not appear in its verdict", async () => {
  const logs = await TestLogs.of(eu);
  const chain = await logs.chain(eu, "1");
  await logs.add(chain, observed("eu-west-1"));
  await logs.add(chain, { ...observed("ap-south-1"), allowed: ["ap-south-1"] });
  const since = logs.clock + 1;
  await logs.add(chain, { ...observed("us-east-1"), allowed: ["us-east-1"] });
  expect(await logs.verified({ since })).toMatchObject({
    complete: true,
    covers: { regions: { requested: ["us-east-1"], allowed: ["us-east-1"], observed: ["us-east-1"] } },
  });
});

test("a log whose clock is an hour slow may say, before another's chain begins, that it has nothing", async () => {
  const logs = await TestLogs.of(eu, us);
  const slow = await logs.absence(us);
  logs.clock += 7100;
  const since = logs.clock + 1;
  await logs.block(eu, "1");
  for (const asked of [{}, { since }]) {
    const verdict = await logs.verify(
      await logs.set(
        new Map([
          [eu, await logs.prove(eu, asked)],
          [us, slow],
        ]),
      ),
    );
    expect(verdict).toMatchObject({ complete: true, covers: { blocks: 1 } });
    const { from, to } = covers(verdict).period;
    expect(from < to).toBe(true);
  }
});

test("what a log whose clock is an hour ahead has shown counts, whatever the others' clocks say", async () => {
  const logs = await TestLogs.of(eu, us);
  const early = await logs.absence(us);
  logs.clock += 3600;
  await logs.block(eu, "1");
  const responses = new Map([
    [eu, await logs.prove(eu)],
    [us, early],
  ]);
  expect(await logs.verify(await logs.set(responses))).toMatchObject({
    complete: true,
    covers: { blocks: 1, regions: { requested: ["us-east-1"] } },
  });
});

test("what came after the period's end is shown up to the seal, and does not count", async () => {
  const logs = await TestLogs.of(eu, us);
  const chain = await logs.chain(eu, "1");
  await logs.add(chain, event());
  await logs.add(chain, observed("eu-west-1"));
  const to = logs.clock;
  await logs.add(chain, { ...observed("ap-south-1"), decision: "warn" });
  await logs.add(chain, event());
  const verdict = await logs.verified({ until: to });
  expect(outcome(verdict)).toEqual([]);
  expect(verdict).toMatchObject({
    complete: true,
    covers: {
      period: { to: formatInstant(to) },
      counted: { receipts: 3, to: formatInstant(to) },
      blocks: 1,
      outside: 0,
      regions: { requested: ["eu-west-1", "us-east-1"], observed: ["eu-west-1"] },
    },
  });
});

test("evidence of many parts verifies under WebCrypto, as a stream in pieces of any size", async () => {
  const logs = await history();
  const bytes = Buffer.from(await logs.set(await logs.all()));
  for (const size of [3, 1000, bytes.length]) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const options = { trust: logs.trust(), crypto: webCrypto, now: logs.clock * 1000 };
    expect(await verifyEvidence(pieces(), options)).toMatchObject({ complete: true, covers: { blocks: 6 } });
  }
});

describe("what a verifier remembers is limited, and honest evidence beyond it is valid and incomplete", () => {
  /** acme, moved once, then made again twenty times in each home; and refused something in every chain. */
  async function lives(): Promise<TestLogs> {
    const logs = await TestLogs.of(eu, us, ap);
    await logs.block(eu, "0");
    await logs.move({ region: eu, uid: "0" }, { region: us, uid: "0" });
    for (let i = 1; i <= 20; i++) for (const region of [eu, us]) await logs.block(region, `${region}-${i}`);
    return logs;
  }

  test.each([
    [{ chains: 10 }, "chains"],
    [{ chains: 1 }, "chains"],
    [{ chains: 0 }, "chains"],
    [{ handovers: 25 }, "handovers"],
    [{ handovers: 0 }, "handovers"],
    [{ journals: 0 }, "journals"],
    [{ regions: 1 }, "regions"],
  ])("with the limits %j: more %s", async (limits, what) => {
    const logs = await lives();
    const verdict = await logs.verified({}, { limits });
    expect(verdict).toMatchObject({
      valid: true,
      complete: false,
      lacks: [{ code: "BEYOND_LIMITS", message: expect.stringContaining(what) }],
    });
    // What is counted is no less than what the remembered chains hold.
    const told = covers(verdict).parts.flatMap(({ chains }) => chains).length;
    expect(covers(verdict).blocks).toBeGreaterThanOrEqual(told - 1);
    expect(covers(verdict).blocks).toBeLessThanOrEqual(41);
  });

  test("exactly as much as is remembered is complete", async () => {
    const logs = await lives();
    const handovers = 2 + 2 * 40;
    const limits = { chains: 42, handovers, journals: 1, regions: 4 };
    expect(await logs.verified({}, { limits })).toMatchObject({ complete: true, covers: { blocks: 41 } });
  });

  test("what nobody signed is refused beyond the limits too, and so is a chain of another name", async () => {
    const logs = await lives();
    const foreign = { region: eu, name: "acme", uid: "9", sub: handle() };
    logs.chains.push(foreign);
    const log = logs.log(eu);
    log.now = ++logs.clock;
    await log.add(foreign.sub, { ...opened("globex"), tenant: { name: "globex", uid: "9" } });
    const verdict = await logs.verified({}, { limits: { chains: 3 } });
    expect(outcome(verdict)).toEqual(["refused: FOREIGN_RECEIPT"]);
  });
});

describe("evidence is incomplete", () => {
  test("when a log of trust.json gave nothing", async () => {
    const logs = await history();
    for (const region of [ap, us]) {
      const responses = await logs.all();
      responses.delete(region);
      const verdict = await logs.verify(await logs.set(responses));
      // What was taken away shows twice when a handover leads there.
      if (region === us) expect(outcome(verdict)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
      else {
        expect(verdict).toMatchObject({ valid: true, complete: false });
        expect(verdict).toMatchObject({ lacks: [{ code: "LOG_UNANSWERED", region }] });
      }
    }
  });

  test("when the set says which log gave nothing, and why", async () => {
    const logs = await history();
    const responses = await logs.all();
    responses.delete(us);
    const verdict = await logs.verify(await logs.set(responses, [{ region: us, reason: "unreachable" }]));
    expect(verdict).toMatchObject({
      valid: true,
      complete: false,
      lacks: [
        { code: "LOG_LACKING", region: us, origin: logs.log(us).origin, reason: "unreachable" },
        { code: "HANDOVER_LACKING", region: us, handle: logs.chains[2]!.sub },
      ],
    });
  });

  test("when a home has no notary and so no log", async () => {
    const logs = await TestLogs.of(eu);
    await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: "sa-east-1", uid: "1" }, ["from"]);
    const responses = await logs.all();
    const lacks = [{ region: "sa-east-1", reason: "no_notary" }];
    expect(outcome(await logs.verify(await logs.set(responses, lacks)))).toEqual([
      "LOG_LACKING",
      "HANDOVER_LACKING",
    ]);
    expect(outcome(await logs.verify(await logs.set(responses)))).toEqual([
      "refused: HANDOVER_TARGET_MISSING",
    ]);
  });

  test("when it is one bundle and there are other logs", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    expect(outcome(await logs.verify(await logs.bundle(eu)))).toEqual(["LOG_UNANSWERED"]);
  });

  test("when the seal is from before seals named every chain", async () => {
    const logs = await TestLogs.of(eu);
    await logs.block(eu, "1");
    const text = await logs.bundle(eu, { heads: () => undefined });
    expect(await logs.verify(text)).toMatchObject({
      valid: true,
      complete: false,
      lacks: [{ code: "SEAL_BEFORE_CHAINS", region: eu }],
      covers: { blocks: 1 },
    });
  });

  test("when the other side of a handover does not know of it", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    await logs.block(us, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["from"]);
    expect(await logs.verified()).toMatchObject({
      lacks: [{ code: "HANDOVER_UNMATCHED", region: eu, handle: logs.chains[0]!.sub }],
    });
  });

  test("when the handover is another than the one on the other side", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["from"]);
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["to"]);
    expect(outcome(await logs.verified())).toEqual(["HANDOVER_UNMATCHED", "HANDOVER_UNMATCHED"]);
  });

  test("when no time is covered by all: an absence of before the period", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    const early = await logs.absence(us);
    // Further before than clocks may differ.
    const since = logs.clock + 7205;
    logs.clock += 7210;
    await logs.block(eu, "1");
    const responses = new Map([
      [eu, await logs.prove(eu, { since })],
      [us, early],
    ]);
    expect(outcome(await logs.verify(await logs.set(responses)))).toEqual(["PERIODS_APART"]);
  });

  test("when its parts are of different periods: what counts is what all of them cover", async () => {
    const logs = await TestLogs.of(eu, us);
    for (let i = 0; i < 3; i++) await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const early = logs.clock;
    for (let i = 0; i < 3; i++) await logs.block(us, "1");
    for (let i = 0; i < 3; i++) await logs.block(eu, "1");
    const late = logs.clock;
    for (const [since, other] of [
      [late, early],
      [late, undefined],
    ]) {
      const responses = new Map([
        [eu, await logs.prove(eu, { since: since! })],
        [us, await logs.prove(us, other === undefined ? {} : { since: other })],
      ]);
      const verdict = await logs.verify(await logs.set(responses));
      expect(outcome(verdict)).toEqual(["PERIODS_APART"]);
      expect(covers(verdict).period.from).toBe(formatInstant(late));
    }
  });

  test("when its parts were not made at once", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    const early = await logs.absence(us);
    await logs.block(us, "1");
    logs.clock += 11_000;
    const responses = new Map([
      [eu, await logs.prove(eu)],
      [us, early],
    ]);
    const verdict = await logs.verify(await logs.set(responses));
    expect(outcome(verdict)).toEqual(["ANSWERS_APART"]);
    // What an old absence is good for: it reaches to its own time.
    expect(covers(verdict).period.to).toBe(covers(verdict).absences[0]!.time);
  });
});

describe("who deletes a tenant and makes it again", () => {
  test("has the refusals of before on record", async () => {
    const logs = await TestLogs.of(eu);
    for (let i = 0; i < 5; i++) await logs.block(eu, "1");
    await logs.chain(eu, "2");
    expect(await logs.verified()).toMatchObject({ complete: true, covers: { blocks: 5 } });
  });

  test("cannot show the new chain alone, whatever the seal is made to say", async () => {
    const logs = await TestLogs.of(eu);
    await logs.block(eu, "1");
    await logs.chain(eu, "2");
    const [old, fresh] = logs.chains;
    const alone = (source: { receipts: unknown }): never => {
      const shown = source.receipts as { index: number }[];
      const receipts = shown.filter(({ index }) => logs.log(eu).receipts[index]!.sub !== old!.sub);
      return { ...source, receipts } as never;
    };
    expect(outcome(await logs.verified({ change: alone }))).toEqual(["refused: CHAIN_MISSING"]);
    const lying = await logs.verified({
      change: alone,
      heads: (heads) => heads.filter(({ handle }) => handle === fresh!.sub),
    });
    expect(outcome(lying)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
    const older = await logs.verified({ change: alone, heads: () => undefined });
    expect(outcome(older)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
  });

  test("in a log from before handovers still has both chains named by the seal", async () => {
    const logs = await TestLogs.of(eu);
    await logs.block(eu, "1");
    await logs.chain(eu, "2", "acme", false);
    await logs.add(logs.chains[1]!, event());
    expect(await logs.verified()).toMatchObject({ complete: true, covers: { blocks: 2 } });
  });
});

describe("who changes the home region", () => {
  test("has the refusals in the former home on record", async () => {
    const logs = await TestLogs.of(eu, us);
    for (let i = 0; i < 4; i++) await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    expect(await logs.verified()).toMatchObject({ complete: true, covers: { blocks: 4 } });
  });

  test("cannot put an absence from before in the place of the former home's part", async () => {
    const logs = await TestLogs.of(eu, us);
    const early = await logs.absence(eu);
    await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const responses = new Map([
      [eu, early],
      [us, await logs.prove(us)],
    ]);
    expect(outcome(await logs.verify(await logs.set(responses)))).toEqual(["HANDOVER_UNMATCHED"]);
  });

  test("cannot put an older part there: the handover is not in it", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    const stale = await logs.prove(eu);
    await logs.block(eu, "1");
    await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const responses = new Map([
      [eu, stale],
      [us, await logs.prove(us)],
    ]);
    expect(outcome(await logs.verify(await logs.set(responses)))).toEqual(["HANDOVER_UNMATCHED"]);
  });
});

test("just after a move, evidence is incomplete until the other log has its half", async () => {
  const logs = await TestLogs.of(eu, us);
  await logs.block(eu, "1");
  const from = { region: eu, uid: "1" };
  await logs.handover(logs.chains[0]!, { link: "1", from, to: { region: us, uid: "1" } });
  // The other log has nothing of the name yet; then another Tenant of it.
  expect(outcome(await logs.verified())).toEqual(["HANDOVER_UNMATCHED"]);
  await logs.block(us, "7");
  expect(outcome(await logs.verified())).toEqual(["HANDOVER_UNMATCHED"]);
});

test("a log that was lost is lacking, and a new one in its region does not stand for it", async () => {
  const logs = await TestLogs.of(eu, us);
  await logs.block(eu, "1");
  await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
  const lost = logs.trust().logs[0]!;
  logs.logs.set(eu, await TestLog.open(`${lost.origin}/2`));
  const gone = logs.chains.findIndex(({ region }) => region === eu);
  logs.chains.splice(gone, 1);
  const responses = await logs.all();
  const unsaid = await logs.set(responses);
  const said = await logs.set(responses, [{ region: eu, reason: "failed" }]);
  const both = logs.trust({ logs: [lost, ...logs.trust().logs] });
  expect(outcome(await logs.verify(unsaid, { trust: both }))).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
  expect(outcome(await logs.verify(said, { trust: both }))).toEqual(["LOG_LACKING", "HANDOVER_LACKING"]);
  // Nor does it help to forget the lost log.
  expect(outcome(await logs.verify(unsaid))).toEqual(["HANDOVER_UNMATCHED"]);
  expect(outcome(await logs.verify(said))).toEqual(["LOG_LACKING", "HANDOVER_UNMATCHED"]);
});

describe("a pin", () => {
  test("is continued by the honest evidence of a quiet tenant in a busy log that was asked to prove it", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    for (let i = 0; i < 30; i++) await logs.block(eu, "9", "globex");
    for (let i = 0; i < 30; i++) await logs.block(us, "9", "globex");
    const pinned = [await logs.log(eu).known(21), await logs.log(us).known(13)];
    for (let i = 0; i < 30; i++) await logs.block(eu, "9", "globex");
    for (let i = 0; i < 30; i++) await logs.block(us, "9", "globex");
    expect(outcome(await logs.verified({}, { pinned }))).toEqual(["refused: PINNED_UNPROVEN"]);
    const responses = new Map([
      [eu, await logs.prove(eu, { continues: [21] })],
      // A log that has nothing of the tenant proves it too.
      [us, await logs.prove(us, { continues: [13] })],
    ]);
    const verdict = await logs.verify(await logs.set(responses), { pinned });
    expect(verdict).toMatchObject({ valid: true, complete: true });
    expect(covers(verdict).absences[0]!.checkpoint.known).toEqual([{ size: 13, linked: true }]);
  });

  test("of a later checkpoint, or of another history, is refused for an absence too", async () => {
    const logs = await TestLogs.of(eu, us);
    await logs.block(eu, "1");
    const pin = async (changes: object) => [{ ...(await logs.log(us).known(2)), ...changes }];
    const root = Buffer.alloc(32).toString("base64");
    expect(outcome(await logs.verified({}, { pinned: await pin({}) }))).toEqual([]);
    expect(outcome(await logs.verified({}, { pinned: await pin({ size: 999_999 }) }))).toEqual([
      "refused: ROLLED_BACK",
    ]);
    expect(outcome(await logs.verified({}, { pinned: await pin({ root }) }))).toEqual([
      "refused: SPLIT_VIEW",
    ]);
  });

  test("that is newer than honest evidence accuses nobody: it says that the evidence may be older, and what to do", async () => {
    const logs = await TestLogs.of(eu);
    await logs.block(eu, "1");
    const text = await logs.set(await logs.all());
    await logs.block(eu, "1");
    const pinned = [await logs.log(eu).known(logs.log(eu).receipts.length)];
    const verdict = await logs.verify(text, { pinned });
    expect(verdict).toMatchObject({ valid: false, code: "ROLLED_BACK" });
    expect(verdict).toMatchObject({ message: expect.stringMatching(/is older than .*, or .*prove --since/) });
  });
});

test("the clock of a verifier that asks for fresh evidence is compared with every part", async () => {
  const logs = await TestLogs.of(eu, us);
  await logs.block(eu, "1");
  const responses = new Map([[us, await logs.absence(us)]]);
  logs.clock += 200;
  responses.set(eu, await logs.prove(eu));
  const text = await logs.set(responses);
  expect(outcome(await logs.verify(text, { maxAge: 300 }))).toEqual([]);
  expect(outcome(await logs.verify(text, { maxAge: 100 }))).toEqual(["refused: TOO_OLD"]);
  expect(started).toBeLessThan(logs.clock);
});

test("honest evidence of before, whose period ends before the name was known and begins with its first receipt, covers nothing and is valid", async () => {
  const logs = await TestLogs.of(eu, us);
  await logs.block(eu, "1");
  const until = logs.clock;
  logs.clock += 50;
  await logs.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
  const genesis = logs.log(us).receipts.find(({ type }) => type === "tenant.opened")!.iat;
  expect(genesis).toBeGreaterThan(until);
  const responses = new Map([
    [eu, await logs.prove(eu, { until })],
    [us, await logs.prove(us, { since: genesis, until })],
  ]);
  const verdict = await logs.verify(await logs.set(responses));
  expect(verdict).toMatchObject({ valid: true, complete: true, covers: { blocks: 1 } });
  expect(covers(verdict).parts[0]).toMatchObject({ counted: { receipts: 2 } });
  expect(covers(verdict).parts[1]).toMatchObject({ counted: { receipts: 0 } });
  // Another beginning after the end was never honest.
  const odd = await logs.prove(us, { since: genesis + 1, until });
  expect(outcome(await logs.verify(await logs.set(new Map([[us, odd]]))))).toEqual([
    "refused: PERIOD_REFUSED",
  ]);
});
