import { formatInstant, type Verdict, verifyEvidence } from "@companyos/receipts";
import { webCrypto } from "@companyos/receipts/webcrypto";
import { describe, expect, test } from "@jest/globals";
import { event, handle, observed, opened, started, TestLog } from "./log.ts";
import { outcome, World } from "./world.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"];

/** acme lived in eu, was deleted and made again there, moved to us and is there now; ap never knew it. */
async function history(): Promise<World> {
  const world = await World.of(eu, us, ap);
  for (let i = 0; i < 3; i++) await world.block(eu, "1");
  await world.block(eu, "9", "globex");
  await world.block(eu, "2");
  await world.move({ region: eu, uid: "2" }, { region: us, uid: "2" });
  for (let i = 0; i < 2; i++) await world.block(us, "2");
  await world.block(ap, "9", "globex");
  return world;
}

const covers = (verdict: Verdict) => {
  if (!verdict.valid) throw new Error(`${verdict.code}: ${verdict.message}`);
  return verdict.covers;
};

describe("complete evidence", () => {
  test("counts what every chain of the name holds, in every log", async () => {
    const world = await history();
    const verdict = await world.judge();
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
    const world = await history();
    const [first, second] = covers(await world.judge()).parts;
    const handles = world.chains.filter(({ name }) => name === "acme").map(({ sub }) => sub);
    expect([first, second].flatMap((part) => part!.chains.map(({ uid, handle }) => [uid, handle]))).toEqual([
      ["1", handles[0]],
      ["2", handles[1]],
      ["2", handles[2]],
    ]);
  });

  test("of a name that no log ever knew is the word of every log", async () => {
    const world = await history();
    const verdict = await world.judge({ tenant: "nobody" });
    expect(verdict).toMatchObject({
      valid: true,
      complete: true,
      covers: { tenant: "nobody", blocks: 0, parts: [] },
    });
  });

  test("of a tenant that was made again seventy times in one log", async () => {
    const world = await World.of(eu);
    for (let i = 0; i < 70; i++) await world.block(eu, String(i));
    const verdict = await world.judge();
    expect(verdict).toMatchObject({ complete: true, covers: { blocks: 70 } });
    expect(covers(verdict).parts[0]!.chains).toHaveLength(70);
  });

  test("of a period shows of every chain its genesis and its last receipt before, and counts neither", async () => {
    const world = await history();
    const old = world.chains[0]!;
    await world.add(old, observed("eu-west-1"));
    const since = world.clock + 1;
    await world.block(us, "2");
    const verdict = await world.judge({ since });
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
    const world = await history();
    const asked = { audience: "auditor", nonce: "n-1" };
    expect(await world.judge(asked, { ...asked, tenant: "acme" })).toMatchObject({
      complete: true,
      covers: asked,
    });
  });
});

test("the regions of genesis and predecessor before the period do not appear in its verdict", async () => {
  const world = await World.of(eu);
  const chain = await world.chain(eu, "1");
  await world.add(chain, observed("eu-west-1"));
  await world.add(chain, { ...observed("ap-south-1"), allowed: ["ap-south-1"] });
  const since = world.clock + 1;
  await world.add(chain, { ...observed("us-east-1"), allowed: ["us-east-1"] });
  expect(await world.judge({ since })).toMatchObject({
    complete: true,
    covers: { regions: { requested: ["us-east-1"], allowed: ["us-east-1"], observed: ["us-east-1"] } },
  });
});

