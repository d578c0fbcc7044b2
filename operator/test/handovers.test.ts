import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silent } from "@companyos/notary/testing/rig";
import type { ReceiptEvent } from "@companyos/receipts";
import { parseHandover } from "@companyos/receipts";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { handedOver } from "../src/handovers/event.ts";
import { crossedOff, judgeHome, type Place, type RememberedHome } from "../src/handovers/judge.ts";
import { HandoverLedger } from "../src/handovers/ledger.ts";
import { type GiveUp, mostOwed } from "../src/owed.ts";
import { openRemembered } from "../src/remembered.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"] as const;
const place = (region: string, uid = "u1"): Place => ({ uid, region });
let drawn = 0;
const draw = () => `id-${++drawn}`;

test("a name met the first time, and one that stays where it was, owe nothing", () => {
  expect(judgeHome(undefined, place(eu), 7, draw)).toEqual(place(eu));
  expect(judgeHome(place(eu), place(eu), 7, draw)).toBeUndefined();
});

test("a name made again in the same log owes nothing: that log's notary sees it", () => {
  expect(judgeHome(place(eu, "u1"), place(eu, "u2"), 7, draw)).toEqual(place(eu, "u2"));
});

test.each([
  ["a moved home", place(us, "u1")],
  ["a name made again with another home", place(us, "u2")],
])("%s owes both logs one half each, under one link and one moment", (_, to) => {
  const next = judgeHome(place(eu), to, 7, draw)!;
  expect(next).toMatchObject({ ...to, owed: [{ log: eu }, { log: us }] });
  const [left, come] = next.owed!;
  for (const half of [left!, come!]) expect(half).toMatchObject({ at: 7, from: place(eu), to });
  expect(left!.link).toBe(come!.link);
  expect(new Set([left!.link, left!.rid, come!.rid]).size).toBe(3);
});

test("what is owed already stays owed over further moves, and no more than so many", () => {
  let home = judgeHome(place(eu), place(us), 1, draw)!;
  const first = home.owed!;
  home = judgeHome(home, place(ap), 2, draw)!;
  expect(home.owed).toHaveLength(4);
  expect(home.owed!.slice(0, 2)).toEqual(first);
  expect(crossedOff(home, first[0]!.rid).owed).toEqual(home.owed!.slice(1));
  for (let i = 0; i < mostOwed; i += 1) home = judgeHome(home, place(i % 2 ? eu : us), i, draw)!;
  expect(home.owed).toHaveLength(mostOwed);
});

