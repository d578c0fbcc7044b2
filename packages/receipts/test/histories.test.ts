import type { DeclaredLack, Verdict } from "@companyos/receipts";
import { runs } from "@companyos/test/explored";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { headOf, joined, outcome, TestLogs } from "./logs.ts";

/**
 * Random lives of a tenant's name: it is refused things, deleted and made again, moves, beside another tenant. What the
 * notaries answer is put together honestly, or with something left out, exchanged, stale or made up.
 */

const regions = ["eu-west-1", "us-east-1", "ap-south-1"] as const;
type Region = (typeof regions)[number];

type Step =
  | { readonly kind: "block" | "noise" | "snapshot"; readonly to?: never }
  | { readonly kind: "move" | "again"; readonly to: Region };

const region = fc.constantFrom(...regions);
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("block" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("noise" as const, "snapshot" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("move" as const, "again" as const), to: region }),
    },
  ),
  { minLength: 1, maxLength: 14 },
);

interface Life {
  readonly logs: TestLogs;
  /** When something was refused, in seconds. */
  readonly refused: number[];
  /** What the notaries answered at some time before. */
  readonly earlier: Map<string, string>[];
}

/** Lives the steps; `noAudience` everywhere, so that old answers fit new ones in all but their age. */
async function live(all: readonly Step[]): Promise<Life> {
  const logs = await TestLogs.of(...regions);
  const refused: number[] = [];
  const earlier: Map<string, string>[] = [];
  let home = { region: "eu-west-1" as string, uid: "1" };
  let uids = 1;
  for (const step of all) {
    if (step.kind === "block") {
      await logs.block(home.region, home.uid);
      refused.push(logs.clock);
    } else if (step.kind === "noise") await logs.block(home.region, "9", "globex");
    else if (step.kind === "snapshot") earlier.push(await logs.all());
    else {
      const next = { region: step.to as string, uid: step.kind === "again" ? String(++uids) : home.uid };
      if (next.region !== home.region) await logs.move(home, next);
      else if (next.uid !== home.uid) await logs.chain(next.region, next.uid);
      home = next;
    }
  }
  return { logs, refused, earlier };
}

const isComplete = (verdict: Verdict): boolean => verdict.valid && verdict.complete;

const seconds = (text: string): number => Date.parse(text) / 1000;

/** What evidence that calls itself complete must hold: every refusal of the time that all of its parts cover. */
function holdsAll(verdict: Verdict, { refused }: Life): boolean {
  if (!verdict.valid || !verdict.complete) return true;
  const { period, blocks } = verdict.covers;
  const [from, to] = [seconds(period.from), seconds(period.to)];
  return blocks >= refused.filter((time) => time >= from && time <= to).length;
}

test("honest whole evidence of any history is complete and counts every refusal", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const { logs, refused } = await live(all);
      const verdict = await logs.verified();
      expect(outcome(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ valid: true, complete: true, covers: { blocks: refused.length } });
    }),
    { numRuns: runs(60) },
  );
});

test("honest evidence of a period of any history is complete and counts the refusals of that period", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(100), async (all, percent) => {
      const { logs, refused } = await live(all);
      const first = Math.min(...[...logs.logs.values()].map(({ receipts }) => receipts[0]!.iat));
      const since = first + Math.floor(((logs.clock - first) * percent) / 100);
      const verdict = await logs.verified({ since });
      const after = refused.filter((time) => time >= since).length;
      expect(outcome(verdict)).toEqual([]);
      expect(verdict).toMatchObject({ valid: true, complete: true, covers: { blocks: after } });
    }),
    { numRuns: runs(60) },
  );
});

test("without a part nothing is complete, whether it is said or not", async () => {
  await fc.assert(
    fc.asyncProperty(steps, region, fc.boolean(), async (all, lost, said) => {
      const life = await live(all);
      const responses = await life.logs.all();
      responses.delete(lost);
      const lacks: DeclaredLack[] = said ? [{ region: lost, reason: "unreachable" }] : [];
      const verdict = await life.logs.verify(await life.logs.set(responses, lacks));
      expect(isComplete(verdict)).toBe(false);
      // Who says what lacks is believed for what is there.
      if (said) expect(verdict).toMatchObject({ valid: true });
    }),
    { numRuns: runs(60) },
  );
});

test("a lack that is declared beside all answers takes completeness away, and makes nothing invalid that was valid", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom(...regions, "mars-1"), async (all, region) => {
      const { logs, refused } = await live(all);
      const verdict = await logs.verify(await logs.set(await logs.all(), [{ region, reason: "failed" }]));
      expect(verdict).toMatchObject({ valid: true, complete: false, covers: { blocks: refused.length } });
    }),
    { numRuns: runs(60) },
  );
});

test("a lack that is declared excuses no chain that a log which answered should have shown", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (all, pick) => {
      const { logs } = await live([...all, { kind: "block" }]);
      const own = logs.chains.filter(({ name }) => name === "acme");
      const { sub, region } = own[pick % own.length]!;
      const responses = await logs.all();
      responses.set(
        region,
        await logs.prove(region, {
          change: (source) => ({
            ...source,
            receipts: (source.receipts as { index: number; receipt: string }[]).filter(
              ({ index }) => logs.log(region).receipts[index]!.sub !== sub,
            ),
          }),
        }),
      );
      const verdict = await logs.verify(await logs.set(responses, [{ region, reason: "failed" }]));
      expect(verdict).toMatchObject({ valid: false });
    }),
    { numRuns: runs(60) },
  );
});

