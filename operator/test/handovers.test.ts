import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReceiptEvent } from "@companyos/receipts";
import { parseHandover } from "@companyos/receipts";
import { createLogger } from "@companyos/service";
import { runs } from "@companyos/test/explored";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { handedOver } from "../src/handovers/event.ts";
import { openHomes } from "../src/handovers/owed.ts";
import { recordHome } from "../src/handovers/record.ts";
import type { OwedHandover, Place, RememberedHome } from "../src/handovers/remember.ts";
import * as homes from "../src/handovers/remember.ts";
import { bounded, crossedOff, maxOwed } from "../src/owed/owed.ts";
import { journalOf, remembering, testLedgers } from "./ledgers.ts";

const nextHome = remembering(homes.nextHome);

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"] as const;
const place = (region: string, uid = "u1"): Place => ({ uid, region });
let drawn = 0;
const draw = () => `id-${++drawn}`;

test("a name met the first time, and one that stays where it was, owe nothing", () => {
  expect(nextHome(undefined, place(eu), 7, draw)).toEqual(place(eu));
  const known = place(eu);
  expect(nextHome(known, place(eu), 7, draw)).toBe(known);
});

test("a name made again in the same log owes nothing: that log's notary sees it", () => {
  expect(nextHome(place(eu, "u1"), place(eu, "u2"), 7, draw)).toEqual(place(eu, "u2"));
});

test.each([
  ["a moved home", place(us, "u1")],
  ["a name made again with another home", place(us, "u2")],
])("%s owes both logs one half each, under one link and one moment", (_, to) => {
  const next = nextHome(place(eu), to, 7, draw)!;
  expect(next).toMatchObject({ ...to, owed: [{ log: eu }, { log: us }] });
  const [left, come] = next.owed!;
  for (const half of [left!, come!]) expect(half).toMatchObject({ at: 7, from: place(eu), to });
  expect(left!.link).toBe(come!.link);
  expect(new Set([left!.link, left!.rid, come!.rid]).size).toBe(3);
});

test("what is owed already stays owed over further moves, and no more than so many", () => {
  let home = nextHome(place(eu), place(us), 1, draw)!;
  const first = home.owed!;
  home = nextHome(home, place(ap), 2, draw)!;
  expect(home.owed).toHaveLength(4);
  expect(home.owed!.slice(0, 2)).toEqual(first);
  expect(crossedOff<RememberedHome>(home, first[0]!.rid).owed).toEqual(home.owed!.slice(1));
  for (let i = 0; i < maxOwed; i += 1)
    home = bounded<RememberedHome, OwedHandover>(nextHome(home, place(i % 2 ? eu : us), i, draw), i).kept;
  expect(home.owed).toHaveLength(maxOwed);
});