test("each half names the tenant as that log knows it, and discloses both ends", () => {
  const [left, come] = judgeHome(place(eu, "u1"), place(us, "u2"), 7, draw)!.owed!;
  const details = { link: left!.link, from: place(eu, "u1"), to: place(us, "u2") };
  for (const [owed, region, uid] of [
    [left!, eu, "u1"],
    [come!, us, "u2"],
  ] as const) {
    const { rid } = owed;
    const event = handedOver({ name: "acme", cluster: "c", owed });
    expect(parseHandover(event.disclosable.details)).toEqual(details);
    expect(event).toMatchObject({
      rid,
      type: "tenant.handover",
      at: 7,
      region,
      tenant: { name: "acme", uid },
      reason: "HOME_CHANGED",
      requested: [],
      allowed: [],
      disclosable: { rid, tenant: "acme", uid, details },
    });
  }
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "handovers-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Journals that take what they are given, unless they are full or the process dies just after. */
class Journals {
  readonly taken: ReceiptEvent[] = [];
  full = new Set<string>();
  dies = false;
  append = async (event: ReceiptEvent): Promise<void> => {
    if (this.full.has(event.region)) throw new Error("full");
    this.taken.push(event);
    if (this.dies) throw new Error("killed");
  };
}

/** What a ledger gives up, as it tells of it, and which names have no Tenant any more. */
class Losses {
  readonly told: (readonly [type: string, of: string, lost: number])[] = [];
  readonly gone = new Set<string>();
  giveUp: GiveUp = (lost, { type, of }) => void (lost > 0 && this.told.push([type, of, lost]));
}

async function ledgerOf(
  file: string,
  journals: Journals,
  logs: Iterable<string>,
  { losses = new Losses(), most }: { losses?: Losses; most?: number } = {},
) {
  const homes = await openRemembered<RememberedHome>(file);
  const { append } = journals;
  const clock = { now: () => 1_800_000_000_000 };
  const { giveUp, gone } = losses;
  const exists = (name: string) => !gone.has(name);
  const options = { homes, append, logs: new Set(logs), cluster: "c", clock, giveUp, exists };
  const ledger = new HandoverLedger(most === undefined ? options : { ...options, most });
  return { ledger, homes, close: () => homes.close() };
}

test("what a full journal refuses is sent once it takes it, and the other log does not wait for it", async () => {
  const journals = new Journals();
  const { ledger, close } = await ledgerOf(join(dir, "homes.jsonl"), journals, [eu, us]);
  await ledger.look("acme", place(eu), silent);
  journals.full.add(eu);
  await ledger.look("acme", place(us), silent);
  await expect(ledger.send("acme")).rejects.toThrow("full");
  expect(journals.taken.map(({ region }) => region)).toEqual([us]);
  expect([...ledger.owing()]).toEqual(["acme"]);
  journals.full.clear();
  await ledger.send("acme");
  expect(journals.taken.map(({ region }) => region)).toEqual([us, eu]);
  expect([...ledger.owing()]).toEqual([]);
  await close();
});

test("a half whose region has no notary waits until it has one; the other is sent", async () => {
  const [file, journals] = [join(dir, "homes.jsonl"), new Journals()];
  const before = await ledgerOf(file, journals, [eu]);
  await before.ledger.look("acme", place(eu), silent);
  await before.ledger.look("acme", place(us), silent);
  await before.ledger.send("acme");
  expect(journals.taken.map(({ region }) => region)).toEqual([eu]);
  await before.close();
  const after = await ledgerOf(file, journals, [eu, us]);
  expect([...after.ledger.owing()]).toEqual(["acme"]);
  await after.ledger.send("acme");
  const links = journals.taken.map(({ disclosable }) => (disclosable.details as { link: string }).link);
  expect(journals.taken.map(({ region }) => region)).toEqual([eu, us]);
  expect(new Set(links).size).toBe(1);
  await after.close();
});

test("halves beyond the limit are given up, the oldest first, and that is told", async () => {
  const losses = new Losses();
  const { ledger, homes, close } = await ledgerOf(join(dir, "homes.jsonl"), new Journals(), [], { losses });
  for (let i = 0; i <= mostOwed / 2; i += 1) await ledger.look("acme", place(i % 2 ? eu : us), silent);
  expect(losses.told).toEqual([]);
  const [oldest] = homes.get("acme")!.owed!;
  await ledger.look("acme", place(ap), silent);
  expect(losses.told).toEqual([["tenant.handover", "acme", 2]]);
  expect(homes.get("acme")!.owed).not.toContainEqual(oldest);
  await close();
});

test("beyond so many names, that of the Tenant longest known of those that are gone is forgotten, with what it is owed", async () => {
  const losses = new Losses();
  const { ledger, homes, close } = await ledgerOf(join(dir, "homes.jsonl"), new Journals(), [], {
    losses,
    most: 2,
  });
  for (const name of ["there", "gone"]) await ledger.look(name, place(eu), silent);
  await ledger.look("gone", place(us), silent);
  losses.gone.add("gone");
  await ledger.look("new", place(eu), silent);
  expect([...homes.entries()].map(([name]) => name)).toEqual(["there", "new"]);
  expect(losses.told).toEqual([["tenant.handover", "gone", 2]]);
  await ledger.look("newer", place(eu), silent);
  expect([...homes.entries()].map(([name]) => name)).toEqual(["there", "new", "newer"]);
  await close();
});

const step = fc.oneof(
  fc.record({
    does: fc.constant("stands" as const),
    region: fc.constantFrom(eu, us, ap),
    uid: fc.constantFrom("u1", "u2"),
  }),
  fc.record({ does: fc.constant("fills" as const), region: fc.constantFrom(eu, us, ap) }),
  fc.record({ does: fc.constant("empties" as const) }),
  fc.record({ does: fc.constant("dies" as const) }),
);

test("whatever fails on the way, each change of log is in both logs under one id each, and nothing else is", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const [file, journals] = [join(dir, `homes-${runs++}.jsonl`), new Journals()];
      const logs = [eu, us, ap];
      let run = await ledgerOf(file, journals, logs);
      const again = async () => {
        await run.close();
        run = await ledgerOf(file, journals, logs);
      };
      const seen: Place[] = [];
      for (const step of steps) {
        if (step.does === "fills") journals.full.add(step.region);
        else if (step.does === "empties") journals.full.clear();
        else if (step.does === "dies") journals.dies = true;
        else {
          const { region, uid } = step;
          seen.push({ uid, region });
          await run.ledger.look("acme", { uid, region }, silent);
          await run.ledger.send("acme").catch(() => {});
          if (journals.dies) await again();
          journals.dies = false;
        }
      }
      journals.full.clear();
      journals.dies = false;
      await again();
      await run.ledger.send("acme");
      expect([...run.ledger.owing()]).toEqual([]);
      await run.close();

      const halves = new Map<string, string>();
      for (const event of journals.taken) {
        const text = JSON.stringify(event);
        expect(halves.get(event.rid) ?? text).toBe(text);
        halves.set(event.rid, text);
      }
      const events = [...halves.values()].map((text) => JSON.parse(text) as ReceiptEvent);
      const expected = seen.flatMap((to, i) => {
        const from = seen[i - 1];
        return from && from.region !== to.region ? [{ from, to }] : [];
      });
      const byLink = Map.groupBy(events, ({ disclosable }) => (disclosable.details as { link: string }).link);
      expect(byLink.size).toBe(expected.length);
      const said = [...byLink.values()].map((two) => {
        const { from, to } = two[0]!.disclosable.details as unknown as { from: Place; to: Place };
        const each = two.map(({ region, tenant }) => ({ uid: tenant!.uid, region }));
        expect(each).toHaveLength(2);
        expect(each).toEqual(expect.arrayContaining([from, to]));
        return { from, to };
      });
      expect(said).toHaveLength(expected.length);
      expect(said).toEqual(expect.arrayContaining(expected));
    }),
    { numRuns: 60 },
  );
});