test("a log whose clock is an hour slow may say, before another's chain begins, that it has nothing", async () => {
  const world = await World.of(eu, us);
  const slow = await world.absence(us);
  world.clock += 7100;
  const since = world.clock + 1;
  await world.block(eu, "1");
  for (const asked of [{}, { since }]) {
    const verdict = await world.verify(
      await world.set(
        new Map([
          [eu, await world.prove(eu, asked)],
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
  const world = await World.of(eu, us);
  const early = await world.absence(us);
  world.clock += 3600;
  await world.block(eu, "1");
  const answers = new Map([
    [eu, await world.prove(eu)],
    [us, early],
  ]);
  expect(await world.verify(await world.set(answers))).toMatchObject({
    complete: true,
    covers: { blocks: 1, regions: { requested: ["us-east-1"] } },
  });
});

test("what came after the period's end is shown up to the seal, and does not count", async () => {
  const world = await World.of(eu, us);
  const chain = await world.chain(eu, "1");
  await world.add(chain, event());
  await world.add(chain, observed("eu-west-1"));
  const to = world.clock;
  await world.add(chain, { ...observed("ap-south-1"), decision: "warn" });
  await world.add(chain, event());
  const verdict = await world.judge({ until: to });
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
  const world = await history();
  const bytes = Buffer.from(await world.set(await world.all()));
  for (const size of [3, 1000, bytes.length]) {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    };
    const options = { trust: world.trust(), crypto: webCrypto, now: world.clock * 1000 };
    expect(await verifyEvidence(pieces(), options)).toMatchObject({ complete: true, covers: { blocks: 6 } });
  }
});

describe("what a verifier remembers is limited, and honest evidence beyond it is valid and incomplete", () => {
  /** acme, moved once, then made again twenty times in each home; and refused something in every chain. */
  async function lives(): Promise<World> {
    const world = await World.of(eu, us, ap);
    await world.block(eu, "0");
    await world.move({ region: eu, uid: "0" }, { region: us, uid: "0" });
    for (let i = 1; i <= 20; i++) for (const region of [eu, us]) await world.block(region, `${region}-${i}`);
    return world;
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
    const world = await lives();
    const verdict = await world.judge({}, { limits });
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
    const world = await lives();
    const handovers = 2 + 2 * 40;
    const limits = { chains: 42, handovers, journals: 1, regions: 4 };
    expect(await world.judge({}, { limits })).toMatchObject({ complete: true, covers: { blocks: 41 } });
  });

  test("what nobody signed is refused beyond the limits too, and so is a chain of another name", async () => {
    const world = await lives();
    const foreign = { region: eu, name: "acme", uid: "9", sub: handle() };
    world.chains.push(foreign);
    const log = world.log(eu);
    log.now = ++world.clock;
    await log.add(foreign.sub, { ...opened("globex"), tenant: { name: "globex", uid: "9" } });
    const verdict = await world.judge({}, { limits: { chains: 3 } });
    expect(outcome(verdict)).toEqual(["refused: FOREIGN_RECEIPT"]);
  });
});

describe("evidence is incomplete", () => {
  test("when a log of trust.json gave nothing", async () => {
    const world = await history();
    for (const region of [ap, us]) {
      const answers = await world.all();
      answers.delete(region);
      const verdict = await world.verify(await world.set(answers));
      // What was taken away shows twice when a handover leads there.
      if (region === us) expect(outcome(verdict)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
      else {
        expect(verdict).toMatchObject({ valid: true, complete: false });
        expect(verdict).toMatchObject({ lacks: [{ code: "LOG_UNANSWERED", region }] });
      }
    }
  });

  test("when the set says which log gave nothing, and why", async () => {
    const world = await history();
    const answers = await world.all();
    answers.delete(us);
    const verdict = await world.verify(await world.set(answers, [{ region: us, reason: "unreachable" }]));
    expect(verdict).toMatchObject({
      valid: true,
      complete: false,
      lacks: [
        { code: "LOG_LACKING", region: us, origin: world.log(us).origin, reason: "unreachable" },
        { code: "HANDOVER_LACKING", region: us, handle: world.chains[2]!.sub },
      ],
    });
  });

  test("when a home has no notary and so no log", async () => {
    const world = await World.of(eu);
    await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: "sa-east-1", uid: "1" }, ["from"]);
    const answers = await world.all();
    const lacks = [{ region: "sa-east-1", reason: "no_notary" }];
    expect(outcome(await world.verify(await world.set(answers, lacks)))).toEqual([
      "LOG_LACKING",
      "HANDOVER_LACKING",
    ]);
    expect(outcome(await world.verify(await world.set(answers)))).toEqual([
      "refused: HANDOVER_TARGET_MISSING",
    ]);
  });

  test("when it is one bundle and there are other logs", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    expect(outcome(await world.verify(await world.bundle(eu)))).toEqual(["LOG_UNANSWERED"]);
  });

  test("when the seal is from before seals named every chain", async () => {
    const world = await World.of(eu);
    await world.block(eu, "1");
    const text = await world.bundle(eu, { heads: () => undefined });
    expect(await world.verify(text)).toMatchObject({
      valid: true,
      complete: false,
      lacks: [{ code: "SEAL_BEFORE_CHAINS", region: eu }],
      covers: { blocks: 1 },
    });
  });

  test("when the other side of a handover does not know of it", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    await world.block(us, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["from"]);
    expect(await world.judge()).toMatchObject({
      lacks: [{ code: "HANDOVER_UNMATCHED", region: eu, handle: world.chains[0]!.sub }],
    });
  });

  test("when the handover is another than the one on the other side", async () => {
    const world = await World.of(eu, us);
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["from"]);
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" }, ["to"]);
    expect(outcome(await world.judge())).toEqual(["HANDOVER_UNMATCHED", "HANDOVER_UNMATCHED"]);
  });

  test("when no time is covered by all: an absence of before the period", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    const early = await world.absence(us);
    // Further before than clocks may differ.
    const since = world.clock + 7205;
    world.clock += 7210;
    await world.block(eu, "1");
    const answers = new Map([
      [eu, await world.prove(eu, { since })],
      [us, early],
    ]);
    expect(outcome(await world.verify(await world.set(answers)))).toEqual(["PERIODS_APART"]);
  });

  test("when its parts are of different periods: what counts is what all of them cover", async () => {
    const world = await World.of(eu, us);
    for (let i = 0; i < 3; i++) await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const early = world.clock;
    for (let i = 0; i < 3; i++) await world.block(us, "1");
    for (let i = 0; i < 3; i++) await world.block(eu, "1");
    const late = world.clock;
    for (const [since, other] of [
      [late, early],
      [late, undefined],
    ]) {
      const answers = new Map([
        [eu, await world.prove(eu, { since: since! })],
        [us, await world.prove(us, other === undefined ? {} : { since: other })],
      ]);
      const verdict = await world.verify(await world.set(answers));
      expect(outcome(verdict)).toEqual(["PERIODS_APART"]);
      expect(covers(verdict).period.from).toBe(formatInstant(late));
    }
  });

  test("when its parts were not made at once", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    const early = await world.absence(us);
    await world.block(us, "1");
    world.clock += 11_000;
    const answers = new Map([
      [eu, await world.prove(eu)],
      [us, early],
    ]);
    const verdict = await world.verify(await world.set(answers));
    expect(outcome(verdict)).toEqual(["ANSWERS_APART"]);
    // What an old absence is good for: it reaches to its own time.
    expect(covers(verdict).period.to).toBe(covers(verdict).absences[0]!.time);
  });
});