test("each half names the tenant as that log knows it, and discloses both ends", () => {
  const [left, come] = nextHome(place(eu, "u1"), place(us, "u2"), 7, draw)!.owed!;
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

const silentLogger = createLogger({ role: "operator", write: () => {} });
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

async function homesIn(
  folder: string,
  journals: Journals,
  logs: Iterable<string>,
  { gone = new Set<string>(), max }: { gone?: Set<string>; max?: number } = {},
) {
  const lost: (readonly [of: string, lost: number])[] = [];
  const journal = journalOf(journals.append);
  const regions = new Set(logs);
  const clock = { now: () => 1_800_000_000_000 };
  const write = (line: string) => {
    const told = JSON.parse(line);
    if (told.lost !== undefined) lost.push([told.of, told.lost]);
  };
  const { ledgers, metric } = testLedgers({ dir: folder, journal, logs: regions, write, ...clock });
  const homes = await openHomes(ledgers, "c");
  const exists = (name: string) => !gone.has(name);
  const look = (name: string, seen: Place) =>
    recordHome(homes, name, seen, {
      logs: regions,
      clock,
      log: silentLogger,
      exists,
      ...(max ? { max } : {}),
    });
  return { homes, look, lost, metric, close: () => ledgers.close() };
}

test("what a full journal refuses is sent once it takes it, and the other log does not wait for it", async () => {
  const journals = new Journals();
  const { homes, look, close } = await homesIn(dir, journals, [eu, us]);
  await look("acme", place(eu));
  journals.full.add(eu);
  await look("acme", place(us));
  await expect(homes.send("acme")).rejects.toThrow("full");
  expect(journals.taken.map(({ region }) => region)).toEqual([us]);
  expect([...homes.owing()]).toEqual(["acme"]);
  journals.full.clear();
  await homes.send("acme");
  expect(journals.taken.map(({ region }) => region)).toEqual([us, eu]);
  expect([...homes.owing()]).toEqual([]);
  await close();
});

test("a half whose region has no notary waits until it has one; the other is sent", async () => {
  const journals = new Journals();
  const before = await homesIn(dir, journals, [eu]);
  await before.look("acme", place(eu));
  await before.look("acme", place(us));
  await before.homes.send("acme");
  expect(journals.taken.map(({ region }) => region)).toEqual([eu]);
  await before.close();
  const after = await homesIn(dir, journals, [eu, us]);
  expect([...after.homes.owing()]).toEqual(["acme"]);
  await after.homes.send("acme");
  const links = journals.taken.map(({ disclosable }) => (disclosable.details as { link: string }).link);
  expect(journals.taken.map(({ region }) => region)).toEqual([eu, us]);
  expect(new Set(links).size).toBe(1);
  await after.close();
});

test("halves beyond the limit are given up, the oldest first, and that is told", async () => {
  const { homes, look, lost, metric, close } = await homesIn(dir, new Journals(), []);
  for (let i = 0; i <= maxOwed / 2; i += 1) await look("acme", place(i % 2 ? eu : us));
  expect(lost).toEqual([]);
  const [oldest] = homes.get("acme")!.owed!;
  await look("acme", place(ap));
  expect(lost).toEqual([["acme", 2]]);
  expect(await metric("residency_receipts_given_up_total")).toContain('{type="tenant.handover"} 2');
  expect(homes.get("acme")!.owed).not.toContainEqual(oldest);
  await close();
});

test("beyond so many names, that of the Tenant longest known of those that are gone is forgotten, with what it is owed", async () => {
  const gone = new Set<string>();
  const { homes, look, lost, metric, close } = await homesIn(dir, new Journals(), [], { gone, max: 2 });
  for (const name of ["there", "gone"]) await look(name, place(eu));
  await look("gone", place(us));
  gone.add("gone");
  await look("new", place(eu));
  expect([...homes.entries()].map(([name]) => name)).toEqual(["there", "new"]);
  expect(lost).toEqual([["gone", 2]]);
  expect(await metric("residency_receipts_given_up_total")).toContain('{type="tenant.handover"} 2');
  await look("newer", place(eu));
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
  let folders = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const [folder, journals] = [join(dir, `run-${folders++}`), new Journals()];
      const logs = [eu, us, ap];
      let run = await homesIn(folder, journals, logs);
      const again = async () => {
        await run.close();
        run = await homesIn(folder, journals, logs);
      };
      const seen: Place[] = [];
      for (const step of steps) {
        if (step.does === "fills") journals.full.add(step.region);
        else if (step.does === "empties") journals.full.clear();
        else if (step.does === "dies") journals.dies = true;
        else {
          const { region, uid } = step;
          seen.push({ uid, region });
          await run.look("acme", { uid, region });
          await run.homes.send("acme").catch(() => {});
          if (journals.dies) await again();
          journals.dies = false;
        }
      }
      journals.full.clear();
      journals.dies = false;
      await again();
      await run.homes.send("acme");
      expect([...run.homes.owing()]).toEqual([]);
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
        // JSON, which `handoverEvent` made of two places.
        const { from, to } = two[0]!.disclosable.details as unknown as { from: Place; to: Place };
        const each = two.map(({ region, tenant }) => ({ uid: tenant!.uid, region }));
        expect(each).toHaveLength(2);
        expect(each).toEqual(expect.arrayContaining([from, to]));
        return { from, to };
      });
      expect(said).toHaveLength(expected.length);
      expect(said).toEqual(expect.arrayContaining(expected));
    }),
    { numRuns: runs(60) },
  );
});