test("with answers of different ages nothing is left out of the time that it covers", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.array(fc.nat(20), { minLength: 3, maxLength: 3 }), async (all, picks) => {
      const life = await live([...all, { kind: "snapshot" }]);
      const ages = [...life.earlier, await life.logs.all()];
      const responses = new Map(regions.map((name, i) => [name, ages[picks[i]! % ages.length]!.get(name)!]));
      const verdict = await life.logs.verify(await life.logs.set(responses));
      expect(holdsAll(verdict, life)).toBe(true);
    }),
    { numRuns: runs(120) },
  );
});

test("with parts of different periods nothing is left out of the time that it covers", async () => {
  const percents = fc.array(fc.constantFrom(0, 30, 60, 90), { minLength: 3, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(steps, percents, async (all, chosen) => {
      const life = await live(all);
      const { logs } = life;
      const first = Math.min(...[...logs.logs.values()].map(({ receipts }) => receipts[0]!.iat));
      const span = logs.clock - first;
      const responses = new Map<string, string>();
      for (const [i, name] of regions.entries()) {
        responses.set(name, await logs.prove(name, { since: first + Math.floor((span * chosen[i]!) / 100) }));
      }
      expect(holdsAll(await logs.verify(await logs.set(responses)), life)).toBe(true);
    }),
    { numRuns: runs(60) },
  );
});

test("a prover that hides a chain or cuts its end, short of forging the seal, is refused", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.boolean(), async (all, pick, whole) => {
      const { logs } = await live([...all, { kind: "block" }]);
      const own = logs.chains.filter(({ name }) => name === "acme");
      const victim = own[pick % own.length]!;
      const log = logs.log(victim.region);
      const hidden = (index: number): boolean => {
        if (log.receipts[index]!.sub !== victim.sub || log.receipts[index]!.type === "evidence.sealed")
          return false;
        return whole || log.receipts[index]!.seq === headOf(log, victim.sub).seq - 1;
      };
      const responses = await logs.all();
      responses.set(
        victim.region,
        await logs.prove(victim.region, {
          change: (source) => ({
            ...source,
            receipts: (source.receipts as { index: number; receipt: string }[]).filter(
              ({ index }) => !hidden(index),
            ),
          }),
        }),
      );
      const verdict = await logs.verify(await logs.set(responses));
      const shown = log.receipts.some((_, index) => hidden(index));
      if (shown) expect(verdict).toMatchObject({ valid: false });
    }),
    { numRuns: runs(60) },
  );
});

test("a handover that is made up makes nothing complete that was not, and hides nothing", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), region, fc.constantFrom("1", "2", "7"), async (all, pick, to, uid) => {
      const life = await live([...all, { kind: "block" }]);
      const own = life.logs.chains.filter(({ name }) => name === "acme");
      const victim = own[pick % own.length]!;
      const from = { region: victim.region, uid: victim.uid };
      await life.logs.handover(victim, { link: "made-up", from, to: { region: to, uid } });
      const verdict = await life.logs.verified();
      // It names a chain that is not there, itself, or one that does not know of it.
      expect(isComplete(verdict)).toBe(false);
    }),
    { numRuns: runs(60) },
  );
});

test("parts in another order, twice, or of another tenant are no complete evidence", async () => {
  const change = fc.constantFrom("reverse", "double", "foreign", "for another", "lost") as fc.Arbitrary<
    "reverse" | "double" | "foreign" | "for another" | "lost"
  >;
  await fc.assert(
    fc.asyncProperty(steps, region, change, async (all, where, how) => {
      const { logs } = await live(all);
      await logs.block(where, "9", "globex");
      const responses = await logs.all();
      const sorted = [...responses].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
      const made = async (): Promise<string> => {
        if (how === "reverse") return `evidence 3\n${sorted.toReversed().join("")}`;
        if (how === "double") return `evidence 4\n${sorted.join("")}${sorted.at(-1)}`;
        if (how === "lost") {
          const parts = [...responses]
            .filter(([name]) => name !== where)
            .map(([name, text]) => ({ origin: logs.log(name).origin, bytes: [Buffer.from(text)] }));
          return joined(parts, []);
        }
        const asked = how === "foreign" ? { tenant: "globex" } : { audience: "somebody" };
        responses.set(where, await logs.prove(where, asked));
        return logs.set(responses);
      };
      expect(isComplete(await logs.verify(await made()))).toBe(false);
    }),
    { numRuns: runs(60) },
  );
});

test("no change to the bytes of complete evidence gives complete evidence of other content", async () => {
  const { logs } = await live([
    { kind: "block" },
    { kind: "again", to: "eu-west-1" },
    { kind: "block" },
    { kind: "move", to: "us-east-1" },
    { kind: "block" },
  ]);
  const text = await logs.set(await logs.all());
  const before = await logs.verify(text);
  expect(isComplete(before)).toBe(true);
  const lines = text.split("\n").slice(0, -1);
  const line = fc.nat(lines.length - 1);
  const changed = fc.oneof(
    fc.tuple(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 })).map(([at, flip]) => {
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ flip) + text.slice(at + 1);
    }),
    fc.nat(text.length - 1).map((at) => text.slice(0, at)),
    line.map((at) => `${lines.toSpliced(at, 1).join("\n")}\n`),
    line.map((at) => `${lines.toSpliced(at, 0, lines[at]!).join("\n")}\n`),
    fc.tuple(line, line).map(([a, b]) => `${lines.with(a, lines[b]!).with(b, lines[a]!).join("\n")}\n`),
  );
  await fc.assert(
    fc.asyncProperty(changed, async (other) => {
      const verdict = await logs.verify(other);
      if (isComplete(verdict)) expect(verdict).toEqual(before);
    }),
    { numRuns: runs(800) },
  );
});