describe("who deletes a tenant and makes it again", () => {
  test("has the refusals of before on record", async () => {
    const world = await World.of(eu);
    for (let i = 0; i < 5; i++) await world.block(eu, "1");
    await world.chain(eu, "2");
    expect(await world.judge()).toMatchObject({ complete: true, covers: { blocks: 5 } });
  });

  test("cannot show the new chain alone, whatever the seal is made to say", async () => {
    const world = await World.of(eu);
    await world.block(eu, "1");
    await world.chain(eu, "2");
    const [old, fresh] = world.chains;
    const alone = (source: { receipts: unknown }): never => {
      const shown = source.receipts as { index: number }[];
      const receipts = shown.filter(({ index }) => world.log(eu).receipts[index]!.sub !== old!.sub);
      return { ...source, receipts } as never;
    };
    expect(outcome(await world.judge({ change: alone }))).toEqual(["refused: CHAIN_MISSING"]);
    const lying = await world.judge({
      change: alone,
      heads: (heads) => heads.filter(({ handle }) => handle === fresh!.sub),
    });
    expect(outcome(lying)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
    const older = await world.judge({ change: alone, heads: () => undefined });
    expect(outcome(older)).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
  });

  test("in a log from before handovers still has both chains named by the seal", async () => {
    const world = await World.of(eu);
    await world.block(eu, "1");
    await world.chain(eu, "2", "acme", false);
    await world.add(world.chains[1]!, event());
    expect(await world.judge()).toMatchObject({ complete: true, covers: { blocks: 2 } });
  });
});

describe("who changes the home region", () => {
  test("has the refusals in the former home on record", async () => {
    const world = await World.of(eu, us);
    for (let i = 0; i < 4; i++) await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    expect(await world.judge()).toMatchObject({ complete: true, covers: { blocks: 4 } });
  });

  test("cannot put an absence from before in the place of the former home's part", async () => {
    const world = await World.of(eu, us);
    const early = await world.absence(eu);
    await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const answers = new Map([
      [eu, early],
      [us, await world.prove(us)],
    ]);
    expect(outcome(await world.verify(await world.set(answers)))).toEqual(["HANDOVER_UNMATCHED"]);
  });

  test("cannot put an older part there: the handover is not in it", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    const stale = await world.prove(eu);
    await world.block(eu, "1");
    await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
    const answers = new Map([
      [eu, stale],
      [us, await world.prove(us)],
    ]);
    expect(outcome(await world.verify(await world.set(answers)))).toEqual(["HANDOVER_UNMATCHED"]);
  });
});

