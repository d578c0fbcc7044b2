import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { FairShare } from "../src/fair-share.ts";
import { LongestFirst } from "../src/longest-first.ts";

const space = 5040;
/** Who comes next, and with how much. */
const arrivals = fc.array(fc.tuple(fc.nat(15), fc.integer({ min: 1, max: 40 })), { maxLength: 2000 });

test("a lone owner gets half of the space", () => {
  const share = new FairShare<number>();
  while (share.fits(1, 1, space - share.total)) share.add(1, 1);
  expect(share.of(1)).toBe(space / 2);
});

test("floods that come one after the other leave a third, a quarter, a fifth, and whoever comes next gets of that", () => {
  const share = new FairShare<number>();
  for (let owner = 1; owner <= 20; owner++) {
    while (share.fits(owner, 1, space - share.total)) share.add(owner, 1);
    expect(space - share.total).toBeGreaterThanOrEqual(Math.floor(space / (owner + 1)));
    expect(share.of(owner)).toBeGreaterThanOrEqual(Math.floor(space / ((owner + 1) * (owner + 2))));
  }
});

test("whoever comes in whatever order: k owners leave at least 1/(k+1), and who is new is let in", () => {
  fc.assert(
    fc.property(arrivals, (coming) => {
      const share = new FairShare<number>();
      let largest = 0;
      for (const [owner, size] of coming) {
        const free = space - share.total;
        if (!share.fits(owner, size, free)) {
          // Refused is only who has more already than those would who come with the least.
          expect((share.of(owner) + size) * (share.owners + 1)).toBeGreaterThan(free - size);
          continue;
        }
        share.add(owner, size);
        largest = Math.max(largest, size);
        const k = share.owners;
        expect((space - share.total + largest * k) * (k + 1)).toBeGreaterThanOrEqual(space);
        expect(share.fits(-1, 1, space - share.total)).toBe(true);
      }
    }),
  );
});

test("one owner's flood takes nothing of what others, who ask for less than their part, come for", () => {
  const others = fc.array(fc.nat(9), { maxLength: 400 });
  fc.assert(
    fc.property(others, fc.array(fc.boolean(), { maxLength: 6000 }), (rest, order) => {
      const share = new FairShare<string>();
      const left = [...rest];
      const quiet = () => {
        const owner = `quiet ${left.pop()}`;
        expect(share.fits(owner, 1, space - share.total)).toBe(true);
        share.add(owner, 1);
      };
      const flood = () => {
        if (share.fits("flood", 1, space - share.total)) share.add("flood", 1);
      };
      for (const turn of order) (turn && left.length > 0 ? quiet : flood)();
      while (left.length > 0) quiet();
    }),
  );
});

test("what is given back is there again, and no more than that", () => {
  fc.assert(
    fc.property(arrivals, (coming) => {
      const share = new FairShare<number>();
      const held: [number, number][] = [];
      for (const [owner, size] of coming) {
        if (!share.fits(owner, size, space - share.total)) {
          const back = held.shift();
          if (back) share.add(back[0], -back[1]);
          continue;
        }
        share.add(owner, size);
        held.push([owner, size]);
      }
      expect(share.total).toBe(held.reduce((sum, [, size]) => sum + size, 0));
      expect(share.total).toBeLessThanOrEqual(space);
      for (const [owner, size] of held) share.add(owner, -size);
      expect([share.total, share.owners, share.largest]).toEqual([0, 0, 0]);
      expect(() => share.add(3, -1)).toThrow(RangeError);
    }),
  );
});

test("what has to go is the oldest of whoever has the most", () => {
  type Step = { owner: string; drop: number };
  const steps = fc.array(
    fc.record<Step>({ owner: fc.constantFrom("a", "b", "c", "d"), drop: fc.integer({ min: 0, max: 9 }) }),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const items = new LongestFirst<number>();
      const model: { owner: string; item: number }[] = [];
      for (const [item, { owner, drop }] of all.entries()) {
        items.add(owner, item);
        model.push({ owner, item });
        // Now and then something else goes, now and then what has to.
        if (drop < 2) items.delete(model.splice(drop % model.length, 1)[0]?.item as number);
        const most = Math.max(0, ...["a", "b", "c", "d"].map((one) => count(model, one)));
        const first = items.first();
        const owning = model.find((one) => one.item === first)?.owner;
        if (most === 0) expect(first).toBeUndefined();
        else {
          expect(count(model, owning)).toBe(most);
          expect(first).toBe(model.find((one) => one.owner === owning)?.item);
          expect(items.of(owning as string)).toBe(most);
        }
        if (drop === 9 && first !== undefined) {
          items.delete(first);
          model.splice(
            model.findIndex((one) => one.item === first),
            1,
          );
        }
        expect(items.size).toBe(model.length);
      }
    }),
  );
});

function count(model: readonly { owner: string }[], owner: string | undefined): number {
  return model.filter((one) => one.owner === owner).length;
}