test("just after a move, evidence is incomplete until the other log has its half", async () => {
  const world = await World.of(eu, us);
  await world.block(eu, "1");
  const from = { region: eu, uid: "1" };
  await world.handover(world.chains[0]!, { link: "1", from, to: { region: us, uid: "1" } });
  // The other log has nothing of the name yet; then another Tenant of it.
  expect(outcome(await world.judge())).toEqual(["HANDOVER_UNMATCHED"]);
  await world.block(us, "7");
  expect(outcome(await world.judge())).toEqual(["HANDOVER_UNMATCHED"]);
});

test("a log that was lost is lacking, and a new one in its region does not stand for it", async () => {
  const world = await World.of(eu, us);
  await world.block(eu, "1");
  await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
  const lost = world.trust().logs[0]!;
  world.logs.set(eu, await TestLog.open(`${lost.origin}/2`));
  const gone = world.chains.findIndex(({ region }) => region === eu);
  world.chains.splice(gone, 1);
  const answers = await world.all();
  const unsaid = await world.set(answers);
  const said = await world.set(answers, [{ region: eu, reason: "failed" }]);
  const both = world.trust({ logs: [lost, ...world.trust().logs] });
  expect(outcome(await world.verify(unsaid, { trust: both }))).toEqual(["refused: HANDOVER_TARGET_MISSING"]);
  expect(outcome(await world.verify(said, { trust: both }))).toEqual(["LOG_LACKING", "HANDOVER_LACKING"]);
  // Nor does it help to forget the lost log.
  expect(outcome(await world.verify(unsaid))).toEqual(["HANDOVER_UNMATCHED"]);
  expect(outcome(await world.verify(said))).toEqual(["LOG_LACKING", "HANDOVER_UNMATCHED"]);
});

describe("a pin", () => {
  test("is continued by the honest evidence of a quiet tenant in a busy log that was asked to prove it", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    for (let i = 0; i < 30; i++) await world.block(eu, "9", "globex");
    for (let i = 0; i < 30; i++) await world.block(us, "9", "globex");
    const pinned = [await world.log(eu).known(21), await world.log(us).known(13)];
    for (let i = 0; i < 30; i++) await world.block(eu, "9", "globex");
    for (let i = 0; i < 30; i++) await world.block(us, "9", "globex");
    expect(outcome(await world.judge({}, { pinned }))).toEqual(["refused: PINNED_UNPROVEN"]);
    const answers = new Map([
      [eu, await world.prove(eu, { continues: [21] })],
      // A log that has nothing of the tenant proves it too.
      [us, await world.prove(us, { continues: [13] })],
    ]);
    const verdict = await world.verify(await world.set(answers), { pinned });
    expect(verdict).toMatchObject({ valid: true, complete: true });
    expect(covers(verdict).absences[0]!.checkpoint.known).toEqual([{ size: 13, linked: true }]);
  });

  test("of a later checkpoint, or of another history, is refused for an absence too", async () => {
    const world = await World.of(eu, us);
    await world.block(eu, "1");
    const pin = async (changes: object) => [{ ...(await world.log(us).known(2)), ...changes }];
    const root = Buffer.alloc(32).toString("base64");
    expect(outcome(await world.judge({}, { pinned: await pin({}) }))).toEqual([]);
    expect(outcome(await world.judge({}, { pinned: await pin({ size: 999_999 }) }))).toEqual([
      "refused: ROLLED_BACK",
    ]);
    expect(outcome(await world.judge({}, { pinned: await pin({ root }) }))).toEqual(["refused: SPLIT_VIEW"]);
  });

  test("that is newer than honest evidence accuses nobody: it says that the evidence may be older, and what to do", async () => {
    const world = await World.of(eu);
    await world.block(eu, "1");
    const text = await world.set(await world.all());
    await world.block(eu, "1");
    const pinned = [await world.log(eu).known(world.log(eu).receipts.length)];
    const verdict = await world.verify(text, { pinned });
    expect(verdict).toMatchObject({ valid: false, code: "ROLLED_BACK" });
    expect(verdict).toMatchObject({ message: expect.stringMatching(/is older than .*, or .*prove --since/) });
  });
});

test("the clock of a verifier that asks for fresh evidence is compared with every part", async () => {
  const world = await World.of(eu, us);
  await world.block(eu, "1");
  const answers = new Map([[us, await world.absence(us)]]);
  world.clock += 200;
  answers.set(eu, await world.prove(eu));
  const text = await world.set(answers);
  expect(outcome(await world.verify(text, { maxAge: 300 }))).toEqual([]);
  expect(outcome(await world.verify(text, { maxAge: 100 }))).toEqual(["refused: TOO_OLD"]);
  expect(started).toBeLessThan(world.clock);
});

test("honest evidence of before, whose period ends before the name was known and begins with its first receipt, covers nothing and is valid", async () => {
  const world = await World.of(eu, us);
  await world.block(eu, "1");
  const until = world.clock;
  world.clock += 50;
  await world.move({ region: eu, uid: "1" }, { region: us, uid: "1" });
  const genesis = world.log(us).receipts.find(({ type }) => type === "tenant.opened")!.iat;
  expect(genesis).toBeGreaterThan(until);
  const answers = new Map([
    [eu, await world.prove(eu, { until })],
    [us, await world.prove(us, { since: genesis, until })],
  ]);
  const verdict = await world.verify(await world.set(answers));
  expect(verdict).toMatchObject({ valid: true, complete: true, covers: { blocks: 1 } });
  expect(covers(verdict).parts[0]).toMatchObject({ counted: { receipts: 2 } });
  expect(covers(verdict).parts[1]).toMatchObject({ counted: { receipts: 0 } });
  // Another beginning after the end was never honest.
  const odd = await world.prove(us, { since: genesis + 1, until });
  expect(outcome(await world.verify(await world.set(new Map([[us, odd]]))))).toEqual([
    "refused: PERIOD_REFUSED",
  ]);
});
